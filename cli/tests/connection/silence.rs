//! A peer that falls silent: after any byte, for ever, with the connection open.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use wsusmigrate::adapter::database::{ConnectError, Connector as _, Ended, Limits, ReadError};
use wsusmigrate_core::database::connection::Encryption;
use wsusmigrate_core::database::statement;
use wsusmigrate_fixtures::sql::tds::Tls;

use crate::moods::{MARGIN, Mood, Moody, connector};

/// Each limit; three of them follow each other at most.
const LIMIT: Duration = Duration::from_millis(150);
/// So many places are tried at a time: what they do is wait.
const AT_A_TIME: usize = 16;

/// A way to a server over which so many of its bytes come and no more.
struct Hushed {
    port: u16,
    /// The bytes that came over so far.
    passed: Arc<AtomicUsize>,
}

impl Hushed {
    fn after(bytes_max: usize, server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let passed = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&passed);
        thread::spawn(move || {
            let Ok((client, _)) = listener.accept() else { return };
            let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                // Ends with the client, and takes the server along.
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            carry(server, client, bytes_max, &counted);
        });
        Self { port, passed }
    }
}

/// Carries bytes over until there were so many, and reads on.
fn carry(mut server: TcpStream, mut client: TcpStream, bytes_max: usize, passed: &AtomicUsize) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        let before = passed.load(Ordering::SeqCst);
        let more = read.min(bytes_max - before);
        passed.store(before + more, Ordering::SeqCst);
        if client.write_all(&buffer[..more]).is_err() {
            return;
        }
    }
}

/// What a client asks for once it is in.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Act,
    Read,
}

/// How far a client came, within its limits, and with the word for it.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Nowhere,
    In,
    Through,
}

/// Goes through within these limits. Beside it what `count` says once the client is in.
fn go(port: u16, asked: Asked, limits: Limits, count: &dyn Fn() -> usize) -> (Came, usize) {
    let began = Instant::now();
    let mut connection = match connector(port, Encryption::Off, limits).connect() {
        Ok(connection) => connection,
        Err(error) => {
            assert!(matches!(error, ConnectError::TimedOut { limit: LIMIT, .. }), "{error}");
            assert!(began.elapsed() < LIMIT + MARGIN, "{:?}", began.elapsed());
            return (Came::Nowhere, 0);
        }
    };
    let (in_at, began) = (count(), Instant::now());
    let came = match asked {
        Asked::Act => match connection.act(&statement::check_database(), &mut |_| {}) {
            Ended::Done => Came::Through,
            Ended::Lost(why) if why.starts_with("not finished within 150 ms; ") => Came::In,
            other => panic!("{other:?}"),
        },
        Asked::Read => {
            let read = connection.rows(
                &statement::server_logins(),
                &mut |_, _| ControlFlow::Continue(()),
                &mut |_| {},
            );
            match read {
                Ok(()) => Came::Through,
                Err(ReadError::Lost(why)) if why.starts_with("no answer for 150 ms; ") => Came::In,
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    assert!(began.elapsed() < LIMIT * 3 + MARGIN, "{:?}", began.elapsed());
    (came, in_at)
}

/// Goal: wherever a peer falls silent, in half a packet too, the answer is there in time, and it is no success.
#[test]
fn a_peer_that_falls_silent_is_given_up_in_time() {
    let moody = Moody::new(Mood::Quick, Tls::Off);
    for asked in [Asked::Act, Asked::Read] {
        let whole = Hushed::after(usize::MAX, moody.port());
        let passed = Arc::clone(&whole.passed);
        let patient = Limits { connect: MARGIN, answer: MARGIN, act: MARGIN, cancel: MARGIN };
        let (came, in_at) = go(whole.port, asked, patient, &|| passed.load(Ordering::SeqCst));
        let all = whole.passed.load(Ordering::SeqCst);
        assert_eq!(came, Came::Through);
        assert!(in_at > 100 && all > in_at + 20, "{in_at} of {all} bytes let the client in");
        let places: Vec<_> =
            (0..all).filter(|place| place % 8 == 0 || *place >= in_at || *place + 1 == in_at).collect();
        assert!(places.len() > 100, "{} places", places.len());
        for places in places.chunks(AT_A_TIME) {
            thread::scope(|scope| {
                for place in places.iter().copied() {
                    let hushed = Hushed::after(place, moody.port());
                    scope.spawn(move || {
                        let (expected, connect) =
                            if place < in_at { (Came::Nowhere, LIMIT) } else { (Came::In, MARGIN) };
                        let limits = Limits { connect, answer: LIMIT, act: LIMIT, cancel: LIMIT };
                        assert_eq!(
                            go(hushed.port, asked, limits, &|| 0).0,
                            expected,
                            "{asked:?}, silent after byte {place}"
                        );
                    });
                }
            });
        }
    }
}
