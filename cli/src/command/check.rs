//! `check`: the checks alone; nothing is recorded and nothing is changed.

use wsusmigrate_core::event::preflight::CheckVerdict;
use wsusmigrate_core::report::{Report, Section, Table, Value};
use wsusmigrate_journal::Upto;

use crate::command::state;
use crate::error::Failure;
use crate::executor::{Reads, Request, source_state};
use crate::exit::Exit;
use crate::place::{self, Global};
use crate::show::{Answer, Body, Talk};
use crate::step::{Context, Folders, preflight};

/// Look for what would stop or endanger the migration; changes nothing
#[derive(clap::Args, Debug)]
pub(super) struct Args {}

pub(super) fn run(_: &Args, global: &Global) -> Result<Answer, Failure> {
    let loaded = global.load_plan()?;
    let journal = global.journal.clone().unwrap_or_else(|| place::default_journal(&loaded));
    // Where there is no journal yet, or none that can be read, nothing is known of an earlier listing.
    let known_state = state::state(global, Upto::Now).ok();
    let known = known_state.as_ref().and_then(|state| state.content.manifest.as_ref());
    let before = known.map(|manifest| manifest.files);
    let request = Request::of_checks(loaded, journal, global.keys_folder(), Talk { json: global.json });
    let source = known_state.as_ref().map_or(Ok(None), |state| source_state(&request.journal, state))?;
    // Nothing is recorded, what is asked of the engine neither.
    let context = Context::new(&request, source, Reads::default());
    let folders = Folders::of(&request.loaded);
    let (mut checks, _) = preflight::make(&folders, &request.journal, context.storage(), before);
    checks.extend(preflight::of_database(&context, known_state.as_ref()));
    let loaded = &request.loaded;
    let stops = checks.iter().any(|check| check.verdict == CheckVerdict::Stop);
    let says = |text: &str| Value::from(text);
    let rows = checks.iter().map(|check| {
        vec![says(check.verdict.word()), says(check.check.as_str()), says(check.finding.as_str())]
    });
    let findings = Table { key: "checks", columns: vec!["says", "check", "finding"], rows: rows.collect() };
    let to_do = checks.iter().filter(|check| check.verdict != CheckVerdict::Pass);
    let rows = to_do.map(|check| vec![says(check.check.as_str()), says(check.remedy.as_str())]);
    let remedies = Table { key: "remedies", columns: vec!["check", "what to do"], rows: rows.collect() };
    let title = format!("Checks of {}", loaded.plan.migration.name);
    let section = |key, title: &str, table| Section {
        key,
        title: title.to_owned(),
        tables: vec![table],
        ..Section::default()
    };
    let sections = vec![section("checks", "Checks", findings), section("remedies", "What to do", remedies)];
    let report = Report { kind: "check", title, sections };
    let answer = Answer::well(Body::Report(Box::new(report)));
    Ok(if stops {
        answer.exit(Exit::Stopped).next("do what the stopping checks say, then wsusmigrate check")
    } else {
        answer.next("wsusmigrate plan")
    })
}
