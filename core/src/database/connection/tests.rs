use proptest::prelude::*;

use super::*;

fn tcp(host: &str, port: u16) -> Target {
    Target::Tcp { host: host.into(), port: NonZeroU16::new(port) }
}

fn instance(host: &str, instance: &str) -> Target {
    Target::Instance { host: host.into(), instance: instance.into() }
}

#[test]
fn what_people_write_is_read_and_reads_back() {
    for (text, target) in [
        ("wid", Target::Wid),
        ("WID-2008", Target::Wid2008),
        (WID_PIPE, Target::Wid),
        (r"np:\\.\pipe\microsoft##wid\tsql\query", Target::Wid),
        (r"\\.\pipe\mssql$microsoft##ssee\sql\query", Target::Wid2008),
        (r"\\.\pipe\MSSQL$WSUS\sql\query", Target::Pipe(r"\\.\pipe\MSSQL$WSUS\sql\query".into())),
        (" SQL1 ", tcp("SQL1", 0)),
        ("sql1.example.net,14330", tcp("sql1.example.net", 14_330)),
        ("tcp:SQL1,1433", tcp("SQL1", 1433)),
        ("sql1:1433", tcp("sql1", 1433)),
        ("::1", tcp("::1", 0)),
        ("[fe80::1%4],1433", tcp("fe80::1%4", 1433)),
        ("(local)", tcp("(local)", 0)),
        ("SQL1\\WSUS", instance("SQL1", "WSUS")),
        ("SQL1\\MSSQLSERVER", tcp("SQL1", 0)),
        ("unix:/run/sql.sock", Target::Unix("/run/sql.sock".into())),
    ] {
        assert_eq!(text.parse(), Ok(target.clone()), "{text}");
        assert_eq!(target.to_string().parse(), Ok(target), "{text}");
    }
}

#[test]
fn what_names_nothing_is_refused_with_its_reason() {
    for text in ["SQL1,0", "SQL1,65536", "SQL1,+1", "SQL1:x", "SQL1,", "tcp:tcp:SQL1"] {
        assert!(matches!(text.parse::<Target>(), Err(NotATarget::Port(_))), "{text}");
    }
    for text in [
        "SQL 1",
        "SQL1;Password=x",
        "\\WSUS",
        ",1433",
        "sa@SQL1",
        "tcp:unix:SQL1\\A",
        "a:b:1",
        "SQL1%4",
        "::1%",
    ] {
        assert!(matches!(text.parse::<Target>(), Err(NotATarget::Host(_))), "{text}");
    }
    assert!(matches!("SQL1\\".parse::<Target>(), Err(NotATarget::Instance(_))));
    assert!(matches!("SQL1\\A\\B".parse::<Target>(), Err(NotATarget::Instance(_))));
    assert!(matches!(r"\\SQL1\share\x".parse::<Target>(), Err(NotATarget::Pipe(_))));
    assert!(matches!("np:x".parse::<Target>(), Err(NotATarget::Pipe(_))));
    assert!(matches!("unix:run/x".parse::<Target>(), Err(NotATarget::Unix(_))));
    assert_eq!(" ".parse::<Target>(), Err(NotATarget::Empty));
}

#[test]
fn the_registry_writes_wid_and_instances_in_its_own_way() {
    let read = |value: &str| Target::from_registry(value, "WSUS1").unwrap();
    assert_eq!(read("MICROSOFT##WID"), Target::Wid);
    assert_eq!(read("WSUS1\\Microsoft##SSEE"), Target::Wid2008);
    assert_eq!(read("%ComputerName%\\SQLEXPRESS"), instance("WSUS1", "SQLEXPRESS"));
    assert_eq!(read("%computername%"), tcp("WSUS1", 0));
    assert_eq!(read("SQL1\\WSUS"), instance("SQL1", "WSUS"));
    assert_eq!(read(r"np:\\.\pipe\MICROSOFT##WID\tsql\query"), Target::Wid);
}

#[test]
fn the_kind_and_the_place_of_an_engine() {
    let of = |text: &str| text.parse::<Target>().unwrap();
    for local in ["wid", "(local)", ".\\SQLEXPRESS", "unix:/s", r"\\.\pipe\x\y", "127.0.0.1,1433"] {
        assert!(of(local).is_local(), "{local}");
    }
    for remote in ["SQL1", "SQL1\\WSUS", r"\\SQL1\pipe\sql\query", "10.0.0.1"] {
        assert!(!of(remote).is_local(), "{remote}");
    }
    assert_eq!(of("wid-2008").kind(), EngineKind::Wid);
    assert_eq!(of(r"\\OLD\pipe\MICROSOFT##WID\tsql\query").kind(), EngineKind::Wid);
    assert_eq!(of("SQL1").kind(), EngineKind::SqlServer);
    assert_eq!(of("wid").pipe(), Some(WID_PIPE));
}

#[test]
fn a_secret_is_named_by_its_place_and_never_repeated() {
    for (text, source) in [
        ("prompt", SecretSource::Prompt),
        ("env:WSUS_SQL_PASSWORD", SecretSource::Environment("WSUS_SQL_PASSWORD".into())),
        ("file:C:\\secret.txt", SecretSource::File("C:\\secret.txt".into())),
    ] {
        assert_eq!(text.parse(), Ok(source.clone()));
        assert_eq!(source.to_string(), text);
    }
    for text in [
        "hunter2",
        "env:",
        "env:1A",
        "env:A=B",
        "env:Pa55-word",
        "file:",
        "file:Pa55word",
        r"file:Pa55\word",
        "file:Pa55/word",
        "file:C:Pa55word",
        "file:.",
        "Prompt!",
    ] {
        assert_eq!(text.parse::<SecretSource>(), Err(NotASecretSource), "{text}");
    }
    assert!(!"hunter2".parse::<SecretSource>().unwrap_err().to_string().contains("hunter2"));
}

proptest! {
    #[test]
    fn whatever_is_read_reads_back(text in r"((tcp|np|unix|wid|::1|[a-z]{0,3})[:,%]){0,3}[A-Za-z0-9.:,\\/\[\]$# -]{0,40}") {
        if let Ok(target) = text.parse::<Target>() {
            prop_assert_eq!(target.to_string().parse(), Ok(target));
        }
    }
}
