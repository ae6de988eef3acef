//! Method: two servers that are certainly different are proved so; then one thing at a time is made the same, or taken
//! away, and the proof has to fall each time.

use super::*;

fn guid(byte: u8) -> Guid {
    Guid([byte; 16])
}

fn facts(name: &str, byte: u8) -> DatabaseIdentity {
    DatabaseIdentity {
        server_name: Some(format!("{name}\\MICROSOFT##WID")),
        machine: Some(name.to_owned()),
        instance: Some("MICROSOFT##WID".to_owned()),
        wsus_host: Some(format!("{name}.example.net")),
        database: DatabaseMarks::Present {
            database_guid: Some(guid(byte)),
            family_guid: Some(guid(byte + 1)),
            server_id: Some(guid(byte + 2)),
        },
    }
}

fn prove(source: &SourceFacts, target: &TargetFacts) -> IdentityProof {
    prove_target_is_not_source(Some(source), target)
}

#[test]
fn two_servers_are_proved_to_be_two() {
    let proof = prove(&facts("OLDWSUS", 10), &facts("NEWWSUS", 20));
    assert!(proof.is_proved(), "{proof}");
    assert_eq!(proof.comparisons().len(), Compared::ALL.len());
}

#[test]
fn without_a_worksheet_nothing_is_proved() {
    let proof = prove_target_is_not_source(None, &facts("NEWWSUS", 20));
    assert!(!proof.is_proved());
    assert!(proof.to_string().contains("worksheet"));
}

#[test]
fn any_single_match_refuses() {
    let (source, fresh) = (facts("OLDWSUS", 10), facts("NEWWSUS", 20));
    let DatabaseMarks::Present { database_guid, family_guid, server_id } = source.database else { panic!() };
    let DatabaseMarks::Present { database_guid: d, family_guid: f, server_id: s } = fresh.database else {
        panic!()
    };
    let with = |marks| DatabaseIdentity { database: marks, ..fresh.clone() };
    let targets = [
        (Compared::ServerName, DatabaseIdentity { server_name: source.server_name.clone(), ..fresh.clone() }),
        (Compared::Instance, DatabaseIdentity { machine: Some("oldwsus".into()), ..fresh.clone() }),
        (Compared::WsusHost, DatabaseIdentity { wsus_host: Some("OldWsus".into()), ..fresh.clone() }),
        (
            Compared::DatabaseGuid,
            with(DatabaseMarks::Present { database_guid, family_guid: f, server_id: s }),
        ),
        (Compared::FamilyGuid, with(DatabaseMarks::Present { database_guid: d, family_guid, server_id: s })),
        (Compared::ServerId, with(DatabaseMarks::Present { database_guid: d, family_guid: f, server_id })),
    ];
    assert_eq!(targets.len(), Compared::ALL.len());
    for (what, target) in targets {
        let proof = prove(&source, &target);
        let refusing: Vec<_> = proof.refusals().map(|one| (one.what, one.verdict)).collect();
        assert_eq!(refusing, [(what, IdentityVerdict::Matches)]);
        assert!(!proof.is_proved());
    }
}

#[test]
fn what_is_not_known_is_no_proof_where_it_is_needed() {
    let (source, fresh) = (facts("OLDWSUS", 10), facts("NEWWSUS", 20));
    let without = [
        (Some(Compared::ServerName), DatabaseIdentity { server_name: None, ..fresh.clone() }),
        (
            Some(Compared::ServerName),
            DatabaseIdentity { server_name: Some("(local)".into()), ..fresh.clone() },
        ),
        (Some(Compared::Instance), DatabaseIdentity { machine: None, ..fresh.clone() }),
        (Some(Compared::Instance), DatabaseIdentity { instance: None, ..fresh.clone() }),
        (
            Some(Compared::DatabaseGuid),
            DatabaseIdentity { database: DatabaseMarks::Unasked, ..fresh.clone() },
        ),
        (None, DatabaseIdentity { wsus_host: None, ..fresh.clone() }),
    ];
    for (what, target) in without {
        let proof = prove(&source, &target);
        assert_eq!(proof.is_proved(), what.is_none(), "{proof}");
        if let Some(what) = what {
            assert!(proof.refusals().any(|one| one.what == what && one.verdict == IdentityVerdict::Unknown));
        }
    }
    // A worksheet that does not say what its SUSDB is proves nothing either.
    let source = DatabaseIdentity { database: DatabaseMarks::Unasked, ..source };
    assert!(!prove(&source, &fresh).is_proved());
}

#[test]
fn a_target_without_susdb_is_told_by_its_engine_alone() {
    let (source, fresh) = (facts("OLDWSUS", 10), facts("NEWWSUS", 20));
    let empty = DatabaseIdentity { database: DatabaseMarks::Absent, ..fresh };
    assert!(prove(&source, &empty).is_proved());
    let here = DatabaseIdentity { database: DatabaseMarks::Absent, ..source.clone() };
    assert!(!prove(&source, &here).is_proved());
}

#[test]
fn one_server_under_many_spellings_is_one() {
    let name = |text: &str| ServerName::parse(text);
    let same = |one: &str, other: &str| name(one).unwrap().may_be(&name(other).unwrap());
    for (one, other) in [
        ("SQL1", "sql1"),
        ("SQL1", "sql1.example.net"),
        ("tcp:SQL1,1433", "SQL1"),
        ("SQL1\\MSSQLSERVER", "SQL1"),
        ("SQL1\\WSUS", "sql1.example.net.\\wsus"),
        ("10.0.0.5", "10.0.0.5,1433"),
    ] {
        assert!(same(one, other) && same(other, one), "{one} {other}");
    }
    for (one, other) in [
        ("SQL1", "SQL2"),
        ("SQL1\\A", "SQL1\\B"),
        ("SQL1\\A", "SQL1"),
        ("sql1.a.example", "sql1.b.example"),
        ("10.0.0.5", "10"),
    ] {
        assert!(!same(one, other) && !same(other, one), "{one} {other}");
    }
    for here in
        [".", "(LOCAL)", "localhost\\WSUS", "127.0.0.1", "::1", "", "%computername%\\X", ".\\SQLEXPRESS"]
    {
        assert_eq!(name(here), None, "{here}");
    }
}
