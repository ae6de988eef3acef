//! What the worksheet asks an engine and SUSDB. Only columns that exist are named; secrets never are.

use serde::{Deserialize, Serialize};

use super::{Identifier, Purpose, Statement, listed, susdb, susdb_text};
use crate::database::Literal;
use crate::database::catalogue::Catalogue;
use crate::database::version::EngineVersion;

/// What `SERVERPROPERTY` is asked: the property, the type it is cast to, the column it comes back in. A property that an
/// engine does not know is `NULL`.
const PROPERTIES: &[(&str, &str, &str)] = &[
    ("ServerName", "nvarchar(256)", "server_name"),
    ("MachineName", "nvarchar(256)", "machine_name"),
    ("InstanceName", "nvarchar(256)", "instance_name"),
    ("Edition", "nvarchar(256)", "edition"),
    ("EngineEdition", "int", "engine_edition"),
    ("ProductVersion", "nvarchar(256)", "product_version"),
    ("ProductLevel", "nvarchar(256)", "product_level"),
    ("InstanceDefaultDataPath", "nvarchar(512)", "default_data_path"),
    ("InstanceDefaultLogPath", "nvarchar(512)", "default_log_path"),
];

/// What the engine says of itself, one row. It is asked before its version is known, so that nothing stands here that SQL
/// Server 2005 does not know: `SYSUTCDATETIME` came with 2008.
#[must_use]
pub fn server_facts() -> Statement {
    let properties = PROPERTIES.iter().map(|(property, kind, column)| {
        format!("CAST(SERVERPROPERTY({}) AS {kind}) AS {column}", Literal::checked(property))
    });
    let text = format!(
        "SELECT {}, @@VERSION AS version_text, CAST(DATABASEPROPERTYEX(N'master', N'Version') AS int) AS database_version, \
         @@SPID AS session_id, ORIGINAL_LOGIN() AS login_name, IS_SRVROLEMEMBER(N'sysadmin') AS is_sysadmin, \
         GETUTCDATE() AS utc_now;",
        listed(properties)
    );
    Statement::new(Purpose::ServerFacts, text)
}

/// What the engine says of SUSDB: one row, or none where there is no such database.
#[must_use]
pub fn database_facts(engine: EngineVersion) -> Statement {
    let susdb = susdb_text();
    let group = if engine.has_availability_groups() { ", replica_id, group_database_id" } else { "" };
    let encrypted = if engine.has_encryption() { ", is_encrypted" } else { "" };
    let text = format!(
        "SELECT name, database_id, state, state_desc, is_read_only, user_access, user_access_desc, recovery_model_desc, \
         compatibility_level, is_published, is_subscribed, is_merge_published, is_distributor, \
         SUSER_SNAME(owner_sid) AS owner_name, create_date, \
         CAST(DATABASEPROPERTYEX({susdb}, N'Version') AS int) AS database_version{encrypted}{group} \
         FROM sys.databases WHERE name = {susdb};"
    );
    Statement::new(Purpose::DatabaseFacts, text)
}

/// SUSDB's part in mirroring: a row where it has one.
#[must_use]
pub fn mirroring() -> Statement {
    let text = format!(
        "SELECT mirroring_state_desc, mirroring_role_desc, mirroring_partner_instance FROM sys.database_mirroring \
         WHERE database_id = DB_ID({}) AND mirroring_guid IS NOT NULL;",
        susdb_text()
    );
    Statement::new(Purpose::Mirroring, text)
}

/// `database_guid` and `family_guid` of SUSDB: a row where it exists; both `NULL` while it is offline.
#[must_use]
pub fn recovery_status() -> Statement {
    let text = format!(
        "SELECT database_guid, family_guid FROM sys.database_recovery_status WHERE database_id = DB_ID({});",
        susdb_text()
    );
    Statement::new(Purpose::RecoveryStatus, text)
}

/// How SUSDB is encrypted: a row where it is. Nothing to ask an engine before SQL Server 2008.
#[must_use]
pub fn encryption_keys() -> Statement {
    let text = format!(
        "SELECT encryption_state, key_algorithm, key_length, encryptor_thumbprint FROM sys.dm_database_encryption_keys \
         WHERE database_id = DB_ID({});",
        susdb_text()
    );
    Statement::new(Purpose::EncryptionKeys, text)
}

