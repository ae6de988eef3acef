//! A durable head that is older than what was signed, as a power cut may leave it until the next opening: the log decides
//! whether what was signed is there.

use super::Severity;
use super::findings::Kind;
use super::walk::Walk;
use crate::disk::FileError;
use crate::log::cursor::{Cursor, Found};
use crate::log::frame::is_sound;
use crate::place::Place;

impl Walk<'_> {
    /// Whether something speaks of records behind the head, and the next of them are there, whole. Beside a writer nothing
    /// does: what was signed is read before the head, and the head is written before anything is signed.
    pub(super) fn goes_on_behind_head(&self, cursor: &mut Cursor) -> Result<bool, FileError> {
        if self.wanted.last().is_none_or(|&size| size <= self.next) {
            return Ok(false);
        }
        let found = cursor.look()?;
        Ok(matches!(found, Found::Commit(commit) if is_sound(&commit.header, cursor.body(&commit))))
    }

    /// Records there should be: up to the durable head, or to the last that something speaks of and the log holds; as many
    /// as can be read where there is no head.
    pub(super) fn size(&self) -> u64 {
        let Some(head) = self.head else { return self.next };
        let stated = self.wanted.iter().rev().copied().find(|&size| size <= self.next);
        stated.map_or(head.size, |stated| stated.max(head.size))
    }

    /// Says that readers do not see everything that was signed.
    pub(super) fn head_behind(&mut self, place: &Place) {
        let size = self.size();
        if let Some(head) = self.head.filter(|head| head.size < size) {
            let what = format!(
                "the durable head ends at {} records, what was signed at {size}, and the log holds them: as a power cut \
                 leaves it; the next opening writes the head anew",
                head.size
            );
            self.find(Kind::Other(Severity::Warning), None, &place.head(), None, &what);
        }
    }
}
