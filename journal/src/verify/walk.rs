//! Walking through a log that may be damaged anywhere: name it, find the next sound commit, go on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::run::KeyRotated;
use wsusmigrate_core::unit::{Seq, TimeMicros};

use super::findings::{Findings, Kind};
use super::ids::{Bounds, Ids, records_max};
use super::judge::Judged;
use super::outside::Kept;
use super::sheaf::{Answer, Sheaf};
use super::streams::Imports;
use super::subject::{self, Subject};
use super::{Depth, Finding, Outside, Severity, Verification, notes};
use crate::crew::Crew;
use crate::disk::FileError;
use crate::error::ReadError;
use crate::head::Head;
use crate::identity::Identity;
use crate::log::cursor::{Cursor, Found, Position, SegmentError};
use crate::log::frame::{
    COMMIT_HEADER_BYTES, CommitHeader, NotAHeader, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES,
};
use crate::log::mend::{find_commit, read_tail};
use crate::log::scan::tail_bytes;
use crate::place::Place;
use crate::record::{NO_LEAF, RecordView};
use crate::tree::Tree;

/// Verifies a journal.
pub(super) fn walk(
    dir: &Path,
    depth: Depth<'_>,
    beyond: Outside<'_>,
    bounds: Bounds,
) -> Result<Verification, ReadError> {
    let place = Place::new(dir);
    let Subject { kept, notes, slots, segments: there, unreadable } = subject::look(dir, &place, beyond)?;
    let stated = notes.iter().map(|(size, _)| *size).chain(kept.iter().filter_map(Kept::size));
    let wanted: BTreeSet<_> = stated.chain(beyond.elsewhere.map(|it| it.checkpoint.size)).collect();
    let mut walk = Walk::new(place.log(), slots.newest, depth, bounds.findings);
    walk.wanted = wanted.into_iter().collect();
    if matches!(walk.depth, Depth::Records(_)) {
        walk.ids = Some(Ids::new(records_max(&walk.log, &there, walk.head.as_ref()), bounds));
    }
    for error in &unreadable {
        let what = format!("it cannot be read: {}", error.source);
        walk.find(Kind::Other(Severity::Damage), None, &error.path, None, &what);
    }
    let head = |severity, seq, what| (Kind::Other(severity), seq, what);
    let wrong = match slots.newest {
        None => Some(head(Severity::Damage, None, "the durable head is unreadable")),
        // A journal is never without its own first record: this one was emptied.
        Some(Head { size: 0, .. }) => {
            Some(head(Severity::Damage, Some(0), "the durable head is before the first record"))
        }
        Some(_) if slots.damaged > 0 => {
            Some(head(Severity::Warning, None, "one slot of the durable head is damaged"))
        }
        Some(_) => None,
    };
    if let Some((kind, seq, what)) = wrong {
        walk.find(kind, seq, &place.head(), None, what);
    }
    walk.segments(&there)?;
    walk.consequences();
    walk.duplicates(&there)?;
    walk.end(&place);
    walk.head_behind(&place);
    walk.imported(dir)?;
    let notes = notes::read(notes);
    let ring = walk.ring(&notes);
    let consistent = beyond.elsewhere.and_then(|elsewhere| walk.elsewhere(elsewhere, ring.as_ref()));
    let kept = beyond.keys.and_then(|keys| walk.beside_the_key(keys, kept, ring.as_ref()));
    let (checkpoint, uncompared) = walk.checkpoints(notes, ring.as_ref());
    if checkpoint.is_none() && uncompared.is_none() {
        walk.never_signed(&place);
    }
    let size = walk.size();
    let root = walk.tree.as_ref().filter(|tree| tree.size() >= size).and(walk.roots.get(&size).copied());
    let uncompared = uncompared.map(|checkpoint| checkpoint.size);
    let head = slots.newest.is_some();
    // Of what is missing nothing could have been changed.
    let there = size.min(walk.next);
    let (identity, unsigned) = (walk.identity, walk.signed.min(there)..there);
    let (findings, left_out) = walk.found.into_parts();
    Ok(Verification {
        identity,
        size,
        head,
        root,
        checkpoint,
        uncompared,
        consistent,
        kept,
        unsigned,
        findings,
        left_out,
    })
}

