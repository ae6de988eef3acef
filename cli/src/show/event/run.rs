//! Runs, steps and the journal, in words.

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
            "run {} started by {} ({}) on {}: {}",
            it.run,
            it.account,
            it.sid,
            it.host,
            it.scope.word()
        ),
        RunEvent::StepStarted(it) => format!("step {} started", it.step.word()),
        RunEvent::StepFinished(it) => format!("step {} finished: {}", it.step.word(), it.verdict.word()),
        RunEvent::StepSkipped(it) => format!("step {} skipped: {}", it.step.word(), it.reason.word()),
        RunEvent::StopRequested(it) => format!("stop requested: {}", it.how),
        RunEvent::Failed(it) => format!("run failed: {}", it.why),
        RunEvent::Finished(it) => format!("run finished: {}", it.verdict.word()),
    }
}
