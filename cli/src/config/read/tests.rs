//! Goal: what is wrong in a plan is told with its place and its key, and never with a secret.

use super::*;

fn failure(text: &str) -> Failure {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("migration.toml");
    std::fs::write(&file, text).unwrap();
    load(&file).unwrap_err()
}

#[test]
fn an_unknown_key_is_named_with_line_column_and_suggestion() {
    let failure = failure("[migration]\nname = 'a'\n\n[content]\nsource = 's'\n  destinaton = 'd'\n");
    assert!(failure.to_string().ends_with("migration.toml:6:3: unknown key `destinaton` in [content]"));
    assert_eq!(failure.next_step(), Some("Did you mean `destination`?"));
    assert_eq!(failure.exit(), Exit::Usage);
}

#[test]
fn broken_syntax_and_wrong_types_name_their_place() {
    assert!(failure("[migration\n").to_string().contains("migration.toml:1:"));
    let wrong = "[migration]\nname = 'a'\n[content]\nsource = 's'\ndestination = 'd'\nworkers = 'four'\n";
    assert!(failure(wrong).to_string().contains("migration.toml:6:11"), "{}", failure(wrong));
}

#[test]
fn a_value_is_never_repeated() {
    let plan = |line: &str| {
        format!("[migration]\nname = 'a'\n[content]\nsource = 's'\ndestination = 'd'\n[database]\n{line}\n")
    };
    for line in [
        "password = 471147114711",
        "password = 47114711.4711",
        "password = ['planted-4711']",
        "password = { planted-4711 = 1 }",
        "password = planted-4711",
        "password = 'planted-4711",
        "password 'planted-4711'",
        "encryption = 'planted-4711'",
        "media = 'planted-4711'",
        "hours_max = 'planted-4711'",
        "hours_max = 471147114711",
        "quiesce = 'planted-4711'",
        "store = ''\nbackup_folder = '/b'\nlogin = 'sa'\npassword = 'planted-4711'",
    ] {
        let failure = failure(&plan(line));
        let told = format!("{failure} {:?}", failure.next_step());
        assert!(told.contains("migration.toml") && !told.contains("4711"), "{line}: {told}");
    }
    let expected = failure(&plan("media = 'x'")).to_string();
    assert!(
        expected.ends_with("the value does not fit: expected one of `append`, `overwrite`, `new`"),
        "{expected}"
    );
}

#[test]
fn a_server_that_may_hold_a_password_is_neither_taken_nor_shown() {
    let plan = |server: &str| {
        format!(
            "[migration]\nname = 'a'\n[content]\nsource = 's'\ndestination = 'd'\n[database]\nstore = 's'\n\
             backup_folder = '/b'\nserver = '{server}'\n"
        )
    };
    for server in [
        "Server=sql1;Password=planted",
        "sql1;planted",
        "planted@sql1",
        "sql1 planted",
        r"\\sql1\pipe\sql;Password=planted",
        r"sql1\a=planted",
        "sql1,planted;",
        "unix:/planted;Password=planted",
    ] {
        let told = failure(&plan(server)).to_string();
        assert!(told.contains("(not shown)") && !told.contains("planted"), "{told}");
    }
    let told = failure(&plan(r"sql1\-")).to_string();
    assert!(told.contains(r"sql1\\-"), "{told}");
    let plan: Plan = toml::from_str(&plan("unix:/srv/a=b@c d")).unwrap();
    assert_eq!(plan.validate(), Ok(()));
}

