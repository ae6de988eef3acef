//! Licence and source of everything cargo locks, on every target.

use crate::support::{Finding, Findings, Graph, Package};

/// What the project's own MIT OR Apache-2.0 can be shipped together with, by its SPDX identifier.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression lets us choose allowed licences only. `/` is the old spelling of `OR`.
fn allows(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut at = 0;
    any(&words, &mut at) && at == words.len()
}

fn any(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = all(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        allowed |= all(words, at);
    }
    allowed
}

fn all(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        allowed &= one(words, at);
    }
    allowed
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let allowed = any(words, at);
        *at += 1;
        return allowed && words.get(*at - 1) == Some(&")");
    }
    match words.get(*at..*at + 2) {
        Some(["WITH", exception]) => {
            *at += 2;
            ALLOWED.contains(&format!("{word} WITH {exception}").as_str())
        }
        _ => ALLOWED.contains(word),
    }
}

fn check(graph: &Graph) -> Findings {
    let mut findings = Findings::default();
    let registry = graph.packages.values().find_map(|package| package.source.as_deref());
    for Package { name, version, licence, source, folder, .. } in graph.packages.values() {
        let mut found =
            |message: String| findings.push(Finding::of("Cargo.lock", format!("{name} {version}{message}")));
        let expression = licence.as_deref().unwrap_or("no licence");
        if !allows(expression) {
            found(format!(
                " is under `{expression}`; replace it, or allow that in tests/tidy/licences.rs with an ADR"
            ));
        }
        match (source.as_deref(), folder) {
            (None, Some(_)) => {}
            (Some(source), None) if source.starts_with("registry+") && Some(source) == registry => {}
            (source, _) => {
                let source = source.unwrap_or("a folder outside the workspace");
                found(format!(" comes from {source}; take a published version from the one registry"));
            }
        }
    }
    findings
}

#[test]
fn licences_and_sources_are_allowed() {
    check(Graph::real()).demand_none();
}

#[cfg(test)]
fn sample(licence: Option<&str>, source: Option<&str>) -> Findings {
    let package = |name: &str, licence: Option<&str>, source: Option<&str>| Package {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        licence: licence.map(str::to_owned),
        source: source.map(str::to_owned),
        ..Package::default()
    };
    let mut graph = Graph::default();
    graph.packages.insert("a".to_owned(), package("a", Some("MIT"), Some("registry+one")));
    graph.packages.insert("b".to_owned(), package("b", licence, source));
    check(&graph)
}

#[test]
fn bites_on_other_licences() {
    for licence in
        ["GPL-3.0", "MIT AND GPL-3.0", "MPL-2.0 OR SSPL-1.0", "(MIT", "MIT MIT", "", "Apache-2.0 WITH x"]
    {
        sample(Some(licence), Some("registry+one")).demand_one(&format!("b 1.0.0 is under `{licence}`"));
    }
    sample(None, Some("registry+one")).demand_one("b 1.0.0 is under `no licence`");
    for licence in
        ["MIT/Apache-2.0", "(MIT OR GPL-3.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception OR GPL-2.0"]
    {
        sample(Some(licence), Some("registry+one")).demand_none();
    }
}

#[test]
fn bites_on_other_sources() {
    sample(Some("MIT"), Some("git+https://example.org/x")).demand_one("comes from git+https://example.org/x");
    sample(Some("MIT"), Some("registry+two")).demand_one("comes from registry+two");
    sample(Some("MIT"), None).demand_one("comes from a folder outside the workspace");
}
