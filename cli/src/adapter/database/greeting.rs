//! What a server says about encryption before anything else. The client library does as it is told there and says nothing
//! of it; but where the server wants more than was asked for, everything is encrypted, and where it cannot agree it only
//! hangs up.
//!
//! ```text
//! packet   type 0x04 │ status │ length │ spid │ id │ window │ option table … 0xFF │ values …
//! option   token u8 (1: ENCRYPTION) │ offset u16 │ length u16, big-endian; the offset counts from the table's begin
//! ```
//! Source: MS-TDS 2.2.6.5 (PRELOGIN), 3.2.5.2 (what follows from which answer).

use std::sync::{Arc, Mutex, PoisonError};

use wsusmigrate_core::event::database::Protection;

/// The length of a packet's header.
const HEADER: usize = 8;
/// As much as is kept of what a server begins with: an answer to PRELOGIN has some fifty bytes.
const KEPT_BYTES: usize = 512;
const ENCRYPTION: u8 = 1;
const TERMINATOR: u8 = 0xFF;

/// The server's word on encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The login only, where the client wants no more.
    Off,
    /// Everything.
    On,
    /// It cannot.
    NotSupported,
    /// Everything, and nobody is let in without.
    Required,
}

/// What a server begins with, as it is read.
#[derive(Clone, Default)]
pub(super) struct Greeting(Arc<Mutex<Vec<u8>>>);

impl Greeting {
    /// Keeps what was read, as long as it is the beginning.
    pub(super) fn see(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT_BYTES - kept.len();
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// What the server said; nothing where it said nothing whole.
    pub(super) fn said(&self) -> Option<Said> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        encryption(&kept)
    }

    /// What is encrypted on a connection that was asked for with `asked`.
    pub(super) fn protection(&self, asked: Protection) -> Protection {
        match (asked, self.said()) {
            (Protection::None, Some(Said::NotSupported) | None) => Protection::None,
            (Protection::LoginOnly, Some(Said::Off) | None) => Protection::LoginOnly,
            (Protection::None | Protection::LoginOnly | Protection::Everything, _) => Protection::Everything,
        }
    }
}

fn encryption(packet: &[u8]) -> Option<Said> {
    let body = packet.get(HEADER..).filter(|_| packet[0] == 4)?;
    let mut table = body;
    loop {
        let (option, rest) = table.split_first().filter(|(option, _)| **option != TERMINATOR)?;
        let (place, rest) = rest.split_first_chunk::<4>()?;
        if *option == ENCRYPTION {
            let offset = usize::from(u16::from_be_bytes([place[0], place[1]]));
            // The higher bits speak of a client's certificate, which nobody here has.
            return Some(match body.get(offset)? & 0x0F {
                0 => Said::Off,
                1 => Said::On,
                2 => Said::NotSupported,
                3 => Said::Required,
                _ => return None,
            });
        }
        table = rest;
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the answer is read wherever it stands, however it comes in, and nothing makes the reading panic.

    use super::*;

    fn answer(code: u8) -> Vec<u8> {
        let table = [0, 0, 11, 0, 6, ENCRYPTION, 0, 17, 0, 1, TERMINATOR];
        let header = [4, 1, 0, 26, 0, 0, 1, 0];
        [&header[..], &table, &[12, 0, 7, 208, 0, 0], &[code]].concat()
    }

    #[test]
    fn what_a_server_wants_decides_what_is_encrypted() {
        use Protection::{Everything, LoginOnly, None};
        for (code, of_none, of_login) in [
            (0, Everything, LoginOnly),
            (1, Everything, Everything),
            (2, None, Everything),
            (3, Everything, Everything),
        ] {
            let greeting = Greeting::default();
            for byte in answer(code) {
                greeting.see(&[byte]);
            }
            greeting.see(&[0; 2 * KEPT_BYTES]);
            assert!(greeting.said().is_some(), "{code}");
            assert_eq!(greeting.protection(None), of_none, "{code}");
            assert_eq!(greeting.protection(LoginOnly), of_login, "{code}");
            assert_eq!(greeting.protection(Everything), Everything, "{code}");
        }
    }

    #[test]
    fn what_is_cut_off_or_something_else_says_nothing() {
        let whole = answer(3);
        for length in 0..whole.len() {
            assert_eq!(encryption(&whole[..length]), None, "{length}");
        }
        assert_eq!(encryption(b"HTTP/1.1 400 Bad Request\r\n\r\n"), None);
        assert_eq!(encryption(&answer(9)), None);
    }
}
