//! What a connector and a connection are, whoever implements them.

use std::ops::ControlFlow;

use thiserror::Error;
use wsusmigrate_core::database::message::ServerMessage;
use wsusmigrate_core::database::row::Row;
use wsusmigrate_core::database::statement::Statement;
use wsusmigrate_core::event::database::Protection;

use super::connect_error::ConnectError;

/// Opens connections to one engine.
pub trait Connector: Send + Sync {
    /// How the engine is reached, without any secret.
    fn address(&self) -> String;

    /// Opens a connection of its own.
    fn connect(&self) -> Result<Box<dyn Connection>, ConnectError>;

    /// The same way for somebody who only looks on while a statement runs: with short limits, and its own to keep, so
    /// that nobody has to wait for it.
    fn for_watcher(&self) -> Box<dyn Connector>;
}

/// An open connection. Everything here waits, and nothing waits longer than the connector's limits say.
///
/// What the server says at the login is heard with the first statement.
pub trait Connection: Send {
    /// How what passes over it is protected.
    fn protection(&self) -> Protection;

    /// Reads: hands each row over as it arrives, with the number of its result, from 0. Memory does not grow with the
    /// rows. Where `each` breaks off, the statement is cancelled. `hear` gets what the server said, once the answer has
    /// ended.
    fn rows(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(usize, Row) -> ControlFlow<()>,
        hear: &mut dyn FnMut(&ServerMessage),
    ) -> Result<(), ReadError>;

    /// Acts: `hear` gets what the server says, in its order and as it is said.
    fn act(&mut self, statement: &Statement, hear: &mut dyn FnMut(&ServerMessage)) -> Ended;
}

/// How a statement that acts ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The server carried it out and said no error.
    Done,
    /// The server said an error, to the end; the connection can be used.
    Refused,
    /// The answer did not come to its end: the connection was lost, or the time was up. What became of the statement is
    /// not known.
    Lost(String),
}

/// Why a reading statement gave no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The server said an error.
    #[error("{0}")]
    Refused(ServerMessage),
    /// The connection was lost, or the time was up.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// The server sent what this program does not read.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}
