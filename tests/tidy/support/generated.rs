//! Pages that are generated: compared with what generates them, or rewritten when `WSUSMIGRATE_BLESS=1`.

use super::{Finding, Findings, Tree, blessing, tree};

/// The first line in which a page is not what it has to be.
pub(crate) fn check(path: &str, wanted: &str, found: &str) -> Findings {
    let ends = |text: &str| text.lines().map(str::to_owned).chain([END.to_owned()]).collect::<Vec<_>>();
    let (wanted, found) = (ends(wanted), ends(found));
    let differs = (1..).zip(wanted.iter().zip(&found)).find(|(_, (wanted, found))| wanted != found);
    let finding = differs.map(|(line, (wanted, _))| {
        Finding::at(
            path,
            line,
            format!("is generated, and has to be: {wanted} (WSUSMIGRATE_BLESS=1 rewrites it)"),
        )
    });
    finding.into_iter().collect()
}

/// Fails when the page in the tree is another; writes it when blessing.
#[track_caller]
pub(crate) fn keep(path: &str, wanted: &str) {
    if blessing() {
        std::fs::write(tree::root().join(path), wanted).expect("the page can be written");
    } else {
        check(path, wanted, Tree::real().text(path).unwrap_or_default()).demand_none();
    }
}

/// Stands for what follows the last line. No line of a page reads so.
const END: &str = "[the end of the page]";

#[test]
fn bites_when_a_line_is_changed_added_or_left_out() {
    check("p.md", "a\nb\n", "a\nb\n").demand_none();
    check("p.md", "a\nb\n", "a\nc\n").demand_one("p.md:2: is generated, and has to be: b");
    check("p.md", "a\nb\n", "a\nb\nc\n")
        .demand_one("p.md:3: is generated, and has to be: [the end of the page]");
    check("p.md", "a\nb\n", "a\n").demand_one("p.md:2: is generated, and has to be: b");
    check("p.md", "a\nb\n", "").demand_one("p.md:1: is generated, and has to be: a");
}
