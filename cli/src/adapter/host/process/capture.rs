//! One output of a child: the beginning is kept, everything is counted and hashed, nothing else is held.

use std::io::{ErrorKind, Read};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256 as Hasher};
use wsusmigrate_core::digest::Sha256;

use crate::adapter::host::text::decode;
use crate::platform::CodePage;

/// How much is taken from the pipe at once.
const PIECE_BYTES: usize = 64 << 10;

/// What a child wrote to one of its outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The beginning, up to the limit.
    pub kept: Vec<u8>,
    /// How much it was in all.
    pub total_bytes: u64,
    /// Of all of it.
    pub sha256: Sha256,
}

impl Output {
    /// What was kept, as text.
    #[must_use]
    pub fn text(&self) -> String {
        decode(&self.kept, CodePage::Oem)
    }

    /// Whether more was written than kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.total_bytes > self.kept.len() as u64
    }
}

/// An output while it is written, shared by who reads it and who asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Capture(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    kept: Vec<u8>,
    total_bytes: u64,
    hasher: Hasher,
}

impl Capture {
    /// Reads to the end, which comes when the last process that holds the other end lets go of it.
    pub(super) fn read(&self, mut from: impl Read, kept_bytes_max: usize) {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match from.read(&mut piece) {
                // A pipe that breaks has ended: what came before counts.
                Ok(0) => return,
                Err(error) if error.kind() != ErrorKind::Interrupted => return,
                Err(_) => {}
                Ok(length) => self.take(&piece[..length], kept_bytes_max),
            }
        }
    }

    fn take(&self, piece: &[u8], kept_bytes_max: usize) {
        // Nothing panics while it holds the lock.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = kept_bytes_max.saturating_sub(state.kept.len());
        state.kept.extend_from_slice(&piece[..piece.len().min(room)]);
        state.total_bytes += piece.len() as u64;
        state.hasher.update(piece);
    }

    /// What has come so far.
    pub(super) fn so_far(&self) -> Output {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Output {
            kept: state.kept.clone(),
            total_bytes: state.total_bytes,
            sha256: Sha256(state.hasher.clone().finalize().into()),
        }
    }
}
