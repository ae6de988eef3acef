//! What an engine says of itself and of SUSDB, read from rows.

use serde::{Deserialize, Serialize};

use super::connection::EngineKind;
use super::identity::{DatabaseIdentity, DatabaseMarks};
use super::row::{Row, RowError};
use super::version::{DatabaseVersion, EngineVersion, NotAnEngineVersion};
use super::{EnginePath, Guid};
use crate::unit::TimeMicros;

/// The answer of [`statement::server_facts`](super::statement::server_facts).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// `SERVERPROPERTY('ServerName')`.
    pub server_name: String,
    /// `SERVERPROPERTY('MachineName')`.
    pub machine: String,
    /// `SERVERPROPERTY('InstanceName')`; empty for the default instance.
    pub instance: String,
    /// The edition, in words. WID calls itself `Windows Internal Database`.
    pub edition: String,
    /// `ProductVersion`, such as `15.0.2000.5`.
    pub product_version: String,
    /// `@@VERSION`, in words.
    pub version_text: String,
    /// `ProductLevel`, such as `RTM`.
    pub product_level: String,
    /// Where databases go where nobody says a folder; older engines do not tell.
    pub default_data_path: Option<String>,
    /// Where logs go.
    pub default_log_path: Option<String>,
    /// The internal version databases of this engine have.
    pub database_version: DatabaseVersion,
    /// The session's number.
    pub session_id: i64,
    /// Who is logged in.
    pub login_name: String,
    /// Whether the login may do everything; nothing where the server does not tell.
    pub is_sysadmin: Option<bool>,
    /// The engine's clock, UTC.
    pub utc_now: TimeMicros,
}

impl ServerFacts {
    /// Reads the one row.
    pub fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            server_name: row.text("server_name")?,
            machine: row.text("machine_name")?,
            instance: row.maybe_text("instance_name")?.unwrap_or_default(),
            edition: row.text("edition")?,
            product_version: row.text("product_version")?,
            version_text: row.maybe_text("version_text")?.unwrap_or_default(),
            product_level: row.maybe_text("product_level")?.unwrap_or_default(),
            default_data_path: row.maybe_text("default_data_path")?,
            default_log_path: row.maybe_text("default_log_path")?,
            database_version: version(row.int("database_version")?)?,
            session_id: row.int("session_id")?,
            login_name: row.text("login_name")?,
            is_sysadmin: row.maybe_bit("is_sysadmin")?,
            utc_now: row.time("utc_now")?,
        })
    }

    /// What kind of engine it is, by its own words: the edition, and the instance names only WID has (`MICROSOFT##SSEE` up
    /// to 2008 R2, `MICROSOFT##WID` from 2012 on).
    #[must_use]
    pub fn engine_kind(&self) -> EngineKind {
        let named = |name: &&str| {
            let of_server = self.server_name.rsplit('\\').next();
            [Some(self.instance.as_str()), of_server].iter().flatten().any(|it| it.eq_ignore_ascii_case(name))
        };
        let is_wid = ["MICROSOFT##WID", "MICROSOFT##SSEE"].iter().any(named)
            || self.edition.to_ascii_lowercase().starts_with("windows internal database");
        if is_wid { EngineKind::Wid } else { EngineKind::SqlServer }
    }

    /// The engine's version, in parts.
    pub fn engine_version(&self) -> Result<EngineVersion, NotAnEngineVersion> {
        self.product_version.parse()
    }

    /// What identifies this side, for the proof that the target is not the source.
    #[must_use]
    pub fn identity(&self, wsus_host: Option<String>, database: DatabaseMarks) -> DatabaseIdentity {
        DatabaseIdentity {
            server_name: Some(self.server_name.clone()),
            machine: Some(self.machine.clone()),
            instance: Some(self.instance.clone()),
            wsus_host,
            database,
        }
    }
}

/// An internal version, as engines tell theirs and that of a database.
fn version(number: i64) -> Result<DatabaseVersion, RowError> {
    let version = u32::try_from(number).map_err(|_| RowError::Kind {
        column: "database_version".into(),
        wanted: "a version",
        found: "another number",
    })?;
    Ok(DatabaseVersion(version))
}

