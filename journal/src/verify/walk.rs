//! Walking through a log that may be damaged anywhere: name it, find the next sound commit, go on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::unit::{Seq, TimeMicros};

use super::{Finding, Severity, Verification};
use crate::checkpoint::{self, Checkpoint};
use crate::error::ReadError;
use crate::evidence;
use crate::head::{self, Head};
use crate::identity::Identity;
use crate::log::cursor::{Commit, Cursor, Found, Position, SegmentError, segments};
use crate::log::frame::{
    COMMIT_HEADER_BYTES, CommitHeader, NotAHeader, RECORD_HEADER_BYTES, Records, SEGMENT_HEADER_BYTES,
};
use crate::log::mend::{find_commit, read_tail};
use crate::log::scan::tail_bytes;
use crate::place::Place;
use crate::record::{NO_LEAF, Payload, Record};
use crate::tree::Tree;

/// Verifies a journal.
pub(super) fn walk(
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
        evidence: BTreeSet::new(),
        history: Judged::default(),
        next: 0,
        findings: Vec::new(),
        legal,
    };
    match slots.newest {
        None => walk.find(Severity::Damage, None, &place.head(), None, "the durable head is unreadable"),
        Some(_) if slots.damaged > 0 => {
            walk.find(
                Severity::Warning,
                None,
                &place.head(),
                None,
                "one slot of the durable head is damaged",
            );
        }
        Some(_) => {}
    }
    walk.segments(&there)?;
    walk.consequences();
    walk.end(&place);
    let (checkpoint, uncompared) = walk.checkpoints(notes)?;
    let size = walk.head.map_or(walk.next, |head| head.size);
    let root = walk.tree.as_ref().filter(|tree| tree.size() >= size).and(walk.roots.get(&size).copied());
    let uncompared = uncompared.map(|checkpoint| checkpoint.size);
    Ok(Verification { identity: walk.identity, size, root, checkpoint, uncompared, findings: walk.findings })
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
    /// Evidence files that were looked at; most are named more than once.
    evidence: BTreeSet<Sha256>,
    history: Judged,
    next: u64,
    findings: Vec<Finding>,
    legal: &'a mut dyn FnMut(&Recorded) -> Result<(), String>,
}

/// How far the history can be judged: what follows a gap may not be able to stand without what was there.
#[derive(Default)]
struct Judged {
    /// The first record that is not known, or stands where it may not.
    gap: Option<u64>,
    /// Records behind it that may not stand without it: how many, and the first, with its file and place.
    consequences: Option<(u64, u64, PathBuf, u64)>,
}

