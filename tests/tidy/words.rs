//! Words that are nowhere in the project, and calls that have one place.

use crate::support::source::{code, has_word};
use crate::support::{Finding, Findings, Tree};

/// Where a rule looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    /// Rust code without comments and literals.
    Code,
    /// Every text file, every character of it.
    Text,
}

struct Rule {
    needles: &'static [&'static str],
    looks: In,
    /// Path beginnings, or names of files in any folder, where it is allowed, each with its reason.
    except: &'static [(&'static str, &'static str)],
    instead: &'static str,
}

/// This file has to spell what it forbids.
const HERE: (&str, &str) = ("tests/tidy/words.rs", "spells the words it forbids");

const RULES: &[Rule] = &[
    Rule {
        needles: &["TODO", "FIXME", "XXX"],
        looks: In::Text,
        except: &[HERE],
        instead: "finish it now, or open an issue and leave no mark in the file",
    },
    Rule {
        needles: &["dbg!", "todo!", "unimplemented!"],
        looks: In::Code,
        except: &[],
        instead: "write the code, or return an error that says what is not supported",
    },
    Rule {
        needles: &["sleep("],
        looks: In::Code,
        except: &[
            ("cli/src/adapter/content/limit.rs", "a bandwidth limit is a wait"),
            (
                "cli/src/adapter/database/client.rs",
                "a statement's time limit runs while its messages come in",
            ),
            ("cli/src/adapter/database/wire.rs", "a pipe's server that is busy tells nobody when it is not"),
            (
                "cli/src/platform/windows",
                "a sharing violation ends when another process lets go; nothing tells when",
            ),
            ("fixtures/src/tools/fault.rs", "a slow tool takes its time"),
            ("journal/src/tail.rs", "the writer may be another process, and tells nobody of its records"),
            (
                "journal/src/disk.rs",
                "a sharing violation ends when another process lets go; nothing tells when",
            ),
        ],
        instead: "wait for the event itself (channel, condition, child's exit); or list the file with its reason",
    },
    Rule {
        needles: &["#[ignore"],
        looks: In::Code,
        except: &[],
        instead: "a test that needs a tool skips loudly here and fails in CI; remove a test that must not run",
    },
    Rule {
        needles: &["println!", "eprintln!", "print!", "eprint!"],
        looks: In::Code,
        except: &[
            ("cli/src/show/", "the one place that formats for people"),
            ("fixtures/src/bin/", "small tools for those who build scenarios"),
            ("tests/", "a test may say why it skips"),
            ("cli/src/adapter/content/tests/", "a test may say why it skips"),
        ],
        instead: "return data; cli/src/show writes it",
    },
    Rule {
        needles: &["process::exit", "process::abort"],
        looks: In::Code,
        except: &[
            ("cli/src/main.rs", "only main exits"),
            ("cli/src/command/rehearse/boundaries.rs", "a rehearsed crash has to be one"),
            ("fixtures/src/tools/fault.rs", "a tool that is ended from outside says nothing more"),
            ("cli/src/stop.rs", "a second Ctrl-C ends at once, without waiting for main to return"),
        ],
        instead: "return an error or an ExitCode; only main exits",
    },
    Rule {
        needles: &["unsafe"],
        looks: In::Code,
        except: &[("cli/src/platform/", "system calls without a safe wrapper, each with its safety comment")],
        instead: "use a safe wrapper (nix, std); what has none goes to cli/src/platform",
    },
    Rule {
        needles: &["bincode::"],
        looks: In::Code,
        except: &[
            ("journal/src/codec.rs", "the one place that calls it"),
            ("journal/src/wire/", "frozen shapes derive its traits"),
        ],
        instead: "its upstream has stopped; go through journal/src/codec.rs",
    },
    Rule {
        needles: &["sled::"],
        looks: In::Code,
        except: &[
            ("journal/src/store/", "the one place that knows the store"),
            ("journal/tests/lying_store.rs", "makes a store lie"),
            ("tests/faults/program/store_alone.rs", "shows what is lost without the log in front of it"),
            ("tests/bench/src/journal/peer", "one of the peers the journal is measured against"),
        ],
        instead: "the log is what is durable; go through journal/src/store",
    },
    Rule {
        needles: &["Uuid"],
        looks: In::Code,
        except: &[
            ("core/src/id.rs", "where every identifier gets its kind"),
            ("fixtures/tests/tds/queries.rs", "a value of `uniqueidentifier`, as a client reads it"),
        ],
        instead: "every identifier has its kind; use one of core/src/id.rs",
    },
    Rule {
        needles: &["crates.io", "pypi.org", "npmjs.org", "npmjs.com", "debian.org", "proxy.golang.org"],
        looks: In::Text,
        except: &[HERE, ("Cargo.lock", "cargo writes it")],
        instead: "name the package, not the host it comes from",
    },
];

