//! What a run found for itself, and what it concludes from it: of a backup, of the target, of the SUSDB that is there.

use super::DatabaseStatus;
use crate::database::restore::is_leftover;
use crate::event::database::{BackupJudged, BackupOf, StateRecorded, TargetJudged};
use crate::event::run::Role;
use crate::status::{Why, require};

impl DatabaseStatus {
    /// A backup counts as verified where the engine read it since it was written, and in no other history.
    pub(super) fn judge(&mut self, role: Role, event: &BackupJudged) -> Result<(), Why> {
        let has_read = match event.of {
            BackupOf::Source => self.found.has_read_source,
            BackupOf::Own => self.found.has_read_own,
        };
        require(!event.verified || has_read, "the engine did not verify that backup")?;
        match event.of {
            BackupOf::Source => {
                self.verified = event.verified.then_some(event.set_guid);
                self.refused |= !event.verified && role == Role::Destination;
            }
            BackupOf::Own => self.secured = event.verified,
        }
        Ok(())
    }

    /// A target is another one where it was compared and nothing matched.
    pub(super) fn judge_target(&mut self, event: &TargetJudged) -> Result<(), Why> {
        let found = self.found;
        require(event.comparisons == found.comparisons, "the count differs from the comparisons")?;
        let may_be = event.comparisons > 0 && found.matches == 0;
        require(!event.is_another || may_be, "nothing was compared, or something is the same")?;
        (self.found.comparisons, self.found.matches) = (0, 0);
        self.is_another = event.is_another;
        self.refused |= !event.is_another;
        Ok(())
    }

    /// Takes what the engine says of SUSDB. Another database than the one that was backed up is neither secured nor held
    /// against the source, and one that vanished is not restored any more. What a restore that was cut off left is being restored, or suspect: a
    /// database in another state came from somebody else, or somebody took it offline, and is dropped only with a way back.
    ///
    /// The first look behind a restore tells which database it made. Another one in its place was put there by somebody else
    /// and stops the run: neither is it the source's, nor was anybody asked whether it may be dropped. It is one no more as
    /// soon as it is gone, or the restored one is back.
    pub(super) fn see(&mut self, event: &StateRecorded) {
        let (was, is) = (self.database, event.database_guid);
        let differs = was.is_told() && is.is_told() && was != is;
        self.replaced = event.present && self.restored && (differs || (self.replaced && !is.is_told()));
        self.refused |= self.replaced;
        if was != is {
            self.secured &= !was.is_told();
            self.is_another &= !event.present || self.restored || self.partial;
        }
        if !self.restored || !event.present || !was.is_told() {
            self.database = is;
        }
        self.present = Some(event.present);
        self.partial &= event.present && is_leftover(event.state.as_str());
        if !event.present {
            self.restored = false;
            self.installed = false;
            self.secured = false;
        }
    }
}
