//! Interrupted batches: what is accounted for, and what stays in doubt.

use super::{ContentState, How};
use crate::content::FoundBefore;
use crate::event::content::{BatchExamined, StrayRecorded};
use crate::id::ActionId;
use crate::path::PathRef;
use crate::unit::Seq;

impl ContentState {
    /// Files of interrupted batches that no pass comes by and that could not be looked at.
    #[must_use]
    pub fn in_doubt(&self) -> usize {
        self.doubtful.values().filter_map(|batch| batch.in_doubt).map(|files| files as usize).sum()
    }

    /// Interrupted batches of which nobody can say yet what they left.
    #[must_use]
    pub fn batches_in_doubt(&self) -> usize {
        self.doubtful.values().filter(|batch| batch.in_doubt != Some(0)).count()
    }

    /// Whether a file of an interrupted batch may be that batch's without anything saying so: it has no outcome since,
    /// and nothing was there before, or its replacement was begun.
    #[must_use]
    pub fn perhaps_left_by(&self, action: ActionId, item: u32, path: &PathRef) -> bool {
        let Some(batch) = self.doubtful.get(&action) else { return false };
        let recorded_since = || self.in_place.get(path).is_some_and(|record| record.seq > batch.seq);
        let found_before = || FoundBefore::has(&batch.intent.found_before, item as usize);
        let open = || !batch.recorded.contains(&item);
        self.replacements.begun_by(action, path) || (!found_before() && open() && !recorded_since())
    }

    pub(super) fn record_stray(&mut self, seq: Seq, stray: &StrayRecorded) {
        let replaced = self.settle(seq, &stray.path, stray.replaced);
        self.place(seq, &stray.path, &stray.file, How::Brought, replaced);
    }

    pub(super) fn examined(&mut self, action: Option<ActionId>, examined: &BatchExamined) {
        let Some((action, batch)) = action.and_then(|it| Some((it, self.doubtful.get_mut(&it)?))) else {
            return;
        };
        let settled = |item: u32| FoundBefore::has(&examined.settled, item as usize);
        batch.recorded = (0..batch.intent.files).filter(|&item| settled(item)).collect();
        batch.in_doubt = Some(examined.in_doubt);
        self.replacements.dismiss(action, settled);
    }

    /// Forgets the interrupted batches of which every file is accounted for, now that a pass went through everything.
    /// One that failed in it may still be what an interrupted batch left.
    pub(super) fn forget_accounted(&mut self) {
        let Self { doubtful, replacements, failed, .. } = self;
        doubtful.retain(|action, batch| {
            let all = batch.recorded.len() == batch.intent.files as usize;
            batch.in_doubt != Some(0) || replacements.unsettled(*action) || !(all || failed.is_empty())
        });
    }
}
