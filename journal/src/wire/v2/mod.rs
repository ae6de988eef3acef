//! Version 2 of the shapes that have one. What a record of version 1 does not say is said here to be unknown.

pub(crate) mod run;

use wsusmigrate_core::event::{Event, Kind};

use super::{DecodeError, frozen};

/// Reads a body; `None` where this program knows no version 2 of the type. The golden bytes ask for a line here.
pub(crate) fn decode(kind: Kind, bytes: &[u8]) -> Option<Result<Event, DecodeError>> {
    (kind == Kind::RunStarted).then(|| frozen::read::<run::Started>(bytes))
}
