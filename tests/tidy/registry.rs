//! The registry of events is append-only: `registry.lock` beside this file holds every code, name and version that
//! was ever committed, and only gains lines. `WSUSMIGRATE_BLESS=1` adds what is new; it never removes or changes.

use std::fmt;

use wsusmigrate_core::event::REGISTRY;

use crate::support::{Finding, Findings, Tree, blessing, tree};

/// Where the lock is.
const LOCK: &str = "tests/tidy/registry.lock";
const SOURCE: &str = "core/src/event/registry.rs";

/// A stored shape: an event type at a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    /// The number in the record.
    pub(crate) code: u16,
    /// The dotted name.
    pub(crate) name: String,
    /// The schema version.
    pub(crate) version: u16,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X} {} {}", self.code, self.name, self.version)
    }
}

/// What the registry says now: the newest shape of each event.
pub(crate) fn registered() -> Vec<Shape> {
    REGISTRY.iter().map(|at| Shape { code: at.code, name: at.name.to_owned(), version: at.version }).collect()
}

/// What was ever shipped, and the lines that cannot be read.
pub(crate) fn locked(lock: &str) -> (Vec<Shape>, Findings) {
    let (mut shapes, mut findings) = (Vec::new(), Findings::default());
    for (line, text) in (1..).zip(lock.lines()).filter(|(_, text)| !text.is_empty() && !text.starts_with('#'))
    {
        match parse(text) {
            Some(shape) => shapes.push(shape),
            None => {
                findings.push(Finding::at(
                    LOCK,
                    line,
                    "not `CODE name version`; take the line back from git",
                ));
            }
        }
    }
    (shapes, findings)
}

fn parse(text: &str) -> Option<Shape> {
    let mut words = text.split(' ');
    let (code, name, version) = (words.next()?, words.next()?, words.next()?);
    let (code, version) = (u16::from_str_radix(code, 16).ok()?, version.parse().ok()?);
    words.next().is_none().then(|| Shape { code, name: name.to_owned(), version })
}

/// What must not happen to a shape once it is locked.
fn check_kept(registry: &[Shape], lock: &str) -> Findings {
    let (locked, mut findings) = locked(lock);
    for old in &locked {
        let message = match registry.iter().find(|now| now.code == old.code) {
            None => format!("`{old}` is gone; put it back: stored journals hold it"),
            Some(now) if now.name != old.name => {
                format!("code {:04X} was `{}`; give `{}` a new code", old.code, old.name, now.name)
            }
            Some(now) if now.version < old.version => format!("`{old}` went back to version {}", now.version),
            Some(_) => continue,
        };
        findings.push(Finding::of(SOURCE, message));
    }
    for new in registry.iter().filter(|new| !locked.contains(new)) {
        if let Some(old) = locked.iter().find(|old| old.name == new.name && old.code != new.code) {
            let message = format!("`{}` had the code {:04X}; keep it", new.name, old.code);
            findings.push(Finding::of(SOURCE, message));
        }
    }
    findings
}

/// What the lock still lacks.
fn check_locked(registry: &[Shape], lock: &str) -> Findings {
    let (locked, _) = locked(lock);
    let missing = registry.iter().filter(|shape| !locked.contains(shape));
    let missing =
        missing.map(|shape| Finding::of(LOCK, format!("add the line `{shape}` (WSUSMIGRATE_BLESS=1 does)")));
    missing.collect()
}

/// How a line of the registry has to look.
fn check_shapes(registry: &[Shape]) -> Findings {
    let mut findings = Findings::default();
    for (at, shape) in registry.iter().enumerate() {
        let part = |part: &str| {
            let ends = part.starts_with('-') || part.ends_with('-');
            !part.is_empty() && !ends && part.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        };
        let noun = |shape: &Shape| shape.name.split('.').next().unwrap_or_default().to_owned();
        if shape.name.split('.').count() != 2 || !shape.name.split('.').all(part) {
            findings
                .push(Finding::of(SOURCE, format!("`{}` is not `noun.past-tense`, lower case", shape.name)));
        }
        let alike = |other: &&Shape| (other.code >> 8 == shape.code >> 8) != (noun(other) == noun(shape));
        if let Some(other) = registry[..at].iter().find(alike) {
            let message = format!("`{shape}` beside `{other}`: the high byte is the noun's, one to one");
            findings.push(Finding::of(SOURCE, message));
        }
        if shape.version == 0 {
            findings.push(Finding::of(SOURCE, format!("`{shape}`: versions begin with 1")));
        }
    }
    findings
}

#[test]
fn codes_and_names_are_only_ever_added() {
    let (registry, lock) = (registered(), Tree::real().text(LOCK).unwrap_or_default());
    check_shapes(&registry).demand_none();
    check_kept(&registry, lock).demand_none();
    if blessing() {
        let (locked, _) = locked(lock);
        let new = registry.iter().filter(|shape| !locked.contains(shape));
        let text: String =
            std::iter::once(lock.to_owned()).chain(new.map(|shape| format!("{shape}\n"))).collect();
        std::fs::write(tree::root().join(LOCK), text).expect("the lock can be written");
    } else {
        check_locked(&registry, lock).demand_none();
    }
}

#[cfg(test)]
fn sample(lines: &str) -> Vec<Shape> {
    lines.split(',').map(|line| parse(line).expect("a sample line")).collect()
}

#[test]
fn bites_when_a_line_is_removed_renamed_renumbered_or_set_back() {
    let lock = "0101 run.started 1\n0102 run.finished 1\n0102 run.finished 2\n";
    check_kept(&sample("0101 run.started 1,0102 run.finished 2"), lock).demand_none();
    check_kept(&sample("0102 run.finished 2"), lock).demand_one("`0101 run.started 1` is gone");
    check_kept(&sample("0101 run.begun 1,0102 run.finished 2"), lock)
        .demand_one("give `run.begun` a new code");
    check_kept(&sample("0101 run.started 1,0102 run.finished 1"), lock).demand_one("went back to version 1");
    let moved = sample("0101 run.started 1,0102 run.finished 2,0103 run.started 1");
    check_kept(&moved, lock).demand_one("`run.started` had the code 0101");
    check_kept(&[], "0101 run.started\n").demand_one("registry.lock:1: not `CODE name version`");
}

#[test]
fn bites_when_a_new_line_is_not_locked() {
    let registry = sample("0101 run.started 2");
    check_locked(&registry, "0101 run.started 1\n").demand_one("add the line `0101 run.started 2`");
    check_locked(&registry, "0101 run.started 1\n0101 run.started 2\n").demand_none();
}

#[test]
fn bites_on_a_badly_formed_line() {
    for name in ["runStarted", "run.Started", "run.step.started", "run.", "run.-x"] {
        check_shapes(&sample(&format!("0101 {name} 1"))).demand_one("is not `noun.past-tense`");
    }
    check_shapes(&sample("0101 run.started 1,0201 run.finished 1")).demand_one("the high byte is the noun's");
    check_shapes(&sample("0101 run.started 1,0102 content.copied 1"))
        .demand_one("the high byte is the noun's");
    check_shapes(&sample("0101 run.started 0")).demand_one("versions begin with 1");
}
