//! The project's files, as git sees them: tracked, or new and not ignored. Paths are relative, with `/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Files by path. Text is kept; of a file that is not UTF-8 only the path is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, Option<String>>,
}

/// The workspace's folder. Asked at run time first, so that a moved build still judges the tree it is run in.
pub(crate) fn root() -> PathBuf {
    let member = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    member.parent().expect("the tests are a folder of the workspace").to_owned()
}

impl Tree {
    /// The real one, read once.
    pub(crate) fn real() -> &'static Self {
        static REAL: OnceLock<Tree> = OnceLock::new();
        REAL.get_or_init(|| {
            let root = root();
            let paths = listed_by_git(&root).unwrap_or_else(|| walked(&root));
            let files = paths.into_iter().filter(|path| root.join(path).is_file()).map(|path| {
                let bytes = std::fs::read(root.join(&path)).expect("a listed file can be read");
                (path, String::from_utf8(bytes).ok())
            });
            Self { files: files.collect() }
        })
    }

    /// A sample.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned())));
        Self { files: files.collect() }
    }

    /// Every path.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Every text file and its text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Every Rust source and its text.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| is_rust(path))
    }

    /// A file's text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether there is a file, or a folder with files in it.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.under(path).next().is_some()
    }

    /// The paths below a folder, without it.
    pub(crate) fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.paths().filter_map(move |path| path.strip_prefix(folder)?.strip_prefix('/'))
    }
}

/// Whether a path is Rust source.
pub(crate) fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").current_dir(root).args(arguments).output().ok()?;
    let listed = String::from_utf8(output.stdout).expect("names of committed files are UTF-8");
    // Outside a work tree git fails; inside another project's it lists nothing of ours.
    (output.status.success() && !listed.is_empty())
        .then(|| listed.split_terminator('\0').map(str::to_owned).collect())
}

/// The way without git: everything but what `.gitignore` keeps out on every machine.
fn walked(root: &Path) -> Vec<String> {
    const KEPT_OUT: &[&str] = &[".git", "target", "rehearsal"];
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).expect("a folder of the project can be read") {
            let entry = entry.expect("an entry of a folder can be read");
            let name = entry.file_name().into_string().expect("names of committed files are UTF-8");
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let kind = entry.file_type().expect("an entry has a type");
            if kind.is_file() {
                found.push(path);
            } else if kind.is_dir() && !KEPT_OUT.contains(&name.as_str()) {
                folders.push(path);
            }
        }
    }
    found
}

#[test]
fn git_and_the_walk_agree_on_what_matters() {
    let walked = walked(&root());
    for path in ["Cargo.toml", "Cargo.lock", "core/src/lib.rs", "tests/tidy/main.rs"] {
        assert!(Tree::real().has(path), "git's list lacks {path}");
        assert!(walked.iter().any(|found| found == path), "the walk lacks {path}");
    }
}

#[test]
fn a_folder_counts_as_there_when_a_file_is_in_it() {
    let tree = Tree::of(&[("a/b/c.rs", "")]);
    assert!(tree.has("a/b") && tree.has("a/b/c.rs") && !tree.has("a/b/c") && !tree.has("b"));
    assert_eq!(tree.under("a").collect::<Vec<_>>(), ["b/c.rs"]);
}
