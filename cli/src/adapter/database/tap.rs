//! What the server says, read from the answer's own bytes where they pass unencrypted: on the pipes of Windows Internal
//! Database always, elsewhere where the login alone is encrypted. So number, class, state and line of *every* message are
//! known, which the client library does not tell.
//!
//! The tap only looks: what it hands on is what it got. It is armed for one answer of a statement that acts, and gives
//! up at the first token of a result, since no message of such a statement stands behind one.
//!
//! ```text
//! packet   type 0x04 │ status │ length, big-endian, with these 8 bytes │ spid │ id │ window │ payload …
//! token    0xAA ERROR, 0xAB INFO │ length u16 │ number i32 │ state u8 │ class u8 │ text │ server │ procedure │ line i32
//! ```
//! Source: MS-TDS 2.2.3.1 (packet header), 2.2.7.10 (ERROR), 2.2.7.13 (INFO); numbers little-endian, texts UTF-16.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc::UnboundedSender;

use wsusmigrate_core::database::message::ServerMessage;

use super::greeting::Greeting;

/// The length of a packet's header.
const HEADER: usize = 8;
/// The most bytes of a token that are waited for: its length has 16 bits.
const HELD_MAX: usize = HEADER + (1 << 16) + 3;

/// The tap's switch, shared with whoever reads.
#[derive(Clone, Default)]
pub(super) struct Switch(Arc<Mutex<Option<Scanner>>>);

impl Switch {
    /// Listens to the answer that comes next.
    pub(super) fn arm(&self, heard: UnboundedSender<ServerMessage>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Scanner::new(heard));
    }

    /// Listens no more.
    pub(super) fn disarm(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn see(&self, bytes: &[u8]) {
        let mut scanner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if scanner.as_mut().is_some_and(|scanner| scanner.take(bytes).is_none()) {
            *scanner = None;
        }
    }
}

/// A stream whose reading side is listened to.
pub(super) struct Tap<S> {
    inner: S,
    switch: Switch,
    greeting: Greeting,
}

