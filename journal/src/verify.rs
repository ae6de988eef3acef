//! Checking everything there is to check, without the lock and without changing anything.
//!
//! Framing, checksums, sequence, chain, decodability, clock order, legality of the history (the caller's), the head,
//! and every checkpoint against the tree. Names the first bad record, and goes on to report the rest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::unit::{Seq, TimeMicros};

use crate::checkpoint::{self, Checkpoint};
use crate::error::ReadError;
use crate::head::{self, Head};
use crate::identity::Identity;
use crate::log::cursor::{Commit, Cursor, Found, Position, SegmentError, segments};
use crate::log::frame::{COMMIT_HEADER_BYTES, CommitHeader, Records, SEGMENT_HEADER_BYTES};
use crate::log::mend::{find_commit, read_tail};
use crate::log::scan::tail_bytes;
use crate::place::Place;
use crate::record::{NO_LEAF, Payload, Record};
use crate::tree::Tree;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing: an append in flight, a record of a newer program.
    Note,
    /// Somebody should look: a clock that stepped back, a damaged slot of the head.
    Warning,
    /// What was acknowledged or signed is not what is there.
    Damage,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The record concerned: where it is damage, the first that cannot be trusted.
    pub seq: Option<Seq>,
    /// The name of that record's event, as far as its bytes still say.
    pub event: Option<&'static str>,
    /// The file it was found in.
    pub file: PathBuf,
    /// Where in the file.
    pub offset: Option<u64>,
    /// What it is.
    pub what: String,
}

/// What verifying a journal showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Which journal it is, where its first record can be read.
    pub identity: Option<Identity>,
    /// Records there should be: up to the durable head, or as many as can be read where there is none.
    pub size: u64,
    /// RFC 6962 root over them; none where a record is bad.
    pub root: Option<Sha256>,
    /// The newest checkpoint whose signature and root are right.
    pub checkpoint: Option<Checkpoint>,
    /// In the order of the log.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether nothing is damaged. Notes and warnings do not count.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.first_damage().is_none()
    }

    /// The damage that concerns the earliest record.
    #[must_use]
    pub fn first_damage(&self) -> Option<&Finding> {
        let damage = self.findings.iter().filter(|finding| finding.severity == Severity::Damage);
        damage.min_by_key(|finding| finding.seq.map_or(u64::MAX, |seq| seq.0))
    }
}

/// Verifies a journal.
pub fn verify(dir: &Path) -> Result<Verification, ReadError> {
    verify_with(dir, &mut |_| Ok(()))
}

/// Verifies a journal; `legal` says of each event whether it may follow the ones before it.
pub fn verify_with(
    dir: &Path,
    legal: &mut dyn FnMut(&Recorded) -> Result<(), String>,
) -> Result<Verification, ReadError> {
    let place = Place::new(dir);
    let slots = head::read(&place.head())?;
    let there = segments(&place.log())?;
    if there.is_empty() && slots.newest.is_none() && !place.head().exists() {
        return Err(ReadError::NotFound(dir.to_owned()));
    }
    let notes = checkpoint::list(&place.checkpoints())?;
    let mut walk = Walk {
        log: place.log(),
        head: slots.newest,
        wanted: notes.iter().map(|(size, _)| *size).collect(),
        roots: BTreeMap::new(),
        identity: None,
        tree: Some(Tree::default()),
        leaf: Some(NO_LEAF),
        time: None,
        next: 0,
        findings: Vec::new(),
        legal,
    };
    if slots.damaged > 0 || slots.newest.is_none() {
        let severity = if slots.newest.is_none() { Severity::Damage } else { Severity::Warning };
        let what =
            if slots.newest.is_none() { "the durable head is unreadable" } else { "one slot is damaged" };
        walk.findings.push(Finding {
            severity,
            seq: None,
            event: None,
            file: place.head(),
            offset: None,
            what: what.to_owned(),
        });
    }
    walk.segments(&there)?;
    walk.end(&place);
    let checkpoint = walk.checkpoints(notes)?;
    let size = walk.head.map_or(walk.next, |head| head.size);
    let root = walk.tree.as_ref().filter(|tree| tree.size() >= size).and(walk.roots.get(&size).copied());
    Ok(Verification { identity: walk.identity, size, root, checkpoint, findings: walk.findings })
}

struct Walk<'a> {
    log: PathBuf,
    head: Option<Head>,
    /// Sizes whose root a checkpoint states.
    wanted: Vec<u64>,
    roots: BTreeMap<u64, Sha256>,
    identity: Option<Identity>,
    /// None once a record was bad.
    tree: Option<Tree>,
    /// Leaf hash of the last record, where it is known.
    leaf: Option<Sha256>,
    time: Option<TimeMicros>,
    next: u64,
    findings: Vec<Finding>,
    legal: &'a mut dyn FnMut(&Recorded) -> Result<(), String>,
}