/// The answer of [`statement::database_facts`](super::statement::database_facts).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFacts {
    /// Its name, as the server writes it.
    pub name: String,
    /// `ONLINE`, `RESTORING`, `RECOVERY_PENDING`, `SUSPECT`, …
    pub state: String,
    /// Whether nothing may be written.
    pub is_read_only: bool,
    /// `MULTI_USER`, `SINGLE_USER`, `RESTRICTED_USER`.
    pub user_access: String,
    /// `SIMPLE`, `FULL`, `BULK_LOGGED`.
    pub recovery_model: String,
    /// 100 is SQL Server 2008, 110 is 2012, …
    pub compatibility_level: i64,
    /// Whether it is encrypted as a whole (TDE); nothing where the engine does not say.
    pub is_encrypted: Option<bool>,
    /// Whether it has a part in replication, in whatever role; nothing where the engine does not say it of each.
    pub is_replicated: Option<bool>,
    /// Its owner; nothing where the owner's account is gone.
    pub owner: Option<String>,
    /// When it was created, by the engine's local clock.
    pub created: TimeMicros,
    /// The internal version it is of; 0 where the engine does not tell, as while it is restored or offline.
    pub internal_version: DatabaseVersion,
    /// Whether it belongs to an availability group.
    pub is_in_group: bool,
}

impl DatabaseFacts {
    /// Reads a row.
    pub fn from_row(row: &Row) -> Result<Self, RowError> {
        let group = (row.maybe_guid("group_database_id")?, row.maybe_guid("replica_id")?);
        Ok(Self {
            name: row.text("name")?,
            state: row.text("state_desc")?,
            is_read_only: row.bit("is_read_only")?,
            user_access: row.text("user_access_desc")?,
            recovery_model: row.text("recovery_model_desc")?,
            compatibility_level: row.int("compatibility_level")?,
            is_encrypted: row.maybe_bit("is_encrypted")?,
            is_replicated: replicated(row)?,
            owner: row.maybe_text("owner_name")?,
            created: row.time("create_date")?,
            internal_version: row.maybe_int("database_version")?.map_or(Ok(DatabaseVersion(0)), version)?,
            is_in_group: group != (None, None),
        })
    }
}

/// Every role in replication that `sys.databases` has a column for.
fn replicated(row: &Row) -> Result<Option<bool>, RowError> {
    let mut told = Some(false);
    for column in ["is_published", "is_subscribed", "is_merge_published", "is_distributor"] {
        match row.maybe_bit(column)? {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => told = None,
        }
    }
    Ok(told)
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// Rows.
    Data,
    /// The transaction log.
    Log,
    /// A full-text catalogue, a file-stream container: SUSDB has none.
    Other,
}

/// A file of a database: a row of [`statement::database_files`](super::statement::database_files).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFile {
    /// Its number within the database: 1 is the first of data, 2 that of the log, and numbers of removed files stay free.
    pub file_id: u32,
    /// Its logical name.
    pub logical_name: String,
    /// What it is.
    pub kind: FileKind,
    /// The same in the engine's words: `ROWS`, `LOG`, `FILESTREAM`, `FULLTEXT`.
    pub type_desc: String,
    /// Where it lies, as the engine says it.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// `ONLINE`, …
    pub state: String,
}

/// A page of a database, in bytes.
const PAGE_BYTES: u64 = 8192;

impl DatabaseFile {
    /// Reads a row.
    pub fn from_row(row: &Row) -> Result<Self, RowError> {
        let kind = match row.int("type")? {
            0 => FileKind::Data,
            1 => FileKind::Log,
            _ => FileKind::Other,
        };
        let file_id = u32::try_from(row.int("file_id")?).map_err(|_| RowError::Kind {
            column: "file_id".into(),
            wanted: "a file's number",
            found: "another number",
        })?;
        Ok(Self {
            file_id,
            logical_name: row.text("name")?,
            kind,
            type_desc: row.text("type_desc")?,
            path: row.text("physical_name")?,
            bytes: u64::try_from(row.int("size")?).unwrap_or(0).saturating_mul(PAGE_BYTES),
            state: row.text("state_desc")?,
        })
    }

