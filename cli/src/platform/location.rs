//! Where two paths lie relative to each other.

use std::io;
use std::path::{Path, PathBuf};

use super::verbatim;

/// The longest beginning of `path` that exists, with links resolved, and the rest. A destination may not be there
/// yet; the questions asked about it concern the place it will have.
pub fn nearest_existing(path: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let absolute = std::path::absolute(path)?;
    for ancestor in absolute.ancestors() {
        match verbatim(ancestor).canonicalize() {
            Ok(existing) => {
                let rest = absolute.strip_prefix(ancestor).unwrap_or(Path::new(""));
                return Ok((existing, rest.to_owned()));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, format!("no part of {} exists", path.display())))
}

/// Whether `inner` is `outer` or lies below it, after resolving links. Either may not exist yet.
pub fn is_inside(inner: &Path, outer: &Path) -> io::Result<bool> {
    let place = |path: &Path| nearest_existing(path).map(|(existing, rest)| existing.join(rest));
    Ok(place(inner)?.starts_with(place(outer)?))
}

/// Whether names that differ only in letter case are one name in a folder. Asked of the folder itself, by a file that
/// is made and removed: neither the system nor the file system's name tells, as both ext4 and NTFS know folders of
/// either kind.
pub fn ignores_case(folder: &Path) -> io::Result<bool> {
    let name = |word: &str| verbatim(folder).join(format!("{word}-{}.wsusmigrate-tmp", std::process::id()));
    let (made, asked) = (name("Letter-Case"), name("lETTER-cASE"));
    std::fs::File::create_new(&made)?;
    let answered = match asked.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    };
    std::fs::remove_file(&made)?;
    answered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_that_does_not_exist_is_still_found_inside() {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("source");
        std::fs::create_dir(&source).unwrap();
        assert!(is_inside(&source.join("new/deeper"), &source).unwrap());
        assert!(is_inside(&source, &source).unwrap());
        assert!(!is_inside(&root.path().join("source-2"), &source).unwrap());
        assert!(!is_inside(&source, &source.join("new")).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_hide_that_the_destination_is_inside() {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("source");
        std::fs::create_dir(&source).unwrap();
        std::os::unix::fs::symlink(&source, root.path().join("elsewhere")).unwrap();
        assert!(is_inside(&root.path().join("elsewhere/copy"), &source).unwrap());
    }
}