impl Walk<'_> {
    fn segments(&mut self, there: &[u64]) -> Result<(), ReadError> {
        for &first in there {
            let path = Place::segment(&self.log, first);
            if first != self.next {
                if first < self.next {
                    self.bad(first, &path, 0, "the log file repeats records");
                    continue;
                }
                self.bad(self.next, &path, 0, &format!("records up to {first} are missing"));
                self.lose(first);
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
                self.commits(&mut cursor)?;
                return Ok(());
            }
            Err(SegmentError::File(error)) => return Err(error.into()),
            Err(SegmentError::Header(crate::log::frame::NotAHeader::Newer(version), file)) => {
                return Err(ReadError::NewerFormat { file, version });
            }
            Err(SegmentError::Header(..)) => self.bad(first, path, 0, "the log file's header is damaged"),
        }
        // The header carries nothing the commits need: they are walked all the same.
        if let Ok(mut cursor) = Cursor::open_unchecked(&self.log, at) {
            self.commits(&mut cursor)?;
        }
        Ok(())
    }

    /// The commits of one log file, and what lies between them.
    fn commits(&mut self, cursor: &mut Cursor) -> Result<(), ReadError> {
        loop {
            match cursor.look()? {
                // Beyond the head there is nothing to judge: it may be written at this moment.
                Found::Commit(commit) if self.is_beyond_head(commit.header.first) => {
                    cursor.pass(&commit.header)
                }
                Found::Commit(commit) => {
                    self.commit(cursor, &commit);
                    cursor.pass(&commit.header);
                    self.next = commit.header.end();
                }
                found => {
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

    fn is_beyond_head(&self, seq: u64) -> bool {
        self.head.is_some_and(|head| seq >= head.size)
    }

    /// Something that is no commit: named, and passed over to the next sound one.
    fn skip(&mut self, cursor: &mut Cursor, what: &str) -> Result<bool, ReadError> {
        let at = cursor.position();
        let tail = read_tail(&self.log, &at)?;
        let found = find_commit(&tail, at.number);
        let acknowledged = !self.is_beyond_head(at.next) || found.is_some();
        if acknowledged {
            self.bad_named(at.next, cursor.path(), at.offset, what, name_inside(&tail));
        } else {
            let what = format!("{what}: an append in flight, or one that a crash cut short");
            self.find(Severity::Note, Some(at.next), cursor.path(), Some(at.offset), &what);
        }
        let Some(found) = found else { return Ok(false) };
        let Some(header) = CommitHeader::parse(&tail[found..]) else { return Ok(false) };
        if header.first < self.next {
            return Ok(false);
        }
        if header.first > self.next || found > 0 {
            self.lose(header.first);
        }
        cursor.jump(Position {
            offset: at.offset + found as u64,
            next: header.first,
            number: header.number,
            ..at
        });
        Ok(true)
    }

    fn commit(&mut self, cursor: &Cursor, commit: &Commit) {
        let body = cursor.body(commit);
        let mut records = Records::new(&commit.header, body);
        let mut seq = commit.header.first;
        while let Some(slot) = records.next() {
            let offset = commit.offset + (COMMIT_HEADER_BYTES + slot.at) as u64;
            match slot.record {
                Ok(payload) => self.record(payload, cursor.path(), offset),
                Err(defect) => {
                    let name = Payload::new(slot.bytes).and_then(Payload::name);
                    let seq = seq.min(commit.header.end() - 1);
                    self.bad_named(seq, cursor.path(), offset, &defect.to_string(), name);
                    self.lose(seq + 1);
                }
            }
            seq += 1;
        }
    }

    fn record(&mut self, payload: Payload<'_>, path: &Path, offset: u64) {
        let seq = payload.seq().0;
        let leaf = payload.leaf();
        if self.leaf.is_some_and(|leaf| leaf != payload.previous()) {
            // Checksums can be made anew by whoever changes a record; the hash the next one carries cannot.
            let changed = seq.saturating_sub(1);
            self.bad_named(changed, path, offset, "the next record carries another hash of it", None);
            self.tree = None;
        }
        self.leaf = Some(leaf);
        self.next = seq + 1;
        if let Some(tree) = &mut self.tree {
            tree.push(leaf);
            let size = tree.size();
            if self.wanted.binary_search(&size).is_ok() || self.head.is_none_or(|head| head.size == size) {
                self.roots.insert(size, tree.root());
            }
        }
        if let Some(head) = self.head.filter(|head| head.size == seq + 1 && head.leaf != leaf) {
            let what = "the durable head knows another last record";
            self.bad_named(head.size - 1, path, offset, what, payload.name());
        }
        match payload.decode() {
            Ok(record) => self.understood(&record, path, offset),
            Err(error) => self.bad_named(seq, path, offset, &error.to_string(), payload.name()),
        }
    }

    fn understood(&mut self, record: &Record, path: &Path, offset: u64) {
        let seq = record.seq().0;
        if seq == 0 {
            self.identity = Identity::of(record);
            if self.identity.is_none() {
                self.bad(0, path, offset, "the first record is not run.journal-created");
            }
        }
        let time = record.envelope().time;
        if let Some(before) = self.time.filter(|before| time < *before) {
            let what = format!("the clock stepped back from {before} to {time}");
            self.find(Severity::Warning, Some(seq), path, Some(offset), &what);
        }
        self.time = Some(time);
        match record {
            Record::Known(recorded) => {
                if let Err(why) = (self.legal)(recorded) {
                    let name = Some(recorded.event.kind().name());
                    self.bad_named(seq, path, offset, &format!("it may not stand here: {why}"), name);
                }
            }
            Record::Unknown(unknown) => {
                let what = format!(
                    "a newer program wrote it: type {:#06X}, version {}",
                    unknown.code, unknown.version
                );
                self.find(Severity::Note, Some(seq), path, Some(offset), &what);
            }
        }
    }

    /// What the head promises beyond the last record.
    fn end(&mut self, place: &Place) {
        if let Some(head) = self.head.filter(|head| self.next < head.size) {
            let what = format!("records up to {} are missing", head.size);
            let path = Place::segment(&self.log, head.segment);
            self.bad(self.next, &path, 0, &what);
            self.tree = None;
        }
        if let (Some(head), Some(identity)) = (self.head, &self.identity)
            && head.stream != identity.stream
        {
            self.bad(0, &place.head(), 0, "the durable head belongs to another stream");
        }
    }

    /// Each checkpoint against the tree; the newest right one.
    fn checkpoints(&mut self, notes: Vec<(u64, PathBuf)>) -> Result<Option<Checkpoint>, ReadError> {
        let mut newest = None;
        for (size, file) in notes {
            let wrong = match checkpoint::read(&file)? {
                None => continue,
                Some(Err(error)) => Some(error.to_string()),
                Some(Ok(checkpoint)) => {
                    let signature = self.identity.as_ref().map(|identity| checkpoint.verify(identity));
                    let root = self.roots.get(&size);
                    if checkpoint.size != size {
                        Some(format!("it covers {} records", checkpoint.size))
                    } else if let Some(Err(error)) = signature {
                        Some(error.to_string())
                    } else if size > self.next {
                        Some(format!("it covers {size} records, the log has {}", self.next))
                    } else if root.is_some_and(|root| *root != checkpoint.root) {
                        Some("the log has another root over the same records".to_owned())
                    } else {
                        newest = root.map(|_| checkpoint).or(newest);
                        None
                    }
                }
            };
            if let Some(what) = wrong {
                self.find(Severity::Damage, None, &file, None, &format!("the checkpoint: {what}"));
            }
        }
        Ok(newest)
    }

    /// The records up to `next` cannot be trusted: what follows is chained to itself only.
    fn lose(&mut self, next: u64) {
        self.leaf = None;
        self.tree = None;
        self.next = next;
    }

    fn bad(&mut self, seq: u64, file: &Path, offset: u64, what: &str) {
        self.bad_named(seq, file, offset, what, None);
    }

    fn bad_named(&mut self, seq: u64, file: &Path, offset: u64, what: &str, event: Option<&'static str>) {
        self.find(Severity::Damage, Some(seq), file, Some(offset), what);
        if let Some(finding) = self.findings.last_mut() {
            finding.event = event;
        }
    }

    fn find(&mut self, severity: Severity, seq: Option<u64>, file: &Path, offset: Option<u64>, what: &str) {
        let (file, what, seq) = (file.to_owned(), what.to_owned(), seq.map(Seq));
        self.findings.push(Finding { severity, seq, event: None, file, offset, what });
    }
}

/// The event a damaged commit would begin with, if its first record can still be read.
fn name_inside(tail: &[u8]) -> Option<&'static str> {
    let payload = tail.get(COMMIT_HEADER_BYTES + crate::log::frame::RECORD_HEADER_BYTES..)?;
    Payload::new(payload).and_then(Payload::name)
}
