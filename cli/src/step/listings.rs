//! The two content roots and what was listed there.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread;

use wsusmigrate_core::content::AtDestination;
use wsusmigrate_core::path::RelPath;
use wsusmigrate_core::text::Text;

use crate::adapter::content::{Listing, ScanError, Side, scan};
use crate::config::Loaded;
use crate::platform;

/// The content roots of source and destination.
#[derive(Clone, Debug)]
pub struct Folders {
    /// The folder that holds `WsusContent` on the source.
    pub source: PathBuf,
    /// The same on the destination.
    pub destination: PathBuf,
}

impl Folders {
    /// The roots a plan names, absolute, in the form that takes long paths.
    #[must_use]
    pub fn of(loaded: &Loaded) -> Self {
        let root = |path: &str| {
            let path = loaded.resolve(path);
            platform::verbatim(&std::path::absolute(&path).unwrap_or(path))
        };
        let content = &loaded.plan.content;
        Self { source: root(&content.source), destination: root(&content.destination) }
    }

    /// The source as people read it.
    #[must_use]
    pub fn source_shown(&self) -> Text {
        self.source.display().to_string().into()
    }

    /// The destination as people read it.
    #[must_use]
    pub fn destination_shown(&self) -> Text {
        self.destination.display().to_string().into()
    }
}

/// What both roots hold.
#[derive(Debug)]
pub struct Listings {
    /// The source's.
    pub source: Listing,
    /// The destination's.
    pub destination: Listing,
}

impl Listings {
    /// Lists both roots, at the same time: they usually lie on different machines.
    pub fn take(folders: &Folders) -> Result<Self, ScanError> {
        let (source, destination) = thread::scope(|scope| {
            let source = scope.spawn(|| scan(&folders.source, Side::Source));
            let destination = scan(&folders.destination, Side::Destination);
            (source.join().unwrap_or_else(|panic| resume_unwind(panic)), destination)
        });
        Ok(Self { source: source?, destination: destination? })
    }
}

/// What a listing shows under a path. The listing is sorted by path: O(log n).
#[must_use]
pub(super) fn look_up(listing: &Listing, path: &RelPath) -> Option<AtDestination> {
    let at = listing.files.binary_search_by(|entry| entry.path.as_bytes().cmp(path.as_bytes())).ok()?;
    let entry = &listing.files[at];
    Some(AtDestination { bytes: entry.bytes, modified: entry.modified })
}
