//! Golden bytes: `journal/testdata/golden/<code>.<name>.v<version>.<ext>` for every shape ever shipped, the bytes
//! with a readable twin. A shape without bytes could change unnoticed; bytes without a shape promise nothing.

use crate::registry::{Shape, locked, registered};
use crate::support::{Finding, Findings, Tree};

const FOLDER: &str = "journal/testdata/golden";

/// The endings each shape has: the bytes, and their twin for people.
const ENDINGS: &[&str] = &["hex", "json"];

/// Files there that are not of one shape, each with its reason.
const OTHERS: &[(&str, &str)] = &[("README.md", "says what the files are")];

/// A golden file's name, taken apart.
fn parse(name: &str) -> Option<(Shape, &str)> {
    let (code, rest) = name.split_once('.')?;
    let (rest, ending) = rest.rsplit_once('.')?;
    let (name, version) = rest.rsplit_once(".v")?;
    let (code, version) =
        (u16::from_str_radix(code, 16).ok().filter(|_| code.len() == 4)?, version.parse().ok()?);
    Some((Shape { code, name: name.to_owned(), version }, ending))
}

fn check(registry: &[Shape], shipped: &[Shape], tree: &Tree) -> Findings {
    let names: Vec<_> =
        tree.under(FOLDER).filter(|name| !OTHERS.iter().any(|(other, _)| other == name)).collect();
    let mut shapes: Vec<_> = shipped.iter().chain(registry).collect();
    shapes.sort();
    shapes.dedup();
    let mut findings = Findings::default();
    for shape in &shapes {
        for ending in ENDINGS {
            if !names.iter().any(|name| parse(name).is_some_and(|at| (&at.0, at.1) == (*shape, *ending))) {
                let Shape { code, name, version } = shape;
                let path = format!("{FOLDER}/{code:04x}.{name}.v{version}.{ending}");
                findings.push(Finding::of(
                    &path,
                    "missing: every shape ever shipped keeps its golden bytes and twin",
                ));
            }
        }
    }
    for name in names {
        let known =
            parse(name).is_some_and(|(shape, ending)| shapes.contains(&&shape) && ENDINGS.contains(&ending));
        if !known {
            let message =
                "no shape of the registry is called so; name it <code>.<name>.v<version>.<hex|json>";
            findings.push(Finding::of(&format!("{FOLDER}/{name}"), message));
        }
    }
    findings
}

#[test]
fn every_shape_has_its_golden_bytes() {
    let (shipped, _) = locked(Tree::real().text("tests/tidy/registry.lock").unwrap_or_default());
    check(&registered(), &shipped, Tree::real()).demand_none();
}

#[cfg(test)]
fn sample(names: &[&str]) -> Findings {
    let shape = |version| Shape { code: 0x040A, name: "content.leftover-removed".to_owned(), version };
    let paths: Vec<_> = names.iter().map(|name| format!("{FOLDER}/{name}")).collect();
    let files: Vec<_> = paths.iter().map(|path| (path.as_str(), "")).collect();
    check(&[shape(2)], &[shape(1), shape(2)], &Tree::of(&files))
}

#[cfg(test)]
const WHOLE: [&str; 4] = [
    "040a.content.leftover-removed.v1.hex",
    "040a.content.leftover-removed.v1.json",
    "040a.content.leftover-removed.v2.hex",
    "040a.content.leftover-removed.v2.json",
];

#[test]
fn bites_when_bytes_or_twin_of_any_version_are_missing() {
    sample(&WHOLE).demand_none();
    for (without, name) in WHOLE.iter().enumerate() {
        let mut broken = WHOLE.to_vec();
        broken.remove(without);
        sample(&broken).demand_one(&format!("{name}:1: missing"));
    }
}

#[test]
fn bites_on_bytes_of_no_shape() {
    for stranger in ["040a.content.leftover-removed.v3.hex", "040b.content.pass-finished.v1.json", "old.bin"]
    {
        sample(&[&WHOLE[..], &[stranger]].concat()).demand_one("no shape of the registry is called so");
    }
}
