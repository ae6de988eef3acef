//! What the head and the checkpoints say, against what the log holds.

use std::path::PathBuf;

use super::Severity;
use super::walk::Walk;
use crate::checkpoint::{self, Checkpoint};
use crate::error::ReadError;
use crate::place::Place;

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

    /// Each checkpoint against the tree: the newest right one, and the newest that damage before it leaves nothing to
    /// compare with.
    pub(super) fn checkpoints(
        &mut self,
        notes: Vec<(u64, PathBuf)>,
    ) -> Result<(Option<Checkpoint>, Option<Checkpoint>), ReadError> {
        let (mut newest, mut uncompared) = (None, None);
        for (size, file) in notes {
            let wrong = match checkpoint::read(&file)? {
                None => continue,
                Some(Err(error)) => Some(error.to_string()),
                Some(Ok(checkpoint)) => {
                    let signature = self.identity.as_ref().map(|identity| checkpoint.verify(identity));
                    let root = self.roots.get(&size);
                    if checkpoint.size != size {
                        Some(format!("it covers {} records", checkpoint.size))
                    } else if let Some(Err(error)) = signature {
                        Some(error.to_string())
                    } else if size > self.next {
                        Some(format!("it covers {size} records, the log has {}", self.next))
                    } else if root.is_some_and(|root| *root != checkpoint.root) {
                        Some("the log has another root over the same records".to_owned())
                    } else {
                        let place = if root.is_some() { &mut newest } else { &mut uncompared };
                        *place = Some(checkpoint);
                        None
                    }
                }
            };
            if let Some(what) = wrong {
                self.find(Severity::Damage, None, &file, None, &format!("the checkpoint: {what}"));
            }
        }
        Ok((newest, uncompared))
    }
}
