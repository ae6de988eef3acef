//! Comparing two content roots, file by file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use wsusmigrate_fixtures::digests;

/// What is not the same in two folders: bytes, names or modification times. One line a difference, sorted.
///
/// # Panics
/// If a folder cannot be read.
#[must_use]
pub fn differences(left: &Path, right: &Path) -> Vec<String> {
    let (mut lefts, rights) = (files(left), files(right));
    let mut found = Vec::new();
    for (path, there) in rights {
        match lefts.remove(&path) {
            None => found.push(format!("only in the second: {path}")),
            Some(here) if here.0 != there.0 => found.push(format!("other bytes: {path}")),
            Some(here) if here.1 != there.1 => found.push(format!("other time: {path}")),
            Some(_) => {}
        }
    }
    found.extend(lefts.into_keys().map(|path| format!("only in the first: {path}")));
    found.sort();
    found
}

fn files(root: &Path) -> BTreeMap<String, (String, Option<SystemTime>)> {
    let files = digests(root).unwrap_or_else(|error| panic!("{error}: {:?}", error.source));
    let timed = files.into_iter().map(|file| {
        // A name that is not Unicode is shown with replacements and cannot be looked up by what is shown.
        let modified = root.join(&file.path).metadata().and_then(|metadata| metadata.modified()).ok();
        (file.path, (file.sha1, modified))
    });
    timed.collect()
}
