//! The checks of step 3.3: what would stop or endanger the move of SUSDB, found before anything is touched.

use super::{pass, stop, warn};
use crate::database::identity::IdentityProof;
use crate::database::version::{VersionGate, is_schema_newer};
use crate::event::database::EngineKind;
use crate::event::preflight::Checked;
use crate::event::run::Role;
use crate::status::Replacement;

/// The largest database an Express edition opens, in bytes: 10 GB (SQL Server 2008 R2 and later).
const EXPRESS_BYTES_MAX: u64 = 10 << 30;

/// What the checks of the database step are made from.
#[derive(Clone, Debug)]
pub struct DatabaseFacts {
    /// What this host is.
    pub role: Role,
    /// The engine, or why it cannot be asked.
    pub engine: Result<EngineFacts, NoEngine>,
    /// What this migration did to SUSDB before, where it did.
    pub replacement: Option<Replacement>,
    /// SUSDB, where there is one.
    pub susdb: Option<SusdbFacts>,
    /// What only the destination needs.
    pub destination: Option<DestinationFacts>,
}

/// What is known of the engine.
#[derive(Clone, Debug)]
pub struct EngineFacts {
    /// Its name, edition and version, as people read them.
    pub shown: String,
    /// What kind it is.
    pub kind: EngineKind,
    /// Whether it is an Express edition.
    pub is_express: bool,
    /// Whether the login may do everything; nothing where the engine does not say.
    pub is_sysadmin: Option<bool>,
}

/// An engine that cannot be asked.
#[derive(Clone, Debug, Default)]
pub struct NoEngine {
    /// Why.
    pub why: String,
    /// What to do about that, where it is known.
    pub next_step: Option<String>,
}

/// What is known of this host's SUSDB.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of the catalogue")]
pub struct SusdbFacts {
    /// `state_desc`.
    pub state: String,
    /// Whether it is read-only.
    pub is_read_only: bool,
    /// Whether it belongs to an availability group.
    pub in_group: bool,
    /// Whether it is mirrored.
    pub is_mirrored: bool,
    /// Whether it is published for replication.
    pub is_published: bool,
    /// Whether it is encrypted as a whole.
    pub is_encrypted: bool,
    /// Hosts whose sessions are in it, other than this program's.
    pub session_hosts: Vec<String>,
    /// The newest build in `tbSchemaVersion`; empty where it is not told.
    pub schema: String,
}

/// What only the destination needs to know.
#[derive(Clone, Debug)]
pub struct DestinationFacts {
    /// What the source's journal says, or why it is not known.
    pub source: Result<SourceFacts, String>,
}

/// What the source's journal says.
#[derive(Clone, Debug)]
pub struct SourceFacts {
    /// What kind of engine it has.
    pub kind: EngineKind,
    /// Whether its backup can be restored here.
    pub gate: VersionGate,
    /// Whether its backup was verified there.
    pub is_verified: bool,
    /// The size of its SUSDB, in bytes.
    pub bytes: u64,
    /// Its newest schema build.
    pub schema: String,
    /// The proof that this host is not it.
    pub proof: IdentityProof,
}

/// Makes every check of the database step, in a fixed order.
#[must_use]
pub fn database(facts: &DatabaseFacts) -> Vec<Checked> {
    let mut checks = vec![reachable(facts)];
    if let Ok(engine) = &facts.engine {
        checks.push(rights(engine));
        checks.push(susdb(facts));
        checks.extend(
            facts
                .susdb
                .as_ref()
                .into_iter()
                .flat_map(|susdb| [topology(susdb), encryption(susdb), front_ends(susdb)]),
        );
        if let Some(destination) = &facts.destination {
            checks.extend(of_destination(engine, facts, destination));
        }
    }
    checks
}

