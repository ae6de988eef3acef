//! What speaks of a journal from outside its folder: the notes beside its key, and a checkpoint somebody kept.
//!
//! Whoever can write the folder but has no key can make log, head and checkpoints anew, or cut them, so that they agree
//! with one another. What was signed and stands elsewhere still says otherwise.

use std::path::{Path, PathBuf};

use wsusmigrate_core::id::StreamId;

use super::findings::Kind;
use super::walk::Walk;
use super::{Elsewhere, Severity};
use crate::checkpoint::{self, Checkpoint, NotANote};
use crate::disk::FileError;
use crate::key;
use crate::ring::KeyRing;

/// What a journal is held against that does not stand in its folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outside<'a> {
    /// The folder of the signing keys. Only what is public is read: the newest checkpoint, and what was last about to be
    /// signed.
    pub keys: Option<&'a Path>,
    /// A checkpoint kept elsewhere.
    pub elsewhere: Option<&'a Elsewhere>,
}

/// A note that stands beside the key.
pub(super) struct Kept {
    file: PathBuf,
    /// Whether it bears a signature: what was about to be signed bears none that counts.
    is_signed: bool,
    read: Result<Checkpoint, Unread>,
}

enum Unread {
    /// There it is, and it says nothing.
    Note(NotANote),
    /// It could not be looked at.
    File(FileError),
}

impl Kept {
    /// Records it covers.
    pub(super) fn size(&self) -> Option<u64> {
        self.read.as_ref().ok().map(|checkpoint| checkpoint.size)
    }
}

/// Reads what stands beside the key of a stream.
pub(super) fn kept(keys: &Path, stream: StreamId) -> Vec<Kept> {
    let files = [(key::outside_head(keys, stream), true), (key::intent(keys, stream), false)];
    let read = files.into_iter().filter_map(|(file, is_signed)| {
        let read = match checkpoint::read(&file) {
            Ok(None) => return None,
            Ok(Some(note)) => note.map_err(Unread::Note),
            Err(error) => Err(Unread::File(error)),
        };
        Some(Kept { file, is_signed, read })
    });
    read.collect()
}

impl Walk<'_> {
    /// Holds the log against what stands beside the key, as opening does; says where there was nothing to look at. The
    /// most records one of the notes covers that the log bears out.
    pub(super) fn beside_the_key(
        &mut self,
        keys: &Path,
        kept: Vec<Kept>,
        ring: Option<&KeyRing>,
    ) -> Option<u64> {
        let mut agreed = None;
        if kept.is_empty() {
            let what = "nothing beside the key speaks of this journal; whether its end was cut off, or all of it made \
                        anew, was not looked at";
            self.find(Kind::Other(Severity::Note), None, keys, None, what);
        }
        for Kept { file, is_signed, read } in kept {
            let judged = match &read {
                Ok(checkpoint) => self.judge_kept(checkpoint, is_signed, ring),
                Err(Unread::Note(error)) => Err(error.to_string()),
                Err(Unread::File(error)) => {
                    let what = format!("what stands beside the key was not looked at: {}", error.source);
                    self.find(Kind::Other(Severity::Note), None, &file, None, &what);
                    continue;
                }
            };
            match (judged, read) {
                (Ok(true), Ok(checkpoint)) => agreed = agreed.max(Some(checkpoint.size)),
                (Err(what), _) => {
                    let what = format!("the note beside the key: {what}");
                    self.find(Kind::Other(Severity::Damage), None, &file, None, &what);
                }
                // Damage before it leaves nothing to compare it with, and is named already.
                (Ok(_), _) => {}
            }
        }
        agreed
    }

    fn judge_kept(
        &mut self,
        checkpoint: &Checkpoint,
        is_signed: bool,
        ring: Option<&KeyRing>,
    ) -> Result<bool, String> {
        let other_origin = |ring: &KeyRing| checkpoint.origin != ring.origin();
        if !is_signed && ring.is_some_and(other_origin) {
            return Err(NotANote::OtherOrigin(checkpoint.origin.clone()).to_string());
        }
        let judged = self.judge(checkpoint, ring.filter(|_| is_signed));
        judged.map_err(|what| {
            let cut = if checkpoint.size > self.next {
                ": its end was cut off, or an older copy was put back"
            } else {
                ""
            };
            what + cut
        })
    }
}
