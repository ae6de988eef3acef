//! Watching a statement that takes long: a second connection asks the engine how far it is.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use wsusmigrate_core::database::row::Row;
use wsusmigrate_core::database::statement::{self, Statement};

use crate::adapter::database::{Connector, Ended};
use crate::error::Failure;
use crate::executor::Asked;
use crate::show::Talk;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, ask};
use crate::step::database::operation::{Going, Outcome};

/// How often the engine is asked.
const PERIOD: Duration = Duration::from_secs(5);

/// Carries a statement out while somebody watches. A connection that was lost is given up.
pub(super) fn act(
    going: &mut Going<'_>,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
    statement: &Statement,
    what: &'static str,
) -> Result<Ended, Failure> {
    let session = u16::try_from(engine.facts()?.session_id).ok();
    let (connector, talk) = (engine.connector(), context.talk());
    let connection = engine.connection()?;
    let ended = thread::scope(|scope| {
        let (end, ended) = mpsc::channel();
        let watching = scope.spawn(move || watch(connector, session, what, talk, &ended));
        let acted = going.act(connection, statement);
        drop::<Sender<()>>(end);
        if let Ok(Some(asked)) = watching.join() {
            context.reads().leave(asked);
        }
        acted
    });
    if matches!(ended, Ended::Lost(_)) {
        engine.hang_up();
    }
    Ok(ended)
}

/// Carries statements out one after the other, each watched. Where one does not come to its effect, the answer is what the
/// operation came to: a connection lost behind the first of them leaves nobody knowing how far it got.
pub(super) fn act_each(
    going: &mut Going<'_>,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
    statements: &[Statement],
    what: &'static str,
) -> Result<(), Outcome> {
    for (before, statement) in statements.iter().enumerate() {
        match act(going, context, engine, statement, what) {
            Ok(Ended::Done) => {}
            // What came before it has had its effect.
            Ok(Ended::Refused) if before > 0 => {
                return Err(Outcome::unknown(Outcome::refused(going.said()).detail));
            }
            Ok(ended) => return Err(Outcome::of(&ended, going.said(), "")),
            Err(failure) if before == 0 => return Err(Outcome::failed(0, failure.to_string())),
            Err(failure) => return Err(Outcome::unknown(failure.to_string())),
        }
    }
    Ok(())
}

/// Tells how far the engine is until the work ends; the answer is the question, with how often it was asked. What goes wrong
/// here is nobody's business: the work itself tells.
fn watch(
    connector: &dyn Connector,
    session: Option<u16>,
    what: &str,
    talk: Talk,
    ended: &mpsc::Receiver<()>,
) -> Option<Asked> {
    let mut connection = None;
    let mut asking: Option<Asked> = None;
    let question = statement::progress(session);
    while matches!(ended.recv_timeout(PERIOD), Err(RecvTimeoutError::Timeout)) {
        if connection.is_none() {
            connection = connector.connect().ok();
        }
        let Some(open) = &mut connection else { continue };
        let mut rows = Vec::new();
        let mut take = |_, row| {
            rows.push(row);
            ControlFlow::Continue(())
        };
        let asking = asking.get_or_insert_with(|| Asked::new(question.clone(), open.protection()));
        if ask(open.as_mut(), &question, &mut take, asking).is_err() {
            connection = None;
        }
        for row in rows.iter().filter(|row| is_of(row, session)) {
            talk.say(&told(what, row));
        }
    }
    asking
}

fn is_of(row: &Row, session: Option<u16>) -> bool {
    session.is_none_or(|session| row.int("session_id") == Ok(session.into()))
}

fn told(what: &str, row: &Row) -> String {
    let percent = row.maybe_real("percent_complete").ok().flatten().unwrap_or(0.0);
    let left_ms = row.maybe_int("estimated_completion_time").ok().flatten().unwrap_or(0);
    match left_ms {
        0 => format!("{what}: {percent:.0} %"),
        left_ms => format!("{what}: {percent:.0} %, about {} s left", left_ms / 1000),
    }
}