fn reachable(facts: &DatabaseFacts) -> Checked {
    const NAME: &str = "database.engine-reachable";
    match &facts.engine {
        Ok(engine) => pass(NAME, engine.shown.clone()),
        Err(NoEngine { why, next_step }) => stop(
            NAME,
            why.clone(),
            next_step.as_deref().unwrap_or(
                "See that the engine runs, that database.server says where, and that this account may log in.",
            ),
        ),
    }
}

fn rights(engine: &EngineFacts) -> Checked {
    const NAME: &str = "database.login-rights";
    match engine.is_sysadmin {
        Some(true) => pass(NAME, "the login is a member of sysadmin".into()),
        Some(false) => stop(
            NAME,
            "the login is no member of sysadmin".into(),
            "Run as an account that is: backup, restore and the repair of logins need it. The program grants no role.",
        ),
        None => warn(
            NAME,
            "the engine does not say whether the login is a member of sysadmin".into(),
            "See that it is: backup, restore and the repair of logins need it.",
        ),
    }
}

/// What is asked of the SUSDB that is to be replaced is not asked of the one that takes its place: that is the source's own, or
/// what is left of an attempt at it.
fn not_asked(check: &'static str, facts: &DatabaseFacts) -> Option<Checked> {
    let why = match facts.replacement? {
        Replacement::Restored => "the SUSDB that is there was restored by this migration",
        Replacement::GoingOn => "the SUSDB that is there is being replaced by this migration",
    };
    Some(pass(check, format!("not asked: {why}")))
}

fn susdb(facts: &DatabaseFacts) -> Checked {
    const NAME: &str = "database.susdb-usable";
    if let Some(passed) = not_asked(NAME, facts) {
        return passed;
    }
    match (&facts.susdb, facts.role) {
        (None, Role::Destination) => pass(NAME, "there is no SUSDB: nothing has to be dropped".into()),
        (None, Role::Source) => stop(
            NAME,
            "there is no SUSDB on this engine".into(),
            "Set database.server to the engine WSUS uses: its registry value SqlServerName says which.",
        ),
        (Some(susdb), _) if susdb.state != "ONLINE" || susdb.is_read_only => stop(
            NAME,
            format!("SUSDB is {}{}", susdb.state, if susdb.is_read_only { ", read-only" } else { "" }),
            "Bring it online and make it writable first; a read-only one often lacks rights on its files.",
        ),
        (Some(susdb), _) => pass(NAME, format!("SUSDB is {}", susdb.state)),
    }
}

fn topology(susdb: &SusdbFacts) -> Checked {
    const NAME: &str = "database.topology";
    let parts = [
        (susdb.in_group, "an availability group"),
        (susdb.is_mirrored, "database mirroring"),
        (susdb.is_published, "replication"),
    ];
    let parts: Vec<_> = parts.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
    if parts.is_empty() {
        return pass(NAME, "no availability group, mirroring or replication".into());
    }
    stop(
        NAME,
        format!("SUSDB is part of {}", parts.join(" and ")),
        "Take it out first: a dropped or restored database would break the others.",
    )
}

fn encryption(susdb: &SusdbFacts) -> Checked {
    const NAME: &str = "database.encryption";
    if susdb.is_encrypted {
        return stop(
            NAME,
            "SUSDB is encrypted as a whole (TDE)".into(),
            "Without its certificate no other engine restores the backup: switch the encryption off, or move the certificate first.",
        );
    }
    pass(NAME, "SUSDB is not encrypted as a whole".into())
}

fn front_ends(susdb: &SusdbFacts) -> Checked {
    const NAME: &str = "database.front-ends";
    let hosts = &susdb.session_hosts;
    if hosts.len() > 1 {
        return stop(
            NAME,
            format!("sessions of {} hosts are in SUSDB: {}", hosts.len(), hosts.join(", ")),
            "With several WSUS front ends on one database each of them has to be moved: `wsusutil listfrontendservers`.",
        );
    }
    pass(NAME, "sessions of one host at most are in SUSDB".into())
}

