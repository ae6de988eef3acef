//! Goal: each fault is found by its own check and by no other; a healthy pair passes them all.

use super::destination::EXPRESS_BYTES_MAX;
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
        topology: Topology { group: Ok(false), mirroring: Ok(false), replication: Ok(false) },
        encryption: Encryption::Plain,
        front_ends: Ok(vec!["NEWWSUS".into()]),
        session_hosts: Ok(vec!["NEWWSUS".into()]),
        schema: "10.0.1".into(),
        use_made: Ok(UseMade::default()),
    };
    let source = SourceFacts {
        kind: EngineKind::Wid,
        gate: VersionGate::judge(DatabaseVersion(706), DatabaseVersion(852)),
        is_verified: true,
        bytes: 1 << 30,
        schema: "9.0.1".into(),
        encryption: Encryption::Plain,
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
        places: None,
        waiver: None,
        destination: Some(DestinationFacts {
            source: Ok(source),
            certificates: Ok(Vec::new()),
            role_version: Ok("6.2.10.0".into()),
            replaces_in_use: false,
        }),
    }
}

fn with(change: impl Fn(&mut DatabaseFacts)) -> DatabaseFacts {
    let mut facts = healthy();
    change(&mut facts);
    facts
}

fn with_destination(change: impl Fn(&mut DestinationFacts)) -> DatabaseFacts {
    with(|facts| change(facts.destination.as_mut().unwrap()))
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
        ("database.availability-group", Stop, with_susdb(|susdb| susdb.topology.group = Ok(true))),
        ("database.availability-group", Warn, with_susdb(|susdb| susdb.topology.group = denied())),
        ("database.mirroring", Stop, with_susdb(|susdb| susdb.topology.mirroring = Ok(true))),
        ("database.mirroring", Warn, with_susdb(|susdb| susdb.topology.mirroring = denied())),
        ("database.replication", Stop, with_susdb(|susdb| susdb.topology.replication = Ok(true))),
        ("database.replication", Warn, with_susdb(|susdb| susdb.topology.replication = denied())),
        ("database.encryption", Stop, with_source(|source| source.encryption = encrypted())),
        (
            "database.encryption",
            Warn,
            with_source(|source| source.encryption = Encryption::Untold("denied".into())),
        ),
        (
            "database.front-ends",
            Stop,
            with_susdb(|susdb| susdb.front_ends = Ok(vec!["A".into(), "B".into()])),
        ),
        (
            "database.front-ends",
            Warn,
            with_susdb(|susdb| susdb.session_hosts = Ok(vec!["A".into(), "B".into()])),
        ),
        ("database.front-ends", Warn, with_susdb(|susdb| susdb.front_ends = Err("no such table".into()))),
        ("database.front-ends", Warn, with_susdb(|susdb| susdb.session_hosts = Err("denied".into()))),
        ("database.target-in-use", Stop, with_susdb(|susdb| susdb.use_made = Ok(used(1, 0, 0)))),
        ("database.target-in-use", Stop, with_susdb(|susdb| susdb.use_made = Ok(used(0, 1, 0)))),
        ("database.target-in-use", Stop, with_susdb(|susdb| susdb.use_made = Ok(used(0, 0, 1)))),
        ("database.target-in-use", Warn, with_susdb(|susdb| susdb.use_made = Err("denied".into()))),
        (
            "database.source-known",
            Stop,
            with_destination(|destination| destination.source = Err("not imported".into())),
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

fn denied() -> Result<bool, String> {
    Err("the SELECT permission was denied".into())
}

fn encrypted() -> Encryption {
    Encryption::With("0AFF".into())
}

const fn used(computers: u64, approvals: u64, downstreams: u64) -> UseMade {
    UseMade { computers, approvals, downstreams }
}

#[test]
fn a_certificate_opens_what_it_encrypted_and_nothing_else_does() {
    let with_certificates = |certificates: Result<Vec<String>, String>| {
        let mut facts = with_source(|source| source.encryption = encrypted());
        facts.destination.as_mut().unwrap().certificates = certificates;
        not_passed(&facts)
    };
    assert_eq!(with_certificates(Ok(vec!["FFFF".into(), "0aff".into()])), []);
    let encryption = |verdict| [("database.encryption".to_owned(), verdict)];
    assert_eq!(with_certificates(Ok(vec!["FFFF".into()])), encryption(Stop));
    assert_eq!(with_certificates(Err("denied".into())), encryption(Warn));
    // What is to be dropped may be encrypted as it likes; a source tells what its destination will need.
    let mut own = with_susdb(|susdb| susdb.encryption = encrypted());
    assert_eq!(not_passed(&own), []);
    (own.role, own.destination) = (Role::Source, None);
    assert_eq!(not_passed(&own), encryption(Warn));
}

#[test]
fn a_server_in_use_is_replaced_only_where_the_plan_says_so_and_what_is_lost_is_counted() {
    let mut facts = with_susdb(|susdb| susdb.use_made = Ok(used(25, 60, 1)));
    let told = |facts: &DatabaseFacts| {
        let checks = database(facts);
        let check = checks.iter().find(|check| check.check.as_str() == "database.target-in-use").unwrap();
        (check.verdict, check.finding.to_string())
    };
    let (verdict, finding) = told(&facts);
    assert_eq!(verdict, Stop);
    assert!(finding.contains("25 computers, 60 approvals, 1 downstream servers"), "{finding}");
    facts.destination.as_mut().unwrap().replaces_in_use = true;
    let (verdict, finding) = told(&facts);
    assert_eq!(verdict, Warn);
    assert!(finding.contains("25 computers, 60 approvals, 1 downstream servers"), "{finding}");
}

#[test]
fn where_no_susdb_tells_the_schema_the_registry_does() {
    let schema = |change: &dyn Fn(&mut DatabaseFacts)| {
        [None, Some("")].map(|own| {
            let mut facts = healthy();
            match own {
                None => facts.susdb = None,
                Some(schema) => facts.susdb.as_mut().unwrap().schema = schema.into(),
            }
            change(&mut facts);
            not_passed(&facts)
        })
    };
    let version = |version: Result<&'static str, &'static str>| {
        move |facts: &mut DatabaseFacts| {
            let version = version.map(str::to_owned).map_err(str::to_owned);
            facts.destination.as_mut().unwrap().role_version = version;
        }
    };
    let says = |verdict| {
        [
            vec![("database.schema-version".to_owned(), verdict)],
            vec![("database.schema-version".to_owned(), verdict)],
        ]
    };
    assert_eq!(schema(&version(Ok("10.0.20348.2031"))), [vec![], vec![]]);
    assert_eq!(schema(&version(Ok("3.2.8.226"))), says(Stop));
    assert_eq!(schema(&version(Ok("unknown"))), says(Warn));
    assert_eq!(schema(&version(Err("no PowerShell"))), says(Warn));
}

#[test]
fn a_source_without_susdb_stops_and_a_destination_without_one_does_not() {
    let mut facts = with(|facts| facts.susdb = None);
    assert_eq!(not_passed(&facts), []);
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
    let susdb = facts.susdb.as_mut().unwrap();
    susdb.state = "RESTORING".into();
    susdb.front_ends = Ok(vec!["OLDWSUS".into(), "NEWWSUS".into()]);
    susdb.use_made = Ok(used(25, 60, 1));
    let stops = [
        "database.susdb-usable",
        "database.front-ends",
        "database.target-in-use",
        "database.target-is-not-source",
        "database.schema-version",
    ];
    assert_eq!(not_passed(&facts), stops.map(|check| (check.to_owned(), Stop)));
    for replacement in [Replacement::Restored, Replacement::GoingOn] {
        facts.replacement = Some(replacement);
        assert_eq!(not_passed(&facts), [], "{replacement:?}");
        let told = database(&facts).into_iter().filter(|it| it.finding.as_str().starts_with("not asked: "));
        assert_eq!(told.count(), stops.len());
    }
}

#[test]
fn a_waived_check_is_told_with_who_and_why_and_at_the_source_only() {
    let told = |role| {
        let facts = with(|facts| {
            facts.role = role;
            facts.waiver = Some("CORP\\ann (S-1-5-21-7): checked on Sunday".into());
        });
        let check = |check: &Checked| check.check.as_str() == "database.check-before-backup";
        database(&facts).into_iter().find(check).map(|it| (it.verdict, it.finding.to_string()))
    };
    let finding =
        "the check (DBCC CHECKDB) before the backup is waived by CORP\\ann (S-1-5-21-7): checked on Sunday";
    assert_eq!(told(Role::Source), Some((Warn, finding.to_owned())));
    assert_eq!(told(Role::Destination), None);
}
