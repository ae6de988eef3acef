//! Advisories that no newer version answers are accepted in writing, with a way out, or the crate goes.
//!
//! The advisory database cannot be asked while building, so the advisories we know of stand here, and the table under
//! `## Advisories accepted` of `docs/DEPENDENCIES.md` has to agree with what is locked, in both directions.

use crate::dependencies::PAGE;
use crate::support::markdown::table;
use crate::support::{Finding, Findings, Graph, Tree};

/// Crates with an advisory and no fixed version. Add to it what `cargo audit` tells on a machine that can ask.
const KNOWN: &[(&str, &str)] = &[
    ("RUSTSEC-2024-0320", "yaml-rust"),
    ("RUSTSEC-2024-0370", "proc-macro-error"),
    ("RUSTSEC-2024-0384", "instant"),
    ("RUSTSEC-2024-0388", "derivative"),
    ("RUSTSEC-2024-0436", "paste"),
    ("RUSTSEC-2025-0057", "fxhash"),
    ("RUSTSEC-2025-0119", "number_prefix"),
    ("RUSTSEC-2025-0134", "rustls-pemfile"),
    ("RUSTSEC-2025-0141", "bincode"),
    ("RUSTSEC-2026-0173", "proc-macro-error2"),
];

fn check(graph: &Graph, text: &str) -> Findings {
    let rows = table(text, "Advisories accepted");
    let locked = |name: &str| graph.packages.values().any(|package| package.name == name);
    let mut findings = Findings::default();
    for (id, name) in KNOWN.iter().filter(|(_, name)| locked(name)) {
        if !rows.iter().any(|row| {
            row.cells.first().is_some_and(|cell| cell == id)
                && row.cells.get(1).is_some_and(|cell| cell == name)
        }) {
            let message = format!(
                "{name} is locked in spite of {id}; replace it, or accept it with reason and way out"
            );
            findings.push(Finding::of(PAGE, message));
        }
    }
    let direct = graph.direct();
    for row in &rows {
        let found = |message: String| Finding::at(PAGE, row.line, message);
        let [id, name, through, reason] = row.cells.as_slice() else {
            findings.push(found("four cells: advisory, crate, comes with, reason and way out".to_owned()));
            continue;
        };
        let brings = |package: &str| {
            let package = graph.packages.values().find(|other| other.name == package);
            package.is_some_and(|package| {
                package.name == *name || graph.closure(package).contains(name.as_str())
            })
        };
        if !locked(name) {
            findings.push(found(format!("{name} is not locked any more; remove the line of {id}")));
        } else if !direct.contains_key(through.as_str()) || !brings(through) {
            findings.push(found(format!(
                "{name} does not come with {through}; name the crate of ours that brings it"
            )));
        }
        if reason.len() < 40 {
            findings.push(found(format!("{id}: say why it does no harm here, and what the way out is")));
        }
    }
    findings
}

#[test]
fn advisories_are_accepted_in_writing() {
    check(Graph::real(), Tree::real().text(PAGE).unwrap_or_default()).demand_none();
}

#[cfg(test)]
fn sample(rows: &str) -> Findings {
    let graph = Graph::sample("*journal: sled, serde\nsled: fxhash\nfxhash:\nserde:");
    check(&graph, &format!("## Advisories accepted\n\n| a | b | c | d |\n|---|---|---|---|\n{rows}"))
}

#[test]
fn bites_on_silence_and_on_what_is_stale() {
    let row = "| RUSTSEC-2025-0057 | `fxhash` | `sled` | unmaintained, used for short keys only; goes when sled does |\n";
    sample(row).demand_none();
    sample("").demand_one("fxhash is locked in spite of RUSTSEC-2025-0057");
    sample(&row.replace("0057", "0001")).demand_one("fxhash is locked in spite of RUSTSEC-2025-0057");
    sample(&format!("{row}{}", row.replace("fxhash", "paste"))).demand_one("paste is not locked any more");
    sample(&row.replace("`sled`", "`serde`")).demand_one("fxhash does not come with serde");
    sample(&row.replace("unmaintained, used for short keys only; goes when sled does", "fine"))
        .demand_one("say why");
    sample(&format!("{row}| RUSTSEC-2025-0057 |\n")).demand_one("four cells");
}
