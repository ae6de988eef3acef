//! Opening a bundle: one walk from its first byte to its last, that stops at the first which is not as it must be.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::event::run::KeyRotated;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_core::unit::Seq;

use super::contents::{self, Contents, LogFile};
use super::error::BundleError;
use super::framer::{COMMIT_RECORDS, LOG_FILE_BYTES_MAX};
use super::records::Bundle;
use super::tape::Tape;
use super::tar;
use crate::checkpoint::{Checkpoint, NOTE_BYTES_MAX};
use crate::identity::Identity;
use crate::log::frame::{
    COMMIT_HEADER_BYTES, CommitHeader, NotAHeader, Records, SEGMENT_HEADER_BYTES, SegmentHeader,
};
use crate::record::{NO_LEAF, Record, RecordView};
use crate::ring::KeyRing;
use crate::tree::Tree;

/// The longest manifest that is read: enough for the log files of ten thousand million records.
const MANIFEST_BYTES_MAX: u64 = 16 << 20;
/// The longest public key that is read.
const KEY_BYTES_MAX: u64 = 64 << 10;

pub(super) fn open(
    path: &Path,
    legal: &mut dyn FnMut(&Recorded) -> Result<(), String>,
) -> Result<Bundle, BundleError> {
    let mut tape = Tape::open(path)?;
    let (manifest, manifest_at) = small(&mut tape, contents::MANIFEST, MANIFEST_BYTES_MAX)?;
    let (key, key_at) = small(&mut tape, contents::KEY, KEY_BYTES_MAX)?;
    let (name, checkpoint, note_at) = note(&mut tape, "the checkpoint")?;
    if name != contents::checkpoint_name(checkpoint.size) {
        return Err(tape.damage_at("the checkpoint", note_at, None, "its name states another size"));
    }
    let mut walk = Walk {
        tape,
        legal,
        promised: Promised { key, key_at, checkpoint, note_at },
        identity: None,
        judging: true,
        tree: Tree::default(),
        leaf: NO_LEAF,
        commit: 1,
        seen: BTreeSet::new(),
        named: Vec::new(),
        rotated: Vec::new(),
        files: Vec::new(),
        log: Vec::new(),
    };
    walk.log()?;
    walk.root()?;
    let rotations = walk.rotations()?;
    let (evidence, at) = walk.evidence()?;
    walk.tape.finish()?;
    let Walk { tape, promised, identity, files, log, .. } = walk;
    let Some(identity) = identity else { return Err(tape.damage_here("it holds no records")) };
    let contents = Contents { identity, checkpoint: promised.checkpoint, rotations, log: files, evidence };
    let wanted = contents.manifest();
    if wanted.as_bytes() != manifest {
        let same = wanted.bytes().zip(&manifest).take_while(|(wanted, found)| wanted == *found).count();
        let what = "it does not describe the rest of the bundle";
        return Err(tape.damage_at(contents::MANIFEST, manifest_at + same as u64, None, what));
    }
    let Contents { identity, checkpoint, rotations, .. } = contents;
    Ok(Bundle { path: path.to_owned(), identity, checkpoint, rotations, bytes: tape.at(), log, evidence: at })
}

/// A short entry as a whole, and where it begins.
fn small(tape: &mut Tape, name: &str, bytes_max: u64) -> Result<(Vec<u8>, u64), BundleError> {
    let bytes = tape.begin(name, bytes_max)?;
    let at = tape.at();
    let content = tape.rest()?;
    tape.close(bytes)?;
    Ok((content, at))
}

/// A checkpoint, the name of its entry, and where it begins. `called` is what it is named in messages.
fn note(tape: &mut Tape, called: &str) -> Result<(String, Checkpoint, u64), BundleError> {
    let (name, bytes) = tape.begin_any(called, NOTE_BYTES_MAX)?;
    let at = tape.at();
    let content = tape.rest()?;
    tape.close(bytes)?;
    let damage = |what: &str| tape.damage_at(called, at, None, what);
    let text = String::from_utf8(content).map_err(|_| damage("it is not text"))?;
    let checkpoint = Checkpoint::parse(&text).map_err(|error| damage(&error.to_string()))?;
    Ok((name, checkpoint, at))
}

/// What stands before the records and can only be held against them.
struct Promised {
    key: Vec<u8>,
    key_at: u64,
    checkpoint: Checkpoint,
    note_at: u64,
}

/// A record that names another key, without the checkpoint that would confirm it.
struct Unconfirmed {
    seq: Seq,
    new_key: [u8; 32],
    /// The name of the checkpoint's entry.
    name: String,
    /// Where it would stand.
    at: u64,
}

impl Unconfirmed {
    /// What is wrong where its key has signed nevertheless.
    fn damage(&self, tape: &Tape) -> BundleError {
        tape.damage_at(&self.name, self.at, Some(self.seq), "another entry stands in its place")
    }
}

