//! Tables, lists and sentences that fit 80 columns. A path, a digest or a statement is never cut: people copy it.

use comfy_table::{ContentArrangement, Table, presets};

use crate::show::plain;

/// The width every table fits, in columns.
const WIDTH: u16 = 80;
/// Before what stands below the beginning of an entry.
const INDENT: &str = "      ";

/// A list in the place of a table whose cells are long and copied: each row begins with its first column, the others stand
/// below it.
pub(super) fn entries(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let wrapped = if columns.contains(&"statement") { statement } else { sentence };
    let mut text = String::new();
    for row in rows {
        let mut cells = columns.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
        if let Some((heading, first)) = cells.next() {
            text += &["  ", heading, " ", first, "\n"].concat();
        }
        let mut line = String::new();
        for (heading, cell) in cells {
            let part = format!("{heading}: {cell}");
            let is_room =
                INDENT.len() + line.chars().count() + 2 + part.chars().count() <= usize::from(WIDTH);
            if line.is_empty() || is_room {
                let between = if line.is_empty() { "" } else { "; " };
                line += between;
                line += &part;
            } else {
                text += &wrapped(INDENT, &std::mem::replace(&mut line, part));
            }
        }
        text += &if line.is_empty() { line } else { wrapped(INDENT, &line) };
    }
    text
}

/// A table without lines: headings, then rows; long cells wrap.
pub(super) fn table<'a>(columns: &[&str], rows: impl Iterator<Item = Vec<String>> + 'a) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(columns);
    rows.for_each(|row| {
        table.add_row(row);
    });
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// A sentence after `indent`, in which no word ends a line, wrapped between words; further lines stand below its beginning.
/// A hyphen ends no word: what people copy, such as a GUID, has them.
pub(super) fn sentence(indent: &str, text: &str) -> String {
    let hanging = " ".repeat(indent.chars().count());
    let options = textwrap::Options::new(usize::from(WIDTH))
        .initial_indent(indent)
        .subsequent_indent(&hanging)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(&plain(text), options) + "\n"
}

/// The same for what people copy, a statement or a command: it is wrapped outside quotes only, so that no path or name
/// changes with a line's end.
pub(super) fn statement(indent: &str, text: &str) -> String {
    hung(indent, &" ".repeat(indent.chars().count()), text)
}

/// A note that is a statement, of several lines maybe: each is one, and what is wrapped stands further in than they do.
pub(super) fn batch(indent: &str, text: &str) -> String {
    let lines = text.lines().enumerate();
    let begins = |at| if at == 0 { indent.to_owned() } else { format!("{indent}  ") };
    lines.map(|(at, line)| hung(&begins(at), &format!("{indent}    "), line)).collect()
}

/// A statement after `indent`, what is wrapped of it after `hanging`.
fn hung(indent: &str, hanging: &str, text: &str) -> String {
    let options = textwrap::Options::new(usize::from(WIDTH))
        .initial_indent(indent)
        .subsequent_indent(hanging)
        .word_separator(textwrap::WordSeparator::Custom(outside_quotes))
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(&plain(text), options) + "\n"
}

/// Words with their blanks; what stands in `'…'` or `[…]` is one with what surrounds it. A doubled quote ends and begins
/// again.
fn outside_quotes(line: &str) -> Box<dyn Iterator<Item = textwrap::core::Word<'_>> + '_> {
    let (mut words, mut begins, mut ends_at, mut blank) = (Vec::new(), 0, None, false);
    for (at, character) in line.char_indices() {
        if blank && character != ' ' {
            words.push(textwrap::core::Word::from(&line[begins..at]));
            begins = at;
        }
        ends_at = match (ends_at, character) {
            (None, '\'') => Some('\''),
            (None, '[') => Some(']'),
            (Some(end), _) if character == end => None,
            (open, _) => open,
        };
        blank = character == ' ' && ends_at.is_none();
    }
    if begins < line.len() {
        words.push(textwrap::core::Word::from(&line[begins..]));
    }
    Box::new(words.into_iter())
}

/// Rows that begin with a path: the path on a line of its own, the rest below it.
pub(super) fn paths(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = String::new();
    for row in rows {
        let mut cells = row.into_iter().filter(|cell| !cell.is_empty());
        text += "  ";
        text += &cells.next().unwrap_or_default();
        text += "\n";
        let rest = cells.collect::<Vec<_>>().join(", ");
        if !rest.is_empty() {
            text += &sentence(INDENT, &rest);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_stands_whole_on_its_line() {
        let path = format!("WsusContent/00/{}", "A".repeat(90));
        let text = paths(std::iter::once(vec![path.clone(), "reason".to_owned(), "word ".repeat(30)]));
        assert!(text.lines().any(|line| line.trim() == path));
        assert!(text.lines().skip(1).all(|line| line.chars().count() <= 80 && line.starts_with("      ")));
    }

    #[test]
    fn what_stands_in_quotes_is_never_wrapped() {
        let path = format!("N'C:\\Program Files\\it''s {}.bak'", "long name ".repeat(8));
        let line =
            format!("RESTORE DATABASE [SUSDB] FROM DISK = {path} WITH FILE = 3, {}", "word ".repeat(30));
        let text = statement("   by hand:  ", &line);
        assert!(text.lines().any(|line| line.contains(&path)), "{text}");
        assert!(text.lines().filter(|line| !line.contains(&path)).all(|line| line.chars().count() <= 80));
        let words = text.split_whitespace().skip(2).collect::<Vec<_>>().join(" ");
        assert_eq!(words, line.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn a_batch_stands_in_its_lines_and_moves_nothing_else() {
        let text = batch("  ", "drop: USE [master];\r\nDROP DATABASE [a\x1B[2Jb\u{85}c];\nGO");
        assert_eq!(text, "  drop: USE [master];\n    DROP DATABASE [a\\x1B[2Jb\\xC2\\x85c];\n    GO\n");
        assert!(batch("  ", &"word ".repeat(40)).lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn an_entry_cuts_no_word() {
        let long = "0123456789".repeat(7);
        let row = ["1", &long, "", "2 s", "3"].map(str::to_owned).to_vec();
        let text = entries(&["record", "statement", "because", "took", "rows"], std::iter::once(row));
        assert_eq!(text, format!("  record 1\n      statement:\n      {long}\n      took: 2 s; rows: 3\n"));
    }

    #[test]
    fn tables_fit_their_width() {
        let text = table(&["a", "b"], std::iter::once(vec!["x".repeat(70), "y".repeat(70)]));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
