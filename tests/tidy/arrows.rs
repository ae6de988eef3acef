//! Arrows: which crate may depend on which, and what it never reaches, not even through others.
//!
//! ```text
//! tests ─► everything    cli ─► journal, core, fixtures    journal ─► core    fixtures ─► core    core ─► nothing
//! ```

use crate::support::{Finding, Findings, Graph, Kind};

struct Arrow {
    from: &'static str,
    /// The members it may name, for whatever purpose.
    to: &'static [&'static str],
    /// What it is never built with, directly or through others.
    never: &'static [&'static str],
    why: &'static str,
}

const ARROWS: &[Arrow] = &[
    Arrow {
        from: "core",
        to: &[],
        never: HANDS,
        why: "core is pure values; the hands are in cli, the memory in journal",
    },
    Arrow {
        from: "journal",
        to: &["core"],
        never: &["tokio", "tiberius", "clap"],
        why: "the journal is synchronous and knows no terminal; cli calls it",
    },
    Arrow {
        from: "fixtures",
        to: &["core"],
        never: &["sled", "bincode", "tiberius"],
        why: "the world knows nothing of those who act in it; it speaks the real boundary",
    },
    Arrow {
        from: "cli",
        to: &["journal", "core", "fixtures"],
        never: &[],
        why: "nothing depends on the proofs",
    },
    Arrow { from: "tests", to: &["cli", "journal", "core", "fixtures"], never: &[], why: "" },
];

/// What touches disks, wires, processes, terminals or the store.
const HANDS: &[&str] = &[
    "anstream",
    "bincode",
    "clap",
    "hyper",
    "indicatif",
    "mio",
    "nix",
    "rand",
    "reqwest",
    "rustix",
    "sled",
    "socket2",
    "tempfile",
    "tiberius",
    "tokio",
    "ureq",
    "walkdir",
];

/// What core may name, each with its reason. A new line here is a decision about purity: think twice.
const CORE: &[(&str, Kind, &str)] = &[
    ("chrono", Kind::Normal, "calendar arithmetic and RFC 3339; never its clock"),
    ("serde", Kind::Normal, "projections and reports are plain serialisable data"),
    ("sha2", Kind::Normal, "a digest of values is a value"),
    ("thiserror", Kind::Normal, "one enum an operation, without boilerplate"),
    ("uuid", Kind::Normal, "derived ids (version 8); never random ones"),
    ("proptest", Kind::Dev, "properties of folds"),
    ("serde_json", Kind::Dev, "tests compare projections as text"),
];

fn check(graph: &Graph) -> Findings {
    graph.members().flat_map(|(folder, _)| check_member(graph, folder)).collect()
}

fn check_member(graph: &Graph, folder: &str) -> Findings {
    let manifest = format!("{folder}/Cargo.toml");
    let Some(arrow) = ARROWS.iter().find(|arrow| arrow.from == folder) else {
        return [Finding::of(
            &manifest,
            "this member has no line in tests/tidy/arrows.rs; say what it may depend on",
        )]
        .into_iter()
        .collect();
    };
    let mut findings = Findings::default();
    let (_, member) = graph.members().find(|(member, _)| *member == folder).expect("a member of this graph");
    for (name, kind) in &member.declared {
        let (to, why) = (graph.folder_of(name), arrow.why);
        if let Some(to) = to.filter(|to| !arrow.to.contains(to)) {
            let message = format!("{folder} must not depend on {to}, remove it: {why}");
            findings.push(Finding::of(&manifest, message));
        }
        if folder == "core" && to.is_none() && !CORE.iter().any(|line| (line.0, line.1) == (name, *kind)) {
            let message = format!("core must not name {name} ({kind:?}), move its use to cli: {why}");
            findings.push(Finding::of(&manifest, message));
        }
    }
    for name in graph.closure(member).into_iter().filter(|name| arrow.never.contains(name)) {
        let message =
            format!("{folder} is built with {name}; find who brings it with `cargo tree -i`: {}", arrow.why);
        findings.push(Finding::of(&manifest, message));
    }
    findings
}

#[test]
fn the_crates_keep_their_arrows() {
    check(Graph::real()).demand_none();
}

#[test]
fn every_dependency_core_may_name_has_a_reason() {
    assert!(CORE.iter().all(|(_, _, reason)| reason.len() > 15));
}

#[test]
fn bites_when_core_names_a_member_or_a_stranger() {
    check(&Graph::sample("*core: journal\n*journal: core")).demand_one("core must not depend on journal");
    check(&Graph::sample("*core: regex\nregex:")).demand_one("core must not name regex (Normal)");
    check(&Graph::sample("*core: serde_json\nserde_json:"))
        .demand_one("core must not name serde_json (Normal)");
}

#[test]
fn bites_through_others_and_on_dev_dependencies() {
    check(&Graph::sample("*core: chrono\nchrono: mio\nmio:")).demand_one("core is built with mio");
    check(&Graph::sample("*journal: core, sled\n*core:\nsled: tokio\ntokio:"))
        .demand_one("journal is built with tokio");
    check(&Graph::sample("*journal: core, clap\n*core:\nclap:")).demand_one("journal is built with clap");
    check(&Graph::sample("*journal: core, fixtures(dev)\n*core:\n*fixtures: core"))
        .demand_one("depend on fixtures");
}

#[test]
fn bites_on_every_other_wrong_arrow() {
    check(&Graph::sample("*fixtures: journal\n*journal:")).demand_one("fixtures must not depend on journal");
    check(&Graph::sample("*cli: tests\n*tests:")).demand_one("cli must not depend on tests");
    check(&Graph::sample("*helpers:")).demand_one("has no line in tests/tidy/arrows.rs");
}

#[test]
fn lets_the_drawn_arrows_pass() {
    let drawn = "*tests: cli, journal, core, fixtures\n*cli: journal, core, fixtures, tokio\n*journal: core, sled\n\
                 *fixtures: core\n*core: serde, proptest(dev)\nserde:\nproptest: rand\nrand:\nsled:\ntokio:";
    check(&Graph::sample(drawn)).demand_none();
}