impl Walk<'_> {
    fn segments(&mut self, there: &[u64]) -> Result<(), ReadError> {
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
            Err(SegmentError::Header(NotAHeader::Newer(version), file)) => {
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
            if self.is_beyond_head(self.next) {
                return self.behind_head(&cursor.position(), cursor.path());
            }
            match cursor.look()? {
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

    /// Behind the head there is nothing to judge: it may be written at this moment.
    fn behind_head(&mut self, at: &Position, path: &Path) -> Result<(), ReadError> {
        let bytes = tail_bytes(&self.log, at)?;
        if bytes > 0 {
            let what = format!(
                "{bytes} bytes behind the durable head: an append in flight, or cut short by a crash"
            );
            self.find(Severity::Note, Some(at.next), path, Some(at.offset), &what);
        }
        Ok(())
    }

    /// Something that is no commit: named, and passed over to the next sound one.
    fn skip(&mut self, cursor: &mut Cursor, what: &str) -> Result<bool, ReadError> {
        let at = cursor.position();
        let tail = read_tail(&self.log, &at)?;
        self.bad_named(at.next, cursor.path(), at.offset, what, name_inside(&tail));
        // Not at the position itself: a commit that stands there does not fit, and each round must get on.
        let Some(found) = find_commit(tail.get(1..).unwrap_or_default(), at.number) else { return Ok(false) };
        let found = found + 1;
        let Some(header) = CommitHeader::parse(&tail[found..]) else { return Ok(false) };
        if header.first < self.next {
            return Ok(false);
        }
        self.lose(header.first);
        cursor.forget();
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
        for (seq, slot) in (commit.header.first..).zip(Records::new(&commit.header, body)) {
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
            self.history.gap.get_or_insert(changed);
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
            Err(error) => {
                self.bad_named(seq, path, offset, &error.to_string(), payload.name());
                self.history.gap.get_or_insert(seq);
            }
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
                self.evidence(recorded);
                if let Err(why) = (self.legal)(recorded) {
                    self.illegal(recorded, path, offset, &why);
                }
            }
            Record::Unknown(unknown) => {
                let what = format!(
                    "a newer program wrote it: type {:#06X}, version {}",
                    unknown.code, unknown.version
                );
                self.find(Severity::Note, Some(seq), path, Some(offset), &what);
                self.history.gap.get_or_insert(seq);
            }
        }
    }

    /// A record that may not stand where it does: damage where everything before it is known, else a consequence.
    fn illegal(&mut self, recorded: &Recorded, path: &Path, offset: u64, why: &str) {
        let seq = recorded.seq.0;
        if self.history.gap.is_none() {
            let name = Some(recorded.event.kind().name());
            self.bad_named(seq, path, offset, &format!("it may not stand here: {why}"), name);
            self.history.gap = Some(seq);
            return;
        }
        let (records, ..) =
            self.history.consequences.get_or_insert_with(|| (0, seq, path.to_owned(), offset));
        *records += 1;
    }

    /// One finding for everything that only follows from a gap.
    fn consequences(&mut self) {
        let (Some(gap), Some((records, first, path, offset))) =
            (self.history.gap, self.history.consequences.take())
        else {
            return;
        };
        let what = format!(
            "a consequence of record {gap}: without it {records} records from here on cannot be judged"
        );
        self.find(Severity::Note, Some(first), &path, Some(offset), &what);
    }

    /// The files a record speaks of are there and hold what their names say.
    fn evidence(&mut self, recorded: &Recorded) {
        let journal = self.log.parent().unwrap_or(&self.log).to_owned();
        for digest in recorded.event.evidence() {
            if !self.evidence.insert(digest) {
                continue;
            }
            let what = match evidence::verify(&journal, digest) {
                Ok(true) => continue,
                Ok(false) => "the evidence file does not hold what its name says".to_owned(),
                Err(error) => format!("the evidence file cannot be read: {}", error.source),
            };
            let path = evidence::path(&journal, digest);
            self.find(Severity::Damage, Some(recorded.seq.0), &path, None, &what);
            if let Some(finding) = self.findings.last_mut() {
                finding.event = Some(recorded.event.kind().name());
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

    /// Each checkpoint against the tree: the newest right one, and the newest that damage before it leaves nothing to
    /// compare with.
    fn checkpoints(
        &mut self,
        notes: Vec<(u64, PathBuf)>,
    ) -> Result<(Option<Checkpoint>, Option<Checkpoint>), ReadError> {
        let (mut newest, mut uncompared) = (None, None);
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
                        let place = if root.is_some() { &mut newest } else { &mut uncompared };
                        *place = Some(checkpoint);
                        None
                    }
                }
            };
            if let Some(what) = wrong {
                self.find(Severity::Damage, None, &file, None, &format!("the checkpoint: {what}"));
            }
        }
        Ok((newest, uncompared))
    }

    /// The records up to `next` cannot be trusted: what follows is chained to itself only.
    fn lose(&mut self, next: u64) {
        self.history.gap.get_or_insert(self.next);
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
    let payload = tail.get(COMMIT_HEADER_BYTES + RECORD_HEADER_BYTES..)?;
    Payload::new(payload).and_then(Payload::name)
}
