//! What lies on the media a source's plan overwrites, asked of the engine: whether somebody has to approve, and why.

use std::path::Path;

use wsusmigrate_core::database::backup::BackupSet;
use wsusmigrate_core::database::{EnginePath, civil};
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::plan::{DatabasePlan, MediaUse};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report::{Section, Value};

use crate::config::Loaded;
use crate::error::Failure;
use crate::executor::{Reads, Request};
use crate::place::Global;
use crate::show::Talk;
use crate::step::{Context, Engine, Media};

/// The section of the media; nothing where the plan overwrites none. An engine that does not answer is told in its place: the
/// plan is there to be read in any case.
pub(super) fn section(
    loaded: &Loaded,
    journal: &Path,
    global: &Global,
    state: Option<&Migration>,
) -> Option<Section> {
    let overwrites = |plan: &&DatabasePlan| plan.media != MediaUse::Append;
    let database = loaded.plan.database.as_ref().filter(overwrites);
    let database = database.filter(|_| loaded.plan.migration.role == Role::Source)?;
    let path = database.backup_path().ok()?;
    let mut section = Section::new("media", "On the media that will be overwritten");
    section.figure("path", "The media", path.as_str());
    match read(loaded, journal, global, &path) {
        Ok(media) => told(&media, state, &mut section),
        Err(failure) => section.notes.push(format!("What lies there cannot be said: {failure}")),
    }
    Some(section)
}

fn read(loaded: &Loaded, journal: &Path, global: &Global, path: &EnginePath) -> Result<Media, Failure> {
    let talk = Talk { json: global.json };
    let request = Request::of_checks(loaded.clone(), journal.to_owned(), global.keys_folder(), talk);
    let context = Context::new(&request, None, Reads::default());
    Media::read(&mut Engine::new(context.connector()?, context.reads()), path)
}

fn told(media: &Media, state: Option<&Migration>, section: &mut Section) {
    let Some(label) = &media.label else {
        section.notes.push("Nothing lies there: nobody has to approve that it is written.".to_owned());
        return;
    };
    let or_dash = |text: &str| Value::from(if text.is_empty() { "-" } else { text });
    section.figure("name", "Its name", or_dash(&label.name));
    section.figure("description", "Its description", or_dash(&label.description));
    section.figure("software", "Written by", or_dash(&label.software));
    let foreign = media.foreign(state);
    let is_foreign = |set: &BackupSet| foreign.iter().any(|other| other.position == set.position);
    let rows = media.sets.iter().map(|set| {
        vec![
            format!("position {}", set.position).into(),
            or_dash(&set.name),
            set.database.as_str().into(),
            set.server_name.as_str().into(),
            civil(set.finished).into(),
            if is_foreign(set) { "somebody else" } else { "this migration" }.into(),
        ]
    });
    section.table("sets", &["position", "name", "database", "server", "finished", "made by"], rows);
    section.notes.push(if foreign.is_empty() {
        "Only this migration wrote there: nobody has to approve that it is overwritten.".to_owned()
    } else {
        let sets = foreign.len();
        format!("An approval is wanted, `wsusmigrate plan --approve`: {sets} of these sets would be gone that this migration did not make.")
    });
}
