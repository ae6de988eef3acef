//! System calls, watched and made to fail by strace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::counts::Missing;
use crate::mount::run;
use crate::process::{Ended, Process};

/// The calls that are made to fail: everything a journal asks of files and folders. A name that is unknown on this
/// machine is passed over (`?`).
pub(crate) const CALLS: &str = "?open,openat,read,pread64,write,pwrite64,lseek,fsync,fdatasync,sync_file_range,\
    ?rename,?renameat,renameat2,ftruncate,fallocate,?unlink,unlinkat,?mkdir,mkdirat,getdents64,statx,?newfstatat,\
    fstat,flock,fcntl,?readlink,readlinkat,close";

/// One call as it was traced.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) thread: u32,
    pub(crate) name: String,
    pub(crate) line: String,
}

impl Call {
    pub(crate) fn was_injected(&self) -> bool {
        self.line.contains("(INJECTED)")
    }

    /// Whether the program listens or tells: that is not the journal's.
    pub(crate) fn is_talk(&self) -> bool {
        self.name == "writev" || ["(0<", "(1<", "(2<"].iter().any(|talk| self.line.contains(talk))
    }
}

/// What to do to which calls on a file: strace's expression.
pub(crate) struct Inject<'a> {
    pub(crate) file: &'a Path,
    pub(crate) what: String,
}

/// Runs a command to its end and watches all of it, or the calls on one file.
pub(crate) fn watch(
    command: &Command,
    inject: Option<&Inject<'_>>,
    out: &Path,
) -> Result<(Vec<Call>, Ended), String> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-s", "16", "-o"]).arg(out).arg(format!("--trace={CALLS}"));
    if let Some(Inject { file, what }) = inject {
        strace.arg("-P").arg(file).arg(format!("--inject={what}"));
    }
    strace.arg(command.get_program()).args(command.get_args());
    strace.current_dir(command.get_current_dir().unwrap_or(Path::new(".")));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    let ended = Process::of(strace).end();
    let text = fs::read(out).map_err(|error| format!("{error}: {}", ended.text()))?;
    Ok((calls(&String::from_utf8_lossy(&text)), ended))
}

/// Which threads to watch.
pub(crate) enum Whom<'a> {
    /// A process with every thread it has or will have.
    All(u32),
    /// These threads and no other.
    Threads(&'a [u32]),
}

/// A strace that watches.
pub(crate) struct Tracer {
    strace: Process,
    out: PathBuf,
}

impl Tracer {
    /// Whether processes may be traced here.
    pub(crate) fn is_possible() -> Result<(), Missing> {
        run(Command::new("strace").args(["-f", "-o", "/dev/null", "true"]))
    }

    /// Attaches; `inject` is strace's expression of what to do to which call. Returns once it watches.
    pub(crate) fn attach(whom: &Whom<'_>, inject: Option<&str>, out: &Path) -> Result<Self, String> {
        let mut command = Command::new("strace");
        command.args(["-y", "-s", "16", "-o"]).arg(out).arg(format!("--trace={CALLS},writev"));
        if let Some(inject) = inject {
            command.arg(format!("--inject={inject}"));
        }
        let threads = match whom {
            Whom::All(process) => {
                command.arg("-f");
                std::slice::from_ref(process)
            }
            Whom::Threads(threads) => threads,
        };
        for thread in threads {
            command.args(["-p", &thread.to_string()]);
        }
        let mut strace = Process::of(command);
        for _ in threads {
            if !strace.heard("strace: Process") {
                return Err(format!("strace does not attach: {}", strace.end().text()));
            }
        }
        Ok(Self { strace, out: out.to_owned() })
    }

    /// Hears it out, which is until what it watches has ended.
    pub(crate) fn end(self) -> (Vec<Call>, Ended) {
        let ended = self.strace.end();
        let text = fs::read(&self.out).unwrap_or_default();
        (calls(&String::from_utf8_lossy(&text)), ended)
    }
}

/// The calls of a trace, in the order in which they ended. One that was interrupted by another thread's stands there in
/// two parts, one that never ended in the first of them.
fn calls(trace: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut begun = BTreeMap::<u32, Call>::new();
    for (thread, rest) in trace.lines().map(thread) {
        if let Some((_, end)) = rest.split_once(" resumed>") {
            calls.extend(begun.remove(&thread).map(|call| Call { line: call.line + end, ..call }));
        } else if let Some(call) = parse(thread, rest) {
            if rest.ends_with("<unfinished ...>") {
                begun.insert(thread, call);
            } else {
                calls.push(call);
            }
        }
    }
    calls.extend(begun.into_values());
    calls
}

/// The thread a line begins with; there is none where only one is watched.
fn thread(line: &str) -> (u32, &str) {
    let words =
        line.split_once(' ').and_then(|(thread, rest)| Some((thread.parse().ok()?, rest.trim_start())));
    words.unwrap_or((0, line))
}

/// `call(arguments) = result`.
fn parse(thread: u32, line: &str) -> Option<Call> {
    let (name, _) = line.split_once('(')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| Call { thread, name: name.to_owned(), line: line.to_owned() })
}

/// The threads a process has, the oldest first.
pub(crate) fn threads(process: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("a process that runs");
    let ids = tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok());
    let mut ids: Vec<u32> = ids.collect();
    ids.sort_unstable();
    ids
}
