//! As much of Markdown as the documents' rules need: prose apart from fenced code, links, headings, tables.

/// A fenced block: its language and its lines, each with its number.
pub(crate) struct Fence<'a> {
    /// What stands behind the opening fence.
    pub(crate) language: &'a str,
    /// The lines inside, numbered from 1 in the document.
    pub(crate) lines: Vec<(usize, &'a str)>,
}

/// The lines outside fenced blocks, and the blocks.
pub(crate) fn split(text: &str) -> (Vec<(usize, &str)>, Vec<Fence<'_>>) {
    let (mut prose, mut fences, mut open) = (Vec::new(), Vec::new(), None::<Fence<'_>>);
    for (line, words) in (1..).zip(text.lines()) {
        match (words.trim_start().strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some(Fence { language: language.trim(), lines: Vec::new() }),
            (Some(_), Some(_)) => fences.extend(open.take()),
            (None, Some(fence)) => fence.lines.push((line, words)),
            (None, None) => prose.push((line, words)),
        }
    }
    fences.extend(open);
    (prose, fences)
}

/// The targets of a line's links, `[words](target)`, outside inline code.
pub(crate) fn links(line: &str) -> Vec<String> {
    let prose = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    prose
        .split("](")
        .skip(1)
        .filter_map(|after| after.split_once(')'))
        .map(|(target, _)| target.split_whitespace().next().unwrap_or_default().to_owned())
        .collect()
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its line, from 1.
    pub(crate) line: usize,
    /// Its cells, trimmed, without the back-ticks around a whole cell.
    pub(crate) cells: Vec<String>,
}

/// The rows of the table under a `##` heading, without its head.
pub(crate) fn table(text: &str, heading: &str) -> Vec<Row> {
    let (prose, _) = split(text);
    let title = |line: &str| line.strip_prefix("## ").map(str::trim).map(str::to_owned);
    let section = prose
        .into_iter()
        .skip_while(|(_, line)| title(line).as_deref() != Some(heading))
        .skip(1)
        .take_while(|(_, line)| title(line).is_none());
    let rows = section.filter(|(_, line)| line.starts_with('|')).map(|(line, row)| {
        let cells = row.trim().trim_matches('|').split('|');
        Row { line, cells: cells.map(|cell| cell.trim().trim_matches('`').to_owned()).collect() }
    });
    // The head and the rule beneath it.
    rows.skip(2).collect()
}

#[test]
fn fences_links_and_tables_are_told_apart() {
    let text = "# A\n```sh\n# not a title\n```\nsee [b](b.md#x \"t\") and `[c](d)`\n## T\n\n| h |\n|---|\n| `x` | y |\n";
    let (prose, fences) = split(text);
    assert_eq!(prose[1], (5, "see [b](b.md#x \"t\") and `[c](d)`"));
    assert_eq!((fences[0].language, fences[0].lines[0]), ("sh", (3, "# not a title")));
    assert_eq!(links(prose[1].1), ["b.md#x"]);
    assert_eq!(table(text, "T"), [Row { line: 10, cells: vec!["x".to_owned(), "y".to_owned()] }]);
    assert_eq!(table(text, "U"), []);
}
