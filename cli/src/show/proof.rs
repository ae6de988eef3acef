//! What was proved from the log, as text and JSON.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::{Value, json};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_journal::{Checkpoint, Consistency, Inclusion};

use crate::show::unit;

/// A proof under a checkpoint.
pub struct Proof {
    /// What is proved.
    pub proved: Proved,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The public key that signed it, as other tools take it.
    pub key: String,
}

/// What is proved.
pub enum Proved {
    /// That a record is in the log.
    Inclusion {
        /// The proof.
        proof: Inclusion,
        /// The record's leaf hash.
        leaf: Sha256,
        /// The name of its event, where it is known.
        event: Option<&'static str>,
        /// Where the proof was written.
        file: PathBuf,
        /// Where the record's bytes were written.
        record: PathBuf,
    },
    /// That the log goes on from a smaller size.
    Consistency {
        /// The proof.
        proof: Consistency,
        /// The root over the smaller size.
        root: Sha256,
        /// Where the proof was written, if it was.
        file: Option<PathBuf>,
    },
}

/// Writes it for people. A proof that was not written to a file is itself the answer.
pub(super) fn text(proof: &Proof, out: &mut dyn Write) -> io::Result<()> {
    let Proof { proved, checkpoint, key } = proof;
    let size = unit::count(checkpoint.size);
    match proved {
        Proved::Inclusion { proof, leaf, event, file, record } => {
            let event = event.unwrap_or("of a newer program");
            writeln!(out, "Record {} ({event}) is in the log of {size} records", proof.seq)?;
            writeln!(out, "  proof       {}", file.display())?;
            writeln!(out, "  record      {}", record.display())?;
            writeln!(out, "  leaf        {leaf}")?;
        }
        Proved::Consistency { proof, file: None, .. } => {
            return out.write_all(proof.to_text(checkpoint).as_bytes());
        }
        Proved::Consistency { proof, root, file: Some(file) } => {
            writeln!(out, "The log of {size} records goes on from its first {}", unit::count(proof.from))?;
            writeln!(out, "  proof       {}", file.display())?;
            writeln!(out, "  from root   {root}")?;
        }
    }
    writeln!(out, "  root        {}", checkpoint.root)?;
    writeln!(out, "  signed by   {key}")
}

/// The proof for machines.
pub(super) fn json(proof: &Proof) -> Value {
    let Proof { proved, checkpoint, key } = proof;
    let mut told = json!({
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "checkpoint": checkpoint.text,
        "key": key,
    });
    let more = match proved {
        Proved::Inclusion { proof, leaf, event, file, record } => json!({
            "seq": proof.seq,
            "event": event,
            "leaf": leaf,
            "hashes": proof.hashes,
            "proof_file": file.display().to_string(),
            "record_file": record.display().to_string(),
        }),
        Proved::Consistency { proof, root, file } => json!({
            "from": proof.from,
            "from_root": root,
            "hashes": proof.hashes,
            "proof_file": file.as_ref().map(|file| file.display().to_string()),
        }),
    };
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    told
}
