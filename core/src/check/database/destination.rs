//! The checks only a destination makes: whether what the source gave fits here, and what is lost here for it.

use super::{DatabaseFacts, DestinationFacts, EngineFacts, SourceFacts, not_asked, pass, stop, warn};
use crate::database::topology::Encryption;
use crate::database::version::{is_schema_newer, role_build};
use crate::event::database::EngineKind;
use crate::event::preflight::Checked;

/// The largest database an Express edition opens, in bytes: 10 GB (SQL Server 2008 R2 and later).
pub(super) const EXPRESS_BYTES_MAX: u64 = 10 << 30;

/// Every check that only a destination makes, in a fixed order.
pub(super) fn checks(
    engine: &EngineFacts,
    facts: &DatabaseFacts,
    destination: &DestinationFacts,
) -> Vec<Checked> {
    const NAME: &str = "database.source-known";
    let source = match &destination.source {
        Ok(source) => source,
        Err(why) => {
            let unknown = stop(
                NAME,
                why.clone(),
                "On the source `wsusmigrate run` and `wsusmigrate journal export --bundle FILE`, here `wsusmigrate journal import FILE`.",
            );
            return vec![target_in_use(facts, destination), unknown];
        }
    };
    vec![
        target_in_use(facts, destination),
        pass(NAME, "the source's worksheet and backup are known".into()),
        supported(source.kind, engine.kind),
        engine_version(source),
        backup_verified(source),
        encryption(source, destination),
        another_server(source, facts),
        schema(source, facts, destination),
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

/// What is to be dropped may be somebody's: only the plan can say that it is not needed.
fn target_in_use(facts: &DatabaseFacts, destination: &DestinationFacts) -> Checked {
    const NAME: &str = "database.target-in-use";
    if let Some(passed) = not_asked(NAME, facts) {
        return passed;
    }
    match facts.susdb.as_ref().map(|susdb| &susdb.use_made) {
        None => pass(NAME, "there is no SUSDB that could be in use".into()),
        Some(Ok(made)) if !made.is_in_use() => pass(
            NAME,
            "this server's own SUSDB serves nobody: no computers, approvals or downstream servers".into(),
        ),
        Some(Ok(made)) if destination.replaces_in_use => warn(
            NAME,
            format!(
                "this server's own SUSDB is in use and will be replaced, as the plan says; lost are {}",
                made.shown()
            ),
            "They are kept in the safety backup alone: see that nobody needs them.",
        ),
        Some(Ok(made)) => stop(
            NAME,
            format!("this server's own SUSDB is in use; lost would be {}", made.shown()),
            "Is this the server that is to be replaced? If so, set database.replace_in_use = true in its plan.",
        ),
        Some(Err(why)) => warn(
            NAME,
            format!("whether this server's own SUSDB is in use is not known: {why}"),
            "See that no computers report to this server: its own SUSDB will be replaced.",
        ),
    }
}

/// A backup of an encrypted database opens nowhere but where its certificate is, with its private key.
fn encryption(source: &SourceFacts, destination: &DestinationFacts) -> Checked {
    const NAME: &str = "database.encryption";
    let thumbprint = match &source.encryption {
        Encryption::Plain => return pass(NAME, "the source's SUSDB is not encrypted as a whole".into()),
        Encryption::Untold(why) => {
            return warn(
                NAME,
                format!("whether the source's SUSDB is encrypted as a whole is not known: {why}"),
                "If it is, its certificate has to be on this engine: RESTORE VERIFYONLY tells before anything is dropped.",
            );
        }
        Encryption::With(thumbprint) => thumbprint,
    };
    match &destination.certificates {
        Ok(here) if here.iter().any(|here| here.eq_ignore_ascii_case(thumbprint)) => pass(
            NAME,
            format!(
                "the source's SUSDB is encrypted (TDE), and its certificate 0x{thumbprint} is on this engine"
            ),
        ),
        Ok(_) => stop(
            NAME,
            format!(
                "the source's SUSDB is encrypted (TDE), and its certificate 0x{thumbprint} is not on this engine"
            ),
            "On the source's engine BACKUP CERTIFICATE ... WITH PRIVATE KEY, here CREATE CERTIFICATE ... FROM FILE; or switch the encryption off, drop the encryption key and back up again.",
        ),
        Err(why) => warn(
            NAME,
            format!(
                "whether the certificate 0x{thumbprint} of the source's SUSDB is on this engine is not known: {why}"
            ),
            "See that it is in master.sys.certificates, with its private key: no backup opens without it.",
        ),
    }
}

/// The role's own SUSDB tells how far this server is patched; where there is none, the registry's `VersionString` does.
fn schema(source: &SourceFacts, facts: &DatabaseFacts, destination: &DestinationFacts) -> Checked {
    const NAME: &str = "database.schema-version";
    const PATCH: &str = "See that this server's WSUS is patched at least as far as the source's.";
    if let Some(passed) = not_asked(NAME, facts) {
        return passed;
    }
    let own = facts.susdb.as_ref().map(|susdb| susdb.schema.as_str()).filter(|schema| !schema.is_empty());
    let (role, told_by) = match (own, &destination.role_version) {
        (Some(own), _) => (own, "its SUSDB"),
        (None, Ok(version)) => (role_build(version), "the registry"),
        (None, Err(why)) => {
            return warn(
                NAME,
                format!("no SUSDB tells the role's schema, and the registry does not: {why}"),
                PATCH,
            );
        }
    };
    match is_schema_newer(&source.schema, role) {
        Some(true) => stop(
            NAME,
            format!(
                "the source's SUSDB has schema {}, this server's role {role}, as {told_by} says",
                source.schema
            ),
            "Patch this server first: postinstall refuses a schema from a newer WSUS.",
        ),
        Some(false) => {
            pass(NAME, format!("schema {} fits the role's {role}, as {told_by} says", source.schema))
        }
        None => warn(NAME, format!("the schemas cannot be compared ({:?}, {role:?})", source.schema), PATCH),
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
