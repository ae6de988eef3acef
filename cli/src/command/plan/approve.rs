//! `plan --approve`: binds who, when and why to the plan's digest, as a record of its own.

use std::collections::BTreeSet;

use wsusmigrate_core::event::run::{Approval, PlanApproved};
use wsusmigrate_core::plan::Plan;
use wsusmigrate_core::text::TEXT_BYTES_MAX;

use crate::command::state;
use crate::error::Failure;
use crate::executor::{Aside, account};
use crate::exit::Exit;
use crate::place::Global;
use crate::show::Talk;

/// Records that the person at the keyboard approves this plan. Who that is the process token says; ticket and note are
/// the person's words. Says how many have approved it now.
pub(in crate::command) fn approve(
    plan: &Plan,
    ticket: &str,
    note: &str,
    global: &Global,
) -> Result<usize, Failure> {
    for (what, text) in [("ticket", ticket), ("note", note)] {
        if text.len() > TEXT_BYTES_MAX {
            let what = format!("the {what} has {} bytes, a record holds {TEXT_BYTES_MAX}", text.len());
            return Err(Failure::new(Exit::Usage, what).hint("Say it in fewer words."));
        }
    }
    // Looked at first, so that what is no journal is told as for every command that reads.
    state::reader(global)?;
    let aside = Aside::open(&global.journal_folder()?, &global.keys_folder(), Talk { json: global.json })?;
    let (account, sid) = account();
    let digest = plan.digest();
    let before = aside.state().run.status.approvals.get(&digest);
    let is_second = before.is_some_and(|sids| sids.contains(&sid));
    let approvals = before.map_or(0, BTreeSet::len);
    if is_second {
        aside.close()?;
        return Err(Failure::new(Exit::Usage, format!("{account} has approved this plan already"))
            .hint("With four eyes another account approves; one that has approved is counted once."));
    }
    aside.record(PlanApproved {
        plan: digest,
        how: Approval::Command,
        account,
        sid,
        ticket: ticket.into(),
        note: note.into(),
    })?;
    Ok(approvals + 1)
}
