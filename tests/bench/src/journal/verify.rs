//! Verifying: framing, leaf hashes, chain, tree, checkpoints, and the order of the events where asked.

use std::path::Path;
use std::time::Instant;

use wsusmigrate_core::status::Status;
use wsusmigrate_journal::{verify, verify_with};

use super::peer::PeerError;
use super::task::Answer;
use super::{MEMORY, memory};

pub(super) fn perform(journal: &Path, legality: bool) -> Result<Answer, PeerError> {
    let mut status = Status::default();
    let begun = Instant::now();
    let verification = if legality {
        verify_with(journal, &mut |recorded| status.advance(recorded).map_err(|illegal| illegal.to_string()))?
    } else {
        verify(journal)?
    };
    let seconds = begun.elapsed().as_secs_f64();
    if let Some(damage) = verification.first_damage() {
        return Err(format!("the journal is not sound: {}", damage.what).into());
    }
    Ok(Answer::new(verification.size, seconds).figure(MEMORY, memory::peak_mib()))
}
