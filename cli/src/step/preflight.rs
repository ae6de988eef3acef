//! Step 0, `preflight`: the facts behind the checks. The checks themselves are core's.

use std::fs::{self, OpenOptions};
use std::path::Path;

use wsusmigrate_core::check::{self, ContentFacts, DestinationFacts, Packages, SourceFacts};
use wsusmigrate_core::content::{PACKAGES_FOLDER, Storage};
use wsusmigrate_core::decide;
use wsusmigrate_core::event::content::IgnoredEntry;
use wsusmigrate_core::event::preflight::{CheckVerdict, Checked, PreflightFinished};
use wsusmigrate_core::event::run::{Role, Verdict};
use wsusmigrate_core::path::RelPath;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::step::Step;

use crate::adapter::content::{Listing, Side, scan};
use crate::error::Failure;
use crate::executor::Recorder;
use crate::platform;
use crate::step::context::Context;
use crate::step::database::probe;
use crate::step::listings::{Folders, LetterCase, Listings};

/// Makes the checks and records each.
pub(super) fn perform(recorder: &mut Recorder, context: &Context<'_>) -> Result<Verdict, Failure> {
    let storage = context.storage();
    let before = recorder.state().content.manifest.as_ref().map(|manifest| manifest.files);
    let (mut checks, listings) = match context.plan().migration.role {
        Role::Destination => make(context.folders(), &context.request().journal, storage, before),
        // What the source holds is the destination's business, which copies it.
        Role::Source => (Vec::new(), None),
    };
    // Content is copied days before SUSDB's turn: what stands against that step does not stop this one.
    if decide::steps(context.asked()).contains(&Step::Database) {
        checks.extend(of_database(context, Some(recorder.state())));
    }
    if let Some(listings) = listings {
        context.keep(listings);
    }
    let count = |verdict| {
        u32::try_from(checks.iter().filter(|check| check.verdict == verdict).count()).unwrap_or(u32::MAX)
    };
    let finished = PreflightFinished {
        passed: count(CheckVerdict::Pass),
        warned: count(CheckVerdict::Warn),
        stopped: count(CheckVerdict::Stop),
    };
    let mut drafts: Vec<_> = checks
        .iter()
        .map(|check| recorder.observation(check.check.as_str().as_bytes(), check.clone()))
        .collect();
    let stops = finished.stopped > 0;
    drafts.push(recorder.observation(b"", finished));
    recorder.record(drafts)?;
    for check in checks.iter().filter(|check| check.verdict != CheckVerdict::Pass) {
        context.talk().say(&format!("{} {}: {}", check.verdict.word(), check.check, check.finding));
        context.talk().say(&format!("    {}", check.remedy));
    }
    Ok(if stops { Verdict::Stopped } else { Verdict::Complete })
}

/// The checks of SUSDB, where the plan says something of it. `state` is what the journal says, where there is one.
#[must_use]
pub fn of_database(context: &Context<'_>, state: Option<&Migration>) -> Vec<Checked> {
    match context.plan().database {
        Some(_) => check::database(&probe::of_checks(context, state)),
        None => Vec::new(),
    }
}

/// Gathers the facts and makes the checks. Touches nothing but a probe file at the destination, which it removes.
/// `files_before` is how many files the source held when it was last listed for a pass.
#[must_use]
pub fn make(
    folders: &Folders,
    journal: &Path,
    storage: Storage,
    files_before: Option<u64>,
) -> (Vec<Checked>, Option<Listings>) {
    let Folders { source, destination } = folders;
    let listed = |root: &Path, side| scan(root, side).map_err(|error| with_causes(&error));
    let nothing = || Err("not looked at".to_owned());
    let (source_listing, destination_listing) = if storage.on_microsoft_update {
        (nothing(), nothing())
    } else {
        (
            listed(source, Side::Source),
            writable(destination).and_then(|()| listed(destination, Side::Destination)),
        )
    };
    let source_told = source_listing
        .as_ref()
        .map(|listing| source_facts(source, listing, files_before))
        .map_err(Clone::clone);
    let linked = destination_listing.as_ref().map(linked_folder).map_err(Clone::clone);
    let listings = match (source_listing, destination_listing) {
        (Ok(source), Ok(there)) => Some(Listings::new(source, there, LetterCase::of(destination))),
        _ => None,
    };
    let inside = |inner: &Path, outer: &Path| platform::is_inside(inner, outer).unwrap_or(false);
    let facts = ContentFacts {
        storage,
        source_shown: folders.source_shown().to_string(),
        destination_shown: folders.destination_shown().to_string(),
        source: source_told,
        destination: linked.and_then(|linked| destination_facts(destination, listings.as_ref(), linked)),
        nested: inside(source, destination) || inside(destination, source),
        journal_inside: inside(journal, source) || inside(journal, destination),
    };
    (check::content(&facts), listings)
}

