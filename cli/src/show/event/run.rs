//! Runs, steps and the journal, in words.

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::RunEvent;

/// What happened, in one line.
pub(super) fn line(event: &RunEvent) -> String {
    match event {
        RunEvent::JournalCreated(it) => {
            format!("journal of {} begun on {} by wsusmigrate {}", it.name, it.host, it.program)
        }
        RunEvent::JournalRecovered(it) if it.detail.as_str().is_empty() => {
            format!("journal recovered: {}", it.finding.word())
        }
        RunEvent::JournalRecovered(it) => format!("journal recovered: {}: {}", it.finding.word(), it.detail),
        RunEvent::InterruptionFound(it) => {
            format!("run {} had ended without saying so; {} actions in doubt", it.run, it.in_doubt)
        }
        RunEvent::Started(it) => format!(
            "run {} started by {} ({}) on {}: {}; {}",
            it.run,
            it.account,
            it.sid,
            it.host,
            it.scope.word(),
            civil_time(it.utc_offset_s)
        ),
        RunEvent::StepStarted(it) => format!("step {} started", it.step.word()),
        RunEvent::StepFinished(it) => format!("step {} finished: {}", it.step.word(), it.verdict.word()),
        RunEvent::StepSkipped(it) => format!("step {} skipped: {}", it.step.word(), it.reason.word()),
        RunEvent::StopRequested(it) => format!("stop requested: {}", it.how),
        RunEvent::Failed(it) => format!("run failed: {}", it.why),
        RunEvent::StreamImported(it) => format!(
            "stream {} of {} imported by {} ({}): {} records, key {}",
            it.stream, it.host, it.account, it.sid, it.size, it.key
        ),
        RunEvent::JournalSealed(it) => {
            format!("journal sealed by {} ({}): {}", it.account, it.sid, it.reason)
        }
        RunEvent::PlanApproved(it) => {
            let ticket =
                if it.ticket.as_str().is_empty() { String::new() } else { format!(", ticket {}", it.ticket) };
            let note = if it.note.as_str().is_empty() { String::new() } else { format!(": {}", it.note) };
            format!(
                "plan {} approved by {} ({}), {}, persons wanted: {}{ticket}{note}",
                it.plan,
                it.account,
                it.sid,
                it.how.word(),
                it.approvals_wanted
            )
        }
        RunEvent::RoleDeclared(it) => format!("this host is the {} of the migration", it.role.word()),
        RunEvent::Finished(it) => format!("run finished: {}", it.verdict.word()),
        RunEvent::KeyRotated(it) => {
            let hex = |key: &[u8; 32]| Sha256(*key).to_string().to_ascii_lowercase();
            format!(
                "key rotated: {} signs checkpoints in the place of {}",
                hex(&it.new_key),
                hex(&it.old_key)
            )
        }
        RunEvent::CheckpointAnchored(it) => {
            format!("checkpoint of {} records put elsewhere: {}", it.size, it.place)
        }
    }
}

/// How the host's civil time lay to the times of the journal.
fn civil_time(utc_offset_s: Option<i32>) -> String {
    let Some(ahead) = utc_offset_s else { return "local time not recorded".to_owned() };
    let (sign, s) = (if ahead < 0 { '-' } else { '+' }, ahead.unsigned_abs());
    format!("local time UTC{sign}{:02}:{:02}", s / 3600, s % 3600 / 60)
}

#[cfg(test)]
mod tests {
    use super::civil_time;

    #[test]
    fn civil_time_is_shown_as_its_offset() {
        assert_eq!(civil_time(Some(-12_600)), "local time UTC-03:30");
        assert_eq!(civil_time(Some(7_200)), "local time UTC+02:00");
        assert_eq!(civil_time(Some(0)), "local time UTC+00:00");
        assert_eq!(civil_time(None), "local time not recorded");
    }
}
