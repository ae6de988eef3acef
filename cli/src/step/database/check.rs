//! DBCC CHECKDB, before the backup and after the restore.

use wsusmigrate_core::database::statement;
use wsusmigrate_core::event::database::Operation;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::operation::{Intent, Outcome, carry_out};
use crate::step::database::watch;

/// Checks SUSDB. Any error is the server's own word that something is wrong with it.
pub(super) fn perform(
    operation: Operation,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let statement = statement::check_database();
    let intent = Intent {
        operation,
        subject: "".into(),
        statement: statement.text().to_owned(),
        before: "SUSDB is ONLINE".to_owned(),
        expects: "no error".to_owned(),
    };
    carry_out(recorder, context, intent, |going| {
        match watch::act(going, context, engine, &statement, "checking") {
            Ok(ended) => Outcome::of(&ended, going.said(), "no error"),
            Err(failure) => Outcome::failed(0, failure.to_string()),
        }
    })?;
    Ok(())
}
