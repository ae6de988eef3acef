//! `docs/RESUME.md` says for each case of opening a journal what is recorded and which test shows it: no word is missing
//! there, and no test it names.

use wsusmigrate_core::event::run::Recovery;

use crate::support::markdown::table;
use crate::support::{Finding, Findings, Tree};

const PAGE: &str = "docs/RESUME.md";
const TABLES: [&str; 2] = ["The journal, at opening for writing", "A full disk"];
/// Where the tests of a journal are, by their functions or the names of their trials.
const TESTS: [&str; 2] = ["journal/tests/", "tests/faults/"];

fn check(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    let page = tree.text(PAGE).unwrap_or_default();
    let mut recorded = String::new();
    for row in TABLES.iter().flat_map(|heading| table(page, heading)) {
        let [.., word, tests] = &row.cells[..] else { continue };
        recorded.extend([" ", word]);
        for test in tests.split("`, `").filter(|&test| test != "the same" && !is_test(tree, test)) {
            findings.push(Finding::at(
                PAGE,
                row.line,
                format!("there is no test {test:?}: name one that is there"),
            ));
        }
    }
    for word in Recovery::ALL.iter().map(|word| word.word()) {
        if !recorded.split(' ').any(|there| there == word) {
            findings.push(Finding::of(PAGE, format!("no case is recorded as {word}: add it, and its test")));
        }
    }
    findings
}

fn is_test(tree: &Tree, name: &str) -> bool {
    let (function, trial) = (format!("fn {name}("), format!("trial(\"{name}\""));
    let mut texts = tree.texts().filter(|(path, _)| TESTS.iter().any(|folder| path.starts_with(folder)));
    texts.any(|(_, text)| text.contains(&function) || text.contains(&trial))
}

#[test]
fn every_case_of_opening_has_its_word_and_its_test() {
    check(Tree::real()).demand_none();
}

#[test]
fn bites_on_a_word_without_a_case_and_a_case_without_a_test() {
    let page = Tree::real().text(PAGE).expect("the page");
    let faults = ("tests/faults/main.rs", "trial(\"full_disk\"");
    let without = page.replace("| `store-contradicted` |", "| - |");
    check(&Tree::of(&[(PAGE, &without), faults])).demand("no case is recorded as store-contradicted");
    check(&Tree::of(&[(PAGE, page), faults]))
        .demand("there is no test \"a_lost_log_is_rebuilt_from_the_store\"");
}
