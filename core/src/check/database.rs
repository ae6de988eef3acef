//! The checks of step 3.3: what would stop or endanger the move of SUSDB, found before anything is touched.

mod destination;
mod places;
mod susdb;

pub use places::{BackupFolder, PlaceFacts};

use super::{pass, stop, warn};
use crate::database::identity::IdentityProof;
use crate::database::topology::{Encryption, Topology};
use crate::database::version::VersionGate;
use crate::event::database::EngineKind;
use crate::event::preflight::Checked;
use crate::event::run::Role;
use crate::status::Replacement;

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
    /// Where backups go; nothing where none has to go anywhere any more.
    pub places: Option<PlaceFacts>,
    /// Who leaves DBCC CHECKDB before the backup out, and why; only a source may.
    pub waiver: Option<String>,
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

/// What is known of this host's SUSDB. What the engine would not say is an error with its words: no check passes on it.
#[derive(Clone, Debug)]
pub struct SusdbFacts {
    /// `state_desc`.
    pub state: String,
    /// Whether it is read-only.
    pub is_read_only: bool,
    /// What it has a part in.
    pub topology: Topology,
    /// How it is encrypted as a whole.
    pub encryption: Encryption,
    /// The WSUS servers that work on it, by its own table.
    pub front_ends: Result<Vec<String>, String>,
    /// Hosts whose sessions are in it, other than this program's.
    pub session_hosts: Result<Vec<String>, String>,
    /// The newest build in `tbSchemaVersion`; empty where it is not told.
    pub schema: String,
    /// What it holds.
    pub use_made: Result<UseMade, String>,
}

/// What a SUSDB holds that somebody would miss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UseMade {
    /// Computers that report to it.
    pub computers: u64,
    /// Approvals.
    pub approvals: u64,
    /// Downstream servers.
    pub downstreams: u64,
}

/// What only the destination needs to know.
#[derive(Clone, Debug)]
pub struct DestinationFacts {
    /// What the source's journal says, or why it is not known.
    pub source: Result<SourceFacts, String>,
    /// The thumbprints of the certificates in `master` that have their private key, in hexadecimal.
    pub certificates: Result<Vec<String>, String>,
    /// `VersionString` of the role in the registry; asked for where no SUSDB tells the schema.
    pub role_version: Result<String, String>,
    /// Whether the plan says that a SUSDB in use may be replaced.
    pub replaces_in_use: bool,
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
    /// How its SUSDB is encrypted.
    pub encryption: Encryption,
    /// The proof that this host is not it.
    pub proof: IdentityProof,
}

/// Makes every check of the database step, in a fixed order.
#[must_use]
pub fn database(facts: &DatabaseFacts) -> Vec<Checked> {
    let mut checks = vec![reachable(facts)];
    if let Ok(engine) = &facts.engine {
        checks.push(rights(engine));
        checks.extend(susdb::checks(facts));
        if facts.role == Role::Source {
            checks.push(check_before_backup(facts));
        }
        checks.extend(places::checks(facts));
        if let Some(destination) = &facts.destination {
            checks.extend(destination::checks(engine, facts, destination));
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

fn check_before_backup(facts: &DatabaseFacts) -> Checked {
    const NAME: &str = "database.check-before-backup";
    match &facts.waiver {
        None => pass(NAME, "SUSDB is checked (DBCC CHECKDB) before it is backed up".into()),
        Some(who) => warn(
            NAME,
            format!("the check (DBCC CHECKDB) before the backup is waived by {who}"),
            "With database.check = true it is made; the one after the restore is made in any case.",
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

#[cfg(test)]
mod tests;
