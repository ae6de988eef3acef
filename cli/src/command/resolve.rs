//! `resolve`: answer a question the program could not answer by looking.

use clap::ValueEnum;
use serde_json::json;
use wsusmigrate_core::event::database::{Answer as Said, OperationResolved};
use wsusmigrate_core::text::TEXT_BYTES_MAX;

use crate::command::state;
use crate::error::Failure;
use crate::executor::{Aside, account};
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, Line, Talk};

/// Say what became of an operation that no look could settle: it happened, or it did not
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// What became of it
    answer: What,
    /// How you know, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    note: String,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum What {
    /// It has its effect
    Happened,
    /// It has none
    DidNot,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let note = args.note.trim();
    if note.is_empty() || note.len() > TEXT_BYTES_MAX {
        return Err(Failure::new(Exit::Usage, format!("a note has 1 to {TEXT_BYTES_MAX} bytes"))
            .hint("Say how you know, such as --note 'sys.databases shows SUSDB ONLINE since 02:10'."));
    }
    // Looked at first, so that what is no journal is told as for every command that reads.
    state::reader(global)?;
    let aside = Aside::open(&global.journal_folder()?, &global.keys_folder(), Talk { json: global.json })?;
    let Some(open) = aside.state().run.status.database.open.clone().filter(|open| open.asked) else {
        aside.close()?;
        return Err(Failure::new(Exit::Usage, "no question is open: nothing waits for an answer")
            .hint("`wsusmigrate status` says where the migration stands."));
    };
    let (account, sid) = account();
    let answer = match args.answer {
        What::Happened => Said::Happened,
        What::DidNot => Said::DidNot,
    };
    let operation = open.operation;
    aside.record_of(
        open.action,
        open.intent,
        OperationResolved { operation, answer, note: note.into(), account, sid },
    )?;
    let text =
        format!("{}: {}, as you say; it is in the journal with your name", operation.word(), answer.word());
    let line = Line { text, json: json!({ "operation": operation.word(), "answer": answer.word() }) };
    Ok(Answer::well(Body::line(line)).next("wsusmigrate run   (looks at everything else itself)"))
}
