//! Rollback guidance as text.

use std::io::{self, Write};

use wsusmigrate_core::rollback::{ActionKind, Guidance, Undo};

use crate::show::table::{sentence, statement};
use crate::show::unit;

/// Writes what to undo, in which order, for people.
pub(super) fn text(guidance: &Guidance, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(told(guidance).as_bytes())
}

fn told(guidance: &Guidance) -> String {
    let mut text = String::new();
    if guidance.in_doubt > 0 {
        let doubt = format!(
            "{} actions are in doubt: run `wsusmigrate run` or look at them before you undo anything.",
            guidance.in_doubt
        );
        text += &sentence("! ", &doubt);
    }
    if guidance.changed_since > 0 {
        let changed = format!(
            "{} files are not what was recorded any more and are not in the list: see `wsusmigrate report audit`.",
            unit::count(guidance.changed_since)
        );
        text += &sentence("! ", &changed);
    }
    if guidance.actions.is_empty() {
        text += "Nothing to undo.\n";
    }
    for (at, undo) in guidance.actions.iter().enumerate() {
        text += &sentence(&format!("{}. ", at + 1), undo.what.as_str());
        text += &details(undo);
    }
    for kept in &guidance.lost {
        text +=
            &sentence("- ", &format!("Cannot be undone ({} times): {}", unit::count(kept.count), kept.why));
    }
    for kept in &guidance.nothing_to_undo {
        text +=
            &sentence("- ", &format!("Needs no undoing ({} times): {}", unit::count(kept.count), kept.why));
    }
    let point = match &guidance.point_of_no_return {
        Some(point) => format!("Point of no return: record {}: {}", point.seq, point.why),
        None => "Point of no return: not reached; the source is as it was.".to_owned(),
    };
    text + &sentence("", &point)
}

fn details(undo: &Undo) -> String {
    let done = format!("records {} to {}, last at {}", undo.first_seq, undo.last_seq, undo.last_time);
    let mut lines =
        vec![("how much:", much(undo)), ("done in:", done), ("before:", undo.previous.to_string())];
    lines.extend(undo.preconditions.iter().map(|condition| ("only if:", condition.to_string())));
    lines.push(("is lost:", undo.lost.to_string()));
    let label = |label: &str| format!("   {label:<10}");
    let told = lines.iter().map(|(it, line)| sentence(&label(it), line));
    let by_hand = undo.by_hand.iter().map(|line| statement(&label("by hand:"), line.as_str()));
    told.chain(by_hand).collect()
}

fn much(undo: &Undo) -> String {
    let (count, bytes) = (unit::count(undo.count), unit::bytes(undo.bytes));
    match undo.undoes {
        ActionKind::DropDatabase | ActionKind::RestoreDatabase => format!("SUSDB, {bytes}"),
        ActionKind::QuiesceSource | ActionKind::StopServices => format!("{count} services"),
        ActionKind::CreateLogin => format!("{count} logins"),
        ActionKind::Sleep => format!("{count} settings"),
        ActionKind::CopyFile
        | ActionKind::ReplaceFile
        | ActionKind::RemoveLeftover
        | ActionKind::WriteBackup
        | ActionKind::MendUser
        | ActionKind::PostInstall => format!("{count} files, {bytes}"),
    }
}
