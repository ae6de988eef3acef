//! Goal: no secret is in anything the program writes or says.
//!
//! Method: known secrets are planted (the SQL login's password, by a file and by a variable; the proxy's password in SUSDB);
//! after whole migrations everything under journals, keys, plans and evidence, and everything said, is searched for them in
//! every form they could have taken. So are runs that fail at the login and on the way, told to people, to machines and at a
//! terminal.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use wsusmigrate_fixtures::sql::tds::Cut;
use wsusmigrate_fixtures::{PROXY_PASSWORD, Scenario};

use crate::confirm::at_a_terminal;
use crate::site::Site;

/// The password of the SQL logins: no scenario says another.
const LOGIN_PASSWORD: &str = "Stand-in, never the field's 1";
/// What a run may take.
pub(crate) const RUN_MAX: Duration = Duration::from_mins(1);

/// Every form in which a secret could stand somewhere.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let wide = |bytes: fn(u16) -> [u8; 2]| secret.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let raw = [
        ("UTF-8", secret.as_bytes().to_vec()),
        ("UTF-16LE", wide(u16::to_le_bytes)),
        ("UTF-16BE", wide(u16::to_be_bytes)),
        // As LOGIN7 hides it: the halves of each byte swapped, then `A5` over it (MS-TDS 2.2.6.4).
        ("TDS", wide(u16::to_le_bytes).into_iter().map(|byte| byte.rotate_left(4) ^ 0xA5).collect()),
    ];
    let mut forms = Vec::new();
    for (name, bytes) in raw {
        let digits = hex(&bytes);
        forms.extend([("hex", digits.to_uppercase().into_bytes()), ("hex", digits.into_bytes())]);
        // Wherever in a longer text it stands, one of three shifts has it, but for its ends.
        for shift in 0..3 {
            let text = base64(&[&vec![0; shift][..], &bytes].concat());
            let ends = text.len() - 4;
            forms.push(("base64", text.as_bytes()[4..ends].to_vec()));
        }
        forms.push((name, bytes));
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        text.extend((0..4).map(|digit| char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize])));
    }
    text
}

/// Where a secret stands: file by file, and in which form.
fn found(secret: &str, files: &[(String, Vec<u8>)]) -> Vec<String> {
    let forms = forms(secret);
    let stands = |bytes: &[u8], form: &[u8]| bytes.windows(form.len()).any(|window| window == form);
    let hits = files.iter().flat_map(|(name, bytes)| {
        forms.iter().filter(|(_, form)| stands(bytes, form)).map(move |(what, _)| format!("{name} as {what}"))
    });
    hits.collect()
}

