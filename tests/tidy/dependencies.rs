//! `docs/DEPENDENCIES.md` is what cargo builds: a line for each package a member names, and none besides.
//!
//! The table under `## Crates` is the only list; this file only reads it. *Used by* holds the folders that name the
//! crate, with `(tests)` behind a folder whose tests alone do. What a manifest names, the sources beside it must use.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::markdown::{Row, table};
use crate::support::{Finding, Findings, Graph, Kind, Tree, source};

/// Where the reasons are.
pub(crate) const PAGE: &str = "docs/DEPENDENCIES.md";
/// A reason shorter than this is none.
const REASON_BYTES_MIN: usize = 25;

fn check(graph: &Graph, text: &str) -> Findings {
    let (rows, direct) = (table(text, "Crates"), graph.direct());
    let mut findings: Findings = rows.iter().flat_map(|row| check_row(row, &direct)).collect();
    for (name, users) in &direct {
        let used_by = used_by(users);
        match rows.iter().filter(|row| row.cells[0] == *name).count() {
            0 => {
                let message = format!(
                    "add `| {name} | {used_by} | reason | crates | own | seconds |`, or remove the crate"
                );
                findings.push(Finding::of(PAGE, message));
            }
            1 => {}
            _ => findings.push(Finding::of(PAGE, format!("{name} has two lines; keep one"))),
        }
    }
    let names: Vec<_> = rows.iter().map(|row| row.cells[0].as_str()).collect();
    if let Some(at) = names.windows(2).position(|pair| pair[0] > pair[1]) {
        findings.push(Finding::at(
            PAGE,
            rows[at + 1].line,
            format!("{} stands out of the alphabet", names[at + 1]),
        ));
    }
    findings
}

fn check_row(row: &Row, direct: &BTreeMap<&str, BTreeMap<&str, BTreeSet<Kind>>>) -> Findings {
    let found = |message: String| Finding::at(PAGE, row.line, message);
    let [name, used, reason, crates, own, seconds] = row.cells.as_slice() else {
        return [found("six cells: crate, used by, reason, crates, own, seconds".to_owned())]
            .into_iter()
            .collect();
    };
    let Some(users) = direct.get(name.as_str()) else {
        return [found(format!("no member names {name}; remove the line"))].into_iter().collect();
    };
    let mut findings = Findings::default();
    if *used != used_by(users) {
        findings.push(found(format!("{name} is used by `{}`, not `{used}`", used_by(users))));
    }
    if reason.len() < REASON_BYTES_MIN {
        findings.push(found(format!("{name}: say why, and why not without it")));
    }
    if [crates, own, seconds].iter().any(|cost| cost.parse::<f32>().is_err()) {
        findings.push(found(format!("{name}: the cost is three numbers; the page says how to measure them")));
    }
    findings
}

fn used_by(users: &BTreeMap<&str, BTreeSet<Kind>>) -> String {
    let only_tests = |kinds: &BTreeSet<Kind>| kinds.iter().all(|kind| *kind == Kind::Dev);
    let names = users.iter().map(|(folder, kinds)| {
        // The member `tests` is nothing but tests.
        if only_tests(kinds) && *folder != "tests" {
            format!("{folder} (tests)")
        } else {
            (*folder).to_owned()
        }
    });
    names.collect::<Vec<_>>().join(", ")
}

/// What `[workspace.dependencies]` names though no member takes it.
fn check_root(graph: &Graph, text: &str) -> Findings {
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let named =
        manifest.get("workspace").and_then(|table| table.get("dependencies")).and_then(toml::Value::as_table);
    let direct = graph.direct();
    let unused = named.into_iter().flatten().map(|(name, _)| name.as_str());
    let unused = unused.filter(|name| !direct.contains_key(name) && graph.folder_of(name).is_none());
    let message = |name| format!("no member uses {name}; remove it from [workspace.dependencies]");
    unused.map(|name| Finding::of("Cargo.toml", message(name))).collect()
}

