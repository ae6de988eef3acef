//! What was seen of engines, databases, backups, services and users, and what was concluded from it.

use super::{Deserialize, Serialize};
use crate::coded::coded;
use crate::digest::Sha256;
use crate::id::Guid;
use crate::text::{Name, Text, Word};

coded! {
    /// What kind of engine holds SUSDB.
    EngineKind {
        /// Windows Internal Database: on its own machine only, through a pipe.
        Wid = 1, "wid";
        /// SQL Server of any edition.
        SqlServer = 2, "sql-server";
    }
}

coded! {
    /// How a connection is protected on its way.
    Protection {
        /// Not at all: a pipe or a socket that does not leave the machine, or the plan says so.
        None = 1, "none";
        /// The login only.
        LoginOnly = 2, "login-only";
        /// Everything.
        Everything = 3, "everything";
    }
}

/// A connection to the engine of this host was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    /// How it is reached, without any secret.
    pub address: Text,
    /// What kind of engine it is.
    pub kind: EngineKind,
    /// `SERVERPROPERTY('ServerName')`.
    pub server: Name,
    /// `SERVERPROPERTY('Edition')`.
    pub edition: Name,
    /// `SERVERPROPERTY('ProductVersion')`.
    pub version: Name,
    /// `DATABASEPROPERTYEX('master', 'Version')`: the newest internal version it can restore.
    pub internal_version: u32,
    /// The login the server took us for.
    pub login: Name,
    /// The session's number, `@@SPID`.
    pub session: u32,
    /// How the connection is protected.
    pub protection: Protection,
}

/// What the engine says of SUSDB at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRecorded {
    /// Whether there is a SUSDB. Where there is none, everything else is empty.
    pub present: bool,
    /// `state_desc`, such as `ONLINE`.
    pub state: Word,
    /// Whether it is read-only.
    pub read_only: bool,
    /// `user_access_desc`, such as `MULTI_USER`.
    pub user_access: Word,
    /// `recovery_model_desc`.
    pub recovery_model: Word,
    /// `DATABASEPROPERTYEX('SUSDB', 'Version')`: the internal version it is of; 0 where the engine does not tell, as while it
    /// is restored.
    pub internal_version: u32,
    /// Size of all its files, in bytes.
    pub bytes: u64,
    /// How many files it has; each has an event of its own.
    pub files: u32,
    /// `sys.database_recovery_status.database_guid`; a restore gives a new one. Untold where the engine does not say.
    pub database_guid: Guid,
    /// `sys.database_recovery_status.family_guid`; a restore keeps it. Untold where the engine does not say.
    pub family_guid: Guid,
    /// `create_date`, in its host's [civil time](crate::database::civil).
    pub created: Word,
    /// `ServerID` of `tbConfigurationA`; untold where SUSDB does not say.
    pub server_id: Guid,
}

/// One file of SUSDB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecorded {
    /// `file_id`: its number within the database.
    pub file_id: u32,
    /// Its logical name.
    pub logical: Text,
    /// Where the engine keeps it.
    pub physical: Text,
    /// `type_desc`: `ROWS` or `LOG`.
    pub kind: Text,
    /// Its size, in bytes.
    pub bytes: u64,
}

/// A backup set that is on the media already, before anything is written there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaSetRecorded {
    /// The engine's path of the media.
    pub engine_path: Text,
    /// Its position on the media, from 1.
    pub position: u32,
    /// `BackupSetGUID`.
    pub set_guid: Guid,
    /// Its name.
    pub name: Name,
    /// Of which database it is.
    pub database: Name,
    /// On which server it was made.
    pub server: Name,
    /// When it was finished, in the [civil time](crate::database::civil) of the host it was made on.
    pub finished: Word,
}

coded! {
    /// Of what a backup is.
    BackupOf {
        /// The source's SUSDB: what is migrated.
        Source = 1, "source";
        /// The destination's own SUSDB: the way back.
        Own = 2, "own";
    }
}

/// What a backup set is, as RESTORE HEADERONLY tells it, and its file where the program can read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRecorded {
    /// Of what.
    pub of: BackupOf,
    /// The path on the engine's host.
    pub engine_path: Text,
    /// The path the program reads it by.
    pub program_path: Text,
    /// Its position on the media; what is restored is this one.
    pub position: u32,
    /// `BackupSetGUID`.
    pub set_guid: Guid,
    /// `FamilyGUID` of the database.
    pub family_guid: Guid,
    /// `BackupName`.
    pub name: Name,
    /// `ServerName`.
    pub server: Name,
    /// `FirstLSN`, in decimal digits.
    pub first_lsn: Word,
    /// `LastLSN`.
    pub last_lsn: Word,
    /// `CheckpointLSN`.
    pub checkpoint_lsn: Word,
    /// `DatabaseBackupLSN`.
    pub database_backup_lsn: Word,
    /// `DatabaseVersion`: the internal version an engine must know to restore it.
    pub database_version: u32,
    /// `BackupSize`, in bytes.
    pub backup_bytes: u64,
    /// `CompressedBackupSize`, in bytes.
    pub compressed_bytes: u64,
    /// `BackupStartDate`, in the [civil time](crate::database::civil) of the host it was made on.
    pub started: Word,
    /// `BackupFinishDate`, in the same.
    pub finished: Word,
    /// `HasBackupChecksums`.
    pub checksums: bool,
    /// `IsDamaged`.
    pub damaged: bool,
    /// `IsCopyOnly`.
    pub copy_only: bool,
    /// Size of the file; 0 where the program cannot read it.
    pub file_bytes: u64,
    /// SHA-256 of the file, where the program can read it.
    pub sha256: Option<Sha256>,
}