    /// Where it lies, if the engine wrote an absolute path.
    #[must_use]
    pub fn engine_path(&self) -> Option<EnginePath> {
        EnginePath::new(&self.path).ok()
    }
}

/// `database_guid` and `family_guid`: the answer of [`statement::recovery_status`](super::statement::recovery_status).
pub fn recovery_guids(row: &Row) -> Result<(Option<Guid>, Option<Guid>), RowError> {
    Ok((row.maybe_guid("database_guid")?, row.maybe_guid("family_guid")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::row::Cell;

    fn text(text: &str) -> Cell {
        Cell::Text(text.into())
    }

    #[test]
    fn a_default_instance_has_no_name_and_an_old_engine_no_paths() {
        let row = Row::of([
            ("server_name", text("SQL1")),
            ("machine_name", text("SQL1")),
            ("instance_name", Cell::Null),
            ("edition", text("Standard Edition (64-bit)")),
            ("product_version", text("10.50.1600.1")),
            ("database_version", Cell::Int(661)),
            ("session_id", Cell::Int(51)),
            ("login_name", text("CORP\\admin")),
            ("is_sysadmin", Cell::Int(1)),
            ("utc_now", Cell::Time(TimeMicros(1))),
        ]);
        let facts = ServerFacts::from_row(&row).unwrap();
        assert_eq!((facts.instance.as_str(), facts.default_data_path.as_ref()), ("", None));
        assert_eq!(facts.is_sysadmin, Some(true));
        assert_eq!(facts.engine_version(), Ok(EngineVersion::new(10, 50, 1600)));
        assert_eq!(facts.engine_kind(), EngineKind::SqlServer);
        let named = ServerFacts { instance: "Microsoft##SSEE".into(), ..facts.clone() };
        assert_eq!(named.engine_kind(), EngineKind::Wid);
        let called = ServerFacts { server_name: "SQL1\\MICROSOFT##WID".into(), ..facts.clone() };
        assert_eq!(called.engine_kind(), EngineKind::Wid);
        let worded = ServerFacts { edition: "Windows Internal Database (64-bit)".into(), ..facts.clone() };
        assert_eq!(worded.engine_kind(), EngineKind::Wid);
        assert_eq!(facts.identity(None, DatabaseMarks::Absent).instance, Some(String::new()));
    }

    /// A database that is not online has no version of its own; the engine's would be another answer.
    #[test]
    fn a_database_tells_its_own_internal_version_or_none() {
        let told = |version: Cell| {
            let row = Row::of([
                ("name", text("SUSDB")),
                ("state_desc", text("ONLINE")),
                ("is_read_only", Cell::Bit(false)),
                ("user_access_desc", text("MULTI_USER")),
                ("recovery_model_desc", text("SIMPLE")),
                ("compatibility_level", Cell::Int(110)),
                ("create_date", Cell::Time(TimeMicros(0))),
                ("database_version", version),
            ]);
            DatabaseFacts::from_row(&row).map(|facts| facts.internal_version)
        };
        assert_eq!(told(Cell::Int(706)), Ok(DatabaseVersion(706)));
        assert_eq!(told(Cell::Null), Ok(DatabaseVersion(0)));
        assert!(told(Cell::Int(-1)).is_err());
    }

    #[test]
    fn files_are_sized_in_bytes() {
        let row = Row::of([
            ("file_id", Cell::Int(7)),
            ("type", Cell::Int(1)),
            ("type_desc", text("LOG")),
            ("name", text("SUSDB_log")),
            ("physical_name", text("C:\\Windows\\WID\\Data\\SUSDB_log.ldf")),
            ("size", Cell::Int(128)),
            ("state_desc", text("ONLINE")),
        ]);
        let file = DatabaseFile::from_row(&row).unwrap();
        assert_eq!((file.kind, file.bytes), (FileKind::Log, 1 << 20));
        assert_eq!((file.file_id, file.type_desc.as_str()), (7, "LOG"));
    }
}
