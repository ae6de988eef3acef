//! Paths as the engine's host has them: what stands in `TO DISK` and `MOVE`. They say nothing about this program's host.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::literal::Literal;

/// The longest path of a backup device or a database file, in UTF-16 units (`nvarchar(260)` with its end:
/// `sys.backup_devices.physical_name`, `sys.database_files.physical_name`).
pub const ENGINE_PATH_UNITS_MAX: usize = 259;

/// How the engine's host writes paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathStyle {
    /// `C:\folder\file` and `\\server\share\file`; letters of either case are the same.
    Windows,
    /// `/folder/file`.
    Unix,
}

/// An absolute path on the engine's host. A relative one would be looked for in a folder of the engine's own choice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnginePath(String);

/// Why a text is no path of the engine's host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEnginePath {
    /// Neither `C:\…` nor `\\server\share\…` nor `/…`.
    #[error(
        "{0:?} is not an absolute path on the engine's host: write C:\\folder\\file, \\\\server\\share\\file or /folder/file"
    )]
    Relative(String),
    /// More than [`ENGINE_PATH_UNITS_MAX`] UTF-16 units.
    #[error("a path of the engine has at most {ENGINE_PATH_UNITS_MAX} characters, and this one {0}")]
    TooLong(usize),
    /// A control character, or what no file name on Windows may hold.
    #[error("{path:?} holds {character:?}, which no path of the engine may hold")]
    Character {
        /// The path.
        path: String,
        /// The character.
        character: char,
    },
    /// `.` or `..` as a part.
    #[error("{0:?} has a part that is . or ..: write where it really is")]
    Dots(String),
}

/// What no name on Windows may hold, beside control characters; `:` is looked at apart, for the drive.
const WINDOWS_NEVER: &[char] = &['<', '>', '"', '|', '?', '*', ':', '/'];

impl EnginePath {
    /// A path as somebody wrote it or a server said it.
    pub fn new(path: &str) -> Result<Self, NotAnEnginePath> {
        let Some(style) = style_of(path) else { return Err(NotAnEnginePath::Relative(path.to_owned())) };
        let units = path.encode_utf16().count();
        if units > ENGINE_PATH_UNITS_MAX {
            return Err(NotAnEnginePath::TooLong(units));
        }
        let names = if style == PathStyle::Windows && !path.starts_with('\\') { &path[2..] } else { path };
        let never = |character: &char| {
            character.is_control() || (style == PathStyle::Windows && WINDOWS_NEVER.contains(character))
        };
        if let Some(character) = names.chars().find(never) {
            return Err(NotAnEnginePath::Character { path: path.to_owned(), character });
        }
        if names.split(separator(style)).any(|part| part == "." || part == "..") {
            return Err(NotAnEnginePath::Dots(path.to_owned()));
        }
        Ok(Self(path.to_owned()))
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as a statement has it.
    #[must_use]
    pub fn literal(&self) -> Literal {
        Literal::checked(&self.0)
    }

    /// How its host writes paths.
    #[must_use]
    pub fn style(&self) -> PathStyle {
        if self.0.starts_with('/') { PathStyle::Unix } else { PathStyle::Windows }
    }

    /// A file or folder in this folder.
    pub fn join(&self, name: &str) -> Result<Self, NotAnEnginePath> {
        let separator = separator(self.style());
        let folder = self.0.strip_suffix(separator).unwrap_or(&self.0);
        Self::new(&format!("{folder}{separator}{name}"))
    }

    /// The last part; empty for a root.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit(separator(self.style())).next().unwrap_or_default()
    }

    /// The folder it lies in: everything before the last part, with its separator.
    #[must_use]
    pub fn folder(&self) -> Self {
        Self(self.0[..self.0.len() - self.file_name().len()].to_owned())
    }

    /// Whether both name one file, as far as names tell: on Windows letters of either case are the same, and repeated or
    /// trailing separators say nothing.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.style() == other.style() && self.comparable() == other.comparable()
    }

    /// Whether it is below that folder or volume, or is it, as far as names tell.
    #[must_use]
    pub fn lies_in(&self, folder: &Self) -> bool {
        self.style() == folder.style() && self.comparable().starts_with(&folder.comparable())
    }

    /// How many parts it has: of two mount points that lead to a file, the longer one is its volume's.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.comparable().len()
    }

    fn comparable(&self) -> Vec<String> {
        let windows = self.style() == PathStyle::Windows;
        let parts = self.0.split(separator(self.style())).filter(|part| !part.is_empty());
        let parts = parts.map(|part| {
            // Windows drops dots and blanks at the end of a name.
            if windows { part.trim_end_matches(['.', ' ']).to_lowercase() } else { part.to_owned() }
        });
        parts.collect()
    }
}

