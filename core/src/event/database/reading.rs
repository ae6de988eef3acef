//! Statements that only read: what was asked, and how the answer went. Its rows are not kept.

use super::{Deserialize, Protection, Serialize};
use crate::coded::coded;
use crate::database::statement::Purpose;
use crate::digest::Sha256;
use crate::text::Text;

/// A statement that only reads was sent. Recorded once its answer has ended, before anything that rests on it; one
/// that is sent again and again before anything else is recorded, as while a backup is watched, is one event with a count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRead {
    /// What it was for.
    pub purpose: Purpose,
    /// The T-SQL; of a longer one its beginning.
    pub statement: Text,
    /// SHA-256 of the whole text as evidence, where it is longer.
    pub whole: Option<Sha256>,
    /// How often it was sent.
    pub times: u32,
    /// Rows of all answers.
    pub rows: u64,
    /// How long the answers took, in milliseconds.
    pub elapsed_ms: u64,
    /// How the last answer ended.
    pub outcome: ReadOutcome,
    /// Why it did not come to its end; empty where it did.
    pub why: Text,
    /// How the connection is protected.
    pub protection: Protection,
    /// INFO and ERROR tokens the server sent with the answers; those of the login come with the first one of a connection.
    pub messages: u32,
    /// What they say, a message a line, with number, class, state and line; of more its beginning.
    pub said: Text,
    /// SHA-256 of all of it as evidence, where it is longer.
    pub said_whole: Option<Sha256>,
}

coded! {
    /// How an answer that was read ended.
    ReadOutcome {
        /// It was read to its end.
        Whole = 1, "whole";
        /// The program had read enough, and cancelled the rest.
        BrokenOff = 2, "broken-off";
        /// The server said an error.
        Refused = 3, "refused";
        /// The connection was lost, or the time was up.
        Lost = 4, "lost";
        /// It holds what this program does not read.
        Unreadable = 5, "unreadable";
    }
}
