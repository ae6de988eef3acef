//! Opening for writing is recovery: the same code whether there is anything to mend or not.
//!
//! The log decides. The head and the checkpoints are held against it; what it lacks and the store has is taken from the
//! store; what contradicts it is refused or, being a copy, moved to quarantine and made anew. Otherwise the store is not
//! touched here: the follower opens it while the writer already works, see [`crate::store::settle`].

use std::collections::BTreeMap;
use std::path::Path;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::run::{JournalRecovered, JournalSealed, Recovery};
use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::unit::Seq;

use crate::checkpoint;
use crate::claim::{self, Claim};
use crate::disk::{self, At, FileError};
use crate::error::{Damage, OpenError, ReadError};
use crate::head::{self, Slots};
use crate::identity::Identity;
use crate::log::cursor::{Position, segments};
use crate::log::frame::SEGMENT_HEADER_BYTES;
use crate::log::mend::{find_commit, later_commit, read_tail, size_by_later_commits, wipe_tail};
use crate::log::read::LogRecords;
use crate::log::scan::{Point, Scan, ScanError, scan};
use crate::place::Place;
use crate::retired;
use crate::seal;
use crate::store::rebuild::{RebuildError, rebuild_log};
use crate::store::run::RUN_RECORDS;
use crate::store::{Applied, Store, StoreError};
use crate::tree_snapshot;

/// A journal that was looked through and mended, not yet written to.
pub(crate) struct Mended {
    pub(crate) identity: Identity,
    pub(crate) end: Point,
    pub(crate) before_last: Option<Point>,
    /// Generation of the newest head there was.
    pub(crate) generation: u64,
    pub(crate) checkpoint: Option<(u64, Sha256)>,
    /// Whether there was a store. It is the follower's to look at.
    pub(crate) store_existed: bool,
    /// The store, where it was needed here.
    pub(crate) store: Option<Store>,
    /// What the last record says, where it ends the journal for good.
    pub(crate) seal: Option<JournalSealed>,
}

/// The log from its end, and what was learned on the way there.
struct Looked {
    scan: Scan,
    roots: BTreeMap<u64, Sha256>,
    leaf_at_head: Option<Sha256>,
    checkpoint: Option<(u64, Sha256)>,
}

/// Mends what can be read. A log that is there and cannot be read is no damage to be made good: it may be readable again,
/// and may hold what neither the head nor the store knows of.
///
/// `findings` gets each thing as soon as it is mended: where this or what comes behind it fails, the next attempt does not
/// find it any more.
pub(crate) fn mend(
    place: &Place,
    keys: &Path,
    findings: &mut Vec<JournalRecovered>,
) -> Result<Mended, OpenError> {
    let whole = place.suspect().exists();
    let mended = match mend_readable(place, keys, findings, whole) {
        // Met where nothing but one record was looked at: whoever walks the whole log can make it good.
        Err(OpenError::Damaged(_)) if !whole => mend_readable(place, keys, findings, true),
        mended => mended,
    };
    mended.map_err(|error| match error {
        OpenError::File(error) if error.offset.is_some() && error.path.starts_with(place.log()) => {
            OpenError::Unreadable(error)
        }
        error => error,
    })
}

