//! Step 0, `inventory`: the worksheet as far as the content step needs it.

use std::path::Path;

use wsusmigrate_core::event::inventory::{FieldRecorded, InventoryFinished};
use wsusmigrate_core::event::run::Verdict;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::platform;
use crate::step::context::Context;
use crate::step::database::Engine;
use crate::step::database::facts::worksheet;

/// The field with the name of the machine WSUS is installed on.
pub(super) const MACHINE: &str = "wsus.machine";

/// Fills the worksheet. What cannot be read is recorded with the system's words: a gap an auditor can see.
pub(super) fn perform(recorder: &mut Recorder, context: &Context<'_>) -> Result<Verdict, Failure> {
    let mut fields = host();
    let folders = context.folders();
    fields.push(plan("content.storage", storage(context)));
    for (side, root) in [("source", &folders.source), ("destination", &folders.destination)] {
        fields.extend(volume(side, root));
    }
    if context.plan().database.is_some() {
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

/// The role's own setup. Which machine it is on is what tells later that this is not the other server.
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
    let told = told.into_iter().filter_map(|(name, value)| Some(field(name, value?, "registry")));
    std::iter::once(field(MACHINE, setup.machine, "operating system")).chain(told).collect()
}

/// The engine and SUSDB. What cannot be read is a gap an auditor can see.
fn database(context: &Context<'_>) -> Vec<FieldRecorded> {
    let read = || context.connector().and_then(|connector| worksheet(&mut Engine::new(connector)));
    // A connection that is lost on the way is opened once more: the destination's proof stands on this worksheet.
    let read = read().or_else(|_| read());
    match read {
        Ok(fields) => fields.into_iter().map(|(name, value)| field(&name, value, "engine")).collect(),
        Err(failure) => vec![field("database.server", format!("not readable: {failure}"), "engine")],
    }
}

fn storage(context: &Context<'_>) -> &'static str {
    if context.plan().content.stored_on_microsoft_update { "Microsoft Update" } else { "local" }
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

fn plan(name: &str, value: &str) -> FieldRecorded {
    field(name, value.to_owned(), "plan")
}

fn field(name: &str, value: String, source: &str) -> FieldRecorded {
    FieldRecorded { field: name.into(), value: value.into(), source: source.into() }
}
