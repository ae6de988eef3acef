//! Goal: a post-installation counts as done only when every mark of it says so.
//! Method: one whole proof, then each mark taken away; the lack names exactly that mark.

use std::collections::BTreeMap;

use wsusmigrate_core::postinstall::{
    Command, Conclusion, Evidence, Lack, Log, Refused, Storage, conclude, lacks,
};

const OUTPUT: &str = "Log file is located at C:\\Windows\\Temp\\WSUS_PostInstall_20240301T021500.log\r\n\
                      Post install is starting\r\nPost install has successfully completed\r\n";
const LOG: &str =
    "2024-03-01 02:15:00  Postinstall started\r\n2024-03-01 02:16:10  Postinstall completed\r\n";

fn roles(database: &str) -> BTreeMap<String, u32> {
    let names = ["UpdateServices-API", "UpdateServices-Services", "UpdateServices-UI", database];
    names.map(|name| (name.to_owned(), 2)).into()
}

fn whole(roles: &BTreeMap<String, u32>) -> Evidence<'_> {
    let log = Some(Log { text: LOG, is_newer: true });
    let storage = Storage::Wid;
    Evidence { exit_code: Some(0), is_outlived: false, output: OUTPUT, log, roles: Some(roles), storage }
}

#[test]
fn every_mark_is_needed() {
    let roles = roles("UpdateServices-WidDatabase");
    let whole = whole(&roles);
    assert_eq!(lacks(&whole), []);
    let fatal =
        "Post install is starting\nFatal Error: Login Failed for user 'NT AUTHORITY\\ANONYMOUS LOGON'.\n";
    let starting = "Post install is starting\n";
    let old = Some(Log { text: LOG, is_newer: false });
    let sql = Lack::Role { name: "UpdateServices-Database", value: None };
    for (evidence, lack) in [
        (Evidence { exit_code: None, ..whole }, Lack::NoExitCode),
        (Evidence { exit_code: Some(1), ..whole }, Lack::ExitCode(1)),
        (Evidence { is_outlived: true, ..whole }, Lack::Outlived),
        (Evidence { output: starting, ..whole }, Lack::NoSuccessLine),
        (Evidence { output: fatal, ..whole }, Lack::Fatal(fatal.lines().last().unwrap().to_owned())),
        (Evidence { log: None, ..whole }, Lack::NoLog),
        (Evidence { log: old, ..whole }, Lack::OldLog),
        (Evidence { roles: None, ..whole }, Lack::RolesUnread),
        (Evidence { storage: Storage::Sql, ..whole }, sql),
    ] {
        assert_eq!(lacks(&evidence), [lack]);
    }
}

#[test]
fn each_component_has_to_be_finished() {
    let all = roles("UpdateServices-Database");
    for name in all.keys() {
        let mut roles = all.clone();
        roles.insert(name.clone(), 1);
        let evidence = Evidence { storage: Storage::Sql, ..whole(&roles) };
        let found = lacks(&evidence);
        assert!(
            matches!(found.as_slice(), [Lack::Role { name: lacking, value: Some(1) }] if lacking == name)
        );
    }
    let shouted = all.iter().map(|(name, value)| (name.to_uppercase(), *value)).collect();
    assert_eq!(lacks(&Evidence { storage: Storage::Sql, ..whole(&shouted) }), []);
}

#[test]
fn success_may_stand_in_the_log_alone_but_only_in_a_new_one_and_last() {
    let roles = roles("UpdateServices-WidDatabase");
    let through = "2024-03-01 02:16:10  Post install has successfully completed\r\n\r\n";
    let gave_up = format!("{through}2024-03-01 02:16:11  Fatal Error: no\n");
    let not_last = format!("{through}2024-03-01 02:16:11  Start: LoadSettings\n");
    let with =
        |text, is_newer| lacks(&Evidence { output: "", log: Some(Log { text, is_newer }), ..whole(&roles) });
    assert_eq!(with(through, true), []);
    assert_eq!(with(through, false), [Lack::NoSuccessLine, Lack::OldLog]);
    assert_eq!(with(&not_last, true), [Lack::NoSuccessLine]);
    assert_eq!(with(&gave_up, true), [Lack::Fatal("2024-03-01 02:16:11  Fatal Error: no".to_owned())]);
}