/// The certificates of the engine: an encrypted database opens only where its own is, with its private key.
#[must_use]
pub fn certificates() -> Statement {
    let text =
        "SELECT name, thumbprint, pvt_key_encryption_type_desc FROM [master].sys.certificates ORDER BY name;";
    Statement::new(Purpose::Certificates, text.to_owned())
}

/// The files of a database: SUSDB's, or `master`'s, whose folder stands in for the default paths of engines that do not say
/// them. `size`, `max_size` and `growth` count pages of 8 KiB.
#[must_use]
pub fn database_files(database: &Identifier) -> Statement {
    let text = format!(
        "SELECT file_id, type, type_desc, name, physical_name, size, max_size, growth, state, state_desc \
         FROM sys.master_files WHERE database_id = DB_ID({}) ORDER BY file_id;",
        Literal::checked(database.name())
    );
    Statement::new(Purpose::DatabaseFiles, text)
}

/// Every table and column of SUSDB.
#[must_use]
pub fn catalogue() -> Statement {
    let susdb = susdb();
    let text = format!(
        "SELECT t.name AS table_name, c.name AS column_name FROM {susdb}.sys.columns AS c \
         JOIN {susdb}.sys.tables AS t ON t.object_id = c.object_id ORDER BY t.name, c.column_id;"
    );
    Statement::new(Purpose::Catalogue, text)
}

/// The schema version of SUSDB, one row a component. Nothing where SUSDB does not have the table.
#[must_use]
pub fn schema_version(catalogue: &Catalogue) -> Option<Statement> {
    const COLUMNS: &[&str] = &["ComponentName", "BuildNumber", "SchemaVersion"];
    select(catalogue, "tbSchemaVersion", COLUMNS, Purpose::SchemaVersion)
}

/// The WSUS servers that work on SUSDB, by the table in which each of them reports that it is well. Nothing where SUSDB does
/// not have it.
#[must_use]
pub fn front_ends(catalogue: &Catalogue) -> Option<Statement> {
    const TABLE: &str = "tbFrontEndServersHealth";
    let existing = catalogue.existing(TABLE, &["ServerName"]);
    (!existing.is_empty()).then(|| {
        let text = format!(
            "SELECT DISTINCT [ServerName] FROM {}.[dbo].{} ORDER BY [ServerName];",
            susdb(),
            Identifier::known(TABLE)
        );
        Statement::new(Purpose::FrontEnds, text)
    })
}

/// The tables of WSUS's own configuration and what the worksheet takes of each. `EncryptionKey` and `ProxyPassword` are
/// secrets: they stay where they are.
const CONFIGURATION: &[(&str, &[&str])] = &[
    (
        "tbConfigurationA",
        &[
            "ConfigurationID",
            "LastConfigChange",
            "ServerID",
            "ServerTargeting",
            "SyncToMU",
            "UpstreamServerName",
            "ServerPortNumber",
            "UpstreamServerUseSSL",
            "UseProxy",
            "ProxyName",
            "ProxyServerPort",
            "AnonymousProxyAccess",
            "ProxyUserName",
            "HostOnMu",
        ],
    ),
    (
        "tbConfigurationB",
        &[
            "ConfigurationID",
            "LocalContentCacheLocation",
            "LogPath",
            "LogLevel",
            "MUUrl",
            "MaxSimultaneousFileDownloads",
            "AutoRefreshDeployments",
            "ImportLocalPath",
        ],
    ),
    (
        "tbConfigurationC",
        &[
            "ConfigurationID",
            "ReplicaMode",
            "LazySync",
            "DownloadExpressPackages",
            "MaxDownstreamServers",
            "MaxTargetComputers",
            "ProxyUserDomain",
            "AllowProxyCredentialsOverNonSsl",
            "BitsDownloadPriorityForeground",
            "DoDetailedRollup",
            "RollupResetGuid",
        ],
    ),
    ("tbSingletonData", &["UssHostOnMu", "ResetStateMachineNeeded"]),
];

/// WSUS's own configuration: one statement a table that exists, with the table's name.
#[must_use]
pub fn configuration(catalogue: &Catalogue) -> Vec<(&'static str, Statement)> {
    let tables = CONFIGURATION.iter();
    tables
        .filter_map(|(table, columns)| {
            Some((*table, select(catalogue, table, columns, Purpose::Configuration)?))
        })
        .collect()
}

