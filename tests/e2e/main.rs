//! Goal: every session in `e2e/scripts/` goes exactly as it is written down there.
//!
//! Method: a script is a text file of `$ command` lines with what each must answer. It is played in a world of its own
//! (folder, home, clock zone) with the real program, what differs from machine to machine is redacted, and the
//! transcript is compared with the script. A new scenario is a new text file. One script is one test:
//!
//! ```text
//! cargo test -p wsusmigrate-tests --test e2e content-copy     play one
//! WSUSMIGRATE_BLESS=1 cargo test -p wsusmigrate-tests --test e2e     write what happened into the scripts; then read the diff
//! ```
//!
//! ```text
//! # A comment. The first block says what is proved; a line `# needs: unix` keeps the script to those systems.
//! $ wsusmigrate status | lines state      the program, its standard output through a filter of `filter.rs`
//! standard output
//! 2> standard error
//! ? 1                                     the exit code, where it is not 0
//! $ wsusmigrate ... | quiet               what it says on standard error is not looked at
//! $ wsusmigrate ... | field /key | keep key     shows nothing; from here on `{key}` stands for it
//! $ write plan/a.txt 'text'               a verb of `verb.rs` that arranges the world
//! $ serve tiny                            an estate's servers run; plans for both stand in `old/` and `new/`
//! $ registry VersionString 6.2.9200.16384  one of WSUS's registry values there
//! $ at old                                from here on the program is started on the old server, in `old/`
//! $ plant 'drop_fails = true'             what goes wrong with that server's engine from here on; '' ends it
//! $ console 'SELECT 1'                    somebody at its engine's own console: rows, then the numbers of errors
//! $ services                              how its services and pools stand
//! ```

mod filter;
mod play;
mod redact;
mod script;
mod verb;
mod width;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use snapbox::assert::Action;
use snapbox::{Assert, Data};
use wsusmigrate_tests::World;

use crate::script::Script;

fn main() -> ExitCode {
    let trials = scripts().into_iter().map(|file| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(name, move || check(&file).map_err(Into::into))
    });
    let own = [Trial::test("the-width-rule-bites", || width::bites().map_err(Into::into))];
    libtest_mimic::run(&Arguments::from_args(), trials.chain(own).collect()).exit_code()
}

/// The scripts for this system.
fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/scripts");
    let files =
        folder.read_dir().expect("the folder of the scripts").map(|entry| entry.expect("a script").path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|ending| ending == "txt")).collect();
    files.retain(|file| Script::read(file).is_for_this_system());
    assert!(!files.is_empty(), "no script in {}", folder.display());
    files.sort();
    files
}

fn check(file: &Path) -> Result<(), String> {
    let world = World::new(env!("CARGO_BIN_EXE_wsusmigrate-tested"));
    let played = play::play(&Script::read(file), &world);
    let bless = std::env::var_os("WSUSMIGRATE_BLESS").is_some();
    let compare =
        Assert::new().normalize_paths(false).action(if bless { Action::Overwrite } else { Action::Verify });
    let expected = Data::read_from(file, None);
    compare
        .try_eq(Some(&"what happened"), Data::text(played.transcript), expected)
        .map_err(|error| format!("{error}\nWSUSMIGRATE_BLESS=1 writes what happened into the script\n"))?;
    if played.objections.is_empty() { Ok(()) } else { Err(played.objections.join("\n")) }
}
