//! Backups as the server describes them: the medium, the sets on it, the files in a set; and whether a set is good enough.
//!
//! Columns are those of `RESTORE LABELONLY`, `HEADERONLY` and `FILELISTONLY` in the Transact-SQL reference.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::facts::FileKind;
use super::row::{Row, RowError};
use super::statement::BackupOptions;
use super::version::DatabaseVersion;
use super::{DATABASE, Guid};
use crate::coded::coded;
use crate::id::MigrationId;
use crate::unit::TimeMicros;

/// The name a verified backup has in the migration store and in the destination's folder of backups: of its set
/// (`BackupSetGUID`), so that it never meets somebody's own `SUSDB.bak`.
#[must_use]
pub fn carried_file(set: Guid) -> String {
    format!("SUSDB-{set}.bak")
}

/// The file of a migration's safety backup, by its number from 1.
#[must_use]
pub fn own_file(number: usize, migration: MigrationId) -> String {
    format!("SUSDB-own-{number}-{}.bak", beginning(migration))
}

/// The small file by which a migration proves that the engine writes where this program reads.
#[must_use]
pub fn proof_file(migration: MigrationId) -> String {
    format!("wsusmigrate-{}.probe", beginning(migration))
}

/// Enough of a migration's name to tell its files from another's.
fn beginning(migration: MigrationId) -> String {
    migration.to_string().chars().take(8).collect()
}

/// What a safety backup is called.
#[must_use]
pub fn own_options() -> BackupOptions {
    BackupOptions { name: Some("SUSDB before it was replaced".to_owned()), ..BackupOptions::default() }
}

/// A log sequence number: up to 25 decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lsn(pub i128);

impl std::fmt::Display for Lsn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A backup set: a row of `RESTORE HEADERONLY`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are the columns of the header")]
pub struct BackupSet {
    /// `Position`: what `FILE =` takes.
    pub position: u16,
    /// `BackupSetGUID`.
    pub guid: Option<Guid>,
    /// `BackupName`.
    pub name: String,
    /// `BackupDescription`.
    pub description: String,
    /// `BackupType`: 1 is a full backup of a database.
    pub kind: u8,
    /// `ExpirationDate`.
    pub expires: Option<TimeMicros>,
    /// `Compressed`.
    pub is_compressed: bool,
    /// `UserName`: who made it.
    pub user: String,
    /// `ServerName`: the engine that made it.
    pub server_name: String,
    /// `DatabaseName`.
    pub database: String,
    /// `DatabaseVersion`.
    pub database_version: DatabaseVersion,
    /// `BackupSize`, in bytes.
    pub bytes: u64,
    /// `CompressedBackupSize`, in bytes; the whole size where the engine does not tell (before 2008).
    pub compressed_bytes: u64,
    /// `FirstLSN`.
    pub first_lsn: Lsn,
    /// `LastLSN`.
    pub last_lsn: Lsn,
    /// `CheckpointLSN`.
    pub checkpoint_lsn: Lsn,
    /// `DatabaseBackupLSN`: where the newest full backup before this one began.
    pub database_backup_lsn: Lsn,
    /// `BackupStartDate`, by the engine's local clock.
    pub started: TimeMicros,
    /// `BackupFinishDate`, by the engine's local clock.
    pub finished: TimeMicros,
    /// `BindingID`: the `database_guid` of the database as it was.
    pub database_guid: Option<Guid>,
    /// `FamilyGUID`.
    pub family_guid: Option<Guid>,
    /// `RecoveryModel`.
    pub recovery_model: String,
    /// `HasBackupChecksums`.
    pub has_checksums: bool,
    /// `IsDamaged`: the backup went on over an error.
    pub is_damaged: bool,
    /// `IsCopyOnly`.
    pub is_copy_only: bool,
    /// `IsReadOnly`: the database was.
    pub is_read_only: bool,
    /// `IsSingleUser`: the database was, and comes back so.
    pub is_single_user: bool,
    /// `IsSnapshot`.
    pub is_snapshot: bool,
}