const fn separator(style: PathStyle) -> char {
    match style {
        PathStyle::Windows => '\\',
        PathStyle::Unix => '/',
    }
}

fn style_of(path: &str) -> Option<PathStyle> {
    let bytes = path.as_bytes();
    let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1..3) == Some(b":\\");
    let share = path.strip_prefix("\\\\").is_some_and(|rest| {
        let mut parts = rest.split('\\');
        parts.next().is_some_and(|server| !server.is_empty())
            && parts.next().is_some_and(|share| !share.is_empty())
    });
    match bytes.first() {
        Some(b'/') => Some(PathStyle::Unix),
        _ if drive || share => Some(PathStyle::Windows),
        _ => None,
    }
}

impl fmt::Display for EnginePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EnginePath {
    type Error = NotAnEnginePath;

    fn try_from(path: String) -> Result<Self, NotAnEnginePath> {
        Self::new(&path)
    }
}

impl From<EnginePath> for String {
    fn from(path: EnginePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> EnginePath {
        EnginePath::new(text).unwrap()
    }

    #[test]
    fn folders_join_in_the_style_of_their_host() {
        assert_eq!(
            path("C:\\Windows\\WID\\Data\\").join("SUSDB.mdf").unwrap().as_str(),
            "C:\\Windows\\WID\\Data\\SUSDB.mdf"
        );
        assert_eq!(
            path("/var/opt/mssql/data").join("SUSDB.mdf").unwrap().as_str(),
            "/var/opt/mssql/data/SUSDB.mdf"
        );
        assert_eq!(
            path("\\\\store\\migration").join("SUSDB.bak").unwrap().as_str(),
            "\\\\store\\migration\\SUSDB.bak"
        );
        assert_eq!(path("C:\\").join("a").unwrap().folder(), path("C:\\"));
        assert_eq!(path("C:\\a\\b.mdf").file_name(), "b.mdf");
    }

    #[test]
    fn what_is_not_absolute_or_not_a_name_is_refused() {
        for relative in ["SUSDB.bak", "", "C:SUSDB.bak", "\\SUSDB.bak", "\\\\server", "\\\\server\\", "..\\x"]
        {
            assert_eq!(EnginePath::new(relative), Err(NotAnEnginePath::Relative(relative.into())));
        }
        assert!(matches!(EnginePath::new("C:\\a\\..\\b"), Err(NotAnEnginePath::Dots(_))));
        assert!(matches!(EnginePath::new("C:\\a:b"), Err(NotAnEnginePath::Character { character: ':', .. })));
        assert!(matches!(EnginePath::new("/a\nb"), Err(NotAnEnginePath::Character { .. })));
        assert!(matches!(EnginePath::new("/a\0b"), Err(NotAnEnginePath::Character { .. })));
        assert!(EnginePath::new("C:\\a'b]").is_ok());
        assert_eq!(EnginePath::new(&format!("/{}", "x".repeat(259))), Err(NotAnEnginePath::TooLong(260)));
    }

    #[test]
    fn names_of_one_file_are_the_same() {
        assert!(
            path("C:\\Windows\\WID\\Data\\susdb.mdf").is_same(&path("c:\\windows\\WID\\\\DATA\\SUSDB.MDF"))
        );
        assert!(path("C:\\a\\b.").is_same(&path("C:\\a\\b")));
        assert!(!path("/data/susdb.mdf").is_same(&path("/data/SUSDB.mdf")));
        assert!(!path("C:\\a\\b").is_same(&path("D:\\a\\b")));
    }

    #[test]
    fn a_path_lies_in_its_folders_and_in_no_namesake() {
        let file = path("C:\\Data\\SUSDB.mdf");
        for folder in ["C:\\", "c:\\data", "C:\\Data\\", "C:\\Data\\SUSDB.mdf"] {
            assert!(file.lies_in(&path(folder)), "{folder}");
        }
        for folder in ["D:\\", "C:\\Dat", "C:\\Data\\SUSDB.mdf\\x", "/", "\\\\C:\\Data"] {
            assert!(!EnginePath::new(folder).is_ok_and(|folder| file.lies_in(&folder)), "{folder}");
        }
        assert!(path("/var/opt/x").lies_in(&path("/")) && path("/var").depth() > path("/").depth());
    }
}
