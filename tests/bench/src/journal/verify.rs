//! Verifying: framing, leaf hashes, chain, tree, checkpoints; where asked, what the events say and whether they may
//! follow each other.

use std::path::Path;
use std::time::Instant;

use wsusmigrate_core::status::Status;
use wsusmigrate_journal::{verify_bytes, verify_with};

use super::peer::PeerError;
use super::task::Answer;
use super::{MEMORY, memory};

pub(super) fn perform(journal: &Path, legality: bool) -> Result<Answer, PeerError> {
    let mut status = Status::default();
    let begun = Instant::now();
    let verification = if legality {
        verify_with(journal, &mut |recorded| status.advance(recorded).map_err(|illegal| illegal.to_string()))?
    } else {
        verify_bytes(journal)?
    };
    let seconds = begun.elapsed().as_secs_f64();
    if let Some(damage) = verification.first_damage() {
        return Err(format!("the journal is not sound: {}", damage.what).into());
    }
    Ok(Answer::new(verification.size, seconds).figure(MEMORY, memory::peak_mib()))
}
