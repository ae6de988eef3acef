//! A checkpoint that was put elsewhere, as text and JSON.

use std::io::{self, Write};

use serde_json::{Value, json};
use wsusmigrate_journal::Checkpoint;

use crate::show::{plain, unit};

/// A checkpoint and where it was put.
pub struct Anchored {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The places.
    pub places: Vec<String>,
    /// Whether standard output is the place.
    pub printed: bool,
}

/// Writes it for people, or the note itself where standard output is the place.
pub(super) fn text(anchored: &Anchored, out: &mut dyn Write) -> io::Result<()> {
    let Anchored { checkpoint, places, printed } = anchored;
    if *printed {
        return out.write_all(checkpoint.text.as_bytes());
    }
    writeln!(out, "The checkpoint of {} records was put elsewhere", unit::count(checkpoint.size))?;
    writeln!(out, "  root        {}", checkpoint.root)?;
    places.iter().try_for_each(|place| writeln!(out, "  place       {}", plain(place)))
}

/// For machines.
pub(super) fn json(anchored: &Anchored) -> Value {
    let Anchored { checkpoint, places, .. } = anchored;
    json!({
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "checkpoint": checkpoint.text,
        "places": places,
    })
}
