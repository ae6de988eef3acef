//! `journal prove`: that a record is under a checkpoint, or that a checkpoint goes on from a smaller size.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{
    Checkpoint, KeyRing, Reader, RecordSource as _, prove_consistency, prove_inclusion, verifier_key,
};

use crate::command::state;
use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, Proof, Proved};

/// Prove that a record is in the journal, or that the journal goes on from a smaller size
///
/// The proof is checked without this program: it is a C2SP tlog-proof, the record's bytes stand beside it. With --from
/// it is what a C2SP tlog-witness is asked with.
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {
    /// The record's number
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    seq: Option<u64>,
    /// Prove that the journal goes on from its first SIZE records
    #[arg(long, value_name = "SIZE")]
    from: Option<u64>,
    /// The checkpoint that is proved under, by the records it covers [default: the newest]
    #[arg(long, value_name = "SIZE")]
    checkpoint: Option<u64>,
    /// Write the proof to this file [default: record-SEQ.tlog-proof; with --from standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let reader = state::reader(global)?;
    let needed = args.seq.map_or(args.from, |seq| seq.checked_add(1)).unwrap_or(u64::MAX);
    let (checkpoint, ring) = checkpoint(&reader, args.checkpoint, needed)?;
    let key = verifier_key(&checkpoint.origin, ring.in_force(checkpoint.size));
    let proved = match args.seq {
        Some(seq) => inclusion(&reader, seq, &checkpoint, args.out.as_deref())?,
        None => consistency(&reader, needed, &checkpoint, args.out.as_deref())?,
    };
    Ok(Answer::well(Body::Proof(Box::new(Proof { proved, checkpoint, key }))))
}

/// The checkpoint to prove under, with its signature checked.
fn checkpoint(reader: &Reader, asked: Option<u64>, needed: u64) -> Result<(Checkpoint, KeyRing), Failure> {
    let found = match asked {
        Some(size) => reader.checkpoint_of(size),
        None => reader.checkpoint(),
    };
    let found = found.map_err(|error| state::read_failure(&error))?;
    let none = || match asked {
        Some(size) => format!("there is no checkpoint of {size} records"),
        None => "there is no checkpoint yet".to_owned(),
    };
    let hint = "A run makes one when it ends, `wsusmigrate journal anchor` at once.";
    let checkpoint = found.ok_or_else(|| Failure::new(Exit::Usage, none()).hint(hint))?;
    if checkpoint.size < needed {
        let what = format!("the checkpoint covers {} records, not {needed}", checkpoint.size);
        return Err(Failure::new(Exit::Usage, what).hint(hint));
    }
    let ring = KeyRing::read(reader).map_err(|error| state::read_failure(&error))?;
    ring.verify(&checkpoint).map_err(|error| {
        let what = format!("the checkpoint of {} records is not the journal's", checkpoint.size);
        Failure::new(Exit::JournalDamaged, what)
            .because(&error)
            .hint("`wsusmigrate journal verify` says more.")
    })?;
    Ok((checkpoint, ring))
}

fn inclusion(
    reader: &Reader,
    seq: u64,
    checkpoint: &Checkpoint,
    out: Option<&Path>,
) -> Result<Proved, Failure> {
    let proof = prove_inclusion(reader, Seq(seq), checkpoint.size);
    let (proof, leaf) = proof.map_err(|error| state::read_failure(&error))?;
    proof.verify(leaf, checkpoint.root).map_err(|_| another_root(checkpoint))?;
    let raw = reader.records(seq..seq + 1).next();
    let raw = raw.ok_or_else(|| Failure::new(Exit::Failed, format!("record {seq} could not be read")))?;
    let raw = raw.map_err(|error| state::read_failure(&error))?;
    let event = state::decode(&raw)?.name();
    let file = out.map_or_else(|| PathBuf::from(format!("record-{seq}.tlog-proof")), Path::to_owned);
    let record = file.with_extension("leaf");
    write(&record, raw.payload())?;
    write(&file, proof.to_text(checkpoint).as_bytes())?;
    Ok(Proved::Inclusion { proof, leaf, event, file, record })
}

fn consistency(
    reader: &Reader,
    from: u64,
    checkpoint: &Checkpoint,
    out: Option<&Path>,
) -> Result<Proved, Failure> {
    let proof = prove_consistency(reader, from, checkpoint.size);
    let (proof, root) = proof.map_err(|error| state::read_failure(&error))?;
    proof.verify(root, checkpoint.root).map_err(|_| another_root(checkpoint))?;
    let stated = reader.checkpoint_of(from).map_err(|error| state::read_failure(&error))?;
    if let Some(stated) = stated.filter(|stated| stated.root != root) {
        return Err(another_root(&stated));
    }
    if let Some(file) = out {
        write(file, proof.to_text(checkpoint).as_bytes())?;
    }
    Ok(Proved::Consistency { proof, root, file: out.map(Path::to_owned) })
}

fn another_root(checkpoint: &Checkpoint) -> Failure {
    let what =
        format!("the log has another root over the first {} records than its checkpoint", checkpoint.size);
    Failure::new(Exit::JournalDamaged, what).hint("`wsusmigrate journal verify` says more.")
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written =
        File::create_new(file).and_then(|mut out| out.write_all(bytes).and_then(|()| out.sync_all()));
    written.map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write {}", file.display()))
            .because(&error)
            .hint("Choose a new file with --out FILE; what is there is not written over.")
    })
}
