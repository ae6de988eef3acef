//! Goal: each fault is found by its own check and by no other; a healthy pair passes them all.

use super::*;
use crate::database::Guid;
use crate::database::identity::{DatabaseIdentity, DatabaseMarks, prove_target_is_not_source};
use crate::database::version::DatabaseVersion;
use crate::event::preflight::CheckVerdict::{self, Stop, Warn};

fn identity(machine: &str, guid: u8) -> DatabaseIdentity {
    let guid = Some(Guid([guid; 16]));
    DatabaseIdentity {
        server_name: Some(machine.into()),
        machine: Some(machine.into()),
        instance: Some(String::new()),
        wsus_host: None,
        database: DatabaseMarks::Present { database_guid: guid, family_guid: guid, server_id: guid },
    }
}

fn healthy() -> DatabaseFacts {
    let susdb = SusdbFacts {
        state: "ONLINE".into(),
        is_read_only: false,
        in_group: false,
        is_mirrored: false,
        is_published: false,
        is_encrypted: false,
        session_hosts: vec!["NEWWSUS".into()],
        schema: "10.0.1".into(),
    };
    let source = SourceFacts {
        kind: EngineKind::Wid,
        gate: VersionGate::judge(DatabaseVersion(706), DatabaseVersion(852)),
        is_verified: true,
        bytes: 1 << 30,
        schema: "9.0.1".into(),
        proof: prove_target_is_not_source(Some(&identity("OLD", 1)), &identity("NEW", 2)),
    };
    DatabaseFacts {
        role: Role::Destination,
        engine: Ok(EngineFacts {
            shown: "NEW".into(),
            kind: EngineKind::Wid,
            is_express: false,
            is_sysadmin: Some(true),
        }),
        replacement: None,
        susdb: Some(susdb),
        destination: Some(DestinationFacts { source: Ok(source) }),
    }
}

fn with(change: impl Fn(&mut DatabaseFacts)) -> DatabaseFacts {
    let mut facts = healthy();
    change(&mut facts);
    facts
}

fn with_source(change: impl Fn(&mut SourceFacts)) -> DatabaseFacts {
    with(|facts| change(facts.destination.as_mut().unwrap().source.as_mut().unwrap()))
}

fn with_susdb(change: impl Fn(&mut SusdbFacts)) -> DatabaseFacts {
    with(|facts| change(facts.susdb.as_mut().unwrap()))
}

fn not_passed(facts: &DatabaseFacts) -> Vec<(String, CheckVerdict)> {
    let checks = database(facts).into_iter().filter(|check| check.verdict != CheckVerdict::Pass);
    checks
        .inspect(|check| assert!(!check.remedy.as_str().is_empty(), "{} has no remedy", check.check))
        .map(|check| (check.check.to_string(), check.verdict))
        .collect()
}

#[test]
fn each_fault_is_found_by_its_check_alone() {
    assert_eq!(not_passed(&healthy()), []);
    let engine = |facts: &mut DatabaseFacts| facts.engine.clone().unwrap();
    let faults: Vec<(&str, CheckVerdict, DatabaseFacts)> = vec![
        (
            "database.engine-reachable",
            Stop,
            with(|facts| facts.engine = Err(NoEngine { why: "refused".into(), next_step: None })),
        ),
        (
            "database.login-rights",
            Stop,
            with(|facts| facts.engine = Ok(EngineFacts { is_sysadmin: Some(false), ..engine(facts) })),
        ),
        (
            "database.login-rights",
            Warn,
            with(|facts| facts.engine = Ok(EngineFacts { is_sysadmin: None, ..engine(facts) })),
        ),
        ("database.susdb-usable", Stop, with_susdb(|susdb| susdb.state = "SUSPECT".into())),
        ("database.susdb-usable", Stop, with_susdb(|susdb| susdb.is_read_only = true)),
        ("database.topology", Stop, with_susdb(|susdb| susdb.in_group = true)),
        ("database.topology", Stop, with_susdb(|susdb| susdb.is_mirrored = true)),
        ("database.topology", Stop, with_susdb(|susdb| susdb.is_published = true)),
        ("database.encryption", Stop, with_susdb(|susdb| susdb.is_encrypted = true)),
        ("database.front-ends", Stop, with_susdb(|susdb| susdb.session_hosts = vec!["A".into(), "B".into()])),
        (
            "database.source-known",
            Stop,
            with(|facts| facts.destination = Some(DestinationFacts { source: Err("not imported".into()) })),
        ),
        ("database.supported-path", Stop, with_source(|source| source.kind = EngineKind::SqlServer)),
        (
            "database.engine-version",
            Stop,
            with_source(|source| {
                source.gate = VersionGate::judge(DatabaseVersion(957), DatabaseVersion(852));
            }),
        ),
        ("database.backup-verified", Stop, with_source(|source| source.is_verified = false)),
        (
            "database.target-is-not-source",
            Stop,
            with_source(|source| {
                source.proof = prove_target_is_not_source(Some(&identity("OLD", 1)), &identity("old", 2));
            }),
        ),
        ("database.schema-version", Stop, with_source(|source| source.schema = "10.0.2".into())),
        ("database.schema-version", Warn, with_source(|source| source.schema = String::new())),
    ];
    for (check, verdict, facts) in faults {
        assert_eq!(not_passed(&facts), [(check.to_owned(), verdict)]);
    }
    let mut large = with_source(|source| source.bytes = EXPRESS_BYTES_MAX + 1);
    assert_eq!(not_passed(&large), []);
    large.engine = Ok(EngineFacts { is_express: true, ..large.engine.unwrap() });
    assert_eq!(not_passed(&large), [("database.edition-size".to_owned(), Stop)]);
}

#[test]
fn a_source_without_susdb_stops_and_a_destination_without_one_does_not() {
    let mut facts = with(|facts| facts.susdb = None);
    assert_eq!(not_passed(&facts), [("database.schema-version".to_owned(), Warn)]);
    facts.role = Role::Source;
    facts.destination = None;
    assert_eq!(not_passed(&facts), [("database.susdb-usable".to_owned(), Stop)]);
}

/// Regression: what was restored is of the source's family and has its `ServerID`, so that no run behind a restore passed.
#[test]
fn what_this_migration_put_there_is_not_asked_what_it_replaced_is() {
    let mut facts = with_source(|source| {
        source.proof = prove_target_is_not_source(Some(&identity("OLD", 1)), &identity("NEW", 1));
        source.schema = "10.0.2".into();
    });
    facts.susdb.as_mut().unwrap().state = "RESTORING".into();
    let stops = ["database.susdb-usable", "database.target-is-not-source", "database.schema-version"];
    assert_eq!(not_passed(&facts), stops.map(|check| (check.to_owned(), Stop)));
    for replacement in [Replacement::Restored, Replacement::GoingOn] {
        facts.replacement = Some(replacement);
        assert_eq!(not_passed(&facts), [], "{replacement:?}");
        let told = database(&facts).into_iter().filter(|it| it.finding.as_str().starts_with("not asked: "));
        assert_eq!(told.count(), stops.len());
    }
}
