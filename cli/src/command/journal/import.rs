//! `journal import`: another journal's records, taken in once everything about them is proved.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::run::StreamImported;
use wsusmigrate_core::status::{ImportedStream, Status};
use wsusmigrate_journal::bundle::{Bundle, BundleError};
use wsusmigrate_journal::streams::{self, ImportError};
use wsusmigrate_journal::{ReadError, Reader, RecordSource as _, Upto};

use crate::command::state;
use crate::error::Failure;
use crate::executor::{Aside, account, create_journal};
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, Talk, bundle};

/// Take in another journal's records from a bundle, once everything about it is proved
///
/// The key that signed the bundle travels in it and proves nothing by itself: compare its fingerprint with the one
/// `wsusmigrate journal export` printed on the source, and give it with --key or confirm it on the terminal. Once a
/// stream was imported, later bundles of it must be signed by the same key and extend what is there.
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {
    /// The bundle
    bundle: PathBuf,
    /// The fingerprint of the key, as the source shows it
    #[arg(long, value_name = "FINGERPRINT")]
    key: Option<Fingerprint>,
}

/// SHA-256 of a public key as people type it: hexadecimal of either case, in groups or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fingerprint(Sha256);

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | ':' | '-')).collect();
        digits.parse().map(Self).map_err(|_| "a fingerprint is 64 hexadecimal digits".to_owned())
    }
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let talk = Talk { json: global.json };
    let folder = global.journal_folder()?;
    if matches!(Reader::open(&folder), Err(ReadError::NotFound(_))) {
        // On a new server this is the first command: its plan names the journal. Nothing is made for a bundle that is
        // not accepted.
        confirm(args, None, &open(args)?, talk)?;
        create_journal(&folder, &global.keys_folder(), &global.load_plan()?.plan.migration.name, talk)?;
    }
    let own = state::reader(global)?.identity().clone();
    let bundle = open(args)?;
    let stream = bundle.identity().stream;
    let known = state::state(global, Upto::Now)?.run.status.streams.get(stream).copied();
    may_import(own.stream, known.as_ref(), &bundle)?;
    confirm(args, known.as_ref(), &bundle, talk)?;
    let aside = Aside::open(&folder, &global.keys_folder(), talk)?;
    // Asked again under the lock: somebody else may have imported meanwhile.
    let known = aside.state().run.status.streams.get(stream).copied();
    let is_new = may_import(own.stream, known.as_ref(), &bundle)?;
    let copy = match &known {
        // Nothing new: only its copy is looked at, and put back where it is not what was imported.
        Some(known) if !is_new => streams::put_back(&folder, &bundle, known).map(Some),
        _ => streams::store(&folder, &bundle).map(|()| None),
    };
    let copy = copy.map_err(|error| refused(&error))?;
    if copy.is_none() {
        // A crash here leaves a file that nobody reads; the next import writes it again.
        let (account, sid) = account();
        aside.record(StreamImported {
            stream,
            host: bundle.identity().host.clone(),
            origin: bundle.note().origin.as_str().into(),
            size: bundle.size(),
            root: bundle.note().root,
            key: bundle.identity().fingerprint(),
            account,
            sid,
        })?;
    } else {
        aside.close()?;
    }
    streams::drop_older(&folder, stream, bundle.size()).map_err(|error| refused(&error.into()))?;
    let before = known.map(|known| known.size);
    Ok(Answer::well(Body::line(bundle::imported(&bundle, before, copy.as_ref()))))
}

/// Imports a bundle whose key needs no confirmation, because both journals are made up in one place.
pub(in crate::command) fn import_bundle(bundle: &Path, global: &Global) -> Result<(), Failure> {
    let found = Bundle::open_with(bundle, &mut |_| Ok(())).map_err(|error| unusable(&error))?;
    let key = Some(Fingerprint(found.identity().fingerprint()));
    run(&Args { bundle: bundle.to_owned(), key }, global).map(|_| ())
}

/// Opens the bundle and checks everything in it, the legality of its history too.
fn open(args: &Args) -> Result<Bundle, Failure> {
    let mut status = Status::default();
    let mut legal = |recorded: &_| status.advance(recorded).map_err(|illegal| illegal.to_string());
    Bundle::open_with(&args.bundle, &mut legal).map_err(|error| unusable(&error))
}

