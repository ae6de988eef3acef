//! `docs/EVENTS.md` is generated from the registry; `WSUSMIGRATE_BLESS=1` rewrites it.

use std::fmt::Write as _;

use wsusmigrate_core::event::{EventType, REGISTRY};

use crate::support::generated;

const PAGE: &str = "docs/EVENTS.md";

const HEAD: &str = "\
# Events

Everything a journal can hold, generated from [the registry](../core/src/event/registry.rs); to change this page,
change the registry and run `WSUSMIGRATE_BLESS=1 cargo test -p wsusmigrate-tests --test tidy`.

The high byte of a code is the noun's. Codes and names are never reused or changed; a new shape of an event raises
its version, and older shapes stay readable. Fields and units are documented in the noun's file.
";

/// The page for a registry.
fn page(registry: &[EventType]) -> String {
    let mut page = HEAD.to_owned();
    let mut noun = "";
    for line in registry {
        let here = line.name.split('.').next().unwrap_or_default();
        if here != noun {
            noun = here;
            let file = format!("core/src/event/{noun}.rs");
            let _ = write!(page, "\n## {noun}\n\nFields: [{file}](../{file})\n\n");
            page.push_str("| code | event | version | what happened |\n|---|---|---|---|\n");
        }
        let EventType { code, name, version, summary } = line;
        let _ = writeln!(page, "| `{code:04X}` | `{name}` | {version} | {summary} |");
    }
    page
}

#[test]
fn the_page_of_events_is_what_the_registry_says() {
    generated::keep(PAGE, &page(REGISTRY));
}

#[test]
fn bites_when_registry_and_page_part() {
    let check = |registry: &[EventType], text: &str| generated::check(PAGE, &page(registry), text);
    let whole = page(REGISTRY);
    check(REGISTRY, &whole).demand_none();
    check(REGISTRY, &whole.replace("| `run.started` |", "| `run.begun` |"))
        .demand_one("| `0104` | `run.started` |");
    check(&REGISTRY[1..], &whole).demand_one("EVENTS.md:15: is generated");
    check(REGISTRY, "").demand_one("EVENTS.md:1: is generated");
}
