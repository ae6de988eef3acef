//! Step 0, `inventory`: the worksheet as far as the content step needs it.

use std::path::Path;

use wsusmigrate_core::database::machine::MACHINE_FIELD;
use wsusmigrate_core::event::inventory::{FieldRecorded, InventoryFinished};
use wsusmigrate_core::event::run::Verdict;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::platform;
use crate::step::context::Context;
use crate::step::database::Engine;
use crate::step::database::facts::worksheet;

/// Fills the worksheet. What cannot be read is recorded with the system's words: a gap an auditor can see.
pub(super) fn perform(recorder: &mut Recorder, context: &Context<'_>) -> Result<Verdict, Failure> {
    let mut fields = host();
    let folders = context.folders();
    let storage = context.storage();
    fields.push(field("content.storage", storage.word().to_owned(), storage.said_by.word()));
    for (side, root) in [("source", &folders.source), ("destination", &folders.destination)] {
        fields.extend(volume(side, root));
    }
    if context.plan().database.is_some() {
        fields.extend(accounts(context));
        fields.extend(wsus(context));
        fields.extend(database(context));
    }
    let drafts: Vec<_> = fields
        .iter()
        .map(|field| recorder.observation(field.field.as_str().as_bytes(), field.clone()))
        .collect();
    recorder.record(drafts)?;
    recorder.observe(b"", InventoryFinished { fields: u32::try_from(fields.len()).unwrap_or(u32::MAX) })?;
    Ok(Verdict::Complete)
}

/// What this server and its accounts are called: users of the database are theirs, and a name tells one server from another.
fn accounts(context: &Context<'_>) -> Vec<FieldRecorded> {
    let told = context.host().map_err(|failure| failure.to_string());
    match told.and_then(|host| host.machine().map_err(|error| error.to_string())) {
        Ok(machine) => {
            machine.fields().into_iter().map(|(name, value)| field(&name, value, "Windows")).collect()
        }
        Err(why) => vec![field(MACHINE_FIELD, format!("not readable: {why}"), "Windows")],
    }
}

/// The role's own setup.
fn wsus(context: &Context<'_>) -> Vec<FieldRecorded> {
    let setup = context.host().map_err(|failure| failure.to_string());
    let setup = match setup.and_then(|host| host.setup().map_err(|error| error.to_string())) {
        Ok(setup) => setup,
        Err(why) => return vec![field("wsus.setup", format!("not readable: {why}"), "registry")],
    };
    let told = [
        ("wsus.version", setup.version),
        ("wsus.content-dir", setup.content_dir),
        ("wsus.sql-server", setup.sql_server_name),
    ];
    told.into_iter().filter_map(|(name, value)| Some(field(name, value?, "registry"))).collect()
}

/// The engine and SUSDB. What cannot be read is a gap an auditor can see.
fn database(context: &Context<'_>) -> Vec<FieldRecorded> {
    let engine = |connector| Engine::new(connector, context.reads());
    let read = || context.connector().and_then(|connector| worksheet(&mut engine(connector)));
    // A connection that is lost on the way is opened once more: the destination's proof stands on this worksheet.
    let read = read().or_else(|_| read());
    match read {
        Ok(fields) => fields.into_iter().map(|(name, value)| field(&name, value, "engine")).collect(),
        Err(failure) => vec![field("database.server", format!("not readable: {failure}"), "engine")],
    }
}

fn host() -> Vec<FieldRecorded> {
    let told =
        |value: std::io::Result<String>| value.unwrap_or_else(|error| format!("not readable: {error}"));
    vec![
        field("host.name", told(platform::host_name()), "operating system"),
        field("host.system", platform::os_description(), "operating system"),
        field("host.time-zone", chrono::Local::now().format("UTC%:z").to_string(), "operating system"),
    ]
}

fn volume(side: &str, root: &Path) -> Vec<FieldRecorded> {
    let name = |field: &str| format!("content.{side}.{field}");
    let system = platform::file_system_name(root).unwrap_or_else(|error| format!("not readable: {error}"));
    let mut fields = vec![
        field(&name("path"), root.display().to_string(), "plan"),
        field(&name("file-system"), system, "operating system"),
    ];
    if let Ok(space) = platform::free_space(root) {
        fields.push(field(&name("free-bytes"), space.available_bytes.to_string(), "operating system"));
        fields.push(field(&name("total-bytes"), space.total_bytes.to_string(), "operating system"));
    }
    fields
}

fn field(name: &str, value: String, source: &str) -> FieldRecorded {
    FieldRecorded { field: name.into(), value: value.into(), source: source.into() }
}
