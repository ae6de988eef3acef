//! SUSDB, in words.

mod operation;
mod reading;

use wsusmigrate_core::event::DatabaseEvent;
use wsusmigrate_core::event::database::{
    BackupJudged, BackupRecorded, Connected, FileRecorded, MarkRecorded, MediaSetRecorded, ServiceRecorded,
    SessionSeen, StateRecorded, TableCompared, TableSummed, UserDecision, UserFound,
};
use wsusmigrate_core::id::Guid;

use crate::show::unit::{bytes, count};

/// What happened, in one line.
pub(super) fn line(event: &DatabaseEvent) -> String {
    match event {
        DatabaseEvent::Connected(it) => connected(it),
        DatabaseEvent::OperationStarted(it) => operation::started(it),
        DatabaseEvent::MessageReceived(it) => operation::message(it),
        DatabaseEvent::OperationFinished(it) => operation::finished(it),
        DatabaseEvent::OperationReconciled(it) => {
            format!("{} in doubt looked at: {}{}", it.operation.word(), it.found.word(), after(&it.detail))
        }
        DatabaseEvent::OperationResolved(it) => format!(
            "{} in doubt: {} ({}) says {}{}",
            it.operation.word(),
            it.account,
            it.sid,
            it.answer.word(),
            after(&it.note)
        ),
        DatabaseEvent::BackupRecorded(it) => backup(it),
        DatabaseEvent::BackupJudged(it) => judged(it),
        DatabaseEvent::StateRecorded(it) => state(it),
        DatabaseEvent::FileRecorded(it) => file(it),
        DatabaseEvent::MediaSetRecorded(it) => media_set(it),
        DatabaseEvent::TargetCompared(it) => format!(
            "target against source: {} {}: source {}, target {}",
            it.what,
            it.verdict.word(),
            told(it.source.as_str()),
            told(it.target.as_str())
        ),
        DatabaseEvent::TargetJudged(it) => {
            let says = if it.is_another { "is another than" } else { "is not proved to be another than" };
            format!("the target {says} the source, by {} comparisons{}", it.comparisons, after(&it.why))
        }
        DatabaseEvent::TableSummed(it) => summed(it),
        DatabaseEvent::TableCompared(it) => compared(it),
        DatabaseEvent::RowDiffered(it) => {
            format!("row of {} {}: {}", it.table, it.how.word(), it.key)
        }
        DatabaseEvent::MarkRecorded(it) => mark(it),
        DatabaseEvent::UserFound(it) => user(it),
        DatabaseEvent::ServiceRecorded(it) => service(it),
        DatabaseEvent::SettingRecorded(it) => {
            format!("setting {} was {}, becomes {}", it.setting, told(it.value.as_str()), it.becomes)
        }
        DatabaseEvent::SessionSeen(it) => session(it),
        DatabaseEvent::ChildStarted(it) => format!("child process {} runs", it.process),
        DatabaseEvent::StatementRead(it) => reading::line(it),
        DatabaseEvent::EvidenceKept(it) => {
            format!("kept {} from {} ({}), SHA-256 {}", it.what, it.origin, bytes(it.bytes), it.sha256)
        }
    }
}

fn connected(it: &Connected) -> String {
    format!(
        "connected to {} at {} ({} {}, {}; restores up to internal version {}) as {}, session {}, protected: {}",
        it.server,
        it.address,
        it.kind.word(),
        it.version,
        it.edition,
        it.internal_version,
        it.login,
        it.session,
        it.protection.word()
    )
}

