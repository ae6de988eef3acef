//! Opening or creating the journal of a plan, and the state it holds.

use std::path::Path;

use wsusmigrate_core::event::run::JournalRecovered;
use wsusmigrate_core::id::{MigrationId, StreamId};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::text::Text;
use wsusmigrate_journal::{
    Create, Identity, Journal, OpenError, ReadError, Reader, RecordSource as _, Replayed, Upto, replay,
    snapshots_dir,
};

use crate::clock;
use crate::error::Failure;
use crate::executor::failures::{append_failure, open_failure};
use crate::exit::Exit;
use crate::platform;
use crate::show::{Talk, event};

/// A journal open for writing with the state of the migration.
pub struct Opened {
    /// The journal.
    pub journal: Journal,
    /// What it holds, folded.
    pub state: Migration,
    /// Records it was folded from.
    pub size: u64,
    /// Whether it was created now.
    pub created: bool,
}

/// The version of this program, as it stands in records.
pub(super) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Opens the journal in `folder`, or creates it where nothing is there.
pub(super) fn open_or_create(folder: &Path, keys: &Path, name: &str, talk: Talk) -> Result<Opened, Failure> {
    look_before(folder, Some(name))?;
    let opened = match Journal::open(folder, keys, clock::now()) {
        Ok((journal, opened)) => {
            tell(&opened, talk);
            refuse_another(folder, &opened.identity, name)?;
            (journal, false)
        }
        Err(OpenError::NotFound { .. }) => (create(folder, keys, name)?, true),
        Err(error) => return Err(open_failure(&error)),
    };
    let (journal, created) = opened;
    let (state, size) = state(&journal, folder)?;
    Ok(Opened { journal, state, size, created })
}

/// Creates the journal in `folder` for a command that is no run, and closes it.
pub fn create_journal(folder: &Path, keys: &Path, name: &str, talk: Talk) -> Result<(), Failure> {
    let journal = create(folder, keys, name)?;
    talk.say(&format!("journal created: {}", folder.display()));
    journal.close().map_err(|error| {
        Failure::new(Exit::JournalUnwritable, "the journal could not be closed cleanly").because(&error)
    })
}

/// Opens the journal in `folder`, which must be there, for a command that is no run.
pub fn open_journal(folder: &Path, keys: &Path, talk: Talk) -> Result<Journal, Failure> {
    look_before(folder, None)?;
    let opened = Journal::open(folder, keys, clock::now());
    settled(opened, folder, talk, &mut |_, _| {}).map(|(journal, _)| journal)
}