impl<S> Tap<S> {
    pub(super) const fn new(inner: S, switch: Switch, greeting: Greeting) -> Self {
        Self { inner, switch, greeting }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        if matches!(polled, Poll::Ready(Ok(()))) {
            let read = &buf.filled()[before..];
            self.greeting.see(read);
            self.switch.see(read);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Takes packets apart into tokens.
struct Scanner {
    heard: UnboundedSender<ServerMessage>,
    /// Bytes of a packet that has not arrived whole.
    packet: Vec<u8>,
    /// Bytes of a token that has not arrived whole.
    token: Vec<u8>,
}

impl Scanner {
    const fn new(heard: UnboundedSender<ServerMessage>) -> Self {
        Self { heard, packet: Vec::new(), token: Vec::new() }
    }

    /// Takes what was read. Nothing: there is no more to hear.
    fn take(&mut self, bytes: &[u8]) -> Option<()> {
        self.packet.extend_from_slice(bytes);
        while let Some(length) = self.packet.get(2..4) {
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            if length < HEADER {
                return None;
            }
            if self.packet.len() < length {
                break;
            }
            self.token.extend_from_slice(&self.packet[HEADER..length]);
            self.packet.drain(..length);
            self.tokens()?;
        }
        (self.token.len() <= HELD_MAX).then_some(())
    }

    /// Takes the whole tokens that are there.
    fn tokens(&mut self) -> Option<()> {
        let mut at = 0;
        while let Some(length) = token_length(&self.token[at..])? {
            let token = &self.token[at..at + length];
            if matches!(token[0], 0xAA | 0xAB) {
                // Nobody listens any more where this fails: the statement was given up.
                let _ = self.heard.send(message(&token[3..])?);
            }
            at += length;
        }
        self.token.drain(..at);
        Some(())
    }
}

/// The length of the token that begins here, once it is there whole. Nothing at all: a token that is not listened to.
#[allow(clippy::option_option, reason = "not yet and never are two things")]
fn token_length(bytes: &[u8]) -> Option<Option<usize>> {
    let Some(kind) = bytes.first() else { return Some(None) };
    let length = match kind {
        // ERROR, INFO, ENVCHANGE, ORDER: the length follows.
        0xAA | 0xAB | 0xE3 | 0xA9 => match bytes.get(1..3) {
            Some(length) => 3 + usize::from(u16::from_le_bytes([length[0], length[1]])),
            None => return Some(None),
        },
        // DONE, DONEPROC, DONEINPROC: status, command, rows.
        0xFD..=0xFF => 13,
        // RETURNSTATUS.
        0x79 => 5,
        _ => return None,
    };
    Some((bytes.len() >= length).then_some(length))
}

/// From this severity on a message is an error.
const ERROR_CLASS_MIN: u8 = 11;

/// The message in the body of a token.
fn message(body: &[u8]) -> Option<ServerMessage> {
    let (number, rest) = body.split_first_chunk::<4>()?;
    let ([state, class], rest) = rest.split_first_chunk::<2>()?;
    let (units, rest) = rest.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(2 * usize::from(u16::from_le_bytes(*units)))?;
    let rest = skip_name(skip_name(rest)?)?;
    let line = rest.first_chunk::<4>()?;
    let units: Vec<_> = text.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    Some(ServerMessage {
        is_error: *class >= ERROR_CLASS_MIN,
        number: Some(i32::from_le_bytes(*number)),
        class: Some(*class),
        state: Some(*state),
        line: Some(u32::from_le_bytes(*line)),
        text: String::from_utf16_lossy(&units),
    })
}

/// What follows a name with a length of one byte.
fn skip_name(bytes: &[u8]) -> Option<&[u8]> {
    let (units, rest) = bytes.split_first()?;
    rest.get(2 * usize::from(*units)..)
}

#[cfg(test)]
mod tests {
    //! Goal: every message of an answer is heard with all its parts, however the bytes are cut; nothing makes it panic.

    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    fn said(kind: u8, number: i32, class: u8, text: &str) -> Vec<u8> {
        let mut body = number.to_le_bytes().to_vec();
        body.extend([7, class]);
        body.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
        body.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        body.extend([1, b'S', 0, 0]);
        body.extend(5_u32.to_le_bytes());
        let mut token = vec![kind];
        token.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
        token.extend(body);
        token
    }

    fn packets(payload: &[u8], size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for chunk in payload.chunks(size) {
            out.extend([4, 0]);
            out.extend(u16::try_from(chunk.len() + HEADER).unwrap().to_be_bytes());
            out.extend([0, 0, 1, 0]);
            out.extend(chunk);
        }
        out
    }

    fn heard(bytes: &[u8], cut: usize) -> Vec<ServerMessage> {
        let (sender, mut receiver) = unbounded_channel();
        let switch = Switch::default();
        switch.arm(sender);
        bytes.chunks(cut).for_each(|chunk| switch.see(chunk));
        std::iter::from_fn(|| receiver.try_recv().ok()).collect()
    }

    #[test]
    fn both_errors_of_a_restore_are_heard_whole_however_the_bytes_are_cut() {
        let mut payload = said(0xAB, 3211, 0, "10 percent processed.");
        payload.extend(said(0xAA, 3605, 16, "Schema verification failed for database 'SUSDB'."));
        payload.extend(said(0xAA, 3013, 16, "RESTORE DATABASE is terminating abnormally."));
        payload.extend([0xFD, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for size in [1, 7, 100, 4096] {
            for cut in [1, 3, 64, 100_000] {
                let heard = heard(&packets(&payload, size), cut);
                let numbers: Vec<_> =
                    heard.iter().map(|it| (it.is_error, it.number, it.class, it.state, it.line)).collect();
                let whole = |is_error, number, class| (is_error, Some(number), Some(class), Some(7), Some(5));
                let expected = [whole(false, 3211, 0), whole(true, 3605, 16), whole(true, 3013, 16)];
                assert_eq!(numbers, expected, "{size} {cut}");
                assert_eq!(heard[1].text, "Schema verification failed for database 'SUSDB'.");
            }
        }
    }

    #[test]
    fn a_result_ends_the_listening_and_rubbish_does_no_harm() {
        let mut payload = said(0xAB, 1, 0, "before");
        payload.extend([0x81, 1, 0]);
        payload.extend(said(0xAB, 2, 0, "inside"));
        assert_eq!(heard(&packets(&payload, 512), 512).len(), 1);
        for seed in 0..2_000_u32 {
            let byte =
                |at: u32| u8::try_from(seed.wrapping_mul(2_654_435_761).rotate_left(at) & 0xFF).unwrap();
            let rubbish: Vec<_> = (0..64).map(byte).collect();
            heard(&rubbish, 5);
            heard(&packets(&rubbish, 9), 4);
        }
    }
}
