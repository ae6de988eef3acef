//! Statements that take longer than they may, and a connection that is asked whether it is alive.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use wsusmigrate::adapter::database::{Connection, Connector as _, Ended, ReadError};
use wsusmigrate_core::database::connection::Encryption;
use wsusmigrate_core::database::statement;
use wsusmigrate_fixtures::sql::tds::Tls;

use crate::moods::{MARGIN, Mood, Moody, connector, short};

const LIMIT: Duration = Duration::from_millis(700);

/// Reads the logins, or SUSDB's identity, which no mood makes slow.
fn read(connection: &mut dyn Connection, slow: bool) -> Result<usize, ReadError> {
    let statement = if slow { statement::server_logins() } else { statement::recovery_status() };
    let mut rows = 0;
    let mut count = |_, _| {
        rows += 1;
        ControlFlow::Continue(())
    };
    connection.rows(&statement, &mut count, &mut |_| {})?;
    Ok(rows)
}

/// Carries out what takes long; how it ended, what was heard, and that it took as long as it may and no longer. What is said
/// at the login is heard with the first statement, which is another one.
fn act(connection: &mut dyn Connection, longest: Duration) -> (Ended, Vec<String>) {
    assert_eq!(read(connection, false), Ok(1));
    let (mut heard, began) = (Vec::new(), Instant::now());
    let ended = connection.act(&statement::check_database(), &mut |message| heard.push(message.text.clone()));
    let took = began.elapsed();
    assert!(took >= LIMIT && took < longest + MARGIN, "{took:?}");
    (ended, heard)
}

#[test]
fn a_slow_statement_is_cancelled_by_attention() {
    for (tls, encryption) in [(Tls::Off, Encryption::Off), (Tls::AsAsked, Encryption::TrustAnyCertificate)] {
        let moody = Moody::new(Mood::Slow, tls);
        let mut connection = connector(moody.port(), encryption, short(LIMIT)).connect().unwrap();
        let (ended, heard) = act(&mut *connection, LIMIT * 2);
        let words = "not finished within 700 ms; the server was told to cancel it, and says that it did";
        assert_eq!(ended, Ended::Lost(words.to_owned()), "{encryption:?}");
        assert_eq!(heard, ["It begins."], "what was said before is not lost");
        assert!(moody.was_cancelled());
        // Nothing of it is left on the way.
        assert_eq!(read(&mut *connection, false), Ok(1));
        let lost = ReadError::Lost("no answer for 700 ms".to_owned());
        assert_eq!(read(&mut *connection, true), Err(lost));
        assert_eq!(read(&mut *connection, false), Ok(1));
    }
}

#[test]
fn a_server_that_does_not_hear_the_cancelling_is_given_up() {
    for (tls, encryption) in [(Tls::Off, Encryption::Off), (Tls::AsAsked, Encryption::TrustAnyCertificate)] {
        let moody = Moody::new(Mood::Deaf, tls);
        let mut connection = connector(moody.port(), encryption, short(LIMIT)).connect().unwrap();
        let (ended, heard) = act(&mut *connection, LIMIT * 2);
        let words = "not finished within 700 ms; the server does not answer to the cancelling within 700 ms";
        assert_eq!(ended, Ended::Lost(words.to_owned()), "{encryption:?}");
        assert_eq!(heard, ["It begins."]);
        let mut connection = connector(moody.port(), encryption, short(LIMIT)).connect().unwrap();
        let words = "no answer for 700 ms; the server does not answer to the cancelling within 700 ms";
        assert_eq!(read(&mut *connection, true), Err(ReadError::Lost(words.to_owned())));
    }
}

/// Linux shows which timer runs for a socket: the one of keepalive runs while nothing else is waited for.
#[cfg(target_os = "linux")]
#[test]
fn a_silent_connection_is_asked_whether_it_is_alive() {
    const KEEPALIVE: &str = "02:";
    let moody = Moody::new(Mood::Quick, Tls::Off);
    let mut connection = connector(moody.port(), Encryption::Off, short(MARGIN)).connect().unwrap();
    assert_eq!(read(&mut *connection, false), Ok(1));
    let there = format!(":{:04X}", moody.port());
    let timer = || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let ours = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        // Columns: number, here, there, state, queues, timer and when it ends in hundredths of a second.
        let ours = ours.filter(|line| line[2].ends_with(&there) && line[3] == "01");
        ours.map(|line| line[5].to_owned()).collect::<Vec<_>>()
    };
    // An answer that is still to be acknowledged has a timer of its own, for a moment.
    let began = Instant::now();
    while !matches!(&timer()[..], [one] if one.starts_with(KEEPALIVE)) {
        assert!(began.elapsed() < MARGIN, "{:?}", timer());
        std::thread::yield_now();
    }
    let [one] = &timer()[..] else { panic!("one connection") };
    let left = u32::from_str_radix(one.trim_start_matches(KEEPALIVE), 16).unwrap();
    assert!(left <= 60 * 100, "{left} hundredths of a second");
}
