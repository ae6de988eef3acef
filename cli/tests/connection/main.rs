//! Goal: a connection to an engine ends in time, whatever the other side does or leaves undone, and every way not to get
//! one is told apart, with what to do next.
//! Method: the program's own connector in front of real sockets: the stand-in's server with an engine of moods behind
//! it, a proxy that falls silent at any byte, and peers that are no engine at all.
#![expect(clippy::unwrap_used, reason = "a test may unwrap, in its helpers too")]

#[cfg(unix)]
mod failures;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod moods;
#[cfg(windows)]
mod pipe;
#[cfg(unix)]
mod silence;
