use super::*;
use crate::database::machine::LocalGroup;
use crate::database::row::Cell;

fn principal(name: &str, kind: PrincipalKind, sid: &[u8]) -> Principal {
    Principal { name: name.into(), kind, sid: sid.to_vec(), roles: BTreeSet::new() }
}

fn account(name: &str, sid: u8) -> Principal {
    principal(name, PrincipalKind::WindowsAccount, &[sid])
}

fn group(name: &str, sid: u8) -> Principal {
    principal(name, PrincipalKind::WindowsGroup, &[sid])
}

fn machine(name: &str) -> Machine {
    Machine { name: name.into(), account: Some(format!("CORP\\{name}$")), groups: Vec::new() }
}

fn hosts(is_engine_local: bool) -> Hosts {
    Hosts { old: machine("OLDWSUS"), new: machine("NEWWSUS"), is_engine_local }
}

fn mended(user: Principal, logins: &[Principal], hosts: &Hosts) -> Mending {
    let orphans = orphaned_users(&[user], logins, hosts);
    assert_eq!(orphans.len(), 1);
    orphans.into_iter().next().unwrap().mending
}

#[test]
fn rows_of_one_user_become_one_user_with_its_roles() {
    let row = |name: &str, role: Cell| {
        Row::of([
            ("name", Cell::Text(name.into())),
            ("type", Cell::Text("U ".into())),
            ("sid", Cell::Bytes(vec![1])),
            ("role_name", role),
        ])
    };
    let rows = [
        row("CORP\\a", Cell::Text("db_owner".into())),
        row("CORP\\a", Cell::Text("webService".into())),
        row("CORP\\b", Cell::Null),
    ];
    let users = Principal::from_rows(&rows).unwrap();
    assert_eq!(users.len(), 2);
    assert_eq!(users[1].sid, [1]);
    assert_eq!(users[0].roles.iter().collect::<Vec<_>>(), ["db_owner", "webService"]);
    assert_eq!((users[0].kind, users[1].roles.len()), (PrincipalKind::WindowsAccount, 0));
}

#[test]
fn users_with_their_login_or_without_any_are_no_orphans() {
    let user = account("CORP\\admin", 7);
    assert_eq!(orphaned_users(std::slice::from_ref(&user), &[account("CORP\\renamed", 7)], &hosts(true)), []);
    assert_eq!(
        orphaned_users(&[principal("made for a schema", PrincipalKind::Sql, &[])], &[], &hosts(true)),
        []
    );
    assert_eq!(orphaned_users(&[user], &[], &hosts(true)).len(), 1);
}

#[test]
fn a_login_of_the_same_name_and_kind_takes_the_user() {
    let map = |login: &str| Mending::Map { login: login.into() };
    let sql = principal("wsus", PrincipalKind::Sql, &[1]);
    assert_eq!(
        mended(sql.clone(), &[principal("WSUS", PrincipalKind::Sql, &[2])], &hosts(true)),
        map("WSUS")
    );
    assert_eq!(
        mended(sql.clone(), &[account("wsus", 2)], &hosts(true)),
        Mending::Manual(ByHand::NeedsPassword)
    );
    assert_eq!(mended(sql, &[], &hosts(true)), Mending::Manual(ByHand::NeedsPassword));
    assert_eq!(mended(account("CORP\\x", 3), &[], &hosts(true)), Mending::Manual(ByHand::NeedsLogin));
}

#[test]
fn network_service_is_an_account_of_the_engines_own_host() {
    let user = principal(NETWORK_SERVICE, PrincipalKind::WindowsAccount, NETWORK_SERVICE_SID);
    let created = Mending::CreateAndMap { login: NETWORK_SERVICE.into() };
    assert_eq!(mended(user.clone(), &[], &hosts(true)), created);
    assert_eq!(mended(user, &[], &hosts(false)), Mending::Manual(ByHand::NetworkServiceIsRemote));
    assert_eq!(missing_service_login(&[], &hosts(true)), Ok(Some(NETWORK_SERVICE.into())));
    for (login, left) in [
        (NETWORK_SERVICE, Some(ByHand::NeedsServerRole)),
        ("CORP\\NEWWSUS$", Some(ByHand::NeedsServerRole)),
        ("NEWWSUS\\WSUS Administrators", None),
    ] {
        assert_eq!(left_by_created(login), left, "{login}");
    }
}

