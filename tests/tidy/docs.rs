//! The documents exist, have one title each, their links lead somewhere, and the README's commands are there to run.

use crate::support::markdown::{links, split};
use crate::support::{Finding, Findings, Tree};

/// Every document the project promises.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "docs/ARCHITECTURE.md",
    "docs/FORMAT.md",
    "docs/RESUME.md",
    "docs/EVENTS.md",
    "docs/ERRORS.md",
    "docs/GLOSSARY.md",
    "docs/TESTING.md",
    "docs/DEPENDENCIES.md",
];
const DECISIONS: &str = "docs/adr";
/// What a stranger types first. `.ci/run` takes these lines from the README and runs them.
const COMMANDS: &[&str] = &["cargo run --release -- rehearse", "cargo test --workspace"];

fn check_all(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    for missing in DOCUMENTS.iter().filter(|path| !tree.has(path)) {
        findings.push(Finding::of(missing, "missing: write it, short and true"));
    }
    for (path, text) in tree.texts().filter(|(path, _)| is_document(path)) {
        for finding in check_title(path, text).into_iter().chain(check_links(path, text, tree)) {
            findings.push(finding);
        }
    }
    for finding in
        check_decisions(tree).into_iter().chain(check_commands(tree.text("README.md").unwrap_or_default()))
    {
        findings.push(finding);
    }
    findings
}

fn is_document(path: &str) -> bool {
    path.strip_suffix(".md").is_some_and(|_| path.starts_with("docs/") || path.ends_with("README.md"))
}

fn check_title(path: &str, text: &str) -> Findings {
    let (prose, _) = split(text);
    let titles: Vec<_> =
        prose.iter().filter(|(_, line)| line.starts_with("# ")).map(|(line, _)| *line).collect();
    let finding = match titles.as_slice() {
        [1] => None,
        [] => Some(Finding::of(path, "begin with one `# Title`")),
        [first] => Some(Finding::at(path, *first, "the title is the first line")),
        [_, second, ..] => {
            Some(Finding::at(path, *second, "a second title; make it `##`, or a document of its own"))
        }
    };
    finding.into_iter().collect()
}

fn check_links(path: &str, text: &str, tree: &Tree) -> Findings {
    let (prose, _) = split(text);
    let mut findings = Findings::default();
    for (line, target) in
        prose.iter().flat_map(|(line, words)| links(words).into_iter().map(move |to| (*line, to)))
    {
        let file = target.split('#').next().unwrap_or_default();
        let elsewhere = target.contains("://") || target.starts_with("mailto:") || file.is_empty();
        if !elsewhere && !resolve(path, file).is_some_and(|to| to.is_empty() || tree.has(&to)) {
            findings.push(Finding::at(
                path,
                line,
                format!("the link to {target} leads nowhere; correct or remove it"),
            ));
        }
    }
    findings
}

/// The path a relative link leads to, `None` outside the project.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut folder: Vec<_> = from.split('/').collect();
    folder.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(folder.pop()?),
            part => folder.push(part),
        }
    }
    Some(folder.join("/"))
}

fn check_decisions(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    let mut next = 1;
    for name in tree.under(DECISIONS).filter(|name| *name != "README.md") {
        let path = format!("{DECISIONS}/{name}");
        let digits = name.split_once('-').map(|(digits, _)| digits).filter(|digits| digits.len() == 4);
        let number = digits.and_then(|digits| digits.parse::<u32>().ok());
        match number {
            None => findings.push(Finding::of(&path, "call it NNNN-what-was-decided.md")),
            Some(number) if number != next => {
                findings.push(Finding::of(
                    &path,
                    format!("number {number:04} where {next:04} is next; renumber the newer"),
                ));
                next = number + 1;
            }
            Some(_) => next += 1,
        }
    }
    findings
}

fn check_commands(readme: &str) -> Findings {
    let (_, fences) = split(readme);
    let shown = |command: &str| fences.iter().flat_map(|f| &f.lines).any(|(_, line)| line.trim() == command);
    let missing = COMMANDS.iter().filter(|command| !shown(command));
    missing
        .map(|command| Finding::of("README.md", format!("show `{command}` in a block, on a line of its own")))
        .collect()
}

#[test]
fn documents_are_whole() {
    check_all(Tree::real()).demand_none();
}

#[test]
fn bites_on_a_missing_document() {
    let whole: Vec<_> = DOCUMENTS
        .iter()
        .map(|path| (*path, "# T\n```sh\ncargo run --release -- rehearse\ncargo test --workspace\n```\n"))
        .collect();
    check_all(&Tree::of(&whole)).demand_none();
    for (without, path) in DOCUMENTS.iter().enumerate().skip(1) {
        let mut broken = whole.clone();
        broken.remove(without);
        check_all(&Tree::of(&broken)).demand_one(&format!("{path}:1: missing"));
    }
}

#[test]
fn bites_on_titles() {
    check_title("docs/X.md", "# A\n\n## B\n```sh\n# no title\n```\n").demand_none();
    check_title("docs/X.md", "## A\n").demand_one("begin with one `# Title`");
    check_title("docs/X.md", "words\n# A\n").demand_one("docs/X.md:2: the title is the first line");
    check_title("docs/X.md", "# A\n\n# B\n").demand_one("docs/X.md:3: a second title");
}

#[test]
fn bites_on_links_that_lead_nowhere() {
    let tree = Tree::of(&[("docs/A.md", ""), ("docs/adr/0001-x.md", ""), ("core/src/lib.rs", "")]);
    let good = "[a](A.md) [b](adr/0001-x.md#y) [c](../core) [d](#here) [e](https://example.org/) [f](../)";
    check_links("docs/B.md", good, &tree).demand_none();
    for bad in ["[a](C.md)", "[a](../A.md)", "x\n[a](adr/0002-x.md)", "[a](../../A.md)", "[a](A.MD#b)"] {
        check_links("docs/B.md", bad, &tree).demand_one("leads nowhere");
    }
}

#[test]
fn bites_on_gaps_between_decisions_and_on_other_names() {
    let decisions = |names: &[&str]| {
        let paths: Vec<_> = names.iter().map(|name| format!("docs/adr/{name}")).collect();
        check_decisions(&Tree::of(&paths.iter().map(|path| (path.as_str(), "")).collect::<Vec<_>>()))
    };
    decisions(&["0001-a.md", "0002-b.md", "README.md"]).demand_none();
    decisions(&["0001-a.md", "0003-b.md"]).demand_one("0003-b.md:1: number 0003 where 0002 is next");
    decisions(&["0001-a.md", "0001-b.md"]).demand_one("number 0001 where 0002 is next");
    decisions(&["0001-a.md", "later.md"]).demand_one("call it NNNN");
}

#[test]
fn bites_when_the_readme_hides_its_commands() {
    check_commands("```sh\ncargo run --release -- rehearse\ncargo test --workspace\n```\n").demand_none();
    check_commands("```sh\ncargo test --workspace\n```\n")
        .demand_one("show `cargo run --release -- rehearse`");
    check_commands("cargo run --release -- rehearse\n```\ncargo test --workspace\n```\n")
        .demand_one("rehearse");
}
