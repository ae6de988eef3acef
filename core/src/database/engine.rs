//! What an engine and its SUSDB are, as their answers tell.

use std::collections::BTreeMap;

use super::row::{Row, RowError};
use super::version::{DatabaseVersion, EngineVersion};
use super::{EnginePath, Guid};
use crate::event::database::EngineKind;
use crate::unit::TimeMicros;

/// What the engine says of itself: the answer of [`server_facts`](super::statement::server_facts).
#[derive(Clone, Debug, PartialEq)]
pub struct EngineFacts {
    /// `ServerName`: machine, and instance where it is a named one.
    pub server: String,
    /// `MachineName`.
    pub machine: String,
    /// `InstanceName`; empty for the default instance.
    pub instance: String,
    /// `Edition`.
    pub edition: String,
    /// `ProductVersion`, as it is written.
    pub version_text: String,
    /// The same, to compare.
    pub version: EngineVersion,
    /// The internal version of its databases.
    pub internal_version: DatabaseVersion,
    /// Windows Internal Database, or SQL Server.
    pub kind: EngineKind,
    /// Whether availability groups are switched on.
    pub is_hadr_enabled: bool,
    /// Where it puts data files, where it says so (from 2012 on).
    pub default_data: Option<String>,
    /// Where it puts log files.
    pub default_log: Option<String>,
    /// The session the answer came from.
    pub session: u32,
    /// Who the server takes us for.
    pub login: String,
    /// Whether that login may do everything.
    pub is_sysadmin: bool,
    /// The engine's clock, in UTC.
    pub utc_now: TimeMicros,
}

impl EngineFacts {
    /// Reads the answer.
    pub fn from_row(row: &Row) -> Result<Self, RowError> {
        let version_text = row.text("product_version")?;
        let (server, edition) = (row.text("server_name")?, row.text("edition")?);
        Ok(Self {
            machine: row.maybe_text("machine_name")?.unwrap_or_default(),
            instance: row.maybe_text("instance_name")?.unwrap_or_default(),
            version: version_text.parse().map_err(|_| RowError::Kind {
                column: "product_version".to_owned(),
                wanted: "a version",
                found: "text",
            })?,
            version_text,
            internal_version: DatabaseVersion(u32::try_from(row.int("database_version")?).unwrap_or(0)),
            kind: kind(&server, &edition),
            is_hadr_enabled: row.maybe_int("is_hadr_enabled")?.unwrap_or(0) != 0,
            default_data: row.maybe_text("default_data_path")?,
            default_log: row.maybe_text("default_log_path")?,
            session: u32::try_from(row.int("session_id")?).unwrap_or(0),
            login: row.text("login_name")?,
            is_sysadmin: row.maybe_int("is_sysadmin")?.unwrap_or(0) != 0,
            utc_now: row.time("utc_now")?,
            server,
            edition,
        })
    }
}

/// Windows Internal Database has its own instance names (`MICROSOFT##SSEE` up to 2008 R2, `MICROSOFT##WID` from 2012 on) and
/// says so in its edition.
fn kind(server: &str, edition: &str) -> EngineKind {
    let server = server.to_ascii_uppercase();
    let named = ["MICROSOFT##WID", "MICROSOFT##SSEE"].iter().any(|name| server.ends_with(name));
    if named || edition.to_ascii_lowercase().starts_with("windows internal database") {
        EngineKind::Wid
    } else {
        EngineKind::SqlServer
    }
}

/// What the engine says of SUSDB.
#[derive(Clone, Debug, PartialEq)]
pub struct SusdbFacts {
    /// `state_desc`.
    pub state: String,
    /// Whether it is read-only.
    pub is_read_only: bool,
    /// `user_access_desc`.
    pub user_access: String,
    /// `recovery_model_desc`.
    pub recovery_model: String,
    /// `compatibility_level`.
    pub compatibility: i64,
    /// Whether it is encrypted as a whole (TDE).
    pub is_encrypted: bool,
    /// Whether it is published for replication.
    pub is_published: bool,
    /// Who owns it; empty where the owner's login is gone.
    pub owner: String,
    /// When it was created or restored, in the engine's civil time.
    pub created: TimeMicros,
    /// Whether it belongs to an availability group.
    pub in_group: bool,
    /// Its own identity; a restore gives a new one.
    pub database_guid: Guid,
    /// The identity a restore keeps.
    pub family_guid: Guid,
    /// Its files.
    pub files: Vec<SusdbFile>,
}

/// One file of SUSDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SusdbFile {
    /// Its number.
    pub id: u32,
    /// `ROWS` or `LOG`.
    pub role: String,
    /// Its logical name.
    pub logical: String,
    /// Where it lies.
    pub physical: String,
    /// Its size, in bytes.
    pub bytes: u64,
    /// `state_desc`.
    pub state: String,
}

/// The size of a page, in bytes.
const PAGE: u64 = 8192;

impl SusdbFacts {
    /// Reads the answers of [`database_facts`](super::statement::database_facts),
    /// [`recovery_status`](super::statement::recovery_status) and
    /// [`database_files`](super::statement::database_files).
    pub fn from_rows(facts: &Row, recovery: Option<&Row>, files: &[Row]) -> Result<Self, RowError> {
        let guid = |column| -> Result<Guid, RowError> {
            Ok(recovery.map(|row| row.maybe_guid(column)).transpose()?.flatten().unwrap_or_default())
        };
        Ok(Self {
            state: facts.text("state_desc")?,
            is_read_only: facts.bit("is_read_only")?,
            user_access: facts.text("user_access_desc")?,
            recovery_model: facts.text("recovery_model_desc")?,
            compatibility: facts.int("compatibility_level")?,
            is_encrypted: facts.maybe_bit("is_encrypted")?.unwrap_or(false),
            is_published: facts.maybe_bit("is_published")?.unwrap_or(false)
                || facts.maybe_bit("is_merge_published")?.unwrap_or(false),
            owner: facts.maybe_text("owner_name")?.unwrap_or_default(),
            created: facts.time("create_date")?,
            in_group: facts.maybe_guid("group_database_id")?.is_some(),
            database_guid: guid("database_guid")?,
            family_guid: guid("family_guid")?,
            files: files.iter().map(SusdbFile::from_row).collect::<Result<_, _>>()?,
        })
    }

    /// The size of all files, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Where each file lies, by logical name.
    #[must_use]
    pub fn places(&self) -> BTreeMap<&str, &str> {
        self.files.iter().map(|file| (file.logical.as_str(), file.physical.as_str())).collect()
    }

    /// Whether the files lie where they were sent, and no other file is there.
    #[must_use]
    pub fn lies_at<'a>(&self, targets: impl IntoIterator<Item = (&'a str, &'a EnginePath)>) -> bool {
        let places = self.places();
        let mut sent = 0;
        let right = targets.into_iter().all(|(logical, target)| {
            sent += 1;
            places.get(logical).and_then(|place| EnginePath::new(place).ok()).is_some_and(|at| at.is_same(target))
        });
        right && sent == self.files.len()
    }
}

impl SusdbFile {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: u32::try_from(row.int("file_id")?).unwrap_or(0),
            role: row.text("type_desc")?,
            logical: row.text("name")?,
            physical: row.text("physical_name")?,
            bytes: u64::try_from(row.int("size")?).unwrap_or(0) * PAGE,
            state: row.text("state_desc")?,
        })
    }
}