#[test]
fn the_new_machine_account_takes_the_old_ones_place_on_a_remote_engine() {
    let user = account("CORP\\oldwsus$", 9);
    let created = Mending::CreateAndMap { login: "CORP\\NEWWSUS$".into() };
    assert_eq!(mended(user.clone(), &[], &hosts(false)), created);
    let there = account("CORP\\newwsus$", 4);
    assert_eq!(
        mended(user.clone(), std::slice::from_ref(&there), &hosts(false)),
        Mending::Map { login: "CORP\\newwsus$".into() }
    );
    // A login of the old machine's name, with another SID, is not what the user is to become.
    let old = account("CORP\\OLDWSUS$", 8);
    assert_eq!(mended(user.clone(), &[old], &hosts(false)), created);
    assert_eq!(mended(user.clone(), &[], &hosts(true)), Mending::Manual(ByHand::OldMachine));
    let workgroup = Hosts { new: Machine { account: None, ..machine("NEWWSUS") }, ..hosts(false) };
    assert_eq!(mended(user, &[], &workgroup), Mending::Manual(ByHand::NoMachineAccount));
    assert_eq!(missing_service_login(&[], &workgroup), Err(ByHand::NoMachineAccount));
    assert_eq!(missing_service_login(&[], &hosts(false)), Ok(Some("CORP\\NEWWSUS$".into())));
    assert_eq!(missing_service_login(&[there], &hosts(false)), Ok(None));
}

#[test]
fn groups_of_the_old_host_become_those_of_the_new_one() {
    let user = group("OLDWSUS\\WSUS Administrators", 5);
    let created = Mending::CreateAndMap { login: "NEWWSUS\\WSUS Administrators".into() };
    assert_eq!(mended(user.clone(), &[], &hosts(true)), created);
    assert_eq!(mended(user, &[], &hosts(false)), Mending::Manual(ByHand::OfOldHost));
    assert_eq!(mended(group("OLDWSUS\\Others", 5), &[], &hosts(true)), Mending::Manual(ByHand::OfOldHost));
    let named_alike = account("OLDWSUS\\WSUS Reporters", 5);
    assert_eq!(mended(named_alike, &[], &hosts(true)), Mending::Manual(ByHand::OfOldHost));
}

#[test]
fn groups_are_known_by_their_identifiers_whatever_they_are_called() {
    let of = |host: &str, names: [&str; 2]| {
        let groups = GroupKind::ALL.into_iter().zip(names).map(|(kind, name)| LocalGroup {
            kind,
            sid: format!("{host} {kind:?}").into_bytes(),
            name: format!("{host}\\{name}"),
        });
        Machine { groups: groups.collect(), ..machine(host) }
    };
    let hosts = Hosts {
        old: of("OLDWSUS", ["Admins", "Readers"]),
        new: of("NEWWSUS", ["WSUS-Administratoren", "WSUS-Berichterstatter"]),
        is_engine_local: true,
    };
    let user = |name: &str, sid: &str| principal(name, PrincipalKind::WindowsGroup, sid.as_bytes());
    assert_eq!(
        mended(user("OLDWSUS\\Readers", "OLDWSUS Reporters"), &[], &hosts),
        Mending::CreateAndMap { login: "NEWWSUS\\WSUS-Berichterstatter".into() }
    );
    // The name alone is no longer enough where the host told its identifiers.
    assert_eq!(
        mended(user("OLDWSUS\\WSUS Administrators", "another"), &[], &hosts),
        Mending::Manual(ByHand::OfOldHost)
    );
}

#[test]
fn the_old_machine_is_the_account_the_old_host_told() {
    let mut told = hosts(false);
    told.old.account = Some("BRANCH\\OLDWSUS$".into());
    assert_eq!(mended(account("CORP\\OLDWSUS$", 9), &[], &told), Mending::Manual(ByHand::NeedsLogin));
    let created = Mending::CreateAndMap { login: "CORP\\NEWWSUS$".into() };
    assert_eq!(mended(account("branch\\oldwsus$", 9), &[], &told), created);
    // A host that told nothing is known by its name.
    told.old.account = None;
    assert_eq!(mended(account("CORP\\OLDWSUS$", 9), &[], &told), created);
}

#[test]
fn mending_gives_no_role_of_the_server() {
    let logins = [account("CORP\\newwsus$", 4)];
    let users = [
        account("CORP\\oldwsus$", 9),
        principal(NETWORK_SERVICE, PrincipalKind::WindowsAccount, NETWORK_SERVICE_SID),
        group("OLDWSUS\\WSUS Reporters", 5),
    ];
    let mut texts = Vec::new();
    for local in [true, false] {
        for orphan in orphaned_users(&users, &logins, &hosts(local)) {
            texts.extend(orphan.statements().unwrap().iter().map(|statement| statement.text().to_owned()));
        }
    }
    assert_eq!(texts.len(), 5, "{texts:?}");
    for text in texts {
        for word in ["SERVER ROLE", "srvrolemember", "GRANT"] {
            assert!(!text.to_lowercase().contains(&word.to_lowercase()), "{text}");
        }
    }
}
