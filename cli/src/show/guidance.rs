//! Rollback guidance as text.

use std::io::{self, Write};

use wsusmigrate_core::rollback::Guidance;

use crate::show::unit;

/// Writes what to undo, in which order, for people.
pub(super) fn text(guidance: &Guidance, out: &mut dyn Write) -> io::Result<()> {
    if guidance.in_doubt > 0 {
        writeln!(
            out,
            "{} actions are in doubt: run `wsusmigrate run` or look at them before you undo anything.\n",
            guidance.in_doubt
        )?;
    }
    if guidance.actions.is_empty() {
        writeln!(out, "Nothing to undo.")?;
    }
    for (at, undo) in guidance.actions.iter().enumerate() {
        writeln!(out, "{}. {}", at + 1, undo.what)?;
        writeln!(out, "   how much:  {} files, {}", unit::count(undo.count), unit::bytes(undo.bytes))?;
        writeln!(
            out,
            "   done in:   records {} to {}, last at {}",
            undo.first_seq, undo.last_seq, undo.last_time
        )?;
        writeln!(out, "   before:    {}", undo.previous)?;
        for condition in &undo.preconditions {
            writeln!(out, "   only if:   {condition}")?;
        }
        writeln!(out, "   is lost:   {}", undo.lost)?;
        for line in &undo.by_hand {
            writeln!(out, "   by hand:   {line}")?;
        }
    }
    for kept in &guidance.lost {
        writeln!(out, "Cannot be undone ({} times): {}", unit::count(kept.count), kept.why)?;
    }
    for kept in &guidance.nothing_to_undo {
        writeln!(out, "Needs no undoing ({} times): {}", unit::count(kept.count), kept.why)?;
    }
    match &guidance.point_of_no_return {
        Some(point) => writeln!(out, "Point of no return: record {}: {}", point.seq, point.why),
        None => writeln!(out, "Point of no return: not reached; the source is as it was."),
    }
}