fn may_import(
    own: wsusmigrate_core::id::StreamId,
    known: Option<&ImportedStream>,
    bundle: &Bundle,
) -> Result<bool, Failure> {
    streams::may_import(own, known, bundle).map_err(|error| refused(&error))
}

/// Whether the key is the source's: somebody who knows has to say so, once.
fn confirm(args: &Args, known: Option<&ImportedStream>, bundle: &Bundle, talk: Talk) -> Result<(), Failure> {
    let found = bundle.identity().fingerprint();
    let source = bundle.identity().host.as_str();
    match args.key {
        Some(Fingerprint(key)) if key == found => Ok(()),
        Some(_) => Err(Failure::new(
            Exit::JournalDamaged,
            format!("the bundle is signed by another key: its fingerprint is {found}"),
        )
        .hint("Ask at the source which key is its own. Nothing was imported.")),
        // The same key as before: `may_import` has compared them.
        None if known.is_some() => Ok(()),
        None if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !talk.json => {
            talk.say(&format!("The bundle of {source} is signed by the key with the fingerprint"));
            talk.say(&format!("  {found}"));
            talk.say("Does the source show the same? Type yes, or anything else to leave it:");
            let mut answer = String::new();
            let read = std::io::stdin().read_line(&mut answer);
            if read.is_ok() && answer.trim().eq_ignore_ascii_case("yes") {
                Ok(())
            } else {
                Err(unconfirmed(found))
            }
        }
        None => Err(unconfirmed(found)),
    }
}

fn unconfirmed(found: Sha256) -> Failure {
    Failure::new(Exit::Stopped, format!("nobody has confirmed the key with the fingerprint {found}")).hint(
        "Compare it with the one `wsusmigrate journal export` shows on the source, then give it with --key. Nothing was \
         imported.",
    )
}

/// A bundle that cannot be used.
fn unusable(error: &BundleError) -> Failure {
    let (exit, hint) = match error {
        BundleError::Damaged(_) => {
            (Exit::JournalDamaged, "Fetch the bundle again from its source; this one is no proof.")
        }
        BundleError::NotABundle { .. } => {
            (Exit::Usage, "Name the file that `wsusmigrate journal export --bundle` wrote.")
        }
        BundleError::NewerFormat { .. } => (Exit::Usage, "Use the newer program that wrote it."),
        BundleError::File(_) => (Exit::Failed, "Check the path and the rights of the account."),
    };
    Failure::new(exit, "the bundle is not accepted").because(error).hint(hint)
}

fn refused(error: &ImportError) -> Failure {
    let (exit, hint) = match error {
        ImportError::OwnStream => (Exit::Usage, "A journal holds its own records already."),
        ImportError::OtherKey => (
            Exit::JournalDamaged,
            "Ask at the source whose key this is. What was imported before is untouched.",
        ),
        ImportError::Older { .. } => (
            Exit::JournalDamaged,
            "Fetch the newest bundle from the source. What was imported before is untouched.",
        ),
        ImportError::Rewritten { .. } => (
            Exit::JournalDamaged,
            "The source's history is not the one it was: keep both bundles. What was imported before is untouched.",
        ),
        ImportError::Changed | ImportError::Copy(_) => {
            (Exit::JournalDamaged, "Copy the bundle to a local disk and import it from there.")
        }
        ImportError::Read(error) => return state::read_failure(error),
        ImportError::File(_) => (Exit::JournalUnwritable, "Check the disk and the journal's folder."),
    };
    Failure::new(exit, "the bundle is not imported").because(error).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_typed_in_several_ways() {
        let plain = "AB".repeat(32);
        let digest = Ok(Fingerprint(Sha256([0xAB; 32])));
        assert_eq!(plain.parse(), digest);
        assert_eq!(plain.to_lowercase().parse(), digest);
        assert_eq!(["ab"; 32].join(":").parse(), digest);
        assert!(plain[2..].parse::<Fingerprint>().is_err());
    }
}