/// What a manifest names though no source beside it does: built for nothing.
fn idle(graph: &Graph, tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    for (folder, member) in graph.members() {
        let inside = format!("{folder}/");
        let sources = tree.sources().filter(|(path, _)| path.starts_with(&inside));
        let code: String = sources.map(|(_, text)| source::code(text)).collect();
        for (name, _) in &member.declared {
            if !source::has_word(&code, &name.replace('-', "_")) {
                let message = format!("no source in {folder} uses {name}; remove it from this manifest");
                findings.push(Finding::of(&format!("{folder}/Cargo.toml"), message));
            }
        }
    }
    findings
}

/// Crates that are built in two versions: a cost nobody chose.
fn twice(graph: &Graph) -> Findings {
    let mut versions = BTreeMap::<&str, BTreeSet<&str>>::new();
    for package in graph.packages.values() {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    let twice = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    twice.map(|(name, versions)| Finding::of("Cargo.lock", format!("{name} in {versions:?}"))).collect()
}

#[test]
fn the_page_names_what_members_name() {
    check(Graph::real(), Tree::real().text(PAGE).unwrap_or_default()).demand_none();
}

#[test]
fn members_use_what_they_name() {
    idle(Graph::real(), Tree::real()).demand_none();
}

#[test]
fn the_root_manifest_names_nothing_unused() {
    twice(Graph::real()).warn("one crate in two versions");
    check_root(Graph::real(), Tree::real().text("Cargo.toml").unwrap_or_default()).demand_none();
}

#[cfg(test)]
fn sample(rows: &str) -> Findings {
    let graph = Graph::sample("*core: serde\n*tests: serde, toml(dev)\n*cli: core, toml(dev)\nserde:\ntoml:");
    check(
        &graph,
        &format!(
            "# D\n\n## Crates\n\n| crate | used by | reason | crates | own | seconds |\n|---|---|---|---|---|---|\n{rows}"
        ),
    )
}

#[cfg(test)]
const SERDE: &str = "| `serde` | core, tests | projections are serialisable data | 5 | 0 | 2.5 |\n";
#[cfg(test)]
const TOML: &str = "| `toml` | cli (tests), tests | the plan's language, with good errors | 9 | 3 | 3 |\n";

#[test]
fn bites_when_a_line_is_missing_false_or_double() {
    sample(&format!("{SERDE}{TOML}")).demand_none();
    sample(SERDE).demand_one("add `| toml | cli (tests), tests | reason");
    sample(&format!("{SERDE}{TOML}{}", TOML.replace("toml", "yaml")))
        .demand_one("DEPENDENCIES.md:9: no member names yaml");
    sample(&format!("{SERDE}{TOML}{TOML}")).demand_one("toml has two lines");
    sample(&format!("{TOML}{SERDE}")).demand_one("serde stands out of the alphabet");
}

#[test]
fn bites_on_wrong_users_no_reason_and_no_cost() {
    let serde = |from: &str, to: &str| sample(&format!("{}{TOML}", SERDE.replace(from, to)));
    serde("core, tests", "core").demand_one("DEPENDENCIES.md:7: serde is used by `core, tests`, not `core`");
    serde("projections are serialisable data", "good").demand_one("serde: say why");
    serde("| 5 |", "| few |").demand_one("the cost is three numbers");
    serde("| 5 | 0 | 2.5 |", "|").demand("six cells");
}

#[test]
fn bites_on_what_no_source_uses() {
    let graph = Graph::sample("*core: windows-sys\nwindows-sys:");
    let tree = |text| Tree::of(&[("core/src/x.rs", text), ("cli/src/x.rs", "use windows_sys::x;")]);
    idle(&graph, &tree("use windows_sys::y;")).demand_none();
    idle(&graph, &tree("// windows_sys")).demand_one("core/Cargo.toml:1: no source in core uses windows-sys");
}

#[test]
fn bites_on_what_is_unused_and_sees_what_is_double() {
    let graph = Graph::sample("*core: serde\nserde:");
    let root = "[workspace.dependencies]\ncore = { path = \"core\" }\nserde = \"1\"\nrayon = \"1\"\n";
    check_root(&graph, root).demand_one("no member uses rayon");
    let mut graph = Graph::sample("syn:\nsyn3:");
    for (version, package) in ["2", "3"].iter().zip(graph.packages.values_mut()) {
        (package.name, package.version) = ("syn".to_owned(), (*version).to_owned());
    }
    twice(&graph).demand_one("syn in {\"2\", \"3\"}");
}
