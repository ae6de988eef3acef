//! Verbs: how a script arranges the world around the program. Paths count from the world's folder.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use wsusmigrate_fixtures::{Scenario, build, flip};
use wsusmigrate_tests::{World, differences};

use crate::play::Told;
#[cfg(unix)]
use wsusmigrate_tests::{Console, Servers};

/// The modification time of the first file a script writes; each one after it is a minute younger.
const FIRST_TIME: Duration = Duration::from_secs(1_600_000_000);

/// Stands for a name of 200 letters.
pub(crate) const LONG: &str = "{long}";

/// A name of 200 letters.
pub(crate) fn long_name() -> String {
    "n".repeat(200)
}

/// The world with what lasts from one verb to the next.
pub(crate) struct Stage<'w> {
    world: &'w World,
    written: u32,
    /// Locks held until the end of the script.
    locks: Vec<File>,
    /// What a script kept of an answer, by the name it gave it.
    kept: BTreeMap<String, String>,
    /// Simulated servers, where a script has them served.
    #[cfg(unix)]
    servers: Option<Servers>,
}

impl<'w> Stage<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self {
            world,
            written: 0,
            locks: Vec::new(),
            kept: BTreeMap::new(),
            #[cfg(unix)]
            servers: None,
        }
    }

    /// Keeps an answer, such as a fingerprint, for later commands.
    pub(crate) fn keep(&mut self, name: &str, answer: &str) {
        self.kept.insert(name.to_owned(), answer.trim().to_owned());
    }

    /// A word of a command with what was kept in the place of `{name}`.
    pub(crate) fn filled_in(&self, word: &str) -> String {
        self.kept
            .iter()
            .fold(word.to_owned(), |word, (name, kept)| word.replace(&format!("{{{name}}}"), kept))
    }

    /// The program, as it is started on the server the script is at.
    pub(crate) fn command(&self, args: impl IntoIterator<Item = String>) -> std::process::Command {
        let command = self.world.command(args);
        #[cfg(unix)]
        let command = match &self.servers {
            Some(servers) => servers.at(command),
            None => command,
        };
        command
    }

    /// Performs a verb.
    pub(crate) fn perform(&mut self, verb: &str, args: &[String]) -> Told {
        let words: Vec<_> = args.iter().map(String::as_str).collect();
        let done = match (verb, &words[..]) {
            ("estate", ["build", scenario, dir]) => self.estate(scenario, dir),
            #[cfg(unix)]
            ("serve", [scenario]) => {
                self.servers = None;
                Servers::start(scenario, self.world)
                    .map(|servers| self.servers = Some(servers))
                    .map(|()| String::new())
            }
            #[cfg(unix)]
            ("at", [server]) => {
                self.servers.as_mut().expect("servers").go(server);
                Ok(String::new())
            }
            #[cfg(unix)]
            ("set", [variable, value]) => {
                self.servers.as_mut().expect("servers").set(variable, value);
                Ok(String::new())
            }
            #[cfg(unix)]
            ("plant", [faults]) => self.plant(faults),
            #[cfg(unix)]
            ("registry", [name, value]) => self.server().registry(name, value).map(|()| String::new()),
            #[cfg(unix)]
            ("console", [batch]) => Ok(self.console(batch)),
            #[cfg(unix)]
            ("services", []) => self.services(),
            ("flip", [file, offset]) => {
                flip(&self.at(file), offset.parse().expect("an offset")).expect("a byte to flip");
                Ok(String::new())
            }
            ("same", [left, right]) => Ok(same(&self.at(left), &self.at(right))),
            ("list", [dir]) => Ok(list(&self.at(dir))),
            ("mkdir", [dir]) => fs::create_dir_all(self.at(dir)).map(|()| String::new()),
            ("write", [file, text]) => self.write(&self.at(file), text),
            ("edit", [file, from, to]) => edit(&self.at(file), from, to),
            ("copy", [from, to]) => copy(&self.at(from), &self.at(to)),
            ("remove", [path]) => remove(&self.at(path)),
            ("truncate", [file, bytes]) => truncate(&self.at(file), bytes.parse().expect("a length")),
            ("touch", [file]) => self.touch(&self.at(file)),
            ("symlink", [target, link]) => symlink(target, &self.at(link)),
            ("lock", [file]) => self.lock(&self.at(file)),
            _ => panic!("there is no verb `{verb} {}`", args.join(" ")),
        };
        Told::well(done.unwrap_or_else(|error| panic!("{verb} {}: {error}", args.join(" "))))
    }

    /// The simulated server the script is at.
    #[cfg(unix)]
    fn server(&self) -> &Servers {
        self.servers.as_ref().expect("servers")
    }

    /// Says what goes wrong with the engine from now on, in the words of a scenario; nothing any more for an empty text.
    #[cfg(unix)]
    fn plant(&self, faults: &str) -> std::io::Result<String> {
        let faults = toml::from_str(&faults.replace("\\n", "\n")).map_err(std::io::Error::other)?;
        self.server().instance().set_faults(faults);
        Ok(String::new())
    }

    /// Somebody at the engine's own console: rows, then the numbers of errors. A script has no single quote inside a word: a
    /// backtick stands for it.
    #[cfg(unix)]
    fn console(&self, batch: &str) -> String {
        let answered = Console::open(self.server().instance(), "master").ask(&batch.replace('`', "'"));
        let rows = answered.rows.iter().map(|row| row.join(" | ") + "\n");
        let errors = answered.errors.iter().map(|number| format!("Msg {number}\n"));
        rows.chain(errors).collect()
    }

    /// How the server's services and pools stand, by the server itself.
    #[cfg(unix)]
    fn services(&self) -> std::io::Result<String> {
        let state = self.server().host().state()?;
        let all = state.services.iter().chain(&state.app_pools);
        let told = all.map(|(name, it)| format!("{name} {:?} {:?}\n", it.state, it.start_type));
        Ok(told.collect::<String>().to_lowercase())
    }

    /// A path of the script. `{long}` stands for a name of 200 letters, `{bytes}` for one that is not Unicode.
    fn at(&self, path: &str) -> PathBuf {
        let path = path.replace(LONG, &long_name());
        #[cfg(unix)]
        if let Some((before, after)) = path.split_once("{bytes}") {
            use std::os::unix::ffi::OsStrExt as _;
            let name = [before.as_bytes(), b"\xE9t\xE9", after.as_bytes()].concat();
            return self.world.path(std::ffi::OsStr::from_bytes(&name));
        }
        self.world.path(path)
    }

    fn estate(&self, scenario: &str, dir: &str) -> std::io::Result<String> {
        let scenario = Scenario::named(scenario).expect("a scenario");
        build(&scenario, 1, &self.at(dir), &mut |_| {}).map_err(std::io::Error::other)?;
        Ok(String::new())
    }

    fn write(&mut self, file: &Path, text: &str) -> std::io::Result<String> {
        fs::create_dir_all(file.parent().expect("a folder above"))?;
        File::create(file)?.write_all(text.replace("\\n", "\n").as_bytes())?;
        self.touch(file)
    }

    fn touch(&mut self, file: &Path) -> std::io::Result<String> {
        let time = SystemTime::UNIX_EPOCH + FIRST_TIME + Duration::from_mins(1) * self.written;
        self.written += 1;
        let file = File::options().write(true).open(file)?;
        file.set_times(FileTimes::new().set_modified(time)).map(|()| String::new())
    }

    fn lock(&mut self, file: &Path) -> std::io::Result<String> {
        let file = File::options().read(true).write(!file.is_dir()).open(file)?;
        file.try_lock()?;
        self.locks.push(file);
        Ok(String::new())
    }
}

