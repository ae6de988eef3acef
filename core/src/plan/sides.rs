//! Keys that mean something on one of the two hosts only. Whoever sets one on the other believes in something that does not
//! happen there.

use super::{DatabasePlan, MediaUse, PlanError, database};
use crate::database::statement::{Compression, OnChecksumError};
use crate::event::run::Role;

impl DatabasePlan {
    /// Refuses what only the other host's plan may say.
    pub(super) fn refuse_other_sides(&self, here: Role) -> Result<(), PlanError> {
        let (key, of) = match here {
            Role::Source => (self.of_destination(), Role::Destination),
            Role::Destination => (self.of_source(), Role::Source),
        };
        let refused = |key| Err(PlanError::OtherSide { key, of: of.word(), here: here.word() });
        key.map_or(Ok(()), refused)
    }

    /// The first key that is set for the source alone. How its check is waived has rules of its own.
    fn of_source(&self) -> Option<&'static str> {
        first([
            ("quiesce", self.quiesce),
            ("backup_file", self.backup_file != database::susdb_bak()),
            ("backup_name", self.backup_name.is_some()),
            ("backup_description", self.backup_description.is_some()),
            ("backup_expires", self.backup_expires.is_some()),
            ("backup_retain_days", self.backup_retain_days.is_some()),
            ("media", self.media != MediaUse::Append),
            ("media_check", self.media_check.is_some()),
            ("media_name", self.media_name.is_some()),
            ("media_description", self.media_description.is_some()),
            ("on_checksum_error", self.on_checksum_error != OnChecksumError::Stop),
            ("compression", self.compression != Compression::ServerDefault),
        ])
    }

    /// The first key that is set for the destination alone.
    fn of_destination(&self) -> Option<&'static str> {
        first([
            ("replace_in_use", self.replace_in_use),
            ("data_folder", self.data_folder.is_some()),
            ("log_folder", self.log_folder.is_some()),
            ("content_dir", self.content_dir.is_some()),
            ("wsusutil", self.wsusutil.is_some()),
        ])
    }
}

/// The first key that is set.
fn first<const N: usize>(keys: [(&'static str, bool); N]) -> Option<&'static str> {
    keys.into_iter().find(|(_, is_set)| *is_set).map(|(key, _)| key)
}