/// Beginnings of paths that exist on somebody's machine only.
const MACHINE_PATHS: &[&str] = &["/tmp", "/work", "/root", "/home"];
const MACHINE_PATHS_EXCEPT: &[(&str, &str)] = &[HERE];

fn check(path: &str, text: &str) -> Findings {
    let allowed = |except: &[(&str, &str)]| {
        except.iter().any(|(place, _)| path.starts_with(place) || path.ends_with(&format!("/{place}")))
    };
    let code = if crate::support::tree::is_rust(path) { code(text) } else { String::new() };
    let mut findings = Findings::default();
    for rule in RULES.iter().filter(|rule| !allowed(rule.except)) {
        let looked_at = if rule.looks == In::Code { &code } else { text };
        for (number, line) in (1..).zip(looked_at.lines()) {
            for needle in rule.needles.iter().filter(|needle| has_word(line, needle)) {
                findings.push(Finding::at(path, number, format!("`{needle}`: {}", rule.instead)));
            }
        }
    }
    if !allowed(MACHINE_PATHS_EXCEPT) {
        for (number, line) in (1..).zip(text.lines()) {
            for machine in MACHINE_PATHS.iter().filter(|machine| has_path(line, machine)) {
                let message = format!(
                    "`{machine}`: no path of one machine; use a temporary folder, or C:\\ in examples"
                );
                findings.push(Finding::at(path, number, message));
            }
        }
    }
    findings
}

/// Whether an absolute path begins here with this component, as against a longer or a relative one.
fn has_path(line: &str, beginning: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    line.match_indices(beginning).any(|(at, found)| {
        let before = line[..at].chars().next_back().is_some_and(|c| goes_on(c) || "/}>)*$~".contains(c));
        let after = line[at + found.len()..].chars().next().is_some_and(goes_on);
        !before && !after
    })
}

#[test]
fn words_and_calls_are_in_their_places() {
    let texts = Tree::real().texts();
    texts.flat_map(|(path, text)| check(path, text)).collect::<Findings>().demand_none();
}

#[test]
fn every_exception_still_exists_and_has_a_reason() {
    for (place, reason) in RULES.iter().flat_map(|rule| rule.except) {
        assert!(reason.len() > 10, "{place} needs a reason");
        assert!(Tree::real().has(place.trim_end_matches('/')), "{place} is gone, remove its exception");
    }
}

#[test]
fn bites_on_each_word_where_it_is_not_allowed() {
    for rule in RULES {
        for needle in rule.needles {
            let found = check("journal/src/x.rs", &format!("//! x\nfn f() {{ {needle} }}\n"));
            found.demand_one(&format!("journal/src/x.rs:2: `{needle}`"));
            for (allowed, _) in rule.except.iter().filter(|(allowed, _)| allowed.ends_with('/')) {
                check(&format!("{allowed}x.rs"), needle).demand_none();
            }
        }
    }
}

#[test]
fn bites_in_every_kind_of_text_or_only_in_code() {
    check("docs/X.md", "one\ntwo TODO: three").demand_one("docs/X.md:2: `TODO`");
    check("journal/src/x.rs", "// never println! here\nlet a = \"unsafe\"; let todos = 1;").demand_none();
    check("docs/X.md", "println!(1) unsafe sleep(1)").demand_none();
}

#[test]
fn bites_on_machine_paths_only() {
    for line in [
        "see /tmp/x",
        "\"/home/somebody\"",
        "cd /work",
        "(/root/x)",
        "a=/tmp",
        "file:///tmp/x".trim_start_matches("file://"),
    ] {
        check("docs/X.md", line).demand_one("no path of one machine");
    }
    for line in [
        "merkle/root.rs",
        "target/tmp/x",
        "$HOME/work",
        "/worksheet",
        "../root",
        "https://x.y/home/z",
        "<host>/root",
    ] {
        check("docs/X.md", line).demand_none();
    }
}