fn mend_readable(
    place: &Place,
    keys: &Path,
    findings: &mut Vec<JournalRecovered>,
    whole: bool,
) -> Result<Mended, OpenError> {
    let slots = head::read(&place.head())?;
    let mut backup = Backup::new(place);
    let stream = stream_of(place, &slots, &mut backup)?;
    let claims = match stream {
        Some(stream) => claim::gather(place, keys, stream)?,
        None => claim::newest_inside(place, &[])?.into_iter().collect(),
    };
    // Where a record was found damaged no snapshot may hide it: the whole log is walked.
    let trusted = stream.filter(|_| !whole);
    let mut looked = look(place, trusted, &slots, &claims)?;
    if let Some(lack) = lacks(place, &looked, &slots, &claims, &mut backup) {
        let records = from_store(place, &slots, &claims, &looked, &mut backup, &lack)?;
        let detail = format!("{}: {}", lack.file.display(), lack.what).into();
        findings.push(JournalRecovered { finding: Recovery::LogRebuilt, records, bytes: 0, detail });
        looked = look(place, stream, &slots, &claims)?;
    }
    if let Some(what) = later_commit(&place.log(), &looked.scan)? {
        return Err(OpenError::Damaged(damage(place, &looked.scan, what)));
    }
    let size = looked.scan.end.at.next;
    let identity = identity(place, size)?;
    retired::refuse(place, keys, &claims, &identity, size)?;
    claim::check(claims, &identity, size, |size| looked.roots.get(&size).copied())
        .map_err(|error| retired::explain(error, place, keys, &identity, size))?;

    // From here on things are changed.
    findings.extend(drop_tail(place, &looked.scan)?);
    // Only written again once everything is mended: an attempt that fails before leaves it to be found again.
    let head = judge_head(&slots, size).filter(|head| !findings.contains(head));
    findings.extend(head);
    if place.suspect().exists() {
        disk::remove(&place.suspect())?;
    }
    Ok(Mended {
        seal: seal::at_end(&place.log(), size)?,
        identity,
        before_last: looked.scan.before_last,
        end: looked.scan.end,
        generation: slots.newest.map_or(0, |head| head.generation),
        checkpoint: looked.checkpoint,
        store_existed: backup.exists,
        store: backup.opened.and_then(Result::ok),
    })
}

/// The store as what the log can be rebuilt from: opened only where the log lacks something.
struct Backup<'a> {
    place: &'a Place,
    exists: bool,
    opened: Option<Result<Store, StoreError>>,
}

impl<'a> Backup<'a> {
    fn new(place: &'a Place) -> Self {
        Self { place, exists: place.store().exists(), opened: None }
    }

    /// The store and how far it is, where it can be opened and agrees with itself.
    fn applied(&mut self) -> Option<(&Store, Applied)> {
        if !self.exists {
            return None;
        }
        let opened = self.opened.get_or_insert_with(|| Store::open(&self.place.store()));
        let store = opened.as_ref().ok()?;
        Some((store, store.applied().ok()??))
    }
}

/// Whether something beside the log says that the journal held records.
pub(crate) fn was_used(place: &Place) -> bool {
    [place.snapshots(), place.root().join("evidence")]
        .iter()
        .any(|folder| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()))
}

/// Whether a creation was begun and did not come to its end: the head is written last, and nothing else says that the
/// journal held records. With a readable first record it is a journal that opening mends.
pub(crate) fn is_unborn(place: &Place) -> Result<bool, FileError> {
    let signed = !checkpoint::list(&place.checkpoints())?.is_empty();
    let used = place.head().exists() || place.store().exists() || signed || was_used(place);
    let begun = || LogRecords::new(&place.log(), 0..1).next().is_some_and(|record| record.is_ok());
    Ok(!used && !segments(&place.log())?.is_empty() && !begun())
}

/// Whether a creation is at work, or was cut short. The head is written behind the first record and before everything
/// else, so it is looked for again when all the rest was: no head and nothing else is a creation, whenever one looks.
pub(crate) fn is_being_created(place: &Place) -> bool {
    let signed = checkpoint::list(&place.checkpoints()).map_or(true, |notes| !notes.is_empty());
    let held = signed || place.store().exists() || was_used(place);
    let start = Position { segment: 0, offset: SEGMENT_HEADER_BYTES as u64, next: 0, number: 0 };
    let begun = segments(&place.log()).is_ok_and(|segments| segments == [0]);
    let alone = || read_tail(&place.log(), &start).is_ok_and(|tail| find_commit(&tail, 2).is_none());
    !held && begun && alone() && !place.head().exists()
}

/// Whether the records before a size can be read, from the beginning of their run on: a store that was closed with the
/// log reads them again, and no snapshot may hide that it cannot.
fn is_readable(place: &Place, size: u64) -> bool {
    let run = size - size % RUN_RECORDS as u64..size;
    LogRecords::new(&place.log(), run).all(|record| record.is_ok())
}

/// The stream, from whatever still names it.
fn stream_of(place: &Place, slots: &Slots, backup: &mut Backup<'_>) -> Result<Option<StreamId>, OpenError> {
    let log = scan_error(scan_header(place))?;
    let known = log.or(slots.newest.map(|head| head.stream));
    Ok(known.or_else(|| backup.applied().map(|(_, applied)| applied.stream)))
}

