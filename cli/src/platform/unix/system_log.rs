//! The system's log: syslog, by its socket. One datagram a line, in the form of RFC 3164 as every syslog daemon and
//! journald take it.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Where the daemon listens.
const SOCKET: &str = "/dev/log";
/// Facility user (1), severity notice (5).
const PRIORITY: u8 = 1 << 3 | 5;

/// Writes one line to the system's log; where that is, for people.
pub fn write_system_log(line: &str) -> io::Result<String> {
    send(Path::new(SOCKET), line)?;
    Ok(format!("syslog {SOCKET}"))
}

/// The daemon adds time and host.
fn send(socket: &Path, line: &str) -> io::Result<()> {
    let message = format!("<{PRIORITY}>wsusmigrate[{}]: {line}", std::process::id());
    let sender = UnixDatagram::unbound()?;
    sender.connect(socket)?;
    // A datagram goes whole or not at all.
    sender.send(message.as_bytes()).map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may unwrap")]

    use super::*;

    #[test]
    fn a_daemon_gets_the_line_whole() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("log");
        let daemon = UnixDatagram::bind(&socket).unwrap();
        let line = format!("checkpoint of 7 records: {:?} — {}", "a\n\nb", "x".repeat(5_000));
        send(&socket, &line).unwrap();
        let mut buffer = [0; 8_192];
        let length = daemon.recv(&mut buffer).unwrap();
        let expected = format!("<13>wsusmigrate[{}]: {line}", std::process::id());
        assert_eq!(std::str::from_utf8(&buffer[..length]).unwrap(), expected);
    }

    #[test]
    fn no_daemon_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(send(&folder.path().join("log"), "x").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