/// Opens the journal in `folder`, which must be there, with a store that is built anew from the log. Says what was recorded
/// of it; `tell` hears how many records the store has, and of how many.
pub fn open_with_new_store(
    folder: &Path,
    keys: &Path,
    talk: Talk,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<(Journal, Option<JournalRecovered>), Failure> {
    look_before(folder, None)?;
    refuse_little_room(folder)?;
    let mut open = || settled(Journal::open_with_new_store(folder, keys, clock::now()), folder, talk, tell);
    match open() {
        // Now the whole log is looked at, and mended from the store before that is given up.
        Err(failure) if failure.exit() == Exit::JournalDamaged => open(),
        opened => opened,
    }
}

/// The store that is there is not given up for one that finds no room.
fn refuse_little_room(folder: &Path) -> Result<(), Failure> {
    let Ok(space) = platform::free_space(folder) else { return Ok(()) };
    let needed = Journal::room_for_new_store(folder);
    if space.available_bytes >= needed {
        return Ok(());
    }
    let what = format!(
        "there is no room for a new store, the old one is left as it is: it may need {} MiB in {}, and {} are free",
        needed.div_ceil(1 << 20),
        folder.display(),
        space.available_bytes >> 20
    );
    Err(Failure::new(Exit::JournalUnwritable, what).hint("Free space, then `wsusmigrate journal rebuild`."))
}

/// Waits for the store: such a command is over soon, and what it appends hangs on the size.
fn settled(
    opened: Result<(Journal, wsusmigrate_journal::Opened), OpenError>,
    folder: &Path,
    talk: Talk,
    tell_progress: &mut dyn FnMut(u64, u64),
) -> Result<(Journal, Option<JournalRecovered>), Failure> {
    let (journal, opened) = opened.map_err(|error| open_failure(&error))?;
    tell(&opened, talk);
    let finding = journal.settled_telling(&mut |applied| tell_progress(applied, opened.size));
    let finding = finding.map_err(|error| append_failure(&error))?;
    if let Some(finding) = &finding {
        talk.say(&event::line(&finding.clone().into()));
    }
    state(&journal, folder)?;
    Ok((journal, finding))
}

/// Tells what opening found.
fn tell(opened: &wsusmigrate_journal::Opened, talk: Talk) {
    for finding in &opened.findings {
        talk.say(&event::line(&finding.clone().into()));
    }
    if let Some(full) = &opened.full {
        talk.say(&format!("warn: nothing can be recorded but the end: {full}"));
    }
}

/// Looks at a journal before it is opened: opening may mend, and one that is not ours to write is left as it is.
fn look_before(folder: &Path, name: Option<&str>) -> Result<(), Failure> {
    let reader = match Reader::open(folder) {
        Ok(reader) => reader,
        Err(error) => return refuse_newer_format(error),
    };
    if let Some(name) = name {
        refuse_another(folder, reader.identity(), name)?;
    }
    match replay::<Migration>(&reader, Some(&snapshots_dir(folder)), Upto::Now) {
        Ok(replayed) => refuse_newer(&replayed),
        Err(error) => refuse_newer_format(error),
    }
}

/// The state a journal holds, if this program knows everything in it, and the records it was folded from.
pub(super) fn state(journal: &Journal, folder: &Path) -> Result<(Migration, u64), Failure> {
    let read = |error: &dyn std::error::Error| {
        Failure::new(Exit::JournalDamaged, "the journal cannot be replayed")
            .because(error)
            .hint("`wsusmigrate journal verify` says more.")
    };
    let reader = journal.reader().map_err(|error| read(&error))?;
    let replayed = replay::<Migration>(&reader, Some(&snapshots_dir(folder)), Upto::Now)
        .map_err(|error| read(&error))?;
    refuse_newer(&replayed)?;
    Ok((replayed.state, replayed.size))
}

fn create(folder: &Path, keys: &Path, name: &str) -> Result<Journal, Failure> {
    let host = platform::host_name().unwrap_or_else(|_| "unknown".to_owned());
    let create = Create {
        migration: MigrationId::from_random(random()?),
        name: name.into(),
        stream: StreamId::from_random(random()?),
        host: Text::from(host),
        program: PROGRAM.into(),
        time: clock::now(),
    };
    Journal::create(folder, keys, create).map_err(|error| open_failure(&error))
}

/// 16 bytes for a random id.
pub(super) fn random() -> Result<[u8; 16], Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(Exit::Failed, "the system gives no random bytes").because(&error))?;
    Ok(bytes)
}

fn refuse_another(folder: &Path, identity: &Identity, wanted: &str) -> Result<(), Failure> {
    let there = identity.name.as_str();
    if there == wanted {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        format!(
            "{} is the journal of the migration {there:?}; the plan is called {wanted:?}",
            folder.display()
        ),
    )
    .hint("Name the right journal with --journal DIR, or the right plan with --plan FILE."))
}

fn refuse_newer<P>(replayed: &Replayed<P>) -> Result<(), Failure> {
    if replayed.unknown == 0 {
        return Ok(());
    }
    let what = format!(
        "the journal holds {} events of a newer program; it can be read, not written",
        replayed.unknown
    );
    Err(Failure::new(Exit::Usage, what).hint("Go on with the newer program."))
}

fn refuse_newer_format(error: ReadError) -> Result<(), Failure> {
    match error {
        ReadError::NewerFormat { file, version } => {
            Err(open_failure(&OpenError::NewerFormat { file, version }))
        }
        // Whatever else cannot be read may be mended by opening, and is judged again behind it.
        _ => Ok(()),
    }
}
