//! Core touches nothing but values. `core/.clippy.toml` is the first net; this is the second: it holds the first in
//! place, and reads the text for what clippy cannot name.

use std::collections::BTreeSet;

use crate::support::source::{code, has_word};
use crate::support::{Finding, Findings, Tree};

const NET: &str = "core/.clippy.toml";

/// What no line of core may say, and what to do instead.
const NEVER: &[(&[&str], &str)] = &[
    (&["fs::", "std::fs", "net::", "std::net", "std::os"], "performs no I/O; an adapter in cli does"),
    (&["env::", "std::env"], "reads no environment; the plan carries what it needs"),
    (&["process::", "std::process", "thread::", "std::thread"], "starts nothing; an adapter in cli does"),
    (&["stdin(", "stdout(", "stderr("], "talks to nobody; cli/src/show does"),
    (&["SystemTime", "Instant", "Utc::now", "Local::now"], "asks no clock; times arrive in the envelope"),
    (&["HashMap", "HashSet", "RandomState"], "has one order; use BTreeMap or BTreeSet"),
    (&["new_v4", "now_v7", "now_v6", "now_v1", "getrandom"], "rolls no dice; random ids come from the shell"),
    (
        &["static mut", "thread_local!", "OnceLock", "LazyLock", "Mutex", "RwLock"],
        "keeps nothing between calls",
    ),
];

/// Addresses as values: the language's own `core` opens nothing.
const VALUES: &str = "core::net::Ipv6Addr";

/// Modules of std that must not come in by a group either, `use std::{fs, fmt}`.
const NEVER_IN_A_GROUP: &[&str] = &["env", "fs", "net", "os", "process", "thread"];

/// What the first net has to hold.
const HELD: &[(&str, &[&str])] = &[
    (
        "disallowed-types",
        &[
            "std::fs::File",
            "std::net::TcpStream",
            "std::process::Command",
            "std::time::Instant",
            "std::time::SystemTime",
            "std::collections::HashMap",
            "std::collections::HashSet",
        ],
    ),
    (
        "disallowed-methods",
        &[
            "std::time::SystemTime::now",
            "std::time::Instant::now",
            "std::env::var",
            "std::env::args",
            "std::fs::read",
            "std::fs::write",
            "std::fs::read_to_string",
            "std::thread::spawn",
            "std::thread::sleep",
            "uuid::Uuid::new_v4",
        ],
    ),
    ("disallowed-macros", &["std::println", "std::eprintln"]),
];

fn check(path: &str, text: &str) -> Findings {
    let mut findings = Findings::default();
    for (number, line) in (1..).zip(code(text).lines()) {
        let line = &line.replace(VALUES, "");
        let group = line.split_once("std::{").map_or("", |(_, group)| group);
        for (needles, instead) in NEVER {
            if let Some(needle) = needles.iter().find(|needle| has_word(line, needle)) {
                findings.push(Finding::at(path, number, format!("`{needle}`: core {instead}")));
            }
        }
        if let Some(module) = NEVER_IN_A_GROUP.iter().find(|module| has_word(group, module)) {
            findings.push(Finding::at(
                path,
                number,
                format!("`std::{{{module}}}`: core performs no I/O, cli does"),
            ));
        }
    }
    findings
}

fn check_net(text: &str) -> Findings {
    let net: toml::Table = match text.parse() {
        Ok(net) => net,
        Err(error) => return [Finding::of(NET, format!("cannot be read: {error}"))].into_iter().collect(),
    };
    let mut findings = Findings::default();
    for (list, held) in HELD {
        let entries = net.get(*list).and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
        let word = |entry: &toml::Value, key: &str| entry.get(key)?.as_str().map(str::to_owned);
        let paths: BTreeSet<_> = entries.iter().filter_map(|entry| word(entry, "path")).collect();
        for path in held.iter().filter(|path| !paths.contains(**path)) {
            findings.push(Finding::of(NET, format!("`{list}` lacks `{path}`; put it back with its reason")));
        }
        for entry in
            entries.iter().filter(|entry| word(entry, "reason").is_none_or(|reason| reason.is_empty()))
        {
            findings
                .push(Finding::of(NET, format!("`{list}`: {entry} has no reason; say what to do instead")));
        }
    }
    findings
}

#[test]
fn core_is_pure() {
    let core = || Tree::real().sources().filter(|(path, _)| path.starts_with("core/src/"));
    assert!(core().count() > 5, "core's sources were not found");
    core().flat_map(|(path, text)| check(path, text)).collect::<Findings>().demand_none();
}

#[test]
fn the_first_net_is_whole() {
    check_net(Tree::real().text(NET).unwrap_or_default()).demand_none();
}

#[test]
fn bites_on_each_impure_word() {
    for (needles, instead) in NEVER {
        for needle in *needles {
            let found = check("core/src/x.rs", &format!("//! x\nlet a = {needle};"));
            found.demand("core/src/x.rs:2: `");
            found.demand(instead);
        }
    }
    check("core/src/x.rs", "use std::{fmt, fs};").demand_one("`std::{fs}`");
    check("core/src/x.rs", "use std::collections::HashMap;").demand_one("use BTreeMap");
}

#[test]
fn does_not_bite_on_comments_texts_and_longer_words() {
    check("core/src/x.rs", "/// Never `std::fs`.\nlet refs = \"HashMap\"; // Instant\nenum Instantly {}")
        .demand_none();
    check("core/src/x.rs", &format!("use {VALUES};")).demand_none();
    check("core/src/x.rs", "use core::net::TcpStream;").demand_one("`net::`");
}

#[test]
fn bites_when_the_net_is_emptied_or_loses_a_reason() {
    let net = Tree::real().text(NET).unwrap_or_default();
    for path in HELD.iter().flat_map(|(_, held)| *held) {
        let without: String =
            net.lines().filter(|line| !line.contains(&format!("\"{path}\""))).collect::<Vec<_>>().join("\n");
        check_net(&without).demand_one(&format!("lacks `{path}`"));
    }
    check_net("").demand("lacks `std::fs::File`");
    check_net("disallowed-types = [").demand_one("cannot be read");
    check_net(&net.replace("core starts no thread", "")).demand_one("has no reason");
}
