//! `journal prove`: that a record is under a checkpoint, or that a checkpoint goes on from a smaller size.

use std::path::PathBuf;

use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{
    Checkpoint, KeyRing, Reader, RecordSource as _, prove_consistency, prove_inclusion, verifier_key,
};

use crate::command::{out, state};
use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, Proof, Proved};

/// How the name of the file with a record's bytes ends.
const RECORD_ENDING: &str = "leaf";

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
    let file = look_before(args, global)?;
    let needed = args.seq.map_or(args.from, |seq| seq.checked_add(1)).unwrap_or(u64::MAX);
    let (checkpoint, ring) = checkpoint(&reader, args.checkpoint, needed)?;
    let key = verifier_key(&checkpoint.origin, ring.in_force(checkpoint.size));
    let proved = match (args.seq, file) {
        (Some(seq), Some(file)) => inclusion(&reader, seq, &checkpoint, file)?,
        (_, file) => consistency(&reader, needed, &checkpoint, file)?,
    };
    Ok(Answer::well(Body::Proof(Box::new(Proof { proved, checkpoint, key }))))
}

/// The file of the proof, if it goes to one. It and the one beside it must be free: else nothing is written.
fn look_before(args: &Args, global: &Global) -> Result<Option<PathBuf>, Failure> {
    let file = match (args.seq, &args.out) {
        (_, Some(file)) => file.clone(),
        (Some(seq), None) => PathBuf::from(format!("record-{seq}.tlog-proof")),
        (None, None) => return Ok(None),
    };
    out::refuse_inside_journal(&file, global)?;
    out::refuse_there(&file)?;
    if args.seq.is_some() {
        if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(RECORD_ENDING)) {
            let what = format!("{} is the name of the record's bytes beside the proof", file.display());
            return Err(Failure::new(Exit::Usage, what)
                .hint("Choose another ending with --out FILE, such as .tlog-proof."));
        }
        out::refuse_there(&file.with_extension(RECORD_ENDING))?;
    }
    Ok(Some(file))
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

fn inclusion(reader: &Reader, seq: u64, checkpoint: &Checkpoint, file: PathBuf) -> Result<Proved, Failure> {
    let proof = prove_inclusion(reader, Seq(seq), checkpoint.size);
    let (proof, leaf) = proof.map_err(|error| state::read_failure(&error))?;
    proof.verify(leaf, checkpoint.root).map_err(|_| another_root(checkpoint))?;
    let raw = reader.records(seq..seq + 1).next();
    let raw = raw.ok_or_else(|| Failure::new(Exit::Failed, format!("record {seq} could not be read")))?;
    let raw = raw.map_err(|error| state::read_failure(&error))?;
    let event = state::decode(&raw)?.name();
    let record = file.with_extension(RECORD_ENDING);
    out::bytes(&record, raw.payload())?;
    out::bytes(&file, proof.to_text(checkpoint).as_bytes()).inspect_err(|_| {
        // Ours: nothing had its name.
        let _ = std::fs::remove_file(&record);
    })?;
    Ok(Proved::Inclusion { proof, leaf, event, file, record })
}

fn consistency(
    reader: &Reader,
    from: u64,
    checkpoint: &Checkpoint,
    file: Option<PathBuf>,
) -> Result<Proved, Failure> {
    let proof = prove_consistency(reader, from, checkpoint.size);
    let (proof, root) = proof.map_err(|error| state::read_failure(&error))?;
    proof.verify(root, checkpoint.root).map_err(|_| another_root(checkpoint))?;
    let stated = reader.checkpoint_of(from).map_err(|error| state::read_failure(&error))?;
    if let Some(stated) = stated.filter(|stated| stated.root != root) {
        return Err(another_root(&stated));
    }
    if let Some(file) = &file {
        out::bytes(file, proof.to_text(checkpoint).as_bytes())?;
    }
    Ok(Proved::Consistency { proof, root, file })
}

fn another_root(checkpoint: &Checkpoint) -> Failure {
    let what =
        format!("the log has another root over the first {} records than its checkpoint", checkpoint.size);
    Failure::new(Exit::JournalDamaged, what).hint("`wsusmigrate journal verify` says more.")
}
