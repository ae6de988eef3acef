//! A key that was rotated, as text and JSON.

use std::io::{self, Write};

use serde_json::{Value, json};
use wsusmigrate_journal::Checkpoint;

use crate::show::unit;

/// The key before, the key from now on, the checkpoint both have signed.
pub struct KeyRotation {
    /// The public key before, as other tools take it.
    pub old_key: String,
    /// The public key from now on.
    pub new_key: String,
    /// The checkpoint both have signed.
    pub checkpoint: Checkpoint,
}

/// Writes it for people.
pub(super) fn text(rotation: &KeyRotation, out: &mut dyn Write) -> io::Result<()> {
    let KeyRotation { old_key, new_key, checkpoint } = rotation;
    writeln!(out, "Another key signs checkpoints from {} records on", unit::count(checkpoint.size))?;
    writeln!(out, "  key before  {old_key}")?;
    writeln!(out, "  key now     {new_key}")
}

/// For machines.
pub(super) fn json(rotation: &KeyRotation) -> Value {
    let KeyRotation { old_key, new_key, checkpoint } = rotation;
    json!({
        "old_key": old_key,
        "new_key": new_key,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "checkpoint": checkpoint.text,
    })
}
