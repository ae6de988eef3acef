//! Watching a statement that takes long: a second connection asks the engine how far it is.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
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
    let connector = engine.connector().for_watcher();
    let watcher = Watcher { session, what, talk: context.talk(), period: PERIOD, asking: Arc::default() };
    let connection = engine.connection()?;
    let asking = watcher.asking.clone();
    let ended = watcher.beside(connector, || going.act(connection, statement));
    if let Some(asked) = asking.lock().unwrap_or_else(PoisonError::into_inner).take() {
        context.reads().leave(asked);
    }
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

/// Whoever tells how far the engine is.
struct Watcher {
    /// Whose request is told of; every backup's and restore's where that is not known.
    session: Option<u16>,
    what: &'static str,
    talk: Talk,
    period: Duration,
    /// The question, with how often it was asked so far.
    asking: Arc<Mutex<Option<Asked>>>,
}

impl Watcher {
    /// Watches while the work is done. The work never waits for the watcher: one that hangs in a connection when the work
    /// ends is left to its own limits, and says nothing any more.
    fn beside<T>(self, connector: Box<dyn Connector>, work: impl FnOnce() -> T) -> T {
        let (end, ended) = mpsc::channel();
        thread::spawn(move || self.watch(&*connector, &ended));
        let done = work();
        drop::<Sender<()>>(end);
        done
    }

    /// Leaves what was asked so far for the journal.
    fn note(&self, asking: Asked) {
        *self.asking.lock().unwrap_or_else(PoisonError::into_inner) = Some(asking);
    }

    /// Tells until the work ends. What goes wrong here is nobody's business: the work itself tells.
    fn watch(&self, connector: &dyn Connector, ended: &Receiver<()>) {
        let (mut connection, mut asking) = (None, None::<Asked>);
        let question = statement::progress(self.session);
        while matches!(ended.recv_timeout(self.period), Err(RecvTimeoutError::Timeout)) {
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
            // The work may end while the engine answers: what was sent by then is told as a question without an answer.
            self.note(asking.unanswered());
            if ask(open.as_mut(), &question, &mut take, asking).is_err() {
                connection = None;
            }
            self.note(asking.clone());
            if !matches!(ended.try_recv(), Err(TryRecvError::Empty)) {
                return;
            }
            for row in rows.iter().filter(|row| is_of(row, self.session)) {
                self.talk.say(&told(self.what, row));
            }
        }
    }
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

#[cfg(test)]
mod tests {
    //! Goal: whoever watches never holds up what is watched.

    use std::time::Instant;

    use wsusmigrate_core::database::message::ServerMessage;
    use wsusmigrate_core::event::database::Protection;

    use crate::adapter::database::{ConnectError, Connection, ReadError};

    use super::*;

    /// How long a connection of the test's hangs.
    const HANGS: Duration = Duration::from_secs(20);

    /// Says that somebody connects, and does not answer.
    struct Mute(Mutex<Sender<()>>);

    impl Connector for Mute {
        fn address(&self) -> String {
            String::new()
        }

        fn connect(&self) -> Result<Box<dyn Connection>, ConnectError> {
            self.0.lock().unwrap().send(()).unwrap();
            let (_nobody, answer) = mpsc::channel::<()>();
            let _ = answer.recv_timeout(HANGS);
            Err(ConnectError::TimedOut { address: String::new(), limit: HANGS })
        }

        fn for_watcher(&self) -> Box<dyn Connector> {
            unreachable!("nobody watches a watcher")
        }
    }

    /// Connects at once; says that it is asked, and does not answer.
    struct Silent(Sender<()>);

    impl Connector for Mutex<Sender<()>> {
        fn address(&self) -> String {
            String::new()
        }

        fn connect(&self) -> Result<Box<dyn Connection>, ConnectError> {
            Ok(Box::new(Silent(self.lock().unwrap().clone())))
        }

        fn for_watcher(&self) -> Box<dyn Connector> {
            unreachable!("nobody watches a watcher")
        }
    }

    impl Connection for Silent {
        fn protection(&self) -> Protection {
            Protection::None
        }

        fn rows(
            &mut self,
            _: &Statement,
            _: &mut dyn FnMut(usize, Row) -> ControlFlow<()>,
            _: &mut dyn FnMut(&ServerMessage),
        ) -> Result<(), ReadError> {
            self.0.send(()).unwrap();
            let (_nobody, answer) = mpsc::channel::<()>();
            let _ = answer.recv_timeout(HANGS);
            Ok(())
        }

        fn act(&mut self, _: &Statement, _: &mut dyn FnMut(&ServerMessage)) -> Ended {
            unreachable!("a watcher only asks")
        }
    }

    fn watcher(asking: &Arc<Mutex<Option<Asked>>>) -> Watcher {
        let (session, what, talk) = (None, "restore", Talk { json: false });
        Watcher { session, what, talk, period: Duration::ZERO, asking: Arc::clone(asking) }
    }

    /// The last question was once in no journal, where the work ended before its answer.
    #[test]
    fn a_question_that_nobody_answered_in_time_is_left_for_the_journal() {
        let (sender, asked) = mpsc::channel();
        let asking = Arc::default();
        let done = watcher(&asking).beside(Box::new(Mutex::new(sender)), || asked.recv_timeout(HANGS));
        assert_eq!(done, Ok(()), "it asks");
        assert!(asking.lock().unwrap().is_some(), "what was asked is known");
    }

    #[test]
    fn work_that_ends_does_not_wait_for_a_watcher_that_hangs() {
        let (sender, connects) = mpsc::channel();
        let began = Instant::now();
        let done = watcher(&Arc::default())
            .beside(Box::new(Mute(Mutex::new(sender))), || connects.recv_timeout(HANGS));
        assert_eq!(done, Ok(()), "it connects");
        assert!(began.elapsed() < HANGS / 2, "{:?}", began.elapsed());
    }
}
