//! What a content root holds: the files of its two top folders, and everything that is not a file to copy.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::panic::resume_unwind;
use std::path::{MAIN_SEPARATOR, MAIN_SEPARATOR_STR, Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

pub use wsusmigrate_core::content::Entry;
use wsusmigrate_core::event::content::IgnoredEntry;
use wsusmigrate_core::path::RelPath;

use super::leftovers::Leftover;
use super::temporary::is_temporary;
use crate::platform::{self, Kind, Stat};

mod error;

pub use error::{Hint, ScanError};

/// The folders that are migrated, as WSUS spells them. Case is ignored when they are looked for.
const TOP_FOLDERS: [&str; 2] = ["WsusContent", "UpdateServicesPackages"];

/// Threads that list: they wait for the disk, whatever the processors are. Beyond this a local disk gets no faster.
const THREADS: usize = 8;

/// Which end is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Must hold `WsusContent`. Temporaries of ours are ignored entries: the source was once a destination.
    Source,
    /// May hold nothing yet. Temporaries of ours are leftovers.
    Destination,
}

/// Something that is not copied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignored {
    /// Where, below the root.
    pub path: RelPath,
    /// What it is.
    pub what: IgnoredEntry,
    /// Where a link points, or what the system said about a folder.
    pub detail: String,
}

/// What a root holds. Every list is in the order of the stored paths' bytes. About 110 bytes a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files.
    pub files: Vec<Entry>,
    /// What is not copied.
    pub ignored: Vec<Ignored>,
    /// Temporary files of ours, on the destination.
    pub leftovers: Vec<Leftover>,
}

impl Listing {
    /// The sizes of all files together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).sum()
    }
}

/// Lists a content root. Nothing is changed, no link is followed, no file is opened.
pub fn scan(root: &Path, side: Side) -> Result<Listing, ScanError> {
    let long = platform::verbatim(root);
    let walk = Walk { root: &long, side, queue: Mutex::default(), changed: Condvar::new() };
    let mut listing = walk.top(root)?;
    let mut parts = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| walk.work())).collect();
        let joined = threads.into_iter().map(|thread| {
            // A listing with a part missing would be taken for the whole.
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        joined.flatten().collect::<Vec<_>>()
    });
    // Folder by folder in order, so that the sorts below find long runs that are in order already.
    parts.sort_by(|one, other| one.files.first().cmp(&other.files.first()));
    listing.files.reserve(parts.iter().map(|part| part.files.len()).sum());
    for part in parts {
        listing.files.extend(part.files);
        listing.ignored.extend(part.ignored);
        listing.leftovers.extend(part.leftovers);
    }
    listing.files.sort();
    listing.ignored.sort();
    listing.leftovers.sort();
    Ok(listing)
}

/// Folders still to be listed, shared by the threads.
struct Walk<'root> {
    root: &'root Path,
    side: Side,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    folders: VecDeque<OsString>,
    listing: usize,
}