impl BackupSet {
    /// Reads a row of `RESTORE HEADERONLY`.
    pub fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            position: number(row, "Position")?,
            guid: row.maybe_guid("BackupSetGUID")?,
            name: row.maybe_text("BackupName")?.unwrap_or_default(),
            description: row.maybe_text("BackupDescription")?.unwrap_or_default(),
            kind: number(row, "BackupType")?,
            expires: row.maybe_time("ExpirationDate")?,
            is_compressed: row.maybe_bit("Compressed")?.unwrap_or(false),
            user: row.maybe_text("UserName")?.unwrap_or_default(),
            server_name: row.maybe_text("ServerName")?.unwrap_or_default(),
            database: row.text("DatabaseName")?,
            database_version: DatabaseVersion(number(row, "DatabaseVersion")?),
            bytes: number(row, "BackupSize")?,
            compressed_bytes: match row.maybe_decimal("CompressedBackupSize")? {
                Some(_) => number(row, "CompressedBackupSize")?,
                None => number(row, "BackupSize")?,
            },
            first_lsn: Lsn(row.decimal("FirstLSN")?),
            last_lsn: Lsn(row.decimal("LastLSN")?),
            checkpoint_lsn: Lsn(row.decimal("CheckpointLSN")?),
            database_backup_lsn: Lsn(row.maybe_decimal("DatabaseBackupLSN")?.unwrap_or(0)),
            started: row.time("BackupStartDate")?,
            finished: row.time("BackupFinishDate")?,
            database_guid: row.maybe_guid("BindingID")?,
            family_guid: row.maybe_guid("FamilyGUID")?,
            recovery_model: row.maybe_text("RecoveryModel")?.unwrap_or_default(),
            has_checksums: row.bit("HasBackupChecksums")?,
            is_damaged: row.bit("IsDamaged")?,
            is_copy_only: row.bit("IsCopyOnly")?,
            is_read_only: row.bit("IsReadOnly")?,
            is_single_user: row.bit("IsSingleUser")?,
            is_snapshot: row.bit("IsSnapshot")?,
        })
    }
}

/// A number that fits the type asked for.
fn number<N: TryFrom<i128>>(row: &Row, column: &str) -> Result<N, RowError> {
    N::try_from(row.decimal(column)?).map_err(|_| RowError::Kind {
        column: column.to_owned(),
        wanted: "a number of its range",
        found: "another number",
    })
}

/// A file of a backup set: a row of `RESTORE FILELISTONLY`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFile {
    /// `LogicalName`.
    pub logical_name: String,
    /// `PhysicalName`: where it lay on the source.
    pub physical_name: String,
    /// `Type`: `D` rows, `L` log.
    pub kind: FileKind,
    /// `Size`: what it takes once restored, in bytes.
    pub bytes: u64,
    /// `IsPresent`; a partial backup has files it does not hold.
    pub is_present: bool,
}

impl BackupFile {
    /// Reads a row of `RESTORE FILELISTONLY`.
    pub fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            logical_name: row.text("LogicalName")?,
            physical_name: row.text("PhysicalName")?,
            kind: match row.text("Type")?.trim() {
                "D" => FileKind::Data,
                "L" => FileKind::Log,
                _ => FileKind::Other,
            },
            bytes: number(row, "Size")?,
            is_present: row.maybe_bit("IsPresent")?.unwrap_or(true),
        })
    }
}

/// What a medium says of itself: the row of `RESTORE LABELONLY`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaLabel {
    /// `MediaName`; empty where it has none.
    pub name: String,
    /// `MediaDescription`.
    pub description: String,
    /// `MediaSetId`.
    pub set_id: Option<Guid>,
    /// `SoftwareName`: who wrote it.
    pub software: String,
    /// `MediaDate`.
    pub written: Option<TimeMicros>,
    /// `FamilyCount`: files that make up the medium; more than 1 is a striped backup.
    pub families: i64,
}

