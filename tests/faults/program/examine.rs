//! Verifying a journal as often as somebody says so, in one process with whatever limits it was given.
//!
//! ```text
//! found SEVERITY SEQ OFFSET FILE \t WHAT          `-` where it has none
//! unreadable WHY                                  where verifying could not even begin
//! done
//! ```

use std::fmt::Display;
use std::path::Path;

use wsusmigrate_journal::bundle::{Bundle, BundleDamage, BundleError};
use wsusmigrate_journal::verify;

use crate::{WELL, chain, tell};

pub(crate) fn each_line(journal: &Path) -> u8 {
    for _ in std::io::stdin().lines() {
        match verify(journal) {
            Ok(verification) => {
                for found in verification.findings {
                    let (seq, offset) = (shown(found.seq), shown(found.offset));
                    let (severity, file) = (found.severity, found.file.display());
                    tell(&format!("found {severity:?} {seq} {offset} {file}\t{}", found.what));
                }
            }
            Err(error) => tell(&format!("unreadable {}", chain(&error))),
        }
        tell("done");
    }
    WELL
}

pub(crate) fn bundle_each_line(bundle: &Path) -> u8 {
    for _ in std::io::stdin().lines() {
        match Bundle::open(bundle) {
            Ok(_) => {}
            Err(BundleError::Damaged(damage)) => {
                let BundleDamage { file, entry, offset, seq, what } = damage;
                tell(&format!("found Damage {} {offset} {}\t{entry}: {what}", shown(seq), file.display()));
            }
            Err(error) => tell(&format!("unreadable {}", chain(&error))),
        }
        tell("done");
    }
    WELL
}

fn shown(number: Option<impl Display>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}
