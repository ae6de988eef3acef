//! From what the system says to why a file failed.

use std::io::{self, ErrorKind};

use wsusmigrate_core::digest::Sha1;
use wsusmigrate_core::event::content::FailureReason;

use super::job::Outcome;

/// Why one file could not be brought over.
#[derive(Debug)]
pub(super) struct Failure {
    reason: FailureReason,
    found: Option<Sha1>,
    detail: String,
}

impl Failure {
    pub(super) fn new(reason: FailureReason, detail: impl Into<String>) -> Self {
        Self { reason, found: None, detail: detail.into() }
    }

    /// A digest is the reason.
    pub(super) fn digest(reason: FailureReason, found: Sha1, detail: impl Into<String>) -> Self {
        Self { reason, found: Some(found), detail: detail.into() }
    }

    /// Something the system said about the source.
    pub(super) fn source(error: &io::Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::NotFound => FailureReason::Vanished,
            _ => FailureReason::Unreadable,
        };
        Self::new(reason, error.to_string())
    }

    /// Something the system said about the destination.
    pub(super) fn destination(error: &io::Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FailureReason::DestinationFull,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => FailureReason::DestinationDenied,
            ErrorKind::InvalidFilename => FailureReason::PathTooLong,
            ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::DirectoryNotEmpty => {
                FailureReason::Obstructed
            }
            _ => FailureReason::System,
        };
        Self::new(reason, error.to_string())
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::Failed { reason: failure.reason, found: failure.found, detail: failure.detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_the_system_has_its_reason() {
        let said = |kind: ErrorKind| Failure::destination(&kind.into()).reason;
        assert_eq!(said(ErrorKind::StorageFull), FailureReason::DestinationFull);
        assert_eq!(said(ErrorKind::QuotaExceeded), FailureReason::DestinationFull);
        assert_eq!(said(ErrorKind::ReadOnlyFilesystem), FailureReason::DestinationDenied);
        assert_eq!(said(ErrorKind::PermissionDenied), FailureReason::DestinationDenied);
        assert_eq!(said(ErrorKind::InvalidFilename), FailureReason::PathTooLong);
        assert_eq!(said(ErrorKind::NotADirectory), FailureReason::Obstructed);
        assert_eq!(said(ErrorKind::TimedOut), FailureReason::System);
        assert_eq!(Failure::source(&ErrorKind::NotFound.into()).reason, FailureReason::Vanished);
        assert_eq!(Failure::source(&ErrorKind::PermissionDenied.into()).reason, FailureReason::Unreadable);
    }
}