fn of_destination(
    engine: &EngineFacts,
    facts: &DatabaseFacts,
    destination: &DestinationFacts,
) -> Vec<Checked> {
    const NAME: &str = "database.source-known";
    let source = match &destination.source {
        Ok(source) => source,
        Err(why) => {
            return vec![stop(
                NAME,
                why.clone(),
                "On the source `wsusmigrate run` and `wsusmigrate journal export --bundle FILE`, here `wsusmigrate journal import FILE`.",
            )];
        }
    };
    vec![
        pass(NAME, "the source's worksheet and backup are known".into()),
        supported(source.kind, engine.kind),
        engine_version(source),
        backup_verified(source),
        another_server(source, facts),
        schema(source, facts),
        express_size(engine, source),
    ]
}

/// The guide's table: only from SQL Server to Windows Internal Database there is no way.
fn supported(source: EngineKind, target: EngineKind) -> Checked {
    const NAME: &str = "database.supported-path";
    match (source, target) {
        (EngineKind::SqlServer, EngineKind::Wid) => stop(
            NAME,
            "from SQL Server to Windows Internal Database: not supported by the guide (step 1.3)".into(),
            "Install the destination's role with SQL Server.",
        ),
        (EngineKind::Wid, EngineKind::SqlServer) => {
            pass(NAME, "from Windows Internal Database to SQL Server: supported".into())
        }
        (EngineKind::Wid, EngineKind::Wid) | (EngineKind::SqlServer, EngineKind::SqlServer) => {
            pass(NAME, "both have the same kind of engine".into())
        }
    }
}

fn engine_version(source: &SourceFacts) -> Checked {
    const NAME: &str = "database.engine-version";
    if source.gate.is_open() {
        return pass(NAME, source.gate.to_string());
    }
    stop(
        NAME,
        source.gate.to_string(),
        "Use an engine that is as new as the source's, or newer: no way leads down.",
    )
}

fn backup_verified(source: &SourceFacts) -> Checked {
    const NAME: &str = "database.backup-verified";
    if source.is_verified {
        return pass(NAME, "the source verified its backup".into());
    }
    stop(
        NAME,
        "the source's backup is not verified".into(),
        "Back it up again on the source: `wsusmigrate run --only database`.",
    )
}

fn another_server(source: &SourceFacts, facts: &DatabaseFacts) -> Checked {
    const NAME: &str = "database.target-is-not-source";
    if let Some(passed) = not_asked(NAME, facts) {
        return passed;
    }
    if source.proof.is_proved() {
        return pass(NAME, source.proof.to_string());
    }
    stop(NAME, source.proof.to_string(), "Nothing overrides this: see database.server of this host's plan.")
}

fn schema(source: &SourceFacts, facts: &DatabaseFacts) -> Checked {
    const NAME: &str = "database.schema-version";
    if let Some(passed) = not_asked(NAME, facts) {
        return passed;
    }
    let role = facts.susdb.as_ref().map_or("", |susdb| susdb.schema.as_str());
    match is_schema_newer(&source.schema, role) {
        Some(true) => stop(
            NAME,
            format!("the source's SUSDB has schema {}, this server's role {role}", source.schema),
            "Patch this server first: postinstall refuses a schema from a newer WSUS.",
        ),
        Some(false) => pass(NAME, format!("schema {} fits the role's {role}", source.schema)),
        None => warn(
            NAME,
            format!("the schemas cannot be compared ({:?}, {role:?})", source.schema),
            "See that this server's WSUS is patched at least as far as the source's.",
        ),
    }
}

fn express_size(engine: &EngineFacts, source: &SourceFacts) -> Checked {
    const NAME: &str = "database.edition-size";
    if engine.is_express && source.bytes > EXPRESS_BYTES_MAX {
        return stop(
            NAME,
            format!("SUSDB has {} bytes, an Express edition opens {EXPRESS_BYTES_MAX}", source.bytes),
            "Clean the source up, or use Windows Internal Database or a Standard edition.",
        );
    }
    pass(NAME, format!("{} bytes fit the edition", source.bytes))
}

#[cfg(test)]
mod tests;
