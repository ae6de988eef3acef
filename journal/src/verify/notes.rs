//! What the head and the checkpoints say, against what the log holds.

use std::path::PathBuf;

use super::findings::Kind;
use super::walk::Walk;
use super::{Elsewhere, Severity};
use crate::checkpoint::{self, Checkpoint};
use crate::place::Place;
use crate::ring::KeyRing;

impl Walk<'_> {
    /// What the head promises beyond the last record.
    pub(super) fn end(&mut self, place: &Place) {
        if let Some(head) = self.head.filter(|head| self.next < head.size) {
            let what = format!("records up to {} are missing", head.size);
            let path = Place::segment(&self.log, head.segment);
            self.bad(self.next, &path, 0, &what);
            self.tree = None;
        }
        if let (Some(head), Some(identity)) = (self.head, &self.identity)
            && head.stream != identity.stream
        {
            self.bad(0, &place.head(), 0, "the durable head belongs to another stream");
        }
    }

    /// The keys of the journal, as far as checkpoints confirm their rotation.
    pub(super) fn ring(&mut self, notes: &[Note]) -> Option<KeyRing> {
        let mut ring = KeyRing::new(self.identity.as_ref()?);
        for (seq, event, path, offset) in std::mem::take(&mut self.rotations) {
            let behind = notes.iter().find(|note| note.size == seq.next().0);
            let note = behind.and_then(|note| note.read.as_ref().ok());
            if let Err(why) = ring.rotate(seq, &event, note) {
                // As a crash leaves it until the next opening; and as somebody leaves it who has no key.
                let what = format!("the rotation to another key does not count: {why}");
                self.find(Kind::Rotation, Some(seq.0), &path, Some(offset), &what);
            }
        }
        Some(ring)
    }

    /// Each checkpoint against the tree: the newest right one, and the newest that damage before it leaves nothing to
    /// compare with.
    pub(super) fn checkpoints(
        &mut self,
        notes: Vec<Note>,
        ring: Option<&KeyRing>,
    ) -> (Option<Checkpoint>, Option<Checkpoint>) {
        let (mut newest, mut uncompared) = (None, None);
        for Note { size, file, read } in notes {
            let wrong = match read {
                Err(what) => Some(what),
                Ok(checkpoint) if checkpoint.size != size => {
                    Some(format!("it covers {} records", checkpoint.size))
                }
                Ok(checkpoint) => match self.judge(&checkpoint, ring) {
                    Ok(compared) => {
                        let place = if compared { &mut newest } else { &mut uncompared };
                        *place = Some(checkpoint);
                        None
                    }
                    Err(what) => Some(what),
                },
            };
            if let Some(what) = wrong {
                self.find(Kind::Checkpoint, None, &file, None, &format!("the checkpoint: {what}"));
            }
        }
        (newest, uncompared)
    }

    /// A run that came to its end was signed for: records beyond it without a checkpoint say that somebody took them away.
    pub(super) fn never_signed(&mut self, place: &Place) {
        if let Some(end) = self.first_end.filter(|end| self.next > end.next().0) {
            let what = format!("no checkpoint is there, although a run came to its end with record {end}");
            self.find(Kind::Other(Severity::Warning), None, &place.checkpoints(), None, &what);
        }
    }

    /// A checkpoint that was kept elsewhere; its size where the log bears it out.
    pub(super) fn elsewhere(&mut self, elsewhere: &Elsewhere, ring: Option<&KeyRing>) -> Option<u64> {
        let Elsewhere { file, checkpoint } = elsewhere;
        let what = match self.judge(checkpoint, ring) {
            Ok(true) => return Some(checkpoint.size),
            Ok(false) => "the log is damaged before it and cannot be compared with it".to_owned(),
            Err(what) if checkpoint.size > self.next => {
                format!("{what}: its end was cut off, or an older copy was put back")
            }
            Err(what) => what,
        };
        let what = format!("the checkpoint from elsewhere: {what}");
        self.find(Kind::Other(Severity::Damage), None, file, None, &what);
        None
    }

    /// What is wrong with a checkpoint, or whether there is a root to compare it with.
    pub(super) fn judge(&mut self, checkpoint: &Checkpoint, ring: Option<&KeyRing>) -> Result<bool, String> {
        if let Some(Err(error)) = ring.map(|ring| ring.verify(checkpoint)) {
            return Err(error.to_string());
        }
        if checkpoint.size > self.next {
            return Err(format!("it covers {} records, the log has {}", checkpoint.size, self.next));
        }
        match self.roots.get(&checkpoint.size) {
            Some(root) if *root != checkpoint.root => {
                Err("the log has another root over the same records".to_owned())
            }
            root => {
                if ring.is_some() {
                    self.signed = self.signed.max(checkpoint.size);
                }
                Ok(root.is_some())
            }
        }
    }
}

/// A file in `checkpoints/`.
pub(super) struct Note {
    /// What its name says.
    size: u64,
    file: PathBuf,
    read: Result<Checkpoint, String>,
}

/// Reads the notes; one that is gone meanwhile is left out.
pub(super) fn read(notes: Vec<(u64, PathBuf)>) -> Vec<Note> {
    let read = notes.into_iter().filter_map(|(size, file)| {
        let read = match checkpoint::read(&file) {
            Ok(read) => read?.map_err(|error| error.to_string()),
            Err(error) => Err(format!("it cannot be read: {}", error.source)),
        };
        Some(Note { size, file, read })
    });
    read.collect()
}