/// Two calls within one second write into one log: what the first said is nothing the second says.
#[test]
fn a_shared_log_is_judged_by_its_last_call() {
    let roles = roles("UpdateServices-WidDatabase");
    let failed = "2024-03-01 02:16:11  Postinstall started\n2024-03-01 02:16:11  Fatal Error: no\n";
    let with = |text: &str| {
        let log = Some(Log { text, is_newer: true });
        lacks(&Evidence { log, ..whole(&roles) })
    };
    assert_eq!(with(&format!("{failed}{LOG}")), []);
    assert_eq!(
        with(&format!("{LOG}{failed}")),
        [Lack::Fatal("2024-03-01 02:16:11  Fatal Error: no".to_owned())]
    );
}

/// What says no is a failure; what goes on, or is not there to be read, is known to nobody.
#[test]
fn what_it_came_to_follows_from_what_its_proof_lacks() {
    let role = || Lack::Role { name: "UpdateServices-API", value: Some(1) };
    for (lacks, conclusion) in [
        (vec![], Conclusion::Done),
        (vec![Lack::ExitCode(3), Lack::NoSuccessLine, Lack::NoLog], Conclusion::Failed(3)),
        (vec![Lack::Fatal(String::new())], Conclusion::Failed(0)),
        (vec![role()], Conclusion::Failed(0)),
        (vec![Lack::ExitCode(3), Lack::Outlived], Conclusion::Unknown),
        (vec![Lack::NoExitCode, role()], Conclusion::Unknown),
        (vec![Lack::NoSuccessLine], Conclusion::Unknown),
        (vec![Lack::NoLog], Conclusion::Unknown),
        (vec![Lack::OldLog], Conclusion::Unknown),
        (vec![Lack::RolesUnread], Conclusion::Unknown),
    ] {
        assert_eq!(conclude(&lacks), conclusion, "{lacks:?}");
    }
}

#[test]
fn a_call_is_whole_arguments() {
    let command = Command::new(r"D:\My WSUS", Some(r"SQL01\SUS DB")).unwrap();
    let expected = ["postinstall", r"CONTENT_DIR=D:\My WSUS", r"SQL_INSTANCE_NAME=SQL01\SUS DB"];
    assert_eq!((command.arguments(), command.storage()), (expected.map(str::to_owned).into(), Storage::Sql));
    let command = Command::new(r"\\files\wsus", None).unwrap();
    assert_eq!(command.arguments(), ["postinstall", r"CONTENT_DIR=\\files\wsus"]);
    assert_eq!(command.storage(), Storage::Wid);
}

#[test]
fn what_would_go_wrong_is_refused() {
    let refused = |content_dir: &str, instance| Command::new(content_dir, instance).unwrap_err();
    for value in ["", "  "] {
        assert_eq!(refused(value, None), Refused::Empty { parameter: "CONTENT_DIR" });
    }
    for value in ["D:\\WSUS\\", "D:\\", "/srv/wsus/", "D:\\WSUS\\ "] {
        let expected = Refused::TrailingSeparator { parameter: "CONTENT_DIR", value: value.to_owned() };
        assert_eq!(refused(value, None), expected);
    }
    for value in ["D:\\W\"SUS", "D:\\WSUS\n", "D:\\WS\0US"] {
        let expected = Refused::Character { parameter: "CONTENT_DIR", value: value.to_owned() };
        assert_eq!(refused(value, None), expected);
    }
    for value in ["MICROSOFT##WID", "microsoft##ssee"] {
        assert_eq!(refused("D:\\WSUS", Some(value)), Refused::Wid { value: value.to_owned() });
    }
}