/// Replaces the first `from` in a file, which has to be there.
fn edit(file: &Path, from: &str, to: &str) -> std::io::Result<String> {
    let text = fs::read_to_string(file)?;
    assert!(text.contains(from), "{} does not hold {from:?}", file.display());
    fs::write(file, text.replacen(from, &to.replace("\\n", "\n"), 1)).map(|()| String::new())
}

fn same(left: &Path, right: &Path) -> String {
    if left.is_file() {
        let [left, right] = [left, right].map(|file| fs::read(file).expect("a file"));
        return if left == right { "the same\n" } else { "other bytes\n" }.to_owned();
    }
    let found = differences(left, right);
    if found.is_empty() { "the same\n".to_owned() } else { found.join("\n") + "\n" }
}

/// Names below a folder, sorted, folders with a `/` behind.
fn list(dir: &Path) -> String {
    let entries = dir.read_dir().unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut names: Vec<_> = entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let slash = if entry.path().is_dir() { "/" } else { "" };
            format!("{}{slash}\n", entry.file_name().to_string_lossy())
        })
        .collect();
    names.sort();
    names.concat()
}

/// Copies a file or a folder with everything in it, modification times included.
fn copy(from: &Path, to: &Path) -> std::io::Result<String> {
    if from.is_dir() {
        for entry in from.read_dir()? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(String::new());
    }
    fs::create_dir_all(to.parent().expect("a folder above"))?;
    fs::copy(from, to)?;
    let modified = fs::metadata(from)?.modified()?;
    File::options().write(true).open(to)?.set_times(FileTimes::new().set_modified(modified))?;
    Ok(String::new())
}

fn remove(path: &Path) -> std::io::Result<String> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map(|()| String::new())
}

fn truncate(file: &Path, bytes: u64) -> std::io::Result<String> {
    File::options().write(true).open(file)?.set_len(bytes).map(|()| String::new())
}

#[cfg(unix)]
fn symlink(target: &str, link: &Path) -> std::io::Result<String> {
    fs::create_dir_all(link.parent().expect("a folder above"))?;
    std::os::unix::fs::symlink(target, link).map(|()| String::new())
}

#[cfg(not(unix))]
fn symlink(target: &str, link: &Path) -> std::io::Result<String> {
    fs::create_dir_all(link.parent().expect("a folder above"))?;
    std::os::windows::fs::symlink_file(target, link).map(|()| String::new())
}