fn source_facts(root: &Path, listing: &Listing, files_before: Option<u64>) -> SourceFacts {
    let unlisted = listing.ignored.iter().filter(|it| it.what.is_untold()).count() as u64;
    let packages =
        |path: &[u8]| path.to_ascii_lowercase().starts_with(PACKAGES_FOLDER.to_ascii_lowercase().as_bytes());
    SourceFacts {
        files: listing.files.len() as u64,
        bytes: listing.bytes(),
        largest_bytes: listing.files.iter().map(|entry| entry.bytes).max().unwrap_or(0),
        packages: match listing.files.iter().any(|entry| packages(entry.path.as_bytes())) {
            true => Packages::Filled,
            false if has_packages_folder(root) => Packages::Empty,
            false => Packages::Absent,
        },
        unlisted_folders: unlisted,
        ignored_entries: listing.ignored.len() as u64 - unlisted,
        files_before,
    }
}

/// A listing holds files: an empty folder is looked for by itself. Case is ignored, as in listing.
fn has_packages_folder(root: &Path) -> bool {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.any(|entry| entry.file_name().eq_ignore_ascii_case(PACKAGES_FOLDER))
}

fn destination_facts(
    root: &Path,
    listings: Option<&Listings>,
    linked_folder: Option<String>,
) -> Result<DestinationFacts, String> {
    let space = platform::free_space(root).map_err(|error| error.to_string())?;
    let needed = |listings: &Listings| {
        let there = |path| listings.at_destination(path);
        let files = listings.source.files.iter();
        let missing = files.filter(|entry| there(&entry.path).is_none_or(|found| found.bytes != entry.bytes));
        missing.map(|entry| entry.bytes).sum()
    };
    let untold = |listings: &Listings| {
        let untold = listings.destination.ignored.iter().filter(|it| it.what.is_untold());
        untold.map(|it| format!("{}: {}", it.path, it.detail)).collect()
    };
    Ok(DestinationFacts {
        free_bytes: space.available_bytes,
        needed_bytes: listings.map_or(0, needed),
        file_system: platform::file_system_name(root).ok(),
        linked_folder,
        untold: listings.map_or_else(Vec::new, untold),
    })
}

/// A content folder that is not a folder of its own.
fn linked_folder(there: &Listing) -> Option<String> {
    let links = [IgnoredEntry::SymbolicLink, IgnoredEntry::ReparsePoint];
    let top = |path: &RelPath| path.folder().is_empty();
    there.ignored.iter().find(|it| links.contains(&it.what) && top(&it.path)).map(|it| it.path.to_string())
}

/// Proves that the destination can be written by writing there: rights alone do not tell.
fn writable(root: &Path) -> Result<(), String> {
    let metadata = fs::metadata(root).map_err(|error| error.to_string())?;
    if !metadata.is_dir() {
        return Err("it is not a folder".to_owned());
    }
    let probe = root.join(format!("probe-{}.wsusmigrate-tmp", std::process::id()));
    let written = OpenOptions::new().write(true).create_new(true).open(&probe);
    written.map_err(|error| error.to_string())?;
    fs::remove_file(&probe).map_err(|error| error.to_string())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        told = format!("{told}: {cause}");
        next = cause.source();
    }
    told
}