#[test]
fn what_windows_editors_save_is_read() {
    let text = "x = 'Ä'";
    let le: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let be: Vec<u8> =
        [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let bom: Vec<u8> = [0xEF, 0xBB, 0xBF].into_iter().chain(text.bytes()).collect();
    for bytes in [le, be, bom, text.as_bytes().to_vec()] {
        assert_eq!(decode(&bytes).as_deref(), Some(text));
    }
    assert_eq!(decode(&[0xC4]), None);
    assert_eq!(decode(&[0xFF, 0xFE, 0x41]), None);
}

/// Options that exclude each other, each pair with the key that is named.
#[test]
fn what_excludes_each_other_is_refused_by_its_key() {
    let plan = |role: &str, lines: &str| {
        format!(
            "[migration]\nname = 'a'\nrole = '{role}'\n[content]\nsource = 's'\ndestination = 'd'\n[database]\nstore = 's'\n\
             backup_folder = '/b'\n{lines}\n"
        )
    };
    let long = "x".repeat(256);
    let cases = [
        ("source", "backup_expires = '2030-06-30'\nbackup_retain_days = 3".to_owned(), "backup_expires"),
        ("source", "backup_expires = '30.6.2030'".to_owned(), "backup_expires"),
        ("source", "backup_retain_days = 100000".to_owned(), "backup_retain_days"),
        ("source", "media_description = 'a'".to_owned(), "media_description"),
        ("source", "media = 'append'\nmedia_description = 'a'".to_owned(), "media_description"),
        ("source", "media = 'overwrite'\nmedia_description = 'a'".to_owned(), "media_description"),
        ("source", "media = 'new'\nmedia_check = true".to_owned(), "media_check"),
        ("source", format!("backup_name = '{long}'"), "backup_name"),
        ("source", format!("backup_description = '{long}'"), "backup_description"),
        ("source", format!("media_name = '{long}'"), "media_name"),
        ("source", format!("media = 'new'\nmedia_description = '{long}'"), "media_description"),
        ("source", "check = false".to_owned(), "check_waived_because"),
        ("source", "check = false\ncheck_waived_because = ' '".to_owned(), "check_waived_because"),
        ("source", "check_waived_because = 'no time'".to_owned(), "check_waived_because"),
        ("destination", "check = false\ncheck_waived_because = 'no time'".to_owned(), "check"),
        ("source", "password = 'prompt'".to_owned(), "password"),
        ("source", "hours_max = 0".to_owned(), "hours_max"),
    ];
    for (role, lines, key) in cases {
        let told = failure(&plan(role, &lines)).to_string();
        assert!(told.contains(&format!("migration.toml: database.{key} is ")), "{lines}: {told}");
    }
    for (role, lines) in [
        ("source", "media = 'new'\nmedia_check = false\nmedia_description = 'a'\nmedia_name = 'b'"),
        ("source", "media = 'overwrite'\nmedia_check = true\nmedia_name = 'b'\nbackup_retain_days = 0"),
        ("source", "check = false\ncheck_waived_because = 'no time'"),
        ("destination", "check = true"),
    ] {
        let read: Plan = toml::from_str(&plan(role, lines)).unwrap();
        assert_eq!(read.validate(), Ok(()), "{lines}");
    }
}

/// A destination's `quiesce` was once taken, and nothing rested.
#[test]
fn what_only_the_other_host_does_is_refused_by_its_key() {
    let of_source = [
        "quiesce = true",
        "backup_file = 'other.bak'",
        "backup_name = 'n'",
        "backup_description = 'd'",
        "backup_expires = '9999-01-31'",
        "backup_retain_days = 3",
        "media = 'overwrite'",
        "media_check = true",
        "media_name = 'n'",
        "on_checksum_error = 'continue'",
        "compression = 'on'",
    ];
    let of_destination = [
        "replace_in_use = true",
        "data_folder = 'D:\\Data'",
        "log_folder = 'L:\\Log'",
        "content_dir = 'D:\\WSUS'",
        "wsusutil = 'C:\\wsusutil.exe'",
    ];
    for (of, here, lines) in
        [("source", "destination", &of_source[..]), ("destination", "source", &of_destination[..])]
    {
        for line in lines {
            let plan = |role: &str| {
                format!(
                    "[migration]\nname = 'a'\nrole = '{role}'\n[content]\nsource = 's'\ndestination = 'd'\n[database]\n\
                     store = 's'\nbackup_folder = '/b'\n{line}\n"
                )
            };
            let right: Plan = toml::from_str(&plan(of)).unwrap();
            assert_eq!(right.validate(), Ok(()), "{line}");
            let told = failure(&plan(here)).to_string();
            let key = line.split(' ').next().unwrap();
            let says = format!("database.{key} is for the {of}'s plan alone, and this host is the {here}");
            assert!(told.contains(&says), "{line}: {told}");
        }
    }
}
