//! The imported streams: each is there, sound, and what was recorded of it.

use std::collections::BTreeMap;
use std::path::Path;

use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::event::run::StreamImported;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_core::id::StreamId;

use super::findings::Kind;
use super::walk::Walk;
use crate::bundle::{self, Bundle};
use crate::error::ReadError;
use crate::reader::RecordSource as _;
use crate::streams;

/// What was recorded of each imported stream: record and event, oldest first.
pub(super) type Imports = BTreeMap<StreamId, Vec<(u64, StreamImported)>>;

impl Walk<'_> {
    /// Keeps what a record says of an import.
    pub(super) fn import(&mut self, recorded: &Recorded) {
        if let Event::Run(RunEvent::StreamImported(event)) = &recorded.event {
            self.imports.entry(event.stream).or_default().push((recorded.seq.0, event.clone()));
        }
    }

    /// Holds the bundles against what was recorded of them. Of a stream only the newest is kept: it covers the others.
    pub(super) fn imported(&mut self, journal: &Path) -> Result<(), ReadError> {
        for (stream, imports) in std::mem::take(&mut self.imports) {
            let Some((last, newest)) = imports.last() else { continue };
            let path = streams::path(journal, stream, newest.size);
            let bundle = match Bundle::open(&path) {
                Ok(bundle) => bundle,
                Err(error) => {
                    let what = format!("the imported stream cannot be used: {error}");
                    self.find(Kind::Stream, Some(*last), &path, None, &what);
                    continue;
                }
            };
            for (seq, import) in &imports {
                let known = bundle.identity().stream == stream
                    && bundle.identity().fingerprint() == import.key
                    && bundle.size() >= import.size
                    && bundle::root_at(&bundle, import.size)? == import.root;
                if !known {
                    let what = "the imported stream is not the one that was recorded";
                    self.find(Kind::Stream, Some(*seq), &path, None, what);
                }
            }
        }
        Ok(())
    }
}