impl Walk<'_> {
    /// The root itself: finds the top folders and says what is wrong where there is none.
    fn top(&self, named: &Path) -> Result<Listing, ScanError> {
        let mut listing = Listing::default();
        let entries = match fs::read_dir(self.root) {
            Ok(entries) => entries,
            Err(error) if self.side == Side::Destination && error.kind() == io::ErrorKind::NotFound => {
                return Ok(listing);
            }
            Err(error) => return Err(ScanError::root(named, error)),
        };
        let mut others = Vec::new();
        let mut content = false;
        for entry in entries {
            let entry = entry.map_err(|error| ScanError::root(named, error))?;
            let name = entry.file_name();
            if !TOP_FOLDERS.iter().any(|top| name.eq_ignore_ascii_case(top)) {
                others.push(name);
                continue;
            }
            let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            content |= folder && name.eq_ignore_ascii_case(TOP_FOLDERS[0]);
            if folder {
                self.lock().folders.push_back(name);
            } else {
                self.entry(&entry, name, &mut listing);
            }
        }
        if content || self.side == Side::Destination {
            return Ok(listing);
        }
        let linked = listing
            .ignored
            .into_iter()
            .find(|ignored| ignored.path.as_bytes().eq_ignore_ascii_case(TOP_FOLDERS[0].as_bytes()));
        Err(ScanError::no_content(named, others, linked.map(|ignored| ignored.detail)))
    }

    /// One thread: lists folders until none is left and none is being listed that could add one.
    fn work(&self) -> Vec<Listing> {
        let mut parts = Vec::new();
        while let Some(folder) = self.next() {
            let _listed = Listed(self);
            parts.push(self.list(&folder));
        }
        parts
    }

    fn next(&self) -> Option<OsString> {
        let mut queue = self.lock();
        loop {
            if let Some(folder) = queue.folders.pop_front() {
                queue.listing += 1;
                return Some(folder);
            }
            if queue.listing == 0 {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn list(&self, folder: &OsStr) -> Listing {
        let (mut listing, mut entries) = (Listing::default(), Vec::new());
        let listed = fs::read_dir(self.root.join(folder))
            .and_then(|all| all.into_iter().try_for_each(|entry| entry.map(|entry| entries.push(entry))));
        entries.sort_by_key(platform::lies_at);
        for entry in entries {
            let mut path = OsString::with_capacity(folder.len() + 48);
            path.push(folder);
            path.push(MAIN_SEPARATOR_STR);
            path.push(entry.file_name());
            self.entry(&entry, path, &mut listing);
        }
        if let Err(error) = listed {
            ignore(&mut listing, folder, IgnoredEntry::UnreadableFolder, error.to_string());
        }
        listing.files.sort();
        listing
    }

    /// Puts one entry where it belongs.
    fn entry(&self, entry: &fs::DirEntry, path: OsString, listing: &mut Listing) {
        // Relative to the open folder, without following links; on Windows the listing itself has the answer.
        let stat = match entry.metadata().and_then(|metadata| Stat::of(&metadata)) {
            Ok(stat) => stat,
            // Deleted between the listing and the look: as if it had been gone before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return ignore(listing, &path, IgnoredEntry::Unreadable, error.to_string()),
        };
        match stat.kind {
            Kind::Folder => {
                self.lock().folders.push_back(path);
                self.changed.notify_one();
            }
            Kind::SymbolicLink | Kind::ReparsePoint => {
                let what = if platform::is_symbolic_link(&entry.path(), stat.kind) {
                    IgnoredEntry::SymbolicLink
                } else {
                    IgnoredEntry::ReparsePoint
                };
                let target = fs::read_link(entry.path());
                let detail =
                    target.map_or_else(|error| error.to_string(), |target| target.display().to_string());
                ignore(listing, &path, what, detail);
            }
            Kind::Special => ignore(listing, &path, IgnoredEntry::Special, String::new()),
            Kind::File => self.file(&path, stat, listing),
        }
    }

    fn file(&self, path: &OsStr, stat: Stat, listing: &mut Listing) {
        let Ok(path) = platform::from_os(path) else { return unnamed(listing, path) };
        let Stat { bytes, modified, .. } = stat;
        if !is_temporary(path.file_name()) {
            listing.files.push(Entry { path, bytes, modified });
        } else if self.side == Side::Destination {
            listing.leftovers.push(Leftover { path, bytes });
        } else {
            listing.ignored.push(Ignored { path, what: IgnoredEntry::Temporary, detail: String::new() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A folder being listed: whatever ends the listing, a panic too, no other thread waits for it any longer.
struct Listed<'walk, 'root>(&'walk Walk<'root>);

impl Drop for Listed<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().listing -= 1;
        self.0.changed.notify_all();
    }
}

/// Puts aside what is not copied, with its reason.
fn ignore(listing: &mut Listing, path: &OsStr, what: IgnoredEntry, detail: String) {
    match platform::from_os(path) {
        Ok(path) => listing.ignored.push(Ignored { path, what, detail }),
        Err(_) => unnamed(listing, path),
    }
}

/// A name that no record can hold: told as far as it can be shown, and a failure, because it is not copied.
fn unnamed(listing: &mut Listing, path: &OsStr) {
    let shown = path.to_string_lossy().replace('\0', "\u{FFFD}");
    let parts = shown.split(['/', MAIN_SEPARATOR]).filter(|part| !part.is_empty());
    let shown = parts.map(|part| if part.trim_matches('.').is_empty() { "(dots)" } else { part });
    let shown = shown.collect::<Vec<_>>().join("/");
    if let Ok(path) = RelPath::from_bytes(shown.into_bytes()) {
        let detail = "its name cannot be recorded".to_owned();
        listing.ignored.push(Ignored { path, what: IgnoredEntry::Unreadable, detail });
    }
}

/// The name of a root's own folder, or nothing for a drive.
fn own_name(root: &Path) -> Option<PathBuf> {
    std::path::absolute(root).ok()?.file_name().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_lister_that_panics_leaves_nobody_waiting() {
        let root = tempfile::tempdir().unwrap();
        let walk =
            Walk { root: root.path(), side: Side::Source, queue: Mutex::default(), changed: Condvar::new() };
        walk.lock().folders.push_back("WsusContent".into());
        assert!(walk.next().is_some());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _listed = Listed(&walk);
            panic!("a defect");
        }));
        assert!(panicked.is_err());
        assert_eq!(walk.lock().listing, 0);
        assert!(walk.next().is_none(), "and does not wait");
    }

    #[test]
    fn a_name_that_cannot_be_recorded_is_told() {
        let mut listing = Listing::default();
        unnamed(&mut listing, OsStr::new("WsusContent/AB/.."));
        unnamed(&mut listing, OsStr::new("WsusContent/a\0b"));
        let told: Vec<_> = listing.ignored.iter().map(|it| (it.path.to_string(), it.what)).collect();
        let of = |path: &str| (path.to_owned(), IgnoredEntry::Unreadable);
        assert_eq!(told, [of("WsusContent/AB/(dots)"), of("WsusContent/a\u{FFFD}b")]);
    }
}
