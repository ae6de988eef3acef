//! Rust source without what is not code: comments and the insides of literals become spaces, lines stay lines.

/// The code of a source file, line by line as in the file.
pub(crate) fn code(text: &str) -> String {
    let mut rest = text;
    let mut code = String::with_capacity(text.len());
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let (length, kept) = token(rest, before);
        let token = &rest[..length];
        if kept {
            code.push_str(token);
        } else {
            // A quote stays a quote, so that a literal is still seen to be one.
            code.extend(token.chars().map(|c| if c == '\n' || c == '"' { c } else { ' ' }));
        }
        before = if kept { first } else { ' ' };
        rest = &rest[length..];
    }
    code
}

/// Whether `needle` stands in `line` as a word or path of its own, not as a part of a longer one.
pub(crate) fn has_word(line: &str, needle: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(needle).any(|(at, found)| {
        let before = line[..at].chars().next_back().is_some_and(part);
        let after = line[at + found.len()..].chars().next().is_some_and(part);
        let (starts, ends) = (needle.starts_with(part), needle.ends_with(part));
        !(before && starts || after && ends)
    })
}

/// The length of what begins here, and whether it is code.
fn token(rest: &str, before: char) -> (usize, bool) {
    let word_goes_on = before.is_alphanumeric() || before == '_';
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if !word_goes_on && let Some(length) = raw_string(rest) {
        return (length, false);
    }
    if rest.starts_with('"') {
        return (quoted(rest, '"'), false);
    }
    if rest.starts_with('\'') && is_char(rest) {
        return (quoted(rest, '\''), false);
    }
    (rest.chars().next().map_or(0, char::len_utf8), true)
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// `r"…"`, `r#"…"#`, and the same after `b` or `c`.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inside = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let closed = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(rest.len() - inside.len() + closed)
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if !escaped && c == quote {
            return at + c.len_utf8();
        }
        escaped = !escaped && c == '\\';
    }
    rest.len()
}

/// A character, not a lifetime.
fn is_char(rest: &str) -> bool {
    let mut after = rest.chars().skip(1);
    matches!((after.next(), after.next()), (Some('\\'), _) | (Some(_), Some('\'')))
}

#[test]
fn comments_and_literals_are_not_code() {
    let cases = [
        ("a // std::fs", "a           "),
        ("a /* x /* y */ z */ b", "a                   b"),
        ("f(\"std::fs \\\" x\") + 1", "f(\"         \"  \") + 1"),
        ("r#\"a \" b\"# c", "  \"  \"  \"  c"),
        ("fn f<'a>(c: &'a str) { '\\'' ; '\"' }", "fn f<'a>(c: &'a str) {      ;  \"  }"),
        ("x\n// y\nz", "x\n    \nz"),
        ("var\"s\"", "var\" \""),
        ("\"grüß\" ü", "\"    \" ü"),
    ];
    for (text, expected) in cases {
        assert_eq!(code(text), expected, "from {text}");
    }
}

#[test]
fn a_word_is_not_a_part_of_a_longer_one() {
    assert!(has_word("unsafe { x }", "unsafe") && has_word("use std::fs::File;", "std::fs"));
    assert!(!has_word("unsafe_code", "unsafe") && !has_word("println!(1)", "print!("));
    assert!(has_word("{ println!(1)", "println!(") && !has_word("eprintln!(1)", "println!("));
}
