//! Proofs as text that other tools read: C2SP `tlog-proof`, and the body of a C2SP `tlog-witness` request.

use base64::prelude::{BASE64_STANDARD, Engine};
use wsusmigrate_core::digest::Sha256;

use super::{Consistency, Inclusion};
use crate::checkpoint::Checkpoint;

impl Inclusion {
    /// A C2SP `tlog-proof` file: the place, the hashes, the checkpoint they lead to.
    #[must_use]
    pub fn to_text(&self, checkpoint: &Checkpoint) -> String {
        let head = format!("c2sp.org/tlog-proof@v1\nindex {}\n", self.seq);
        head + &lines(&self.hashes) + "\n" + &checkpoint.text
    }
}

impl Consistency {
    /// What a C2SP `tlog-witness` is asked with: the smaller size, the hashes, the checkpoint they lead to.
    #[must_use]
    pub fn to_text(&self, checkpoint: &Checkpoint) -> String {
        format!("old {}\n", self.from) + &lines(&self.hashes) + "\n" + &checkpoint.text
    }
}

fn lines(hashes: &[Sha256]) -> String {
    hashes.iter().map(|hash| BASE64_STANDARD.encode(hash.0) + "\n").collect()
}
