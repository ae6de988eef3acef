//! Names of files that are not complete yet.

use std::borrow::Cow;

use sha2::Digest as _;
use wsusmigrate_core::path::RelPath;

use crate::platform;

/// Ends the name of every file this program has not finished. Nothing else may be removed as a leftover.
pub const TEMPORARY_SUFFIX: &str = ".wsusmigrate-tmp";

/// Whether a file name is that of an unfinished copy of ours.
#[must_use]
pub fn is_temporary(name: &[u8]) -> bool {
    name.ends_with(TEMPORARY_SUFFIX.as_bytes())
}

/// The name a file has until it is complete. One that would be too long keeps as its beginning a digest of the whole,
/// so that it is the same after a restart and differs from its neighbours'.
pub(super) fn temporary_name(name: &[u8]) -> Vec<u8> {
    let units = platform::name_units(name) + TEMPORARY_SUFFIX.len();
    let stem: Cow<'_, [u8]> = if units <= platform::NAME_UNITS_MAX {
        Cow::Borrowed(name)
    } else {
        let digest: [u8; 32] = sha2::Sha256::digest(name).into();
        Cow::Owned(wsusmigrate_core::digest::Sha256(digest).to_string().into_bytes())
    };
    [&stem[..], TEMPORARY_SUFFIX.as_bytes()].concat()
}

/// Where a file's unfinished copy lies, below the same root.
#[must_use]
pub fn temporary_path(path: &RelPath) -> Vec<u8> {
    let name = temporary_name(path.file_name());
    if path.folder().is_empty() { name } else { [path.folder(), b"/", &name].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_get_short_and_distinct_temporaries() {
        assert_eq!(temporary_name(b"a.cab"), b"a.cab.wsusmigrate-tmp");
        let (first, second) = (temporary_name(&[b'a'; 250]), temporary_name(&[b'b'; 250]));
        assert!(platform::name_units(&first) <= platform::NAME_UNITS_MAX);
        assert!(is_temporary(&first) && is_temporary(&second));
        assert_ne!(first, second);
        assert_eq!(temporary_name(&[b'a'; 239]).len(), 255);
    }
}
