//! `plan --approve`: binds who, when and why to the plan's digest and to what is known by then, as a record of its own.

use wsusmigrate_core::event::run::{Approval, PlanApproved};
use wsusmigrate_core::plan::Plan;
use wsusmigrate_core::text::{NAME_BYTES_MAX, TEXT_BYTES_MAX};

use crate::command::state;
use crate::error::Failure;
use crate::executor::{Aside, account};
use crate::exit::Exit;
use crate::place::Global;
use crate::show::Talk;

/// Records that the person at the keyboard approves this plan. Who that is the process token says; ticket and note are
/// the person's words.
pub(in crate::command) fn approve(
    plan: &Plan,
    ticket: &str,
    note: &str,
    global: &Global,
) -> Result<(), Failure> {
    fits("ticket", ticket, NAME_BYTES_MAX)?;
    fits("note", note, TEXT_BYTES_MAX)?;
    // Looked at first, so that what is no journal is told as for every command that reads.
    state::reader(global)?;
    let aside = Aside::open(&global.journal_folder()?, &global.keys_folder(), Talk { json: global.json })?;
    let (account, sid) = account();
    let digest = plan.digest();
    let demand = plan.approvals().unwrap_or_default();
    // Who approved what is not there any more may approve what is.
    let is_second = aside.state().run.status.approval_of(digest, demand).counts(sid.as_str());
    if is_second {
        aside.close()?;
        return Err(Failure::new(Exit::Usage, format!("{account} has approved this plan already"))
            .hint("With four eyes another account approves; one that has approved is counted once."));
    }
    aside.record(PlanApproved {
        plan: digest,
        approvals_wanted: u8::try_from(demand.persons).unwrap_or(u8::MAX),
        how: Approval::Command,
        account,
        sid,
        ticket: ticket.into(),
        note: note.into(),
    })
}

/// A person's words are recorded whole or not at all.
fn fits(what: &str, text: &str, bytes_max: usize) -> Result<(), Failure> {
    if text.len() <= bytes_max {
        return Ok(());
    }
    let what = format!("the {what} has {} bytes, a record holds {bytes_max}", text.len());
    Err(Failure::new(Exit::Usage, what).hint("Say it in fewer words."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsusmigrate_core::text::{Name, Text};

    /// A ticket longer than a name was once taken, and recorded cut.
    #[test]
    fn what_fits_is_recorded_whole_and_what_does_not_is_refused() {
        let ticket = "x".repeat(NAME_BYTES_MAX);
        assert!(fits("ticket", &ticket, NAME_BYTES_MAX).is_ok());
        assert_eq!(Name::from(ticket.clone()).as_str(), ticket);
        assert!(fits("ticket", &format!("{ticket}x"), NAME_BYTES_MAX).is_err());
        let note = "x".repeat(TEXT_BYTES_MAX);
        assert!(fits("note", &note, TEXT_BYTES_MAX).is_ok());
        assert_eq!(Text::from(note.clone()).as_str(), note);
    }
}