/// Whether a backup counts as verified, on this engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupJudged {
    /// Of what.
    pub of: BackupOf,
    /// `BackupSetGUID`.
    pub set_guid: Guid,
    /// Whether it does.
    pub verified: bool,
    /// Why, or why not.
    pub why: Text,
}

coded! {
    /// What a comparison of the target with the source says.
    SameAs {
        /// They differ.
        Differs = 1, "differs";
        /// They are the same.
        Matches = 2, "matches";
        /// One of the two is not known.
        Unknown = 3, "unknown";
    }
}

/// One comparison of the proof that the target is not the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetCompared {
    /// What was compared, such as `server name`.
    pub what: Text,
    /// What the source's worksheet says.
    pub source: Text,
    /// What the target says.
    pub target: Text,
    /// What follows.
    pub verdict: SameAs,
}

/// Whether the target is proved to be another database than the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetJudged {
    /// Comparisons made; each has an event of its own.
    pub comparisons: u32,
    /// Whether it is proved.
    pub is_another: bool,
    /// Why, or why not.
    pub why: Text,
}

coded! {
    /// What is done about a database user without its login.
    UserDecision {
        /// ALTER USER ... WITH LOGIN.
        AlterUser = 1, "alter-user";
        /// CREATE LOGIN ... FROM WINDOWS, then ALTER USER.
        CreateLogin = 2, "create-login";
        /// Nothing the program may do: the reason says what a person does.
        Manual = 3, "manual";
        /// Nothing has to be done.
        Leave = 4, "leave";
    }
}

/// A database user without its login, and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFound {
    /// The user.
    pub user: Name,
    /// `type_desc`.
    pub kind: Word,
    /// Its security identifier, in hexadecimal digits.
    pub sid: Name,
    /// What is done.
    pub decision: UserDecision,
    /// The login it gets; empty where it gets none.
    pub login: Name,
    /// Why.
    pub why: Text,
}

coded! {
    /// What a service is to its system: the two are stopped and started in different ways.
    ServiceKind {
        /// A Windows service.
        Service = 1, "service";
        /// An application pool of IIS.
        AppPool = 2, "app-pool";
    }
}

coded! {
    /// Whether a service runs.
    ServiceState {
        /// It is not installed.
        Absent = 1, "absent";
        /// It is stopped.
        Stopped = 2, "stopped";
        /// It runs.
        Running = 3, "running";
        /// It is on the way from one to the other, or paused.
        Changing = 4, "changing";
    }
}

coded! {
    /// How a service starts.
    ServiceStart {
        /// With the system.
        Automatic = 1, "automatic";
        /// Shortly after the system.
        AutomaticDelayed = 2, "automatic-delayed";
        /// When somebody or something starts it.
        Manual = 3, "manual";
        /// Not at all.
        Disabled = 4, "disabled";
        /// The system does not tell, as of what is not installed.
        Untold = 5, "untold";
    }
}

/// A service, or an application pool, as it was before it was touched: what going back leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecorded {
    /// Its name, such as `WsusService`.
    pub service: Text,
    /// What it is.
    pub kind: ServiceKind,
    /// Whether it ran.
    pub state: ServiceState,
    /// How it started. A pool starts with the system or by hand (`autoStart`).
    pub start: ServiceStart,
}

/// A setting as it was before it was put to sleep: what is switched on again at cutover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingRecorded {
    /// Table, column and row, such as `tbAutoDeploymentRule.Enabled where ID = 3`, as
    /// [`Place`](crate::database::setting::Place) writes them: going back reads them.
    pub setting: Text,
    /// Its value; empty where it is NULL.
    pub value: Text,
    /// What it becomes.
    pub becomes: Text,
}

/// A session that was in SUSDB before it was dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSeen {
    /// Its number.
    pub session: u32,
    /// Its login.
    pub login: Text,
    /// Its host.
    pub host: Text,
    /// Its program.
    pub program: Text,
}

/// A log or an output that was kept as evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceKept {
    /// What it is, such as `log of postinstall`.
    pub what: Text,
    /// Where it was found.
    pub origin: Text,
    /// SHA-256 of the evidence file.
    pub sha256: Sha256,
    /// Its size, in bytes.
    pub bytes: u64,
}
