//! Sentences a person reads where the database step ends before its end: what is down, what was touched, what helps. They
//! follow from the state alone, so that none of them promises what did not happen.

use crate::database::restore::ONLINE;
use crate::event::database::{Operation, Parity, ServiceKind, ServiceState};
use crate::event::run::Role;
use crate::projection::Migration;
use crate::projection::database::OperationRecord;
use crate::report::Section;
use crate::rollback::services_by_hand;

/// That services are down because of this migration, with both ways to start them; nothing where they are not. A stop that
/// failed, or that nobody saw the end of, may have stopped some: it counts.
#[must_use]
pub fn services_down(state: &Migration) -> Option<String> {
    let operations = &state.database.operations;
    let stops =
        |it: &&OperationRecord| matches!(it.event.operation, Operation::Quiesce | Operation::StopServices);
    let starts =
        |it: &&OperationRecord| matches!(it.event.operation, Operation::Resume | Operation::StartServices);
    let stop = operations.iter().rfind(stops)?;
    let started = operations.iter().rfind(|it| starts(it) && it.is_done());
    if started.is_some_and(|started| started.seq > stop.seq) {
        return None;
    }
    let are = if stop.is_done() { "are stopped" } else { "may be stopped" };
    let (names, started) = (touched(state), stop.started);
    let status = &state.run.status.database;
    if status.restored && !status.installed {
        let woken = state.database.last_begun(Operation::PostInstall).is_some_and(|it| it.seq > stop.seq);
        let are = if woken { "were stopped, and wsusutil may have started them" } else { are };
        return Some(format!(
            "{names} {are} (start type manual) by this migration since {started}; `wsusmigrate run` sees to them: they are not to \
             serve a SUSDB that is not through postinstall"
        ));
    }
    let by_hand = match services_by_hand(state) {
        lines if lines.is_empty() => "services.msc".to_owned(),
        lines => lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    };
    // Services that start on no SUSDB, or on half of one, do not help anybody.
    let is_usable = status.present != Some(false) && !status.partial;
    let when = if is_usable { "by hand" } else { "by hand, once SUSDB is there again" };
    Some(format!(
        "{names} {are} (start type manual) by this migration since {started}; `wsusmigrate run` starts them again; {when}: \
         {by_hand}"
    ))
}

/// The services that are there.
fn touched(state: &Migration) -> String {
    let there = state.database.services.values().filter(|it| it.state != ServiceState::Absent);
    let name = |pool: bool, name: &str| if pool { format!("{name} (pool)") } else { name.to_owned() };
    let names: Vec<_> = there.map(|it| name(it.kind == ServiceKind::AppPool, it.service.as_str())).collect();
    if names.is_empty() { "The services of WSUS".to_owned() } else { names.join(", ") }
}

/// The same as the first section of a report.
pub(in crate::report) fn down_section(state: &Migration) -> Option<Section> {
    let mut section = Section::new("services_down", "Services are down");
    section.notes.push(services_down(state)?);
    Some(section)
}

/// What was done to SUSDB so far, as its status and its operations have it.
#[must_use]
pub fn touched_so_far(state: &Migration) -> String {
    let (status, database) = (&state.run.status.database, &state.database);
    let destroyed =
        database.operations.iter().rfind(|it| it.event.operation.is_destructive() && !it.is_void());
    let done =
        destroyed.map(|it| format!("{} ({}, record {})", it.event.operation.word(), it.word(), it.seq));
    let last = done.map_or_else(String::new, |done| format!("; last of what destroys was {done}"));
    let what = match status.present {
        _ if status.restored => "the source's SUSDB is restored here",
        _ if status.partial => "a restore was cut off, and what it left is there",
        Some(false) if destroyed.is_some() => "SUSDB was dropped, and none is restored yet",
        Some(false) => "there is no SUSDB here, and nothing was dropped",
        Some(true) | None if destroyed.is_some() => "a SUSDB is there, after something was destroyed",
        Some(true) | None if status.stopped => "nothing of SUSDB was changed; the services are stopped",
        Some(true) | None if status.owes_services => {
            "nothing of SUSDB was changed; an earlier run stopped the services"
        }
        Some(true) | None => "nothing was touched",
    };
    format!("{what}{last}")
}

/// What helps where another SUSDB has taken the place of the one that was restored.
#[must_use]
pub fn after_replacement(state: &Migration) -> Option<String> {
    let status = &state.run.status.database;
    let (_, seen) = state.database.state.as_ref().filter(|_| status.replaced)?;
    Some(format!(
        "the SUSDB that is there (database_guid {}) is not the one this migration restored ({}): nothing is done to it. Put the \
         restored one back, or, where it is not needed any more, secure this one and drop it by hand: the next \
         `wsusmigrate run` restores the source's again",
        seen.database_guid, status.database
    ))
}

/// What helps where a SUSDB stands in the way that can be neither secured nor discarded.
#[must_use]
pub fn after_look(state: &Migration) -> Option<String> {
    let status = &state.run.status.database;
    let is_in_the_way = status.present == Some(true) && !status.restored && !status.partial;
    let (_, seen) = state.database.state.as_ref().filter(|_| is_in_the_way)?;
    (state.run.status.role == Some(Role::Destination) && seen.state.as_str() != ONLINE).then(|| {
        format!(
            "SUSDB is {}, and it is not what a restore of this migration left: nothing is done to it. Wait for it or bring it \
             online, or drop it by hand if nobody needs it; then `wsusmigrate run`",
            seen.state
        )
    })
}

/// What helps where the content is not what SUSDB expects, or nobody can say yet that it is.
#[must_use]
pub fn after_catalogue(state: &Migration) -> Option<String> {
    let database = &state.database;
    if !state.run.status.database.installed || database.is_content_settled() {
        return None;
    }
    let lacking = database.lacking_files()?;
    Some(match (database.top_up.is_owed(), lacking) {
        (true, _) => format!(
            "the content was gone through before the backup that was restored was known here, and {lacking} files are lacking: a \
             further pass is owed. `wsusmigrate run` makes it and compares again"
        ),
        (false, 0) => {
            "the content was gone through again since it was compared: `wsusmigrate run` compares again"
                .to_owned()
        }
        (false, _) => format!(
            "{lacking} files that SUSDB expects are missing or damaged: \"{}\" of `wsusmigrate report audit` names them. \
             `wsusmigrate run` tops up what the source has by now and compares again; what no host has WSUS fetches once it is \
             told to: `wsusutil reset`, after the cutover",
            super::catalogue::TITLE
        ),
    })
}

/// What helps where restored rows are not the source's: which section of the audit names them, and what to do.
#[must_use]
pub fn after_parity(state: &Migration) -> Option<String> {
    let bad = |verdict| matches!(verdict, Parity::Differs | Parity::Missing);
    let tables: Vec<_> = state.database.parity.values().filter(|it| bad(it.verdict)).collect();
    if tables.is_empty() || !state.run.status.database.restored {
        return None;
    }
    let names = tables.iter().map(|it| it.table.as_str()).collect::<Vec<_>>().join(", ");
    Some(format!(
        "the restored SUSDB is not the source's in {names}: \"{}\" of `wsusmigrate report audit` names the rows. If the source \
         went on after its backup, back it up again there (quiesce = true), export its journal, import it here; to go back: \
         `wsusmigrate rollback`",
        super::parity::TABLES
    ))
}
