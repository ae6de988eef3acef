//! `docs/ERRORS.md` is generated from the exit codes and from every reason the program records;
//! `WSUSMIGRATE_BLESS=1` rewrites it.

use std::fmt::Write as _;

use wsusmigrate::exit::Exit;
use wsusmigrate_core::event::content::{FailureReason, IgnoredEntry, Mismatch};
use wsusmigrate_core::event::run::{Recovery, SkipReason, Verdict};

use crate::support::generated;

const PAGE: &str = "docs/ERRORS.md";

const HEAD: &str = "\
# Errors

How the program ends, and the words it records for whatever went wrong. Generated from the code; to change this page,
change the words there and run `WSUSMIGRATE_BLESS=1 cargo test -p wsusmigrate-tests --test tidy`.

Words are stable: scripts may compare them. The system's own message stands beside them as `detail` and is in the
host's language.

## Exit codes

| code | meaning |
|---|---|
";

macro_rules! words {
    ($page:ident, $heading:literal, $words:ty) => {
        let _ = write!($page, "\n## {}\n\n| word | meaning |\n|---|---|\n", $heading);
        for word in <$words>::ALL {
            let _ = writeln!($page, "| `{}` | {} |", word.word(), word.meaning().trim());
        }
    };
}

/// The page.
fn page() -> String {
    let mut page = HEAD.to_owned();
    for (exit, meaning) in Exit::ALL {
        let _ = writeln!(page, "| {} | {meaning} |", exit.code());
    }
    words!(page, "How a step or a run ended", Verdict);
    words!(page, "Why a step is not carried out", SkipReason);
    words!(page, "Why a file did not come over", FailureReason);
    words!(page, "What a read-back found", Mismatch);
    words!(page, "Why an entry of the source is not copied", IgnoredEntry);
    words!(page, "What opening the journal found and mended", Recovery);
    page
}

#[test]
fn the_page_of_errors_is_what_the_code_says() {
    generated::keep(PAGE, &page());
}

#[test]
fn bites_when_a_word_is_missing_from_the_page() {
    let whole = page();
    generated::check(PAGE, &whole, &whole).demand_none();
    let without = whole.replace("| `damaged-at-source` |", "| `broken` |");
    generated::check(PAGE, &whole, &without).demand_one("damaged-at-source");
}
