//! What a server says beside its rows: messages with a number, of class INFO or ERROR.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Numbers this program acts on, as `sys.messages` has them.
pub mod number {
    /// A user may not do that to the database, or it does not exist.
    pub const NO_PERMISSION: i32 = 229;
    /// Permission denied in a database.
    pub const NO_DATABASE_PERMISSION: i32 = 262;
    /// The database does not exist.
    pub const NO_SUCH_DATABASE: i32 = 911;
    /// The database is of a newer version than the server.
    pub const NEWER_VERSION: i32 = 948;
    /// The edition cannot compress a backup.
    pub const NO_COMPRESSION: i32 = 1844;
    /// BACKUP or RESTORE is terminating abnormally.
    pub const TERMINATING: i32 = 3013;
    /// A file or a device cannot be opened.
    pub const CANNOT_OPEN: i32 = 3201;
    /// So many percent processed.
    pub const PERCENT: i32 = 3211;
    /// Schema verification failed for a database: WID's verifier, on restore.
    pub const SCHEMA_VERIFICATION: i32 = 3605;
    /// The database is in use and cannot be dropped.
    pub const IN_USE: i32 = 3702;
    /// Login failed.
    pub const LOGIN_FAILED: i32 = 18456;
}

/// A message of the server. What the connector does not tell is left open, not made up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerMessage {
    /// Whether the server sent it as an error, not as information.
    pub is_error: bool,
    /// The number, as in `sys.messages`.
    pub number: Option<i32>,
    /// The severity: 10 and below informs, 11 and above is an error, 20 and above ends the connection.
    pub class: Option<u8>,
    /// Where in the server it was raised.
    pub state: Option<u8>,
    /// The line of the batch, from 1.
    pub line: Option<u32>,
    /// The server's words, in its own language.
    pub text: String,
}

impl ServerMessage {
    /// Whether it has this number.
    #[must_use]
    pub fn has_number(&self, number: i32) -> bool {
        self.number == Some(number)
    }

    /// How far a backup or a restore is, where the message says that. In every language the words begin or end with the
    /// number.
    #[must_use]
    pub fn percent(&self) -> Option<u8> {
        if !self.has_number(number::PERCENT) {
            return None;
        }
        let digits = self.text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?;
        digits.parse().ok().filter(|percent| *percent <= 100)
    }
}

impl fmt::Display for ServerMessage {
    /// As the guide and every tool of SQL Server show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, class) = (told(self.number), told(self.class));
        let (state, line) = (told(self.state), told(self.line));
        write!(f, "Msg {number}, Level {class}, State {state}, Line {line}: {}", self.text)
    }
}

/// A figure of a message; `?` where nobody tells it.
#[must_use]
pub fn told<T: fmt::Display>(figure: Option<T>) -> String {
    figure.map_or_else(|| "?".to_owned(), |figure| figure.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_and_errors_are_told_from_information() {
        let message = |number, class, text: &str| ServerMessage {
            is_error: class > 10,
            number: Some(number),
            class: Some(class),
            state: Some(1),
            line: Some(1),
            text: text.into(),
        };
        assert_eq!(message(3211, 0, "10 percent processed.").percent(), Some(10));
        assert_eq!(message(3211, 0, "10 Prozent verarbeitet.").percent(), Some(10));
        assert_eq!(message(3211, 0, "200 percent processed.").percent(), None);
        assert_eq!(message(4035, 0, "10 pages").percent(), None);
        assert_eq!(
            message(3013, 16, "RESTORE DATABASE is terminating abnormally.").to_string(),
            "Msg 3013, Level 16, State 1, Line 1: RESTORE DATABASE is terminating abnormally."
        );
        let bare = ServerMessage { class: None, state: None, line: None, ..message(3013, 16, "It ended.") };
        assert_eq!(bare.to_string(), "Msg 3013, Level ?, State ?, Line ?: It ended.");
        assert_eq!(
            ServerMessage { number: None, ..message(3211, 0, "10 percent processed.") }.percent(),
            None
        );
    }
}
