//! What a long migration's journal says: runs with a pass and a read-back each, over the same files again and again.
//!
//! The same seed gives the same events. The history is legal, so that `verify` can be asked, and a state folded from it
//! stays as large as the files are many, however long it goes on.

use std::collections::VecDeque;

use wsusmigrate_core::content::BATCH_FILES_MAX;
use wsusmigrate_core::digest::{Sha1, Sha256};
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::{Event, content, run};
use wsusmigrate_core::id::{ActionId, EventId, MigrationId, Phase, RunId, StreamId};
use wsusmigrate_core::path::{PathRef, RelPath};
use wsusmigrate_core::step::Step;
use wsusmigrate_core::unit::{ModifiedNanos, Seq, TimeMicros};

pub(super) const MIGRATION: MigrationId = MigrationId::from_bytes([0x11; 16]);
pub(super) const STREAM: StreamId = StreamId::from_bytes([0x22; 16]);
pub(super) const BEGUN: TimeMicros = TimeMicros(1_700_000_000_000_000);

/// A file takes so long, for the clock in the records.
const FILE_MICROS: u64 = 150;
/// One file in so many stood there already when a pass came to it.
const VERIFIED_ONE_IN: u64 = 8;

/// What comes next.
#[derive(Clone, Copy)]
enum Part {
    Beginning,
    Batch { first: u64 },
    End,
}

/// The events behind a journal's first record, without an end.
pub(super) struct History {
    /// SHA-1 digests in copying order: by file name.
    files: Vec<Sha1>,
    /// An evidence file that stands for every plan, manifest and worklist.
    evidence: Sha256,
    pass: u64,
    part: Part,
    /// Of the pass so far.
    verified: u64,
    copied_bytes: u64,
    /// Position of the next event that is made.
    seq: u64,
    ready: VecDeque<Proposed>,
}

impl History {
    pub(super) fn new(files: u64, evidence: Sha256) -> Self {
        let mut files: Vec<_> = (0..files).map(|number| Sha1(random(number))).collect();
        files.sort_unstable();
        let (part, ready) = (Part::Beginning, VecDeque::new());
        Self { files, evidence, pass: 0, part, verified: 0, copied_bytes: 0, seq: 1, ready }
    }

    fn files_count(&self) -> u64 {
        self.files.len() as u64
    }

    fn run(&self) -> RunId {
        RunId::from_random(random(self.pass << 32))
    }

    fn time(&self) -> TimeMicros {
        TimeMicros(BEGUN.0 + i64::try_from(self.seq * FILE_MICROS).unwrap_or(i64::MAX))
    }

    fn push(&mut self, envelope: Envelope, event: Event) {
        self.ready.push_back(Proposed { envelope, event });
        self.seq += 1;
    }

    /// An event that belongs to no action.
    fn observe(&mut self, event: impl Into<Event>) {
        let event = event.into();
        let id = EventId::of_observation(MIGRATION, event.kind().name(), &self.seq.to_be_bytes());
        self.push(Envelope { id, time: self.time(), action: None, causation: None }, event);
    }

    fn refill(&mut self) {
        self.part = match self.part {
            Part::Beginning => {
                self.begin();
                Part::Batch { first: 0 }
            }
            Part::Batch { first } if first < self.files_count() => {
                let files = (BATCH_FILES_MAX as u64).min(self.files_count() - first);
                self.batch(first, files);
                Part::Batch { first: first + files }
            }
            Part::Batch { .. } => Part::End,
            Part::End => {
                self.end();
                self.pass += 1;
                Part::Beginning
            }
        };
    }

    fn begin(&mut self) {
        let (run, evidence, files) = (self.run(), self.evidence, self.files_count());
        self.observe(run::Started {
            run,
            host: "WSUS-OLD".into(),
            account: "CONTOSO\\wsus-admin".into(),
            sid: "S-1-5-21-1004336348-1177238915-682003330-1104".into(),
            program: env!("CARGO_PKG_VERSION").into(),
            system: "Windows Server 2022 (20348), x86_64".into(),
            process: 4_321,
            plan: evidence,
            scope: run::Scope::Everything,
            utc_offset_s: Some(7_200),
        });
        self.observe(run::StepStarted { step: Step::Content });
        self.observe(content::ManifestRecorded {
            source: "D:\\WSUS".into(),
            destination: "E:\\WSUS".into(),
            manifest: evidence,
            files,
            bytes: files << 20,
            content_files: files,
            package_files: 0,
            unexpected_files: 0,
            ignored_entries: 0,
        });
        self.observe(content::PassStarted {
            manifest: evidence,
            worklist: evidence,
            files,
            bytes: files << 20,
            unchanged_files: 0,
            unchanged_bytes: 0,
            recheck: self.pass > 0,
        });
    }