/// Every file below a folder, but for the estate's own.
fn files(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path: PathBuf = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push((path.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
}

/// A whole migration, and everything it left: what it said comes first.
fn left(scenario: &str, by_variable: bool) -> Vec<(String, Vec<u8>)> {
    let mut site = Site::new(&Scenario::named(scenario).expect("a scenario"), None, None);
    if by_variable {
        for server in ["old", "new"] {
            let plan = site.world.path(server).join("migration.toml");
            let text = fs::read_to_string(&plan).expect("the plan");
            let lines = text.lines().map(|line| {
                if line.starts_with("password = ") { "password = 'env:SUSDB_PASSWORD'" } else { line }
            });
            fs::write(&plan, lines.collect::<Vec<_>>().join("\n")).expect("the plan");
        }
        site.servers.set("SUSDB_PASSWORD", LOGIN_PASSWORD);
    }
    site.run_to_the_end("old", RUN_MAX);
    site.hand_over();
    site.run_to_the_end("new", RUN_MAX);
    for args in [
        &["report", "audit"][..],
        &["report", "audit", "--json"],
        &["status"],
        &["rollback"],
        &["plan"],
        &["journal", "log", "--json"],
        &["journal", "export", "--format", "jsonl"],
    ] {
        assert!(site.ask(args).status.success(), "{args:?}");
    }
    let mut all = vec![("what was said".to_owned(), std::mem::take(&mut site.said))];
    for folder in ["old", "new", "account", "hosts/store"] {
        files(&site.world.path(folder), &mut all);
    }
    // The backup carries SUSDB as it is, with what is in it: it is kept like one.
    all.retain(|(name, _)| {
        !std::path::Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("bak"))
    });
    all
}

#[test]
fn secrets_turn_up_nowhere() {
    for (scenario, by_variable) in [("tiny", false), ("sql-to-sql", false), ("sql-to-sql", true)] {
        let files = left(scenario, by_variable);
        assert!(files.len() > 20, "{scenario} left {} files", files.len());
        for secret in [LOGIN_PASSWORD, PROXY_PASSWORD] {
            assert_eq!(found(secret, &files), Vec::<String>::new(), "{scenario}");
        }
    }
}

/// What stands in the way of a run.
enum Fault {
    /// The engine refuses every login.
    Refused,
    /// The password is another one.
    Wrong,
    /// Every connection is cut, later and later.
    Cut,
}

/// Another password than the login's.
const WRONG_PASSWORD: &str = "Planted-Pa55word, the wrong one";

/// Runs that fail, told in every way, and everything they left: what was said comes first.
fn left_by_failures(fault: &Fault) -> Vec<(String, Vec<u8>)> {
    let mut scenario = Scenario::named("sql-to-sql").expect("a scenario");
    scenario.database.as_mut().expect("engines").source.faults.login_refused =
        matches!(fault, Fault::Refused);
    let later_and_later =
        Cut { after_bytes: Arc::new(|connection| Some(200 + 900 * connection)), happened: Arc::new(|_| {}) };
    let mut site = Site::new(&scenario, matches!(fault, Fault::Cut).then_some(&later_and_later), None);
    site.servers.go("old");
    site.servers.set("RUST_BACKTRACE", "full");
    if matches!(fault, Fault::Wrong) {
        let plan = site.world.path("old/migration.toml");
        let text = fs::read_to_string(&plan).expect("the plan");
        let wrong = |line: &str| {
            if line.starts_with("password = ") { "password = 'env:WRONG'" } else { line }.to_owned()
        };
        fs::write(&plan, text.lines().map(wrong).collect::<Vec<_>>().join("\n")).expect("the plan");
        site.servers.set("WRONG", WRONG_PASSWORD);
    }
    for args in [&["check"][..], &["run"], &["run", "--json"], &["check", "--json"]] {
        let ran = site.ask(args);
        assert!(matches!(ran.status.code(), Some(1 | 3)), "{args:?}: {ran:?}");
    }
    let (code, shown) = at_a_terminal(&site, "");
    assert!(matches!(code, Some(1 | 3)), "{shown}");
    site.said.extend(shown.into_bytes());
    for args in
        [&["journal", "log", "--json"][..], &["report", "audit"], &["status"], &["rollback", "--check"]]
    {
        site.ask(args);
    }
    let told = String::from_utf8_lossy(&site.said).into_owned();
    let expected = if matches!(fault, Fault::Cut) { "cannot" } else { "Msg 18456" };
    assert!(told.contains(expected), "{told}");
    let mut all = vec![("what was said".to_owned(), std::mem::take(&mut site.said))];
    for folder in ["old", "account", "hosts/store"] {
        files(&site.world.path(folder), &mut all);
    }
    all
}

#[test]
fn secrets_turn_up_nowhere_when_a_run_fails() {
    for (what, fault) in [("refused", Fault::Refused), ("wrong", Fault::Wrong), ("cut", Fault::Cut)] {
        let files = left_by_failures(&fault);
        assert!(files.len() > 10, "{what} left {} files", files.len());
        for secret in [LOGIN_PASSWORD, WRONG_PASSWORD] {
            assert_eq!(found(secret, &files), Vec::<String>::new(), "{what}");
        }
    }
}

/// What somebody types who takes the source of the password for the password.
const TYPED: [&str; 6] = [
    "Planted_Pa55word",
    "env:Planted_Pa55word",
    "env:Planted-Pa55word, typed",
    "file:Planted_Pa55word",
    "file:/Planted_Pa55word",
    "file:sub/Planted_Pa55word",
];

/// The plan was once kept as evidence before its password's source was looked at.
#[test]
fn a_password_typed_in_the_place_of_its_source_is_refused_and_kept_nowhere() {
    for typed in TYPED {
        let mut site = Site::new(&Scenario::named("sql-to-sql").expect("a scenario"), None, None);
        site.servers.go("old");
        let plan = site.world.path("old/migration.toml");
        let text = fs::read_to_string(&plan).expect("the plan");
        let wrong = format!("password = '{typed}'");
        let wrong =
            |line: &str| if line.starts_with("password = ") { wrong.clone() } else { line.to_owned() };
        fs::write(&plan, text.lines().map(wrong).collect::<Vec<_>>().join("\n")).expect("the plan");
        for args in [&["run"][..], &["run", "--json"], &["run", "--only", "content"]] {
            let ran = site.ask(args);
            assert_eq!(ran.status.code(), Some(2), "{typed}: {args:?}: {ran:?}");
        }
        assert!(!site.world.path("old/m.journal").exists(), "{typed}: nothing is written");
        for args in [&["check"][..], &["plan"], &["plan", "--json"], &["plan", "--approve"], &["rollback"]] {
            site.ask(args);
        }
        fs::remove_file(&plan).expect("the plan");
        let mut all = vec![("what was said".to_owned(), std::mem::take(&mut site.said))];
        // An account's folder is made with the first journal.
        let folders = ["old", "account", "hosts/store"].map(|folder| site.world.path(folder));
        folders.iter().filter(|folder| folder.exists()).for_each(|folder| files(folder, &mut all));
        assert_eq!(found("Planted_Pa55word", &all), Vec::<String>::new(), "{typed}");
        assert_eq!(found("Planted-Pa55word", &all), Vec::<String>::new(), "{typed}");
    }
}

#[test]
fn a_planted_secret_is_found_in_every_form() {
    let secret = "Planted-Pa55word";
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [
        format!("x{secret}y").into_bytes(),
        wide.clone(),
        base64(format!("ab{secret}cd").as_bytes()).into_bytes(),
        hex(&wide).into_bytes(),
        wide.iter().map(|byte| byte.rotate_left(4) ^ 0xA5).collect(),
    ] {
        assert_ne!(found(secret, &[("f".to_owned(), bytes)]), Vec::<String>::new());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}
