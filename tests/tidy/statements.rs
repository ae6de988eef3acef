//! Every statement of SQL is built in one folder of core, and each builder has its sample: what parsers by others judge is
//! all that can be sent.

use wsusmigrate_core::database::statement::{Statement, all_samples};

use crate::support::source::code;
use crate::support::{Finding, Findings, Tree};

/// Where statements are built.
const FOLDER: &str = "core/src/database/statement/";
/// Where each builder has its sample.
const SAMPLES: &str = "core/src/database/statement/samples.rs";

/// How a statement begins.
const VERBS: &[&str] = &[
    "SELECT ",
    "UPDATE [",
    "INSERT INTO ",
    "DELETE FROM ",
    "ALTER DATABASE ",
    "ALTER USER ",
    "ALTER AUTHORIZATION ",
    "BACKUP DATABASE ",
    "RESTORE DATABASE ",
    "RESTORE VERIFYONLY ",
    "RESTORE HEADERONLY ",
    "RESTORE FILELISTONLY ",
    "RESTORE LABELONLY ",
    "DROP DATABASE ",
    "DROP LOGIN ",
    "CREATE LOGIN ",
    "CREATE USER ",
    "DBCC ",
    "EXEC ",
    "USE [",
    "IF ",
];

/// Samples that begin with no word of the list: such a statement would not be found where it does not belong.
fn check_verbs(samples: &[Statement]) -> Findings {
    let is_listed = |text: &str| VERBS.iter().any(|verb| text.starts_with(verb));
    let unlisted = samples.iter().map(Statement::text).filter(|text| !is_listed(text));
    unlisted.map(|text| Finding::at(SAMPLES, 1, format!("no verb of the list begins `{text}`"))).collect()
}

/// Builders without a sample.
fn check_samples(tree: &Tree) -> Findings {
    let samples = code(tree.text(SAMPLES).unwrap_or_default());
    let mut findings = Findings::default();
    for (path, text) in tree.sources().filter(|(path, _)| path.starts_with(FOLDER) && *path != SAMPLES) {
        for (number, line) in (1..).zip(code(text).lines()) {
            let Some((name, rest)) =
                line.trim_start().strip_prefix("pub fn ").and_then(|line| line.split_once('('))
            else {
                continue;
            };
            let builds = rest.contains("Statement") || rest.trim().is_empty();
            let is_sampled = samples.contains(&format!("::{name}("));
            if builds && !line.starts_with(' ') && !is_sampled {
                findings.push(Finding::at(
                    path,
                    number,
                    format!("`{name}` has no sample; add one in samples.rs"),
                ));
            }
        }
    }
    findings
}

/// Texts of the program that are built elsewhere and would be statements: what a program formats, not what a test expects.
fn check_place(path: &str, text: &str) -> Findings {
    let mut findings = Findings::default();
    let code_only = text.split("#[cfg(test)]").next().unwrap_or_default();
    for (number, line) in (1..).zip(code_only.lines()) {
        let line = line.trim_start();
        let begins = VERBS.iter().find(|verb| {
            line.contains(&format!("\"{verb}"))
                && (line.contains('{') || line.contains("SUSDB") || line.contains("sys."))
        });
        if let (Some(verb), false) = (begins, line.starts_with("//")) {
            findings.push(Finding::at(
                path,
                number,
                format!("a statement beginning `{}` is built here; build it in {FOLDER}", verb.trim()),
            ));
        }
    }
    findings
}

fn is_judged(path: &str) -> bool {
    let program = path.starts_with("core/src/") || path.starts_with("cli/src/");
    program && !path.starts_with(FOLDER) && !path.ends_with("/tests.rs") && !path.contains("/tests/")
}

#[test]
fn statements_are_built_in_one_place() {
    let sources = || Tree::real().sources().filter(|(path, _)| is_judged(path));
    assert!(sources().count() > 50, "the program's sources were not found");
    sources().flat_map(|(path, text)| check_place(path, text)).collect::<Findings>().demand_none();
}

#[test]
fn every_builder_has_a_sample() {
    let builders = Tree::real().sources().filter(|(path, _)| path.starts_with(FOLDER));
    assert!(builders.count() > 5, "the builders were not found");
    check_samples(Tree::real()).demand_none();
}

#[test]
fn every_statement_begins_with_a_verb_of_the_list() {
    check_verbs(&all_samples()).demand_none();
}

#[test]
fn bites_on_a_statement_elsewhere() {
    check_place("cli/src/x.rs", "    format!(\"DROP DATABASE {name}\")")
        .demand_one("beginning `DROP DATABASE`");
    for verb in VERBS {
        let line = format!("    format!(\"{verb}{{name}}\")");
        check_place("cli/src/x.rs", &line).demand_one(&format!("beginning `{}`", verb.trim()));
    }
    check_place("cli/src/x.rs", "let said = \"RESTORE DATABASE is terminating abnormally.\";").demand_none();
    check_place("cli/src/x.rs", "#[cfg(test)]\nlet a = \"SELECT {x}\";").demand_none();
}

#[test]
fn bites_on_a_builder_without_a_sample() {
    let builder = "pub fn drop_partial() -> Statement {";
    let path = "core/src/database/statement/engine.rs";
    check_samples(&Tree::of(&[(path, builder), (SAMPLES, "")])).demand_one("`drop_partial` has no sample");
    check_samples(&Tree::of(&[(path, builder), (SAMPLES, "engine::drop_partial(),")])).demand_none();
    check_samples(&Tree::of(&[(path, "pub fn drop_partial(\n    a: u8,\n) -> Statement {"), (SAMPLES, "")]))
        .demand_one("`drop_partial` has no sample");
}