fn select(
    catalogue: &Catalogue,
    table: &'static str,
    columns: &[&'static str],
    purpose: Purpose,
) -> Option<Statement> {
    let existing = catalogue.existing(table, columns);
    (!existing.is_empty()).then(|| {
        let columns = listed(existing.into_iter().map(Identifier::known));
        let text = format!("SELECT {columns} FROM {}.[dbo].{};", susdb(), Identifier::known(table));
        Statement::new(purpose, text)
    })
}

/// What is counted for the worksheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Count {
    /// Computers that report here or below.
    Computers,
    /// Computer groups.
    Groups,
    /// Approvals.
    Approvals,
    /// Removed approvals.
    DeadApprovals,
    /// Updates.
    Updates,
    /// Updates that are declined (`IsHidden`).
    DeclinedUpdates,
    /// Update files SUSDB knows of.
    Files,
    /// Downstream servers.
    Downstreams,
}

impl Count {
    /// Every count, its column in the answer, its table and what limits it.
    pub const ALL: &'static [(Self, &'static str, &'static str, &'static str)] = &[
        (Self::Computers, "computers", "tbComputerTarget", ""),
        (Self::Groups, "groups", "tbTargetGroup", ""),
        (Self::Approvals, "approvals", "tbDeployment", ""),
        (Self::DeadApprovals, "dead_approvals", "tbDeadDeployment", ""),
        (Self::Updates, "updates", "tbUpdate", ""),
        (Self::DeclinedUpdates, "declined_updates", "tbUpdate", " WHERE [IsHidden] = 1"),
        (Self::Files, "files", "tbFile", ""),
        (Self::Downstreams, "downstreams", "tbDownstreamServerTarget", ""),
    ];
}

/// One row of counts. Nothing where SUSDB has none of the tables.
#[must_use]
pub fn counts(catalogue: &Catalogue) -> Option<Statement> {
    let existing = Count::ALL.iter().filter(|(_, _, table, _)| catalogue.has_table(table));
    let counts = listed(existing.map(|(_, column, table, limit)| {
        format!(
            "(SELECT COUNT_BIG(*) FROM {}.[dbo].{}{limit}) AS {column}",
            susdb(),
            Identifier::known(table)
        )
    }));
    (!counts.is_empty()).then(|| Statement::new(Purpose::Counts, format!("SELECT {counts};")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_does_not_have_is_not_asked_for() {
        let mut catalogue = Catalogue::default();
        for column in ["ConfigurationID", "ServerID", "HostOnMu", "ProxyPassword", "EncryptionKey"] {
            catalogue.add("tbConfigurationA", column);
        }
        let asked = configuration(&catalogue);
        assert_eq!(asked.len(), 1);
        assert_eq!(
            asked[0].1.text(),
            "SELECT [ConfigurationID], [ServerID], [HostOnMu] FROM [SUSDB].[dbo].[tbConfigurationA];"
        );
        assert_eq!(schema_version(&catalogue), None);
        assert_eq!(counts(&catalogue), None);
        assert_eq!(front_ends(&catalogue), None);
        catalogue.add("tbUpdate", "IsHidden");
        let text = counts(&catalogue).unwrap().text().to_owned();
        assert!(text.contains("WHERE [IsHidden] = 1) AS declined_updates;"), "{text}");
        assert!(!text.contains("tbFile"), "{text}");
    }

    /// It was not so once: SQL Server 2005 refused both with 207 and 195.
    #[test]
    fn sql_server_2005_is_asked_for_nothing_that_came_later() {
        assert!(!server_facts().text().contains("SYSUTCDATETIME"));
        assert!(!database_facts(EngineVersion::new(9, 0, 5000)).text().contains("is_encrypted"));
        assert!(database_facts(EngineVersion::new(10, 0, 1600)).text().contains("is_encrypted"));
    }

    #[test]
    fn older_engines_are_not_asked_for_what_they_do_not_have() {
        assert!(!database_facts(EngineVersion::new(10, 50, 1600)).text().contains("group_database_id"));
        assert!(database_facts(EngineVersion::new(11, 0, 2100)).text().contains("group_database_id"));
        // Windows Internal Database of Server 2008 R2 is a SQL Server 2005.
        assert!(!database_facts(EngineVersion::new(9, 0, 5000)).text().contains("is_encrypted"));
        assert!(database_facts(EngineVersion::new(10, 0, 1600)).text().contains("is_encrypted"));
    }
}
