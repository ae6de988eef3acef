//! `journal seal`: the end of a journal, for good.

use wsusmigrate_core::event::run::JournalSealed;
use wsusmigrate_core::status::Phase;
use wsusmigrate_core::text::TEXT_BYTES_MAX;

use crate::command::state;
use crate::error::Failure;
use crate::executor::{Aside, account};
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, Talk, bundle};

/// End the journal for good: nothing can be added to it any more, and a last checkpoint is signed
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {
    /// Why, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let reason = args.reason.trim();
    if reason.is_empty() {
        return Err(Failure::new(Exit::Usage, "a seal needs a reason")
            .hint("Say why nothing more will happen, such as --reason 'the old server is retired'."));
    }
    if reason.len() > TEXT_BYTES_MAX {
        let what = format!("the reason has {} bytes, a record holds {TEXT_BYTES_MAX}", reason.len());
        return Err(Failure::new(Exit::Usage, what).hint("Say it in fewer words."));
    }
    // Looked at first, so that what is no journal is told as for every command that reads.
    state::reader(global)?;
    let folder = global.journal_folder()?;
    let talk = Talk { json: global.json };
    let aside = Aside::open(&folder, &global.keys_folder(), talk)?;
    if let Phase::Running { .. } = aside.state().run.status.phase {
        aside.close()?;
        return Err(Failure::new(
            Exit::Stopped,
            "the last run ended without saying so, and may have left something",
        )
        .hint("`wsusmigrate run` looks at what was in flight; seal the journal after it."));
    }
    let (account, sid) = account();
    let size = aside.state().run.last.map_or(1, |(last, _)| last.next().next().0);
    aside.record(JournalSealed { reason: reason.into(), account, sid })?;
    Ok(Answer::well(Body::line(bundle::sealed(size)))
        .next("wsusmigrate journal export --bundle FILE   to keep it elsewhere, with its last checkpoint"))
}