/// The stream, from the log or the head: what anybody can tell who reads.
pub(crate) fn stream(place: &Place) -> Option<StreamId> {
    let of_head = || head::read(&place.head()).ok()?.newest.map(|head| head.stream);
    scan_header(place).ok().flatten().or_else(of_head)
}

fn scan_header(place: &Place) -> Result<Option<StreamId>, ScanError> {
    use crate::log::cursor::{Cursor, SegmentError};
    use crate::log::frame::NotAHeader;
    match Cursor::open(&place.log(), 0) {
        Ok(cursor) => Ok(Some(cursor.header().stream)),
        Err(SegmentError::File(error)) if disk::is_missing(&error) => Ok(None),
        Err(SegmentError::File(error)) => Err(error.into()),
        Err(SegmentError::Header(NotAHeader::Newer(version), path)) => Err(ScanError::Newer(path, version)),
        Err(SegmentError::Header(NotAHeader::Damaged, _)) => Ok(None),
    }
}

/// Walks to the end of the log, from the newest snapshot that the log bears out and that does not skip a claim.
fn look(
    place: &Place,
    stream: Option<StreamId>,
    slots: &Slots,
    claims: &[Claim],
) -> Result<Looked, OpenError> {
    let log = place.log();
    let snapshots = place.snapshots();
    let starts = stream.map(|stream| tree_snapshot::starts(&snapshots, &log, stream, u64::MAX));
    for start in starts.into_iter().flatten() {
        let size = start.point.at.next;
        let known = |claim: &Claim| {
            claim.checkpoint.size > size
                || Some((claim.checkpoint.size, claim.checkpoint.root)) == start.checkpoint
        };
        if !claims.iter().all(known) || !is_readable(place, size) {
            continue;
        }
        let looked = look_from(place, start.point, slots, claims, start.checkpoint)?;
        if looked.scan.commits > 0 {
            return Ok(looked);
        }
    }
    look_from(place, Point::start(), slots, claims, None)
}

fn look_from(
    place: &Place,
    start: Point,
    slots: &Slots,
    claims: &[Claim],
    mut checkpoint: Option<(u64, Sha256)>,
) -> Result<Looked, OpenError> {
    let head_size = slots.newest.map(|head| head.size);
    let mut roots: BTreeMap<u64, Sha256> = checkpoint.into_iter().collect();
    let mut leaf_at_head = None;
    let mut visit = |tree: &crate::tree::Tree, leaf: &Sha256| {
        let size = tree.size();
        if Some(size) == head_size {
            leaf_at_head = Some(*leaf);
        }
        if claims.iter().any(|claim| claim.checkpoint.size == size) {
            checkpoint = Some((size, tree.root()));
            roots.insert(size, tree.root());
        }
    };
    let scan = scan_error(scan(&place.log(), start, &mut visit))?;
    Ok(Looked { scan, roots, leaf_at_head, checkpoint })
}

/// What the log should have and has not, by the word of the head or of a checkpoint the store can make good.
fn lacks(
    place: &Place,
    looked: &Looked,
    slots: &Slots,
    claims: &[Claim],
    backup: &mut Backup<'_>,
) -> Option<Damage> {
    let scan = &looked.scan;
    let size = scan.end.at.next;
    let stop = |otherwise: &str| scan.stop.clone().unwrap_or_else(|| otherwise.to_owned());
    if let Some(head) = slots.newest {
        if size < head.size {
            return Some(damage(place, scan, stop("the log ends before the durable head")));
        }
        if looked.leaf_at_head.is_some_and(|leaf| leaf != head.leaf) {
            let what = "the log is not the one the durable head speaks of".to_owned();
            return Some(Damage { seq: Seq(head.size - 1), ..damage(place, scan, what) });
        }
    }
    let claimed = claims.iter().map(|claim| claim.checkpoint.size).max().unwrap_or(0);
    let mut in_store = || backup.applied().map_or(0, |(_, applied)| applied.size);
    let lost = size == 0 || (size < claimed && claimed <= in_store());
    lost.then(|| damage(place, scan, stop("the log ends before a checkpoint")))
}

fn damage(place: &Place, scan: &Scan, what: String) -> Damage {
    let at = scan.end.at;
    Damage { seq: Seq(scan.bad_seq), file: Place::segment(&place.log(), at.segment), offset: at.offset, what }
}

