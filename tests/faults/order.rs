//! Goal: what other things hang on is durable before they are: the head before a signature, a folder before what stands in
//! it.
//!
//! Method: the program's own system calls, in the order in which they ended. No power cut could show it as surely: most
//! file systems write more than they are asked to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use wsusmigrate_tests::World;

use crate::Outcome;
use crate::counts::{count, did_not_run};
use crate::trace::{Call, Tracer, watch};

const FAULT: &str = "order";
const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");
const JOURNAL: [&str; 4] = ["--journal", "r/journal", "--keys", "r/keys"];

fn rehearse(world: &World) -> Command {
    world.command(["rehearse", "--scenario", "tiny", "--dir", "r"])
}

/// The calls of a command that ends well.
fn watched(command: &Command, out: &Path) -> Result<Vec<Call>, String> {
    let (calls, ended) = watch(command, None, out)?;
    if ended.code == Some(0) { Ok(calls) } else { Err(ended.text()) }
}

/// What a call synced, where it is a sync that went well.
fn synced(call: &Call) -> Option<PathBuf> {
    let is_sync = matches!(&*call.name, "fsync" | "fdatasync") && call.line.ends_with("= 0");
    let (_, rest) = call.line.split_once('<').filter(|_| is_sync)?;
    Some(PathBuf::from(rest.split_once('>')?.0))
}

pub(crate) fn the_head_is_durable_before_anything_is_signed() -> Outcome {
    if let Err(why) = Tracer::is_possible() {
        return did_not_run(FAULT, &why);
    }
    let world = World::on_disk(PROGRAM);
    let ran = rehearse(&world).output().map_err(|error| error.to_string())?;
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    // It appends a record, and signs at once behind it.
    let rotation = world.command(["journal", "rotate-key"].iter().chain(&JOURNAL));
    let calls = watched(&rotation, &world.path("trace"))?;
    // The folders a killed process may have made are durable before anything is appended.
    let is_append = |call: &Call| call.name == "pwrite64" && call.line.contains("/r/journal/log/");
    let opened = calls.iter().position(is_append).unwrap_or(0);
    if !calls[..opened].iter().filter_map(synced).any(|path| path == world.path("r/journal")) {
        return Err("the journal's folder was not synced before something was appended".to_owned());
    }
    let head = world.path("r/journal/head");
    let of_head = format!("<{}>", head.display());
    let (mut is_unsynced, mut written, mut signings) = (false, 0, 0);
    for call in &calls {
        if call.name == "pwrite64" && call.line.contains(&of_head) {
            (is_unsynced, written) = (true, written + 1);
        } else if synced(call).is_some_and(|path| path == head) {
            is_unsynced = false;
        } else if call.line.contains(".signing.tmp\"") && call.line.contains("O_CREAT") {
            signings += 1;
            if is_unsynced {
                return Err(format!("the head was written and not synced before {}", call.line));
            }
        }
    }
    if written == 0 || signings == 0 {
        return Err(format!("the head was written {written} times, and {signings} times something signed"));
    }
    count(FAULT, "signings behind a synced head", signings);
    Ok(())
}

pub(crate) fn a_folder_is_durable_before_anything_in_it() -> Outcome {
    if let Err(why) = Tracer::is_possible() {
        return did_not_run(FAULT, &why);
    }
    let world = World::on_disk(PROGRAM);
    let calls = watched(&rehearse(&world), &world.path("trace"))?;
    let ours = ["r/journal", "r/keys"].map(|folder| world.path(folder));
    // sled's own folders hold a copy of what the log has.
    let store = world.path("r/journal/sled");
    let is_ours =
        |made: &Path| ours.iter().any(|folder| made.starts_with(folder)) && !made.starts_with(&store);
    let mut unsynced = BTreeMap::new();
    let mut made = Vec::new();
    for call in &calls {
        if let Some(folder) = created(call, world.root()).filter(|folder| is_ours(folder)) {
            made.push(folder.clone());
            unsynced.insert(folder, &call.line);
        }
        let Some(path) = synced(call) else { continue };
        unsynced.retain(|folder, _| folder.parent() != Some(&path));
        if let Some((_, line)) = unsynced.iter().find(|(folder, _)| path.starts_with(folder)) {
            return Err(format!("{} was synced in a folder that is not: {line}", path.display()));
        }
    }
    if let Some((folder, _)) = unsynced.first_key_value() {
        return Err(format!("{} was made and never synced", folder.display()));
    }
    for folder in ["r/journal", "r/keys", "r/journal/log", "r/journal/checkpoints", "r/journal/evidence"] {
        if !made.contains(&world.path(folder)) {
            return Err(format!("{folder} was not seen being made: {made:?}"));
        }
    }
    count(FAULT, "folders that were durable before anything in them", made.len());
    Ok(())
}

/// The folder a call has made.
fn created(call: &Call, root: &Path) -> Option<PathBuf> {
    let is_it = matches!(&*call.name, "mkdir" | "mkdirat") && call.line.ends_with("= 0");
    let (_, rest) = call.line.split_once('"').filter(|_| is_it)?;
    Some(root.join(rest.split_once('"')?.0))
}
