//! Goal: a clock that steps back an hour is recorded as it was, reported, and never taken for damage or for an order.
//!
//! Method: a legal history written through the public interface, whose clock steps back in the middle; the verifier,
//! the audit report and the replay to a moment say what `docs` promise. `wsusmigrate` itself takes the system's clock,
//! which a test leaves alone.

use tempfile::TempDir;
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::{Event, run};
use wsusmigrate_core::id::{EventId, MigrationId, RunId};
use wsusmigrate_core::projection::audit::Audit;
use wsusmigrate_core::unit::TimeMicros;
use wsusmigrate_journal::{Expected, Journal, Reader, Severity, Upto, replay, verify};
use wsusmigrate_tests::{World, new_journal};

use crate::Outcome;
use crate::counts::count;
use crate::site::Site;

const FAULT: &str = "clock_back";
const HOUR_MICROS: i64 = 3_600_000_000;

pub(crate) fn is_recorded_and_reported() -> Outcome {
    let folder = TempDir::new().expect("a temporary folder");
    let site = Site::create(folder.path());
    let begin = new_journal().time.0;
    // Two runs; within the second the clock steps back an hour, then goes on.
    let times = [1, 2, 3, 3 - HOUR_MICROS, 4 - HOUR_MICROS, 5 - HOUR_MICROS];
    write(&site, &times.map(|time| TimeMicros(begin + time)));

    let verification = verify(&site.journal()).map_err(|error| error.to_string())?;
    let steps: Vec<_> =
        verification.findings.iter().filter(|found| found.what.contains("the clock stepped back")).collect();
    let [step] = steps[..] else { return Err(format!("{:?}", verification.findings)) };
    if !verification.is_sound() || step.severity != Severity::Warning || step.seq.map(|seq| seq.0) != Some(4)
    {
        return Err(format!("{step:?}"));
    }
    let reader = Reader::open(&site.journal()).map_err(|error| error.to_string())?;
    let at = |time| {
        let upto = Upto::Time(TimeMicros(begin + time));
        replay::<Audit>(&reader, None, upto).map(|replayed| (replayed.size, replayed.state.clock_steps_back))
    };
    // A moment is the prefix before the first later record, also where records with an earlier time follow it.
    for (time, expected) in [(0, (1, 0)), (2, (3, 0)), (3, (7, 1)), (-1, (0, 0))] {
        let replayed = at(time).map_err(|error| error.to_string())?;
        if replayed != expected {
            return Err(format!("at {time}: {replayed:?} instead of {expected:?}"));
        }
    }
    the_program_reports_it(&site)?;
    count(FAULT, "steps back found by the verifier, the audit report and the replay", 1);
    Ok(())
}

/// Two runs, one record a time.
fn write(site: &Site, times: &[TimeMicros; 6]) {
    let (journal, _) = Journal::open(&site.journal(), &site.keys(), times[0]).expect("a journal");
    let migration: MigrationId = new_journal().migration;
    let events = [1, 2].map(|number| {
        let run = RunId::from_bytes([number; 16]);
        let started: Event = run::Started {
            run,
            host: "WSUS-OLD".into(),
            account: "CONTOSO\\admin".into(),
            sid: "S-1-5-21-1-2-3-1104".into(),
            program: "0.1.0".into(),
            system: "Windows Server 2022".into(),
            process: 1,
            plan: wsusmigrate_journal::evidence::write_bytes(&site.journal(), b"a plan").expect("evidence"),
            scope: run::Scope::Everything,
            utc_offset_s: Some(7_200),
        }
        .into();
        let stop = run::StopRequested { how: format!("Ctrl-C {number}").into() }.into();
        let finished = run::Finished { run, verdict: run::Verdict::Interrupted }.into();
        [started, stop, finished]
    });
    for (number, (event, &time)) in events.into_iter().flatten().zip(times).enumerate() {
        let name = event.kind().name();
        let id = EventId::of_observation(migration, name, &number.to_be_bytes());
        let envelope = Envelope { id, time, action: None, causation: None };
        let batch = vec![Proposed { envelope, event }];
        journal.append(batch, Expected::Any).wait().expect("an append");
    }
    journal.close().expect("a journal that closes");
}

fn the_program_reports_it(site: &Site) -> Result<(), String> {
    let world = World::on_disk(env!("CARGO_BIN_EXE_wsusmigrate-tested"));
    let journal = site.journal().display().to_string();
    for (words, expected) in
        [(["journal", "verify"], "the clock stepped back"), (["report", "audit"], "stepped back")]
    {
        let ran = world.command(words).args(["--journal", &journal]).output().expect("a command");
        let told = String::from_utf8_lossy(&ran.stdout);
        if ran.status.code() != Some(0) || !told.contains(expected) {
            let complaint = String::from_utf8_lossy(&ran.stderr);
            return Err(format!("{words:?} exits with {:?}: {told}{complaint}", ran.status.code()));
        }
    }
    Ok(())
}