    /// A batch's intent, an outcome for each of its files, its own outcome.
    fn batch(&mut self, first: u64, files: u64) {
        let key = [self.pass.to_be_bytes(), first.to_be_bytes()].concat();
        let action = ActionId::derive(MIGRATION, "content.copy-batch", &key);
        let intent = Seq(self.seq);
        let frame = |at: &Self, phase, item| Envelope {
            id: EventId::of_action(action, phase, 0, item),
            time: at.time(),
            action: Some(action),
            causation: (phase != Phase::Intent).then_some(intent),
        };
        let batch = content::BatchStarted {
            worklist: self.evidence,
            first,
            files: narrow(files),
            bytes: files << 20,
            range: Sha256(random(first)),
            found_before: vec![0; BATCH_FILES_MAX / 8],
        };
        self.push(frame(self, Phase::Intent, 0), batch.into());
        let mut verified = 0;
        for item in 0..files {
            let event = self.outcome(first + item, item);
            match &event {
                Event::Content(content::ContentEvent::FileCopied(file)) => {
                    self.copied_bytes += file.file.bytes;
                }
                _ => verified += 1,
            }
            self.push(frame(self, Phase::Item, item), event);
        }
        self.verified += u64::from(verified);
        let copied = narrow(files) - verified;
        let end = content::BatchFinished { copied, verified, failed: 0, left: 0 };
        self.push(frame(self, Phase::Outcome, 0), end.into());
    }

    fn outcome(&self, number: u64, item: u64) -> Event {
        let sha1 = self.files[usize::try_from(number).unwrap_or(usize::MAX)];
        let name = format!("WsusContent/{}/{sha1}.cab", sha1.folder());
        // The name is a folder, hexadecimal digits and an ending: nothing of it is ever refused.
        let path = RelPath::from_bytes(name.into_bytes()).expect("a relative path");
        let (item, path) = (narrow(item), PathRef::of(&path));
        let modified = 1_600_000_000_000_000_000 + i64::from(narrow(number)) * 1_000_000_007;
        let file = content::FileFacts {
            bytes: number * 977 % (2 << 20),
            sha1,
            sha256: Sha256(random(number)),
            modified: ModifiedNanos(modified),
            naming: content::Naming::Digest,
        };
        if (number + self.pass).is_multiple_of(VERIFIED_ONE_IN) {
            let origin =
                if self.pass == 0 { content::Origin::FoundInPlace } else { content::Origin::Rechecked };
            return content::FileVerified { item, path, file, origin }.into();
        }
        content::FileCopied { item, path, file, attempts: 1, replaced: false }.into()
    }

    fn end(&mut self) {
        let (files, list) = (self.files_count(), self.evidence);
        let (verified, copied_bytes) =
            (std::mem::take(&mut self.verified), std::mem::take(&mut self.copied_bytes));
        let copied = files - verified;
        self.observe(content::PassFinished { copied, copied_bytes, verified, failed: 0, left: 0 });
        self.observe(content::ReadBackStarted { list, files, bytes: files << 20, from: 0 });
        for first in (0..files).step_by(BATCH_FILES_MAX) {
            let count = narrow((BATCH_FILES_MAX as u64).min(files - first));
            let bytes = u64::from(count) << 20;
            self.observe(content::ReadBackRecorded {
                first,
                files: count,
                bytes,
                exceptions: 0,
                around_cache: count,
            });
        }
        self.observe(content::ReadBackFinished { files, bytes: files << 20, exceptions: 0, left: 0 });
        self.observe(run::StepFinished { step: Step::Content, verdict: run::Verdict::Complete });
        let run = self.run();
        self.observe(run::Finished { run, verdict: run::Verdict::Complete });
    }
}

impl Iterator for History {
    type Item = Proposed;

    fn next(&mut self) -> Option<Proposed> {
        while self.ready.is_empty() {
            self.refill();
        }
        self.ready.pop_front()
    }
}

/// Numbers of files and batches are far below 2^32.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Bytes that look random and are the same for the same number (`SplitMix64`).
fn random<const N: usize>(number: u64) -> [u8; N] {
    let mut bytes = [0; N];
    let mut state = number.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(N as u64);
    for chunk in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes()[..chunk.len()]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use wsusmigrate_core::envelope::Recorded;
    use wsusmigrate_core::projection::Projection as _;
    use wsusmigrate_core::projection::content::ContentState;
    use wsusmigrate_core::status::{Phase, Status};

    use super::*;

    /// Goal: what is measured is what a migration could have written. Three passes through the table of histories.
    #[test]
    fn the_history_is_legal_and_its_state_stays_as_large_as_its_files_are_many() {
        let files = 3_000;
        let mut status = Status { phase: Phase::Idle, ..Status::default() };
        let mut state = ContentState::default();
        for (seq, Proposed { envelope, event }) in (1..).zip(History::new(files, Sha256([7; 32]))).take(9_100)
        {
            let recorded = Recorded { seq: Seq(seq), envelope, event };
            status.advance(&recorded).unwrap();
            state.apply(&recorded);
        }
        assert_eq!((state.in_place.len(), state.totals.files), (3_000, files));
    }
}
