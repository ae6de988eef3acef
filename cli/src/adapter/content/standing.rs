//! A file at the destination, hashed as it stands.

use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use wsusmigrate_core::path::RelPath;

use super::folders::Folders;
use super::hash::Hasher;
use super::job::Facts;
use crate::platform::{self, Kind, Stat};

/// How much is read and hashed at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// What stands below a root under a path, with its digests; nothing where no file stands there. No link is followed.
/// One file after the other: for the few that an interruption left.
pub fn standing(root: &Path, path: &RelPath) -> io::Result<Option<Facts>> {
    let look = || {
        let folder = Folders::new(&platform::verbatim(root))?.existing(path.folder())?;
        let is_file = folder.stat(path.file_name())?.kind == Kind::File;
        is_file.then(|| folder.open_file(path.file_name())).transpose()
    };
    match look() {
        Ok(Some(mut file)) => {
            let stat = Stat::of(&file.metadata()?)?;
            let (mut hasher, mut bytes) = (Hasher::default(), 0);
            let mut buffer = vec![0; BUFFER_BYTES];
            loop {
                match file.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(read) => {
                        hasher.update(&buffer[..read]);
                        bytes += read as u64;
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(Some(Facts { bytes, digests: hasher.finish(), modified: stat.modified }))
        }
        Ok(None) => Ok(None),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::from_bytes(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_file_is_hashed_whole_and_what_is_none_is_nothing() {
        let root = tempfile::tempdir().unwrap();
        let bytes = vec![7; 2 * BUFFER_BYTES + 1];
        std::fs::create_dir_all(root.path().join("W/folder")).unwrap();
        std::fs::write(root.path().join("W/file"), &bytes).unwrap();
        let mut hasher = Hasher::default();
        hasher.update(&bytes);
        let found = standing(root.path(), &path("W/file")).unwrap().unwrap();
        assert_eq!((found.bytes, found.digests), (bytes.len() as u64, hasher.finish()));
        for none in ["W/folder", "W/gone", "X/gone", "W/file/below"] {
            assert_eq!(standing(root.path(), &path(none)).unwrap(), None, "{none}");
        }
    }
}
