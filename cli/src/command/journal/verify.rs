//! `journal verify`: is every byte what was written, and is the history a legal one?

use std::path::{Path, PathBuf};

use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::status::Status;
use wsusmigrate_journal::{Elsewhere, Outside, verify_against, verify_snapshots};

use crate::command::state;
use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body};

/// Check framing, chain, tree, checkpoints, snapshots, what stands beside the key and the legality of the history; name
/// the first bad record
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {
    /// Compare with a checkpoint kept elsewhere: the journal must go on from it
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let elsewhere = args.against.as_deref().map(elsewhere).transpose()?;
    let folder = global.journal_folder()?;
    let mut status = Status::default();
    let mut legal = |recorded: &_| status.advance(recorded).map_err(|illegal| illegal.to_string());
    let keys = global.keys_folder();
    let outside = Outside { keys: Some(&keys), elsewhere: elsewhere.as_ref() };
    let verification = verify_against(&folder, &mut legal, outside);
    let mut verification = verification.map_err(|error| state::read_failure(&error))?;
    if let (Some(elsewhere), Some(identity)) = (&elsewhere, &verification.identity)
        && elsewhere.checkpoint.origin != identity.origin()
    {
        return Err(other_journal(elsewhere));
    }
    let whole = verification.is_sound();
    if whole {
        let snapshots = verify_snapshots::<Migration>(&folder);
        verification.findings.extend(snapshots.map_err(|error| state::read_failure(&error))?);
    }
    let exit = if verification.is_sound() { Exit::Well } else { Exit::JournalDamaged };
    let alone = verification.lacks_head_alone();
    let answer = Answer::well(Body::Verification(Box::new(verification))).exit(exit);
    Ok(match exit {
        Exit::Well => answer,
        _ if whole => answer.next(
            "keep a copy of snapshots/ as evidence, then remove what is named: reports are made from the log again",
        ),
        _ if alone => answer.next(state::HEAD_ANEW),
        _ => answer.next(
            "keep the folder as evidence and restore it from a copy; where only log/ is damaged or gone and sled/ is \
             whole, `wsusmigrate run` rebuilds it",
        ),
    })
}

fn elsewhere(file: &Path) -> Result<Elsewhere, Failure> {
    let what = format!("{} is not a checkpoint", file.display());
    let hint = "Name the file that `wsusmigrate journal anchor` wrote, or a copy of one in checkpoints/.";
    match Elsewhere::read(file) {
        Ok(Some(elsewhere)) => Ok(elsewhere),
        Ok(None) => Err(Failure::new(Exit::Usage, format!("there is no file {}", file.display())).hint(hint)),
        Err(error) => Err(Failure::new(Exit::Usage, what).because(&error).hint(hint)),
    }
}

/// A checkpoint of another journal says nothing about this one.
fn other_journal(elsewhere: &Elsewhere) -> Failure {
    let file = elsewhere.file.display();
    let what = format!("{file} is a checkpoint of another journal: {}", elsewhere.checkpoint.origin);
    Failure::new(Exit::Usage, what)
        .hint("Name a checkpoint of this journal, or the other journal with --journal DIR.")
}