impl MediaLabel {
    /// Reads the row of `RESTORE LABELONLY`.
    pub fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            name: row.maybe_text("MediaName")?.unwrap_or_default(),
            description: row.maybe_text("MediaDescription")?.unwrap_or_default(),
            set_id: row.maybe_guid("MediaSetId")?,
            software: row.maybe_text("SoftwareName")?.unwrap_or_default(),
            written: row.maybe_time("MediaDate")?,
            families: row.maybe_int("FamilyCount")?.unwrap_or(1),
        })
    }
}

/// The backup set with an identity, wherever it stands on its medium: what a backup just made is found again by.
#[must_use]
pub fn find(sets: &[BackupSet], guid: Guid) -> Option<&BackupSet> {
    sets.iter().find(|set| set.guid == Some(guid))
}

/// The sets on a medium that this migration did not make: overwriting them needs somebody's word.
#[must_use]
pub fn foreign<'a>(sets: &'a [BackupSet], ours: &BTreeSet<Guid>) -> Vec<&'a BackupSet> {
    sets.iter().filter(|set| !set.guid.is_some_and(|guid| ours.contains(&guid))).collect()
}

/// `BackupType` of a full backup.
const FULL: u8 = 1;

coded! {
    /// What is wrong with a backup set, or worth knowing.
    BackupFault {
        /// It is a backup of another database.
        OtherDatabase = 1, "other-database";
        /// It is not a full backup.
        NotFull = 2, "not-full";
        /// It has no checksums: nothing shows that it is whole.
        NoChecksums = 3, "no-checksums";
        /// It went on over damaged pages.
        Damaged = 4, "damaged";
        /// `RESTORE VERIFYONLY` did not succeed.
        NotVerified = 5, "not-verified";
        /// A file of the database is not in it.
        FileMissing = 6, "file-missing";
        /// It has files of a kind SUSDB does not have.
        OtherFiles = 7, "other-files";
        /// It is a snapshot of volumes and not in the file.
        Snapshot = 8, "snapshot";
        /// The database was read-only and comes back so.
        ReadOnly = 9, "read-only";
        /// The database was in single-user mode and comes back so.
        SingleUser = 10, "single-user";
        /// It is not copy-only: the source's own differential backups now build on it.
        NotCopyOnly = 11, "not-copy-only";
    }
}

impl BackupFault {
    /// Whether a set with it may not be restored; the others are worth knowing only.
    #[must_use]
    pub const fn is_blocking(self) -> bool {
        match self {
            Self::OtherDatabase
            | Self::NotFull
            | Self::NoChecksums
            | Self::Damaged
            | Self::NotVerified
            | Self::FileMissing
            | Self::OtherFiles
            | Self::Snapshot
            | Self::ReadOnly => true,
            Self::SingleUser | Self::NotCopyOnly => false,
        }
    }
}

/// What came of looking at a backup set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupJudgement(Vec<BackupFault>);

impl BackupJudgement {
    /// Looks at a set, its files, and whether `RESTORE VERIFYONLY WITH CHECKSUM` ended without an error.
    #[must_use]
    pub fn of(set: &BackupSet, files: &[BackupFile], verified: bool) -> Self {
        let is_absent = files.is_empty() || files.iter().any(|file| !file.is_present);
        let found = [
            (!set.database.eq_ignore_ascii_case(DATABASE), BackupFault::OtherDatabase),
            (set.kind != FULL, BackupFault::NotFull),
            (!set.has_checksums, BackupFault::NoChecksums),
            (set.is_damaged, BackupFault::Damaged),
            (!verified, BackupFault::NotVerified),
            (is_absent, BackupFault::FileMissing),
            (files.iter().any(|file| file.kind == FileKind::Other), BackupFault::OtherFiles),
            (set.is_snapshot, BackupFault::Snapshot),
            (set.is_read_only, BackupFault::ReadOnly),
            (set.is_single_user, BackupFault::SingleUser),
            (!set.is_copy_only, BackupFault::NotCopyOnly),
        ];
        Self(found.into_iter().filter_map(|(is, fault)| is.then_some(fault)).collect())
    }

    /// Whether the set counts as verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        !self.0.iter().any(|fault| fault.is_blocking())
    }

    /// What was found, in the order of the codes.
    #[must_use]
    pub fn faults(&self) -> &[BackupFault] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