struct Walk<'a> {
    tape: Tape,
    legal: &'a mut dyn FnMut(&Recorded) -> Result<(), String>,
    promised: Promised,
    identity: Option<Identity>,
    /// Whether the history can still be judged: not behind a record of a newer program.
    judging: bool,
    tree: Tree,
    leaf: Sha256,
    /// Number of the next commit.
    commit: u64,
    seen: BTreeSet<Sha256>,
    /// Evidence files in the order of their first mention, and the record that mentions each.
    named: Vec<(Sha256, Seq)>,
    /// Records that name another key, each with the root right behind it.
    rotated: Vec<(Seq, KeyRotated, Sha256)>,
    files: Vec<LogFile>,
    log: Vec<(u64, Range<u64>)>,
}

impl Walk<'_> {
    /// The log files, up to the size the checkpoint states.
    fn log(&mut self) -> Result<(), BundleError> {
        let mut full = None;
        while self.next() < self.promised.checkpoint.size {
            let first = self.next();
            let bytes = self.tape.begin(&contents::log_name(first), LOG_FILE_BYTES_MAX)?;
            let at = self.tape.at();
            self.file_header(first)?;
            while self.tape.left() > 0 {
                self.commit(full.take())?;
            }
            if self.next() == first {
                return Err(self.tape.damage(Some(Seq(first)), "the log file holds no records"));
            }
            full = Some(bytes);
            let sha256 = self.tape.close(bytes)?;
            self.files.push(LogFile { first, bytes, sha256 });
            self.log.push((first, at..at + bytes));
        }
        Ok(())
    }

    fn next(&self) -> u64 {
        self.tree.size()
    }

    fn file_header(&mut self, first: u64) -> Result<(), BundleError> {
        let at = self.tape.at();
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        self.tape.read(&mut bytes, Some(Seq(first)))?;
        let what = match SegmentHeader::parse(&bytes) {
            Ok(header) if header.encode() != bytes => "the log file's header has bytes that mean nothing",
            Ok(header) if header.first != first || header.previous != self.leaf => {
                "the log file does not continue the one before it"
            }
            Ok(header) if header.stream != self.stream().unwrap_or(header.stream) => {
                "the log file belongs to another stream"
            }
            Ok(_) => return Ok(()),
            Err(NotAHeader::Newer(version)) => {
                return Err(BundleError::NewerFormat { file: self.tape.path().to_owned(), version });
            }
            Err(NotAHeader::Damaged) => "the log file's header is damaged",
        };
        Err(self.tape.damage_at(&contents::log_name(first), at, Some(Seq(first)), what))
    }

    fn stream(&self) -> Option<wsusmigrate_core::id::StreamId> {
        self.identity.as_ref().map(|identity| identity.stream)
    }

    /// One commit. `full` is the length of the log file before, where this is the first of another.
    fn commit(&mut self, full: Option<u64>) -> Result<(), BundleError> {
        let first = self.next();
        let at = self.tape.at();
        let mut bytes = [0; COMMIT_HEADER_BYTES];
        self.tape.read(&mut bytes, Some(Seq(first)))?;
        let damage = |walk: &Self, what| walk.tape.damage_at(&walk.file_name(), at, Some(Seq(first)), what);
        let Some(header) = CommitHeader::parse(&bytes) else {
            return Err(damage(self, "a commit's header is damaged"));
        };
        let wanted = u64::from(COMMIT_RECORDS).min(self.promised.checkpoint.size - first);
        if header.number != self.commit || header.first != first || u64::from(header.records) != wanted {
            return Err(damage(self, "a commit does not continue the one before it"));
        }
        if u64::from(header.body_bytes) > self.tape.left() {
            return Err(damage(self, "a commit is cut short"));
        }
        if full.is_some_and(|full| full + header.frame_bytes() <= LOG_FILE_BYTES_MAX) {
            return Err(damage(self, "the log file before it ends too early"));
        }
        let mut body = vec![0; header.body_bytes as usize];
        self.tape.read(&mut body, Some(Seq(first)))?;
        self.commit += 1;
        for slot in Records::new(&header, &body) {
            let offset = at + (COMMIT_HEADER_BYTES + slot.at) as u64;
            let view = slot.record.map_err(|defect| {
                let seq = self.next().min(header.end() - 1);
                self.tape.damage_at(&self.file_name(), offset, Some(Seq(seq)), &defect.to_string())
            })?;
            self.record(view, offset)?;
        }
        Ok(())
    }

    /// The name of the log file that is being read.
    fn file_name(&self) -> String {
        self.tape.entry().to_owned()
    }

    fn record(&mut self, view: RecordView<'_>, offset: u64) -> Result<(), BundleError> {
        let seq = view.seq();
        let damage =
            |walk: &Self, seq, what: &str| walk.tape.damage_at(&walk.file_name(), offset, Some(seq), what);
        if view.previous() != self.leaf {
            // Checksums can be made anew by whoever changes a record; the hash the next one carries cannot.
            let changed = Seq(seq.0.saturating_sub(1));
            return Err(damage(self, changed, "the next record carries another hash of it"));
        }
        self.leaf = view.leaf();
        self.tree.push(self.leaf);
        let record = view.decode().map_err(|error| damage(self, seq, &error.to_string()))?;
        if seq.0 == 0 {
            self.identify(&record, offset)?;
        }
        match record {
            Record::Unknown(_) => self.judging = false,
            Record::Known(recorded) => {
                if let Event::Run(RunEvent::KeyRotated(event)) = &recorded.event {
                    self.rotated.push((seq, event.clone(), self.tree.root()));
                }
                for digest in recorded.event.evidence() {
                    if self.seen.insert(digest) {
                        self.named.push((digest, seq));
                    }
                }
                if self.judging
                    && let Err(why) = (self.legal)(&recorded)
                {
                    return Err(damage(self, seq, &format!("it may not stand here: {why}")));
                }
            }
        }
        Ok(())
    }

    /// The first record says which stream it is, so now the key can be held against it.
    fn identify(&mut self, record: &Record, offset: u64) -> Result<(), BundleError> {
        let Promised { key, key_at, .. } = &self.promised;
        let Some(identity) = Identity::of(record) else {
            let what = "the first record is not run.journal-created";
            return Err(self.tape.damage_at(&self.file_name(), offset, Some(Seq(0)), what));
        };
        if contents::key_text(&identity).as_bytes() != key {
            let what = "it is not the key the first record names";
            return Err(self.tape.damage_at(contents::KEY, *key_at, None, what));
        }
        self.identity = Some(identity);
        Ok(())
    }

    fn root(&self) -> Result<(), BundleError> {
        let Promised { checkpoint, note_at, .. } = &self.promised;
        if self.tree.root() == checkpoint.root {
            return Ok(());
        }
        let what = "it was signed over other records: the log has another root";
        Err(self.tape.damage_at("the checkpoint", *note_at, None, what))
    }

    /// The checkpoints behind records that name another key, signed by both. A record without one changes nothing. The key
    /// that counts in the end has signed the bundle's checkpoint.
    fn rotations(&mut self) -> Result<Vec<Checkpoint>, BundleError> {
        let Some(identity) = &self.identity else { return Err(self.tape.damage_here("it holds no records")) };
        let (mut ring, mut notes, mut without) = (KeyRing::new(identity), Vec::new(), Vec::new());
        let Promised { checkpoint, note_at, .. } = &self.promised;
        for (seq, event, root) in &self.rotated {
            let name = contents::checkpoint_name(seq.next().0);
            if seq.next().0 == checkpoint.size {
                // Signed by both, or by the key until then alone.
                let _ = ring.rotate(*seq, event, Some(checkpoint));
                continue;
            }
            if !self.tape.is_next(&name)? {
                without.push(Unconfirmed { seq: *seq, new_key: event.new_key, name, at: self.tape.at() });
                continue;
            }
            let (_, note, at) = note(&mut self.tape, &name)?;
            let damage = |what: &str| self.tape.damage_at(&name, at, Some(*seq), what);
            if note.root != *root {
                return Err(damage("it was signed over other records"));
            }
            if let Err(why) = ring.rotate(*seq, event, Some(&note)) {
                let lacking = without.iter().find(|it| it.new_key == event.old_key);
                return Err(
                    lacking.map_or_else(|| damage(&why.to_string()), |lacking| lacking.damage(&self.tape))
                );
            }
            notes.push(note);
        }
        ring.verify(checkpoint).map_err(|error| {
            let signer = |it: &&Unconfirmed| checkpoint.verify(ring.origin(), &it.new_key).is_ok();
            let wrong = || self.tape.damage_at("the checkpoint", *note_at, None, &error.to_string());
            without.iter().find(signer).map_or_else(wrong, |lacking| lacking.damage(&self.tape))
        })?;
        Ok(notes)
    }

    /// The evidence files: each record's, whole and with the bytes of its name.
    #[allow(clippy::type_complexity, reason = "the list for the manifest and the places for reading")]
    fn evidence(&mut self) -> Result<(Vec<(Sha256, u64)>, BTreeMap<Sha256, Range<u64>>), BundleError> {
        let (mut list, mut places) = (Vec::new(), BTreeMap::new());
        for (digest, seq) in std::mem::take(&mut self.named) {
            let name = contents::evidence_name(digest);
            let bytes = self.tape.begin(&name, tar::ENTRY_BYTES_MAX)?;
            let at = self.tape.at();
            self.tape.pass()?;
            if self.tape.close(bytes)? != digest {
                let what = "the evidence does not hold what its name says";
                return Err(self.tape.damage_at(&name, at, Some(seq), what));
            }
            list.push((digest, bytes));
            places.insert(digest, at..at + bytes);
        }
        Ok((list, places))
    }
}
