//! The noun rule: a domain noun has the same file name in every folder, so that following an event changes the
//! folder, never the name.
//!
//! A noun is **active** once the registry has an event of it; an active noun must be everywhere. What is in those
//! folders must be a noun, or stand in the place's list with its reason.

use std::collections::BTreeSet;

use wsusmigrate_core::event::REGISTRY;

use crate::support::{Finding, Findings, Tree};

/// The domain's nouns, active or not yet.
pub(crate) const NOUNS: &[&str] = &[
    "run",
    "inventory",
    "preflight",
    "content",
    "groups",
    "database",
    "identity",
    "settings",
    "downstream",
    "clients",
    "closing",
    "rollback",
];

/// How a noun shows in a folder.
#[derive(Clone, Copy)]
enum Form {
    /// `noun.rs` or `noun/`.
    Exact,
    /// `noun.rs`, `noun_more.rs`, `noun-more.txt` or `noun/`.
    Prefix,
}

/// A role every active noun plays, and the folders it may play it in.
struct Place {
    folders: &'static [(&'static str, Form)],
    /// Names there that are no nouns, each with its reason.
    others: &'static [(&'static str, &'static str)],
    /// Active nouns without this role, each with its reason.
    without: &'static [(&'static str, &'static str)],
}

const MODULE: (&str, &str) = ("mod", "the folder's own module");

/// Nouns whose events have only one shape.
const V1_ONLY: &[(&str, &str)] = &[
    ("inventory", "no shape of it has changed"),
    ("preflight", "no shape of it has changed"),
    ("content", "no shape of it has changed"),
    ("database", "no shape of it has changed"),
];

const PLACES: &[Place] = &[
    Place {
        folders: &[("core/src/event", Form::Exact)],
        others: &[
            MODULE,
            ("registry", "the list of all events"),
            ("evidence", "the files that events of any noun name"),
        ],
        without: &[],
    },
    Place {
        folders: &[("core/src/projection", Form::Exact)],
        others: &[
            MODULE,
            ("timeline", "across nouns"),
            ("audit", "across nouns"),
            ("migration", "across nouns"),
        ],
        without: &[],
    },
    Place {
        folders: &[("journal/src/wire/v1", Form::Exact)],
        others: &[
            MODULE,
            ("envelope", "what surrounds an event of any noun"),
            ("body", "which shape an event of any noun has"),
        ],
        without: &[],
    },
    Place { folders: &[("journal/src/wire/v2", Form::Exact)], others: &[MODULE], without: V1_ONLY },
    Place {
        folders: &[("cli/src/adapter", Form::Prefix), ("cli/src/step", Form::Exact)],
        others: &[
            MODULE,
            ("host", "services, registry and tools of this server, for steps of several nouns"),
            ("connector", "which engine holds SUSDB, for steps of several nouns"),
            ("context", "what every step of one run shares"),
            ("listings", "what both content roots hold; preflight takes it, content uses it"),
        ],
        without: &[("run", "a run is the executor's own work, it has no adapter")],
    },
    Place { folders: &[("cli/src/show/event", Form::Exact)], others: &[MODULE], without: &[] },
    Place {
        folders: &[("tests/e2e/scripts", Form::Prefix)],
        others: &[
            ("journal", "the log itself, under events of any noun"),
            ("rehearse", "the whole migration at once"),
            ("replay", "across nouns"),
            ("report", "across nouns"),
        ],
        without: &[],
    },
];

/// The nouns the registry has events of.
fn active() -> BTreeSet<&'static str> {
    REGISTRY.iter().filter_map(|line| line.name.split('.').next()).collect()
}

fn check(active: &BTreeSet<&str>, tree: &Tree) -> Findings {
    let unknown = active.iter().filter(|noun| !NOUNS.contains(noun)).map(|noun| {
        let message =
            format!("`{noun}` is no noun of the domain; use one of {NOUNS:?}, or add it with an ADR");
        Finding::of("core/src/event/registry.rs", message)
    });
    let in_places =
        PLACES.iter().flat_map(|place| missing(place, active, tree).chain(strangers(place, tree)));
    unknown.chain(in_places).collect()
}

