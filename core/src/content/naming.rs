//! What a file's path promises about its bytes.
//!
//! `WsusContent\XX\<SHA1>.<ext>`, XX = the last two hexadecimal digits, zero padded (MS-WSUSSS 2.1, 3.1.1, and a real
//! server's answer). `UpdateServicesPackages` holds locally published packages under names of their own.

use crate::digest::{Sha1, Sha256};
use crate::event::content::Naming;
use crate::path::RelPath;

/// The folder of update files below the content root.
pub const CONTENT_FOLDER: &str = "WsusContent";
/// The folder of locally published packages beside it.
pub const PACKAGES_FOLDER: &str = "UpdateServicesPackages";

/// What the bytes of a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Their SHA-1 is this.
    Digest(Sha1),
    /// SUSDB declares the file encrypted: its bytes do not have the digest in its name, whatever they are.
    Encrypted,
    /// Their SHA-256 is this: it was recorded of them before.
    Recorded(Sha256),
    /// Nothing is promised; a copy must equal its source.
    SameAsSource,
}

impl Expectation {
    /// The digest a name promises, if one does.
    #[must_use]
    pub const fn sha1(self) -> Option<Sha1> {
        match self {
            Self::Digest(sha1) => Some(sha1),
            Self::Encrypted | Self::Recorded(_) | Self::SameAsSource => None,
        }
    }
}

/// Which kind of name a path has. Letters of either case count as the same, as on the file systems WSUS lives on.
#[must_use]
pub fn naming(path: &RelPath) -> Naming {
    if promised(path).is_some() {
        return Naming::Digest;
    }
    let top = path.parts().next().unwrap_or_default();
    if top.eq_ignore_ascii_case(PACKAGES_FOLDER.as_bytes()) { Naming::Package } else { Naming::Unexpected }
}

/// The SHA-1 a path promises: `WsusContent`, the right folder, a digest, at most one extension.
#[must_use]
pub fn promised(path: &RelPath) -> Option<Sha1> {
    let mut parts = path.parts();
    let (top, folder, file) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !top.eq_ignore_ascii_case(CONTENT_FOLDER.as_bytes()) {
        return None;
    }
    let stem = file.split(|&byte| byte == b'.').next()?;
    if file[stem.len()..].iter().filter(|&&byte| byte == b'.').count() > 1 {
        return None;
    }
    let digest: Sha1 = std::str::from_utf8(stem).ok()?.parse().ok()?;
    folder.eq_ignore_ascii_case(digest.folder().as_bytes()).then_some(digest)
}

/// What a file's bytes must be. `encrypted` is what `tbFile.IsEncrypted` says, where SUSDB was asked.
#[must_use]
pub fn expectation(path: &RelPath, encrypted: bool) -> Expectation {
    match promised(path) {
        Some(_) if encrypted => Expectation::Encrypted,
        Some(digest) => Expectation::Digest(digest),
        None => Expectation::SameAsSource,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::from_bytes(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_real_servers_path_promises_its_digest() {
        let path = path("WsusContent/A2/86542C97261C46D5B379A43EC895F97EAF409BA2.cab");
        assert_eq!(naming(&path), Naming::Digest);
        assert_eq!(expectation(&path, true), Expectation::Encrypted);
        assert!(matches!(expectation(&path, false), Expectation::Digest(_)));
    }

    #[test]
    fn one_digit_folders_and_strange_names_are_unexpected() {
        for text in [
            // A one-digit folder, as a known defect of another tool makes it.
            "WsusContent/A/E8B1D75885CF8F053A1307BDC9C3F87BF0CF7A0A.exe",
            "WsusContent/anonymousCheckFile.txt",
            "WsusContent/A2/86542C97261C46D5B379A43EC895F97EAF409BA2.cab.bak",
            "WsusContent/A2/sub/86542C97261C46D5B379A43EC895F97EAF409BA2.cab",
            "WsusContent/A3/86542C97261C46D5B379A43EC895F97EAF409BA2.cab",
        ] {
            assert_eq!(naming(&path(text)), Naming::Unexpected, "{text}");
            assert_eq!(expectation(&path(text), false), Expectation::SameAsSource);
        }
        assert_eq!(naming(&path("updateservicespackages/a/b.cab")), Naming::Package);
        assert_eq!(
            naming(&path("WsusContent/0A/e8b1d75885cf8f053a1307bdc9c3f87bf0cf7a0a.exe")),
            Naming::Digest
        );
    }
}
