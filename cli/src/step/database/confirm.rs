//! Asking the person at the terminal, where a run stands before what destroys and too few have approved.
//!
//! The question shows what would be lost and what would be sent. The answer is a name that has to be typed: a habit types
//! `yes`. It is recorded like an approval on the command line, by the account of the process token. Where nobody sits at a
//! terminal nothing is asked, and the run waits.

use std::io::{BufRead as _, IsTerminal as _};

use wsusmigrate_core::database::statement::{self, Statement};
use wsusmigrate_core::event::run::{Approval, PlanApproved};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::projection::database::OwnBackup;

use crate::error::Failure;
use crate::executor::{Recorder, account};
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::replace;

/// What a person has to know before something is destroyed.
pub(super) struct Loss {
    /// What would be lost, a line each.
    pub(super) what: Vec<String>,
    /// The statements that would be sent.
    pub(super) statements: Vec<Statement>,
}

/// Asks whether the destination's SUSDB may be replaced. `true`: one more person approved the plan.
pub(super) fn replacing(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<bool, Failure> {
    if !may_ask(recorder, context) {
        return Ok(false);
    }
    let status = &recorder.state().run.status.database;
    let (there, partial) = (status.present == Some(true), status.partial);
    let first = if partial { statement::drop_partial() } else { statement::drop_database() };
    let mut statements = Vec::new();
    statements.extend(there.then_some(first));
    statements.push(replace::restoring(recorder, context, engine)?.0);
    let what = what_is_there(recorder.state());
    ask(&Loss { what, statements }, recorder, context, engine)
}

/// Asks, and records the approval of whoever types the server's name.
pub(super) fn ask(
    loss: &Loss,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<bool, Failure> {
    if !may_ask(recorder, context) {
        return Ok(false);
    }
    let server = engine.facts()?.server_name;
    let (talk, plan) = (context.talk(), context.plan());
    let wanted = context.plan().approvals().map_or(0, |demand| demand.persons);
    talk.say(&format!("On {server} this run would destroy:"));
    loss.what.iter().for_each(|line| talk.say(&format!("  {line}")));
    talk.say("by sending:");
    for statement in &loss.statements {
        statement.text().lines().for_each(|line| talk.say(&format!("  {line}")));
    }
    talk.say(&format!("The plan {} has to be approved by {wanted}.", plan.digest()));
    talk.say(&format!("To approve it, type the server's name, {server}; anything else leaves all as it is:"));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    let meant = read.is_ok() && answer.trim().eq_ignore_ascii_case(&server);
    if !meant || context.request().stop.is_requested() {
        talk.say("That is not the server's name: nothing is destroyed.");
        return Ok(false);
    }
    let (account, sid) = account();
    talk.say(&format!("approved by {account}"));
    let approved = PlanApproved {
        plan: plan.digest(),
        approvals_wanted: u8::try_from(wanted).unwrap_or(u8::MAX),
        how: Approval::Interactive,
        account,
        sid,
        ticket: "".into(),
        note: format!("typed the name of {server} when asked by the run").into(),
    };
    recorder.record(vec![recorder.sighting(b"", approved)])?;
    Ok(true)
}

/// Whether somebody is there to be asked, whose approval would count.
fn may_ask(recorder: &Recorder, context: &Context<'_>) -> bool {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let status = &recorder.state().run.status;
    let demand = context.plan().approvals().unwrap_or_default();
    let counted = status.approval_of(context.plan().digest(), demand).counts(account().1.as_str());
    terminal && !context.talk().json && !counted && status.database.open.is_none()
}

/// The SUSDB that is there, and the way back to it.
fn what_is_there(state: &Migration) -> Vec<String> {
    let mut what = Vec::new();
    match state.database.state.as_ref().map(|(_, found)| found).filter(|found| found.present) {
        Some(found) => what.push(format!(
            "SUSDB, {} {}, {} bytes in {} files, database {}, ServerID {}",
            found.state, found.user_access, found.bytes, found.files, found.database_guid, found.server_id
        )),
        None => what.push("nothing: there is no SUSDB".to_owned()),
    }
    what.extend(state.database.files.iter().map(|file| format!("file {}", file.physical)));
    let there = state.database.state.as_ref().map(|(_, found)| found.database_guid);
    let mut own_backups = state.database.own_backups.iter();
    let is_way_back = |own: &&OwnBackup| {
        Some(own.database) == there && own.judged.as_ref().is_some_and(|judged| judged.verified)
    };
    if let Some(own) = own_backups.rfind(is_way_back) {
        what.push(format!(
            "the way back is the verified safety backup, set {} of {}",
            own.backup.position, own.backup.engine_path
        ));
    }
    what
}