fn backup(it: &BackupRecorded) -> String {
    let digest =
        it.sha256.map_or_else(|| "file not readable here".to_owned(), |sum| format!("SHA-256 {sum}"));
    let mut marks = Vec::new();
    for (holds, word) in [(it.copy_only, "copy-only"), (it.checksums, "checksums"), (it.damaged, "damaged")] {
        marks.extend(holds.then_some(word));
    }
    format!(
        "backup of {}: set {} ({}) at position {} of {}, made on {} until {}, {}, LSN {} to {}, internal version {}, {}, {digest}",
        it.of.word(),
        guid(it.set_guid),
        told(it.name.as_str()),
        it.position,
        it.engine_path,
        it.server,
        it.finished,
        bytes(it.backup_bytes),
        it.first_lsn,
        it.last_lsn,
        it.database_version,
        if marks.is_empty() { "no checksums".to_owned() } else { marks.join(", ") }
    )
}

fn judged(it: &BackupJudged) -> String {
    let says = if it.verified { "verified" } else { "not verified" };
    format!("backup of {} {says}: set {}{}", it.of.word(), guid(it.set_guid), after(&it.why))
}

fn state(it: &StateRecorded) -> String {
    if !it.present {
        return "there is no SUSDB".to_owned();
    }
    let read_only = if it.read_only { ", read-only" } else { "" };
    format!(
        "SUSDB is {}{read_only}, {}, recovery model {}, internal version {}, {} in {} files, database {}, ServerID {}",
        it.state,
        it.user_access,
        it.recovery_model,
        it.internal_version,
        bytes(it.bytes),
        it.files,
        guid(it.database_guid),
        guid(it.server_id)
    )
}

fn file(it: &FileRecorded) -> String {
    format!(
        "file {} of SUSDB: {} ({}, {}) at {}",
        it.file_id,
        it.logical,
        it.kind,
        bytes(it.bytes),
        it.physical
    )
}

fn media_set(it: &MediaSetRecorded) -> String {
    format!(
        "on the media {} already, at position {}: set {} ({}) of {} on {}, finished {}",
        it.engine_path,
        it.position,
        guid(it.set_guid),
        told(it.name.as_str()),
        it.database,
        it.server,
        it.finished
    )
}

fn summed(it: &TableSummed) -> String {
    format!("table {} of {}: {} rows, sum {}", it.table, it.of.word(), count(it.rows), it.sum)
}

fn compared(it: &TableCompared) -> String {
    format!(
        "table {} {}: {} rows at the source, {} restored; {} differ, {} missing, {} extra{}",
        it.table,
        it.verdict.word(),
        count(it.source_rows),
        count(it.restored_rows),
        count(it.differing),
        count(it.missing),
        count(it.extra),
        after(&it.why)
    )
}

fn mark(it: &MarkRecorded) -> String {
    format!("mark {} {}: {}", it.mark, it.moment.word(), told(it.value.as_str()))
}

fn user(it: &UserFound) -> String {
    let login = |word: &str| match it.login.as_str() {
        "" => String::new(),
        login => format!("{word}{login}"),
    };
    if it.decision == UserDecision::Leave {
        return format!("user {}{} is left as it is{}", it.user, login(" with the login "), after(&it.why));
    }
    let (sid, decision, to) = (it.sid.as_str(), it.decision.word(), login(" to "));
    format!("user {} ({}, {sid}) without its login: {decision}{to}{}", it.user, it.kind, after(&it.why))
}

fn service(it: &ServiceRecorded) -> String {
    format!("{} {} was {}, started {}", it.kind.word(), it.service, it.state.word(), it.start.word())
}

fn session(it: &SessionSeen) -> String {
    format!(
        "session {} was in SUSDB: {} from {} with {}",
        it.session,
        it.login,
        it.host,
        told(it.program.as_str())
    )
}

/// A reason behind what it is the reason of; nothing where there is none.
fn after(why: &wsusmigrate_core::text::Text) -> String {
    if why.as_str().is_empty() { String::new() } else { format!(": {why}") }
}

fn told(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

/// As WSUS and SQL Server write it.
fn guid(guid: Guid) -> String {
    if guid.is_told() { guid.to_string().to_uppercase() } else { "not told".to_owned() }
}
