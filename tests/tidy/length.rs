//! A file is an evening's read: about 150 lines, split by noun well before 450.

use crate::support::{Finding, Findings, Tree};

/// The most a source file may have.
const LINES_MAX: usize = 450;
/// From here on it is named in the output, so that splitting it is somebody's next thought.
const LINES_MANY: usize = 300;
/// The most of a file that only holds documentation and re-exports.
const DOOR_LINES_MAX: usize = 120;

fn check(path: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    // What integration tests share has to be called `mod.rs`, or cargo takes it for a test of its own.
    let shared = path.contains("/tests/");
    let door = !shared && (path.ends_with("/lib.rs") || path.ends_with("/mod.rs"));
    if door && lines > DOOR_LINES_MAX {
        let message =
            "`lib.rs` and `mod.rs` hold documentation and re-exports; move the code to files named by noun";
        return Some(Finding::at(path, lines, format!("{lines} lines, at most {DOOR_LINES_MAX}: {message}")));
    }
    (lines > LINES_MAX).then(|| {
        Finding::at(
            path,
            lines,
            format!("{lines} lines, at most {LINES_MAX}: split it by noun, not by number"),
        )
    })
}

fn check_many(path: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    (lines > LINES_MANY).then(|| Finding::at(path, lines, format!("{lines} lines: think of splitting it")))
}

#[test]
fn files_are_short() {
    let all = || Tree::real().sources();
    all().filter_map(|(path, text)| check_many(path, text)).collect::<Findings>().warn("long files");
    all().filter_map(|(path, text)| check(path, text)).collect::<Findings>().demand_none();
}

#[test]
fn bites_one_line_above_the_limit() {
    let found = |path, lines| check(path, &"x\n".repeat(lines)).into_iter().collect::<Findings>();
    found("a/b.rs", LINES_MAX).demand_none();
    found("a/b.rs", LINES_MAX + 1).demand_one("a/b.rs:451: 451 lines, at most 450");
    found("a/mod.rs", DOOR_LINES_MAX).demand_none();
    found("a/mod.rs", DOOR_LINES_MAX + 1).demand_one("hold documentation and re-exports");
    found("a/tests/support/mod.rs", DOOR_LINES_MAX + 1).demand_none();
    found("a/lib.rs", DOOR_LINES_MAX + 1).demand_one("hold documentation and re-exports");
    assert!(check_many("a/b.rs", &"x\n".repeat(LINES_MANY + 1)).is_some());
}
