//! Another key in the place of the present one.
//!
//! ```text
//!  <stream>.next ─► run.key-rotated ─► checkpoint signed by both ─► <stream>.<size> ─► <stream>.next becomes <stream>
//! ```
//!
//! A crash before the record leaves a key nobody named, which goes away; after it, the next checkpoint goes on here.

use std::fs;

use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::run::KeyRotated;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_core::id::EventId;
use wsusmigrate_core::unit::{Seq, TimeMicros};

use super::Journal;
use crate::append::Expected;
use crate::checkpoint::Checkpoint;
use crate::confirmation;
use crate::disk::{self, At};
use crate::error::{CheckpointError, ReadError};
use crate::key;
use crate::log::read::LogRecords;
use crate::record::Record;

impl Journal {
    /// Draws a new key, records `run.key-rotated`, signs the checkpoint right behind it with both keys, and destroys
    /// the old one. Nobody else appends meanwhile.
    pub fn rotate_key(&mut self, time: TimeMicros) -> Result<Checkpoint, CheckpointError> {
        self.finish_rotation()?;
        // What is found about the store is recorded before: it would come in between.
        self.settled()?;
        let (stream, seq) = (self.identity.stream, self.size());
        let (old_key, next) = {
            let key = self.key();
            (key.public(), key.create_next(&self.keys, stream, Seq(seq))?)
        };
        let event = KeyRotated { old_key, new_key: next.public() };
        let id = EventId::of_observation(self.identity.migration, "run.key-rotated", &event.new_key);
        let envelope = Envelope { id, time, action: None, causation: None };
        let batch = vec![Proposed { envelope, event: event.into() }];
        self.append(batch, Expected::Size(seq)).wait()?;
        self.checkpoint()
    }

    /// Carries a rotation to its end that was begun, now or before a crash.
    pub(super) fn finish_rotation(&self) -> Result<(), CheckpointError> {
        let (keys, stream) = (&self.keys, self.identity.stream);
        let path = key::next(keys, stream);
        let Some(next) = key::read(&path, stream)? else { return Ok(()) };
        let mut key = self.key();
        let seq = next.retired.last().map(|retired| retired.seq);
        let Some(seq) = seq.filter(|seq| next.retired.starts_with(&key.retired) && seq.0 < self.size())
        else {
            return Ok(fs::remove_file(&path).at("remove", &path)?);
        };
        if !self.is_rotation(seq, key.public(), next.public())? {
            return Ok(fs::remove_file(&path).at("remove", &path)?);
        }
        let size = seq.next().0;
        let (_, root) = self.point_at(size)?;
        let note = self.sign(size, root, &[&key.pair, &next.pair])?;
        // A crash here leaves both keys and a checkpoint that both have signed: this is done again, with the same bytes.
        // Nobody can sign it any more once the old key is gone, so it is kept twice before.
        confirmation::keep(keys, stream, &note)?;
        let place = key::path(keys, stream);
        disk::rename(&path, &place).at("put in place", &place)?;
        disk::sync_dir(keys)?;
        *key = next;
        Ok(())
    }

    /// Whether a record replaces the one key by the other.
    fn is_rotation(&self, seq: Seq, old_key: [u8; 32], new_key: [u8; 32]) -> Result<bool, ReadError> {
        let Some(raw) = LogRecords::new(&self.place.log(), seq.0..seq.next().0).next() else {
            return Ok(false);
        };
        let record = raw?.decode().map_err(|source| ReadError::Undecodable { seq, source })?;
        let Record::Known(recorded) = record else { return Ok(false) };
        Ok(recorded.event == Event::Run(RunEvent::KeyRotated(KeyRotated { old_key, new_key })))
    }
}
