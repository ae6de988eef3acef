//! Sentences about a backup that a run leaves aside: one that is kept instead of a newer one, one that came too late.

use super::progress::size_bytes;
use crate::event::database::{BackupOf, BackupRecorded, Operation};
use crate::event::run::Role;
use crate::projection::Migration;
use crate::projection::database::OwnBackup;

/// That a run left aside what somebody may have expected of it; nothing where it did not. `source` is what the source's
/// journal says, where it was imported.
#[must_use]
pub fn left_aside(state: &Migration, source: Option<&Migration>) -> Option<String> {
    match state.run.status.role? {
        Role::Source => not_made_again(state),
        Role::Destination => not_restored(state, source?),
    }
}

/// The source has its backup, and made no other.
fn not_made_again(state: &Migration) -> Option<String> {
    if state.database.run.has_done(Operation::BackUp) {
        return None;
    }
    let (seq, backup) = state.database.backups.get(&BackupOf::Source)?;
    Some(format!(
        "SUSDB is not backed up again: {} is kept (record {seq}); `wsusmigrate run --only database` makes a newer one",
        named(backup)
    ))
}

/// Another backup was handed over than the one that is restored.
fn not_restored(state: &Migration, source: &Migration) -> Option<String> {
    let (_, restored) =
        state.database.backups.get(&BackupOf::Source).filter(|_| state.run.status.database.restored)?;
    let (_, handed) = source.database.backups.get(&BackupOf::Source)?;
    if handed.set_guid == restored.set_guid {
        return None;
    }
    Some(format!(
        "the source handed over another backup ({}) than the one that is restored here ({}): what is restored stays as it is; \
         to take the other, drop the restored SUSDB by hand (`wsusmigrate rollback` has the statement), then `wsusmigrate plan \
         --approve` and `wsusmigrate run`",
        named(handed),
        named(restored)
    ))
}

fn named(backup: &BackupRecorded) -> String {
    format!("set {} {} of {}", backup.position, backup.set_guid, backup.finished)
}

/// Safety backups that nothing needs any more, with the room they take; nothing where there are none. The newest verified one of
/// each SUSDB is the way back to it.
#[must_use]
pub fn spare_backups(state: &Migration) -> Option<String> {
    let own = &state.database.own_backups;
    let is_spare = |(at, spare): &(usize, &OwnBackup)| {
        let newer = own.iter().skip(at + 1);
        let mut newer = newer.filter(|newer| newer.is_verified() && newer.database.is_told());
        newer.any(|newer| newer.database == spare.database)
    };
    let spare: Vec<_> = own.iter().enumerate().filter(is_spare).map(|(_, spare)| &spare.backup).collect();
    if spare.is_empty() {
        return None;
    }
    let bytes: u64 = spare.iter().map(|backup| size_bytes(backup)).sum();
    let names: Vec<_> = spare.iter().map(|backup| backup.engine_path.to_string()).collect();
    let names = names.join(", ");
    Some(format!(
        "may be cleared away, for a newer safety backup of the same SUSDB is verified: {names} ({bytes} bytes)"
    ))
}