/// A walk through a log.
pub(super) struct Walk<'a> {
    pub(super) log: PathBuf,
    pub(super) head: Option<Head>,
    /// Sizes whose root a checkpoint states, in order.
    pub(super) wanted: Vec<u64>,
    pub(super) roots: BTreeMap<u64, Sha256>,
    pub(super) identity: Option<Identity>,
    /// Records that name another key, and where they stand.
    pub(super) rotations: Vec<(Seq, KeyRotated, PathBuf, u64)>,
    /// None once a record was bad.
    pub(super) tree: Option<Tree>,
    /// Leaf hash of the last record, where it is known.
    pub(super) leaf: Option<Sha256>,
    pub(super) time: Option<TimeMicros>,
    /// Evidence files that were looked at; most are named more than once.
    pub(super) evidence: BTreeSet<Sha256>,
    pub(super) imports: Imports,
    /// The record that ended the first run.
    pub(super) first_end: Option<Seq>,
    pub(super) history: Judged,
    /// The event ids, where the records are looked at.
    pub(super) ids: Option<Ids>,
    pub(super) crew: Crew<Sheaf, Answer>,
    /// The sequence that is read next; everything before it has been read, and perhaps not taken in yet.
    pub(super) next: u64,
    /// Records the newest checkpoint covers that was found right.
    pub(super) signed: u64,
    pub(super) found: Findings,
    /// What stands behind damage in the log file at hand.
    pub(super) tail: Tail,
    pub(super) depth: Depth<'a>,
}

/// The rest of a log file from the first damage in it, read once however much of it is damaged.
#[derive(Default)]
pub(super) struct Tail {
    start: Option<Position>,
    bytes: Vec<u8>,
}

impl Tail {
    fn of(&mut self, log: &Path, at: &Position) -> Result<&[u8], FileError> {
        let is_of = |start: &Position| start.segment == at.segment && start.offset <= at.offset;
        let start = if let Some(start) = self.start.filter(is_of) {
            start
        } else {
            self.bytes = read_tail(log, at)?;
            *self.start.insert(*at)
        };
        let passed = usize::try_from(at.offset - start.offset).unwrap_or(usize::MAX);
        Ok(self.bytes.get(passed..).unwrap_or_default())
    }
}

impl<'a> Walk<'a> {
    /// Before the first record.
    pub(super) fn new(log: PathBuf, head: Option<Head>, depth: Depth<'a>, findings_max: u64) -> Self {
        // Where each record is only shown to the caller, there is nothing to give away.
        let crew = if matches!(depth, Depth::Ids(_)) { Crew::alone } else { Crew::new };
        Self {
            log,
            head,
            wanted: Vec::new(),
            roots: BTreeMap::new(),
            identity: None,
            rotations: Vec::new(),
            tree: Some(Tree::default()),
            leaf: Some(NO_LEAF),
            time: None,
            evidence: BTreeSet::new(),
            imports: Imports::new(),
            first_end: None,
            history: Judged::default(),
            ids: None,
            crew: crew(Sheaf::examine),
            next: 0,
            tail: Tail::default(),
            signed: 0,
            found: Findings::new(findings_max),
            depth,
        }
    }
}

