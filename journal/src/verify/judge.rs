//! What is said of the records the walk has come by.

use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::event::{Event, RunEvent};

use super::findings::Kind;
use super::ids::Spot;
use super::sheaf::{Answer, Sheaf, Sound};
use super::walk::Walk;
use super::{Depth, Severity};
use crate::evidence;
use crate::identity::Identity;
use crate::log::frame::{COMMIT_HEADER_BYTES, CommitHeader, Records};
use crate::record::{Record, RecordView};

/// How far the history can be judged: what follows a gap may not be able to stand without what was there.
#[derive(Default)]
pub(super) struct Judged {
    /// The first record that is not known, or stands where it may not.
    pub(super) gap: Option<u64>,
    /// Records behind it that may not stand without it: how many, and the first, with its file and place.
    consequences: Option<(u64, u64, PathBuf, u64)>,
}

impl Walk<'_> {
    /// Takes in what the crew says of a sheaf.
    pub(super) fn absorb(&mut self, answer: &Answer) {
        let Answer { sheaf, sound } = answer;
        match sound.as_ref().filter(|sound| self.fits(sheaf, sound)) {
            Some(sound) => self.sound(sheaf, sound),
            None => sheaf.commits().for_each(|(header, at, body)| self.commit(header, at, body, &sheaf.path)),
        }
    }

    /// Whether a sound sheaf follows what is known, and nobody asks about a size inside it.
    fn fits(&self, sheaf: &Sheaf, sound: &Sound) -> bool {
        let Some((first, end)) = sheaf.range() else { return false };
        let inside = |size: u64| first < size && size < end;
        let wanted = self.wanted.partition_point(|&size| size <= first);
        self.leaf == Some(sound.previous)
            && self.tree.is_some()
            && !self.wanted.get(wanted).copied().is_some_and(inside)
            && !self.head.is_some_and(|head| inside(head.size))
    }

    fn sound(&mut self, sheaf: &Sheaf, sound: &Sound) {
        if let Some(tree) = &mut self.tree {
            for (height, root) in &sound.subtrees {
                tree.push_subtree(*height, *root);
            }
        }
        self.reached(sound.leaf, sheaf.range().map_or(0, |(_, end)| end));
        if let (Some(ids), Some((first, _))) = (&mut self.ids, sheaf.range()) {
            ids.take_all(first, &sound.ids, |at| sound.records[at].0.envelope().id);
        }
        for (record, offset) in &sound.records {
            self.understood(record, &sheaf.path, *offset);
        }
        if let (Some((_, end)), Some((header, offset))) = (sheaf.range(), sheaf.commits.last()) {
            let last = sound.records.last().filter(|(record, _)| record.seq().0 + 1 == header.end());
            let name = last.and_then(|(record, _)| record.name());
            self.compare_head(end - 1, sound.leaf, name, &sheaf.path, *offset);
        }
    }

    /// A commit, record by record.
    pub(super) fn commit(&mut self, header: &CommitHeader, at: u64, body: &[u8], path: &Path) {
        for (seq, slot) in (header.first..).zip(Records::new(header, body)) {
            let offset = at + (COMMIT_HEADER_BYTES + slot.at) as u64;
            match slot.record {
                Ok(payload) => self.record(payload, path, offset),
                Err(defect) => {
                    let name = RecordView::new(slot.bytes).and_then(RecordView::name);
                    let seq = seq.min(header.end() - 1);
                    self.bad_named(seq, path, offset, &defect.to_string(), name);
                    self.lose(seq);
                }
            }
        }
    }

    fn record(&mut self, payload: RecordView<'_>, path: &Path, offset: u64) {
        if let Depth::Ids(see) = &mut self.depth {
            return see(payload, &|| Spot { seq: payload.seq().0, file: path.to_owned(), offset });
        }
        if let (Some(ids), Some(id)) = (&mut self.ids, payload.event_id()) {
            let hash = ids.key().hash(&id);
            ids.take(payload.seq().0, hash, || id);
        }
        let seq = payload.seq().0;
        let leaf = payload.leaf();
        if self.leaf.is_some_and(|leaf| leaf != payload.previous()) {
            // Checksums can be made anew by whoever changes a record; the hash the next one carries cannot.
            let changed = seq.saturating_sub(1);
            self.bad_named(changed, path, offset, "the next record carries another hash of it", None);
            self.tree = None;
            self.history.gap.get_or_insert(changed);
        }
        if let Some(tree) = &mut self.tree {
            tree.push(leaf);
        }
        self.reached(leaf, seq + 1);
        self.compare_head(seq, leaf, payload.name(), path, offset);
        if matches!(self.depth, Depth::Bytes) && !payload.names_a_key() {
            return;
        }
        match payload.decode() {
            Ok(record) => self.understood(&record, path, offset),
            Err(error) => {
                self.bad_named(seq, path, offset, &error.to_string(), payload.name());
                self.history.gap.get_or_insert(seq);
            }
        }
    }

    /// The tree holds everything below `size`, the last of it with this leaf hash.
    fn reached(&mut self, leaf: Sha256, size: u64) {
        self.leaf = Some(leaf);
        let asked =
            self.wanted.binary_search(&size).is_ok() || self.head.is_none_or(|head| head.size == size);
        if let Some(tree) = self.tree.as_ref().filter(|_| asked) {
            debug_assert_eq!(tree.size(), size, "every record is in the tree");
            self.roots.insert(size, tree.root());
        }
    }

    fn compare_head(&mut self, seq: u64, leaf: Sha256, name: Option<&'static str>, path: &Path, offset: u64) {
        if self.head.is_some_and(|head| head.size == seq + 1 && head.leaf != leaf) {
            let what = "the durable head knows another last record";
            self.bad_named(seq, path, offset, what, name);
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
        self.clock(record, path, offset);
        match record {
            Record::Known(recorded) => {
                if let Event::Run(RunEvent::KeyRotated(event)) = &recorded.event {
                    self.rotations.push((recorded.seq, event.clone(), path.to_owned(), offset));
                }
                if let Event::Run(RunEvent::Finished(_) | RunEvent::Failed(_)) = &recorded.event {
                    self.first_end.get_or_insert(recorded.seq);
                }
                let Depth::Records(legal) = &mut self.depth else { return };
                let legal = legal(recorded);
                self.evidence(recorded);
                self.import(recorded);
                if let Err(why) = legal {
                    self.illegal(recorded, path, offset, &why);
                }
            }
            Record::Unknown(unknown) => {
                let what = format!(
                    "a newer program wrote it: type {:#06X}, version {}",
                    unknown.code, unknown.version
                );
                self.find(Kind::Newer, Some(seq), path, Some(offset), &what);
                self.history.gap.get_or_insert(seq);
            }
        }
    }

    /// Whether time runs forward; asked of every record or of none.
    fn clock(&mut self, record: &Record, path: &Path, offset: u64) {
        if matches!(self.depth, Depth::Bytes) {
            return;
        }
        let time = record.envelope().time;
        if let Some(before) = self.time.filter(|before| time < *before) {
            let what = format!("the clock stepped back from {before} to {time}");
            self.find(Kind::Clock, Some(record.seq().0), path, Some(offset), &what);
        }
        self.time = Some(time);
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
    pub(super) fn consequences(&mut self) {
        let (Some(gap), Some((records, first, path, offset))) =
            (self.history.gap, self.history.consequences.take())
        else {
            return;
        };
        let what = format!(
            "a consequence of record {gap}: without it {records} records from here on cannot be judged"
        );
        self.find(Kind::Other(Severity::Note), Some(first), &path, Some(offset), &what);
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
            let name = Some(recorded.event.kind().name());
            self.find_named(Kind::Evidence, recorded.seq.0, &path, None, &what, name);
        }
    }

    /// The record `gap` cannot be trusted: what follows is chained to itself only.
    pub(super) fn lose(&mut self, gap: u64) {
        self.history.gap.get_or_insert(gap);
        self.leaf = None;
        self.tree = None;
    }
}
