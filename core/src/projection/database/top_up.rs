//! Whether the content was gone through since the backup that was restored. What the source fetched before its last backup
//! stands in the restored SUSDB, and not in a copy that is older.
//!
//! No clock is asked: two hosts have two of them. A backup is known here from the record on with which the source's journal
//! was taken in, and a pass that begins behind that record lists a source whose backup is made.

use serde::{Deserialize, Serialize};

use crate::event::run::{RunEvent, SkipReason};
use crate::event::{ContentEvent, Event};
use crate::step::Step;
use crate::unit::Seq;

/// Where passes over the content stand beside the backup that was restored, each by its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUp {
    /// The last journal of another host that was taken in.
    imported: Option<Seq>,
    /// The last one before the restore: the restored backup was made before it.
    known: Option<Seq>,
    /// The pass that was begun last.
    begun: Option<Seq>,
    /// The last pass that went through everything.
    passed: Option<Seq>,
    /// The one the last comparison with the catalogue followed.
    compared: Option<Seq>,
}

impl TopUp {
    /// Whether a pass over the content is owed: there was none since the restored backup.
    #[must_use]
    pub fn is_owed(&self) -> bool {
        self.known.is_some() && self.passed < self.known
    }

    /// Whether the last comparison with the catalogue followed a pass that was not owed any more.
    #[must_use]
    pub fn is_compared(&self) -> bool {
        self.known.is_none() || self.compared > self.known
    }

    pub(super) fn restore(&mut self) {
        self.known = self.imported;
        self.compared = None;
    }

    pub(super) fn take(&mut self, seq: Seq, event: &Event) {
        match event {
            Event::Run(RunEvent::StreamImported(_)) => self.imported = Some(seq),
            // Where no content is copied nothing is missed.
            Event::Run(RunEvent::StepSkipped(skipped)) => {
                let nothing = skipped.reason == SkipReason::StoredOnMicrosoftUpdate;
                if skipped.step == Step::Content && nothing {
                    self.passed = Some(seq);
                }
            }
            Event::Content(ContentEvent::PassStarted(_)) => self.begun = Some(seq),
            Event::Content(ContentEvent::PassFinished(end)) if end.left == 0 => self.passed = self.begun,
            Event::Content(ContentEvent::CatalogueCompared(_)) => self.compared = self.passed,
            Event::Run(_)
            | Event::Inventory(_)
            | Event::Preflight(_)
            | Event::Content(_)
            | Event::Database(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sha256;
    use crate::event::content::{CatalogueCompared, PassFinished, PassStarted};
    use crate::event::run::{StepSkipped, StreamImported};
    use crate::id::StreamId;

    fn imported() -> Event {
        let nothing = Sha256([0; 32]);
        let (stream, size) = (StreamId::from_random([1; 16]), 9);
        let (host, origin, account, sid) = ("OLD".into(), "o".into(), "a".into(), "s".into());
        StreamImported { stream, host, origin, size, root: nothing, key: nothing, account, sid }.into()
    }

    fn begun() -> Event {
        PassStarted {
            manifest: Sha256([0; 32]),
            worklist: Sha256([0; 32]),
            files: 0,
            bytes: 0,
            unchanged_files: 0,
            unchanged_bytes: 0,
            recheck: false,
        }
        .into()
    }

    fn ended(left: u64) -> Event {
        PassFinished { copied: 0, copied_bytes: 0, verified: 0, failed: 0, left }.into()
    }

    fn compared() -> Event {
        CatalogueCompared {
            differences: Sha256([0; 32]),
            expected: 0,
            expected_bytes: 0,
            matched: 0,
            missing: 0,
            extra: 0,
            damaged: 0,
            encrypted: 0,
        }
        .into()
    }

    /// What a history comes to; the restore stands where there is none of these events. Whether a pass is owed, and whether
    /// the comparison was made after one that was not.
    fn after(events: &[Option<Event>]) -> (bool, bool) {
        let mut top_up = TopUp::default();
        for (seq, event) in (1..).map(Seq).zip(events) {
            match event {
                Some(event) => top_up.take(seq, event),
                None => top_up.restore(),
            }
        }
        (top_up.is_owed(), top_up.is_compared())
    }

    #[test]
    fn a_pass_before_the_backup_was_known_is_not_the_last() {
        let early = [Some(begun()), Some(ended(0)), Some(imported()), None, Some(compared())];
        assert_eq!(after(&early), (true, false));
        let begun_before = [Some(begun()), Some(imported()), Some(ended(0)), None, Some(compared())];
        assert_eq!(after(&begun_before), (true, false), "it listed the source before");
        let cut_short = [Some(imported()), Some(begun()), Some(ended(1)), None, Some(compared())];
        assert_eq!(after(&cut_short), (true, false));
        let in_time = [Some(imported()), Some(begun()), Some(ended(0)), None, Some(compared())];
        assert_eq!(after(&in_time), (false, true));
        let topped_up = [&early[..], &[Some(begun()), Some(ended(0))]].concat();
        assert_eq!(after(&topped_up), (false, false), "what was compared before the pass is compared again");
        assert_eq!(after(&[&topped_up[..], &[Some(compared())]].concat()), (false, true));
    }

    #[test]
    fn what_was_taken_in_after_the_restore_asks_for_no_pass() {
        let later =
            [Some(imported()), Some(begun()), Some(ended(0)), None, Some(compared()), Some(imported())];
        assert_eq!(after(&later), (false, true));
    }

    #[test]
    fn a_step_that_is_not_needed_owes_nothing() {
        let skipped = |reason| Some(StepSkipped { step: Step::Content, reason }.into());
        let of = |reason| after(&[Some(imported()), skipped(reason), None, Some(compared())]);
        assert_eq!(of(SkipReason::StoredOnMicrosoftUpdate), (false, true));
        assert_eq!(of(SkipReason::ByDestination), (true, false));
    }
}