impl Walk<'_> {
    pub(super) fn segments(&mut self, there: &[u64]) -> Result<(), ReadError> {
        for &first in there {
            let path = Place::segment(&self.log, first);
            if first > self.next && self.is_beyond_head(self.next) {
                // A log file that was begun after the head was read.
                break;
            }
            if first != self.next {
                if first < self.next {
                    self.bad(first, &path, 0, "the log file repeats records");
                    continue;
                }
                self.bad(self.next, &path, 0, &format!("records up to {first} are missing"));
                self.lose(self.next);
                self.next = first;
            }
            self.segment(first, &path)?;
        }
        Ok(())
    }

    /// One log file.
    fn segment(&mut self, first: u64, path: &Path) -> Result<(), ReadError> {
        let at = Position { segment: first, offset: SEGMENT_HEADER_BYTES as u64, next: first, number: 0 };
        match Cursor::open(&self.log, first) {
            Ok(mut cursor) => {
                if self.leaf.is_some_and(|leaf| leaf != cursor.header().previous) {
                    self.bad(first, path, 0, "the log file is not chained to the one before it");
                }
                let walked = self.commits(&mut cursor);
                return self.got_through(path, walked);
            }
            Err(_) if self.is_beyond_head(first) => {
                let what =
                    "a log file begun behind the durable head: an append in flight, or cut short by a crash";
                self.find(Kind::InFlight, Some(first), path, None, what);
                return Ok(());
            }
            Err(SegmentError::File(error)) => {
                self.unreadable(path, &error);
                return Ok(());
            }
            Err(SegmentError::Header(NotAHeader::Newer(version), file)) => {
                return Err(ReadError::NewerFormat { file, version });
            }
            Err(SegmentError::Header(..)) => self.bad(first, path, 0, "the log file's header is damaged"),
        }
        // The header carries nothing the commits need: they are walked all the same.
        if let Ok(mut cursor) = Cursor::open_unchecked(&self.log, at) {
            let walked = self.commits(&mut cursor);
            return self.got_through(path, walked);
        }
        Ok(())
    }

    /// A log file that cannot be read to its end is damage, and no reason not to look at the others.
    fn got_through(&mut self, path: &Path, walked: Result<(), ReadError>) -> Result<(), ReadError> {
        match walked {
            Err(ReadError::File(error)) => self.unreadable(path, &error),
            other => return other,
        }
        Ok(())
    }

    fn unreadable(&mut self, path: &Path, error: &FileError) {
        let what = format!("the log file cannot be read: {}", error.source);
        self.bad(self.next, path, error.offset.unwrap_or(0), &what);
        self.lose(self.next);
    }

    /// The commits of one log file, and what lies between them.
    fn commits(&mut self, cursor: &mut Cursor) -> Result<(), ReadError> {
        let key = self.ids.as_ref().map(|ids| ids.key().clone());
        let mut sheaf = Sheaf::new(&cursor.path().into(), key);
        loop {
            if self.is_beyond_head(self.next) && !self.goes_on_behind_head(cursor)? {
                self.settle(&mut sheaf);
                return self.behind_head(&cursor.position(), cursor.path());
            }
            let found = cursor.look();
            if found.is_err() {
                // What was read up to there counts.
                self.settle(&mut sheaf);
            }
            match found? {
                Found::Commit(commit) => {
                    let (header, body) = (commit.header, cursor.body(&commit));
                    if matches!(self.depth, Depth::Ids(_)) {
                        self.commit(&header, commit.offset, body, cursor.path());
                    } else {
                        sheaf.add(header, commit.offset, body);
                    }
                    cursor.pass(&commit.header);
                    self.next = commit.header.end();
                    if sheaf.is_full() {
                        self.give(&mut sheaf);
                    }
                }
                found => {
                    self.settle(&mut sheaf);
                    let what = match found {
                        Found::Bad(what) => what,
                        _ if tail_bytes(&self.log, &cursor.position())? > 0 => {
                            "zeros where a commit should be"
                        }
                        _ => return Ok(()),
                    };
                    if !self.skip(cursor, what)? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Gives a sheaf to the crew, and takes in what is ready.
    fn give(&mut self, sheaf: &mut Sheaf) {
        if let Some(full) = sheaf.take()
            && let Some(answer) = self.crew.give(full)
        {
            self.absorb(&answer);
        }
    }

    /// Waits until everything given is taken in: only then can be said what comes after it.
    fn settle(&mut self, sheaf: &mut Sheaf) {
        self.give(sheaf);
        while let Some(answer) = self.crew.take() {
            self.absorb(&answer);
        }
    }

    fn is_beyond_head(&self, seq: u64) -> bool {
        self.head.is_some_and(|head| seq >= head.size)
    }

    /// Behind the head there is nothing to judge: it may be written at this moment.
    fn behind_head(&mut self, at: &Position, path: &Path) -> Result<(), ReadError> {
        let bytes = tail_bytes(&self.log, at)?;
        if bytes > 0 {
            let what = format!(
                "{bytes} bytes behind the durable head: an append in flight, or cut short by a crash"
            );
            self.find(Kind::InFlight, Some(at.next), path, Some(at.offset), &what);
        }
        Ok(())
    }

    /// Something that is no commit: named, and passed over to the next sound one.
    fn skip(&mut self, cursor: &mut Cursor, what: &str) -> Result<bool, ReadError> {
        let at = cursor.position();
        let rest = self.tail.of(&self.log, &at)?;
        let name = name_inside(rest);
        // Not at the position itself: a commit that stands there does not fit, and each round must get on.
        let found = find_commit(rest.get(1..).unwrap_or_default(), at.number).map(|found| found + 1);
        let header = found.and_then(|found| CommitHeader::parse(&rest[found..]));
        self.bad_named(at.next, cursor.path(), at.offset, what, name);
        let (Some(found), Some(header)) = (found, header) else { return Ok(false) };
        if header.first < self.next {
            return Ok(false);
        }
        self.lose(at.next);
        self.next = header.first;
        cursor.forget();
        cursor.jump(Position {
            offset: at.offset + found as u64,
            next: header.first,
            number: header.number,
            ..at
        });
        Ok(true)
    }

    pub(super) fn bad(&mut self, seq: u64, file: &Path, offset: u64, what: &str) {
        self.bad_named(seq, file, offset, what, None);
    }

    pub(super) fn bad_named(
        &mut self,
        seq: u64,
        file: &Path,
        offset: u64,
        what: &str,
        event: Option<&'static str>,
    ) {
        self.find_named(Kind::Log, seq, file, Some(offset), what, event);
    }

    pub(super) fn find(
        &mut self,
        kind: Kind,
        seq: Option<u64>,
        file: &Path,
        offset: Option<u64>,
        what: &str,
    ) {
        self.found.add(kind, |severity| {
            let (file, what) = (file.to_owned(), what.to_owned());
            Finding { severity, seq: seq.map(Seq), event: None, file, offset, what }
        });
    }

    pub(super) fn find_named(
        &mut self,
        kind: Kind,
        seq: u64,
        file: &Path,
        offset: Option<u64>,
        what: &str,
        event: Option<&'static str>,
    ) {
        self.found.add(kind, |severity| {
            let (file, what) = (file.to_owned(), what.to_owned());
            Finding { severity, seq: Some(Seq(seq)), event, file, offset, what }
        });
    }
}

/// The event a damaged commit would begin with, if its first record can still be read.
fn name_inside(tail: &[u8]) -> Option<&'static str> {
    let payload = tail.get(COMMIT_HEADER_BYTES + RECORD_HEADER_BYTES..)?;
    RecordView::new(payload).and_then(RecordView::name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may unwrap")]

    use super::*;

    #[test]
    fn the_rest_of_a_damaged_file_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |segment, offset| Position { segment, offset, next: 0, number: 0 };
        let file = Place::segment(folder.path(), 0);
        std::fs::write(&file, b"0123456789").unwrap();
        let mut tail = Tail::default();
        assert_eq!(tail.of(folder.path(), &at(0, 4)).unwrap(), b"456789");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(tail.of(folder.path(), &at(0, 7)).unwrap(), b"789");
        assert_eq!(tail.of(folder.path(), &at(0, 99)).unwrap(), b"");
        std::fs::write(Place::segment(folder.path(), 5), b"abcdefgh").unwrap();
        assert_eq!(tail.of(folder.path(), &at(5, 6)).unwrap(), b"gh");
        assert_eq!(tail.of(folder.path(), &at(5, 2)).unwrap(), b"cdefgh");
    }
}
