//! Whether anything stands under a name: more than a listing says, which names files.

use std::io::ErrorKind;
use std::path::Path;

use wsusmigrate_core::path::RelPath;

use super::folders::Folders;
use crate::platform;

/// Whether certainly nothing stands at a path below a root, no folder and no link either. No link is followed: one that
/// stands for a folder above is something. Where the system tells nothing, something may be there.
#[must_use]
pub fn is_absent(root: &Path, path: &RelPath) -> bool {
    let Ok(below) = Folders::new(&platform::verbatim(root)) else { return false };
    let looked = below.existing(path.folder()).and_then(|folder| folder.stat(path.file_name()));
    looked.is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_nothing_is_absent() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| is_absent(root.path(), &RelPath::from_bytes(path.as_bytes()).unwrap());
        assert!(at("WsusContent/AB/file"), "not even its folder is there");
        fs::create_dir_all(root.path().join("WsusContent/AB/folder")).unwrap();
        fs::write(root.path().join("WsusContent/AB/file"), "").unwrap();
        assert!(at("WsusContent/AB/other"));
        assert!(!at("WsusContent/AB/file") && !at("WsusContent/AB/folder"));
        assert!(!at("WsusContent/AB/file/inside"), "a file stands for its folder");
        assert!(!is_absent(&root.path().join("nowhere"), &RelPath::from_bytes(&b"W/1"[..]).unwrap()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_something_even_where_it_leads_nowhere() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| is_absent(root.path(), &RelPath::from_bytes(path.as_bytes()).unwrap());
        fs::create_dir(root.path().join("WsusContent")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.path().join("WsusContent/link")).unwrap();
        assert!(!at("WsusContent/link") && !at("WsusContent/link/inside"));
    }
}
