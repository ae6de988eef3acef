//! Everything at once: the state of a migration, folded in one pass over the journal.

use serde::{Deserialize, Serialize};

use crate::envelope::Recorded;
use crate::projection::Projection;
use crate::projection::audit::Audit;
use crate::projection::content::ContentState;
use crate::projection::database::DatabaseState;
use crate::projection::inventory::Worksheet;
use crate::projection::preflight::Checks;
use crate::projection::rollback::Taken;
use crate::projection::run::RunState;
use crate::projection::timeline::Timeline;

/// The state of a migration at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Runs and steps.
    pub run: RunState,
    /// The worksheet.
    pub worksheet: Worksheet,
    /// The checks.
    pub checks: Checks,
    /// Update files.
    pub content: ContentState,
    /// SUSDB.
    pub database: DatabaseState,
    /// The story.
    pub timeline: Timeline,
    /// The auditor's counts.
    pub audit: Audit,
    /// What would have to be undone.
    pub taken: Taken,
}

impl Projection for Migration {
    const NAME: &'static str = "migration";
    const VERSION: u16 = 7;

    fn apply(&mut self, recorded: &Recorded) {
        self.run.apply(recorded);
        self.worksheet.apply(recorded);
        self.checks.apply(recorded);
        self.content.apply(recorded);
        self.database.apply(recorded);
        self.timeline.apply(recorded);
        self.audit.apply(recorded);
        self.taken.apply(recorded);
    }
}