fn missing<'a>(place: &Place, active: &BTreeSet<&'a str>, tree: &'a Tree) -> impl Iterator<Item = Finding> {
    let mut found = Vec::new();
    for noun in active {
        let is_there =
            place.folders.iter().any(|(folder, form)| names(tree, folder).any(|n| form.is(noun, n)));
        let (example, _) = place.folders[place.folders.len() - 1];
        match (is_there, place.without.iter().any(|(without, _)| without == noun)) {
            (false, false) => {
                let wanted: Vec<_> =
                    place.folders.iter().map(|(f, form)| format!("{f}/{}", form.of(noun))).collect();
                let message = format!("missing: `{noun}` has events, so add {}", wanted.join(" or "));
                found.push(Finding::of(example, message));
            }
            (true, true) => {
                let message = format!("`{noun}` is here now: remove its exemption in tests/tidy/nouns.rs");
                found.push(Finding::of(example, message));
            }
            _ => {}
        }
    }
    found.into_iter()
}

fn strangers(place: &Place, tree: &Tree) -> impl Iterator<Item = Finding> {
    let mut found = Vec::new();
    for (folder, form) in place.folders {
        for name in names(tree, folder).collect::<BTreeSet<_>>() {
            let other = place.others.iter().any(|(other, _)| form.is(other, name));
            if !other && !NOUNS.iter().any(|noun| form.is(noun, name)) {
                let message =
                    "not a noun: name it after one, or list it with a reason in tests/tidy/nouns.rs";
                found.push(Finding::of(&format!("{folder}/{name}"), message));
            }
        }
    }
    found.into_iter()
}

/// The first components below a folder.
fn names<'a>(tree: &'a Tree, folder: &'a str) -> impl Iterator<Item = &'a str> {
    tree.under(folder).filter_map(|path| path.split('/').next())
}

fn stem(name: &str) -> &str {
    name.split_once('.').map_or(name, |(stem, _)| stem)
}

impl Form {
    fn is(self, noun: &str, name: &str) -> bool {
        let after = stem(name).strip_prefix(noun);
        match self {
            Self::Exact => after == Some(""),
            Self::Prefix => after.is_some_and(|after| after.is_empty() || after.starts_with(['-', '_'])),
        }
    }

    fn of(self, noun: &str) -> String {
        format!("{noun}{}", if matches!(self, Self::Exact) { ".rs" } else { "-*" })
    }
}

#[test]
fn a_noun_has_the_same_file_name_everywhere() {
    check(&active(), Tree::real()).demand_none();
}

#[cfg(test)]
const WHOLE: [&str; 6] = [
    "core/src/event/content.rs",
    "core/src/projection/content.rs",
    "journal/src/wire/v1/content.rs",
    "cli/src/adapter/content_copy.rs",
    "cli/src/show/event/content.rs",
    "tests/e2e/scripts/content-tiny.txt",
];

#[test]
fn bites_when_a_noun_lacks_any_of_its_files() {
    let content = BTreeSet::from(["content"]);
    let whole: Vec<_> = WHOLE.iter().map(|path| (*path, "")).collect();
    check(&content, &Tree::of(&whole)).demand_none();
    for without in 0..whole.len() {
        let mut broken = whole.clone();
        broken.remove(without);
        check(&content, &Tree::of(&broken)).demand_one("missing: `content` has events, so add ");
    }
}

#[test]
fn bites_on_a_file_that_is_no_noun() {
    let names = ["core/src/event/file.rs", "journal/src/wire/v1/contents.rs", "cli/src/adapter/sql.rs"];
    let more = [
        "cli/src/step/content_copy.rs",
        "tests/e2e/scripts/smoke.txt",
        "core/src/projection/progress/mod.rs",
    ];
    for name in names.iter().chain(&more) {
        check(&BTreeSet::new(), &Tree::of(&[(name, "")])).demand_one("not a noun");
    }
    check(&BTreeSet::new(), &Tree::of(&[("core/src/event/registry.rs", "")])).demand_none();
}

#[test]
fn bites_on_an_unknown_noun_and_on_a_stale_exemption() {
    check(&BTreeSet::from(["files"]), &Tree::default()).demand("`files` is no noun of the domain");
    let tree = Tree::of(&[("cli/src/step/run.rs", "")]);
    check(&BTreeSet::from(["run"]), &tree).demand("`run` is here now: remove its exemption");
}
