//! Why a content root cannot be listed, and what the operator probably meant.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::{TOP_FOLDERS, own_name};

/// How many entries of a wrong folder are named.
const NAMED_MAX: usize = 8;

/// Why a content root cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Nothing is there.
    #[error("there is no folder {root}")]
    Missing {
        /// What was named.
        root: PathBuf,
    },
    /// A file is there.
    #[error("{root} is not a folder")]
    NotAFolder {
        /// What was named.
        root: PathBuf,
    },
    /// It cannot be listed.
    #[error("the folder {root} cannot be listed")]
    Unreadable {
        /// What was named.
        root: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no `WsusContent` in it.
    #[error("the folder {root} holds no folder WsusContent, but {}{hint}", named(found, *found_count))]
    NoContent {
        /// What was named.
        root: PathBuf,
        /// The first entries found instead, in order.
        found: Vec<String>,
        /// How many there are in all.
        found_count: usize,
        /// What was probably meant.
        hint: Hint,
    },
}

/// What was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The folder is a `WsusContent` itself: name the one above.
    Above(PathBuf),
    /// A folder in it holds `WsusContent`: name that one.
    Below(PathBuf),
    /// Its `WsusContent` is a link to there, and links are not followed: name the real place.
    Link(String),
    /// No idea.
    None,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Above(path) => write!(f, ". It looks like WsusContent itself: name {}", path.display()),
            Self::Below(path) => write!(f, ". Did you mean {}?", path.display()),
            Self::Link(target) => {
                write!(
                    f,
                    ". WsusContent is a link to {target}, and links are not followed: name the real place"
                )
            }
            Self::None => Ok(()),
        }
    }
}

impl ScanError {
    pub(super) fn root(root: &Path, error: io::Error) -> Self {
        let root = root.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing { root },
            io::ErrorKind::NotADirectory => Self::NotAFolder { root },
            _ => Self::Unreadable { root, source: error },
        }
    }

    pub(super) fn no_content(root: &Path, mut entries: Vec<OsString>, link: Option<String>) -> Self {
        entries.sort();
        let hint = link.map_or_else(|| hint(root, &entries), Hint::Link);
        let found = entries.iter().take(NAMED_MAX).map(|name| name.to_string_lossy().into_owned()).collect();
        Self::NoContent { root: root.to_owned(), found, found_count: entries.len(), hint }
    }
}

fn hint(root: &Path, entries: &[OsString]) -> Hint {
    let named = own_name(root).is_some_and(|name| name.as_os_str().eq_ignore_ascii_case(TOP_FOLDERS[0]));
    let digests = entries.iter().filter(|name| is_digest_folder(name)).count();
    if (named || digests > 0 && digests * 2 > entries.len())
        && let Some(above) = std::path::absolute(root).ok().as_deref().and_then(Path::parent)
    {
        return Hint::Above(above.to_owned());
    }
    let below = entries.iter().map(|name| root.join(name)).find(|path| path.join(TOP_FOLDERS[0]).is_dir());
    below.map_or(Hint::None, Hint::Below)
}

/// `00` to `FF`, the folders inside `WsusContent`.
fn is_digest_folder(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.len() == 2 && name.iter().all(u8::is_ascii_hexdigit)
}

fn named(found: &[String], count: usize) -> String {
    match count {
        0 => "is empty".to_owned(),
        _ if count > found.len() => format!("{}, … ({count} entries)", found.join(", ")),
        _ => found.join(", "),
    }
}