/// Puts a log in place that was rebuilt from the store, if the store has everything that was acknowledged. Says how
/// many records.
fn from_store(
    place: &Place,
    slots: &Slots,
    claims: &[Claim],
    looked: &Looked,
    backup: &mut Backup<'_>,
    lack: &Damage,
) -> Result<u64, OpenError> {
    let there = looked.scan.end.at.next;
    let claimed = claims.iter().map(|claim| claim.checkpoint.size);
    let said = claimed.chain(slots.newest.map(|head| head.size)).max().unwrap_or(0);
    // The head is not synced: after a power cut the log knows of more.
    let known = said.max(size_by_later_commits(&place.log(), &looked.scan)?);
    let refused = |why: &str| {
        if there > 0 {
            let what = format!("{}; the store cannot give it back: {why}", lack.what);
            OpenError::Damaged(Damage { what, ..lack.clone() })
        } else if known > 0 {
            OpenError::BothLost { dir: place.root().to_owned(), size: known }
        } else if Place::segment(&place.log(), 0).exists() && was_used(place) {
            OpenError::Damaged(lack.clone())
        } else {
            // Nothing was ever acknowledged: at most a creation that did not come to its end.
            OpenError::NotFound(place.root().to_owned())
        }
    };
    let Some((store, applied)) = backup.applied().filter(|(_, applied)| applied.size >= known.max(there))
    else {
        return Err(refused("it does not hold everything that was acknowledged"));
    };
    let (log, rebuilt) = (place.log(), place.log_rebuilt());
    let leaf = slots.newest.map(|head| (head.size, head.leaf));
    match rebuild_log(store, &applied, leaf, &rebuilt) {
        Ok(()) => {}
        Err(RebuildError::Broken(why)) => return Err(refused(&why)),
        Err(RebuildError::File(error)) => return Err(error.into()),
    }
    if log.exists() {
        disk::quarantine(&log, &place.quarantine())?;
    }
    // A crash here leaves no log and an unharmed store: the next open rebuilds it again.
    disk::rename(&rebuilt, &log).at("put in place", &log)?;
    disk::sync_dir(place.root())?;
    Ok(applied.size)
}

fn drop_tail(place: &Place, scan: &Scan) -> Result<impl Iterator<Item = JournalRecovered>, FileError> {
    let wiped = wipe_tail(&place.log(), scan, &place.quarantine())?;
    let why = scan.stop.clone().unwrap_or_default();
    let found =
        move |finding, bytes| JournalRecovered { finding, records: 0, bytes, detail: why.as_str().into() };
    let findings = [
        (wiped.bytes > 0, Recovery::TornTailDropped, wiped.bytes),
        (wiped.segments > 0, Recovery::SegmentQuarantined, 0),
    ];
    Ok(findings
        .into_iter()
        .filter(|(is_so, ..)| *is_so)
        .map(move |(_, finding, bytes)| found(finding, bytes)))
}

fn judge_head(slots: &Slots, size: u64) -> Option<JournalRecovered> {
    let (records, detail) = match slots.newest {
        None => (size, "it was missing or unreadable"),
        Some(_) if slots.damaged > 0 => (0, "one of its slots was damaged"),
        Some(head) if head.size < size => (size - head.size, "it was behind the log"),
        Some(_) => return None,
    };
    Some(JournalRecovered { finding: Recovery::HeadRebuilt, records, bytes: 0, detail: detail.into() })
}

fn identity(place: &Place, size: u64) -> Result<Identity, OpenError> {
    let first = LogRecords::new(&place.log(), 0..size.min(1)).next();
    let record = first.ok_or(OpenError::NoIdentity)?.map_err(from_read)?.decode();
    Identity::of(&record.map_err(|_| OpenError::NoIdentity)?).ok_or(OpenError::NoIdentity)
}

pub(crate) fn from_read(error: ReadError) -> OpenError {
    match error {
        ReadError::Damaged(damage) => OpenError::Damaged(damage),
        ReadError::NewerFormat { file, version } => OpenError::NewerFormat { file, version },
        ReadError::File(error) => OpenError::File(error),
        _ => OpenError::NoIdentity,
    }
}

fn scan_error<T>(outcome: Result<T, ScanError>) -> Result<T, OpenError> {
    outcome.map_err(|error| match error {
        ScanError::File(error) => OpenError::File(error),
        ScanError::Newer(file, version) => OpenError::NewerFormat { file, version },
    })
}
