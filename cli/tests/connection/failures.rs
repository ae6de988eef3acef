//! Every way not to get a connection, with the words for it and the next step.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use wsusmigrate::adapter::database::{ConnectError, Connector as _, Limits, TdsConnector};
use wsusmigrate_core::database::connection::Encryption;
use wsusmigrate_fixtures::sql::tds::Tls;

use crate::moods::{MARGIN, Mood, Moody, connector, message};

const LIMITS: Limits = Limits::of_plan(MARGIN);

/// The error of a connector that gets no connection.
fn error(connector: &TdsConnector) -> ConnectError {
    match connector.connect() {
        Ok(_) => panic!("{}: a connection", connector.address()),
        Err(error) => error,
    }
}

/// What is said and advised, without the address.
fn told(connector: &TdsConnector) -> (String, &'static str) {
    let error = error(connector);
    (error.to_string().replace(&connector.address(), "THERE"), error.next_step())
}

fn to(target: &str) -> TdsConnector {
    let target = target.parse().unwrap();
    TdsConnector { target, login: None, encryption: Encryption::Off, limits: LIMITS }
}

/// A peer that is no engine: what it does with its one client.
fn peer(act: impl FnOnce(TcpStream) + Send + 'static) -> TdsConnector {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || act(listener.accept().unwrap().0));
    connector(port, Encryption::Off, LIMITS)
}

fn first_packet(client: &mut TcpStream) {
    assert!(client.read(&mut [0; 512]).unwrap() > 0);
}

#[test]
fn what_a_server_refuses_has_its_number_and_its_next_step() {
    let failed = message(18456, 14, "Login failed for user 'migration'.");
    let closed =
        message(4060, 11, "Cannot open database \"master\" requested by the login. The login failed.");
    let untrusted = message(18452, 14, "Login failed. The login is from an untrusted domain.");
    let disabled = message(18470, 14, "Login failed for user 'migration'. Reason: The account is disabled.");
    let full =
        message(17809, 20, "Could not connect because the maximum number of user connections was reached.");
    let mut next = Vec::new();
    for (said, level, step) in [
        (vec![failed.clone()], 14, "See database.login and its password,"),
        // The real server says both, this one first.
        (vec![closed, failed], 11, "Have the login given access to master"),
        (vec![untrusted], 14, "Run as an account of a domain the engine trusts"),
        (vec![disabled], 14, "Have the login enabled"),
        (vec![full], 20, "Run as an administrator"),
    ] {
        let (number, text) = (said[0].number, said[0].text.clone());
        let moody = Moody::new(Mood::Refuses(said), Tls::Off);
        let (words, next_step) = told(&connector(moody.port(), Encryption::Off, LIMITS));
        assert_eq!(words, format!("THERE refuses the login: Msg {number}, Level {level}, State 1: {text}"));
        assert!(next_step.starts_with(step), "{number}: {next_step}");
        next.push(next_step);
    }
    next.sort_unstable();
    next.dedup();
    assert_eq!(next.len(), 5, "each has its own");
}

#[test]
fn what_is_not_agreed_on_encryption_is_told() {
    for (tls, encryption, words, step) in [
        (
            Tls::Required,
            Encryption::Off,
            "THERE demands an encrypted connection, and the plan asks for none",
            "Set database.encryption to strict",
        ),
        (
            Tls::Off,
            Encryption::Strict,
            "THERE does not encrypt, and the plan asks for it",
            "Give the engine a certificate",
        ),
        (
            Tls::Off,
            Encryption::TrustAnyCertificate,
            "THERE does not encrypt, and the plan asks for it",
            "Give the engine a certificate",
        ),
        (
            Tls::AsAsked,
            Encryption::Strict,
            "the certificate of THERE is not trusted here: ",
            "Name the engine in database.server as its certificate does",
        ),
    ] {
        let moody = Moody::new(Mood::Quick, tls);
        let (said, next_step) = told(&connector(moody.port(), encryption, LIMITS));
        assert!(said.starts_with(words), "{tls:?}, {encryption:?}: {said}");
        assert!(!said.contains("trust_cert"), "words for programmers: {said}");
        assert!(next_step.starts_with(step), "{next_step}");
    }
}

#[test]
fn where_nothing_is_found_it_is_told_what() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    // No name service is asked for a name that cannot be one: a part of it has 64 letters.
    let nowhere = "x".repeat(64);
    for (target, words, step) in [
        (
            format!("127.0.0.1,{closed}"),
            "nothing listens at THERE".to_owned(),
            "See that the engine's service runs, that TCP/IP",
        ),
        (
            nowhere.clone(),
            format!("{nowhere:?} in THERE is not the name of a host that is known here"),
            "See the name in database.server",
        ),
        (
            format!("{nowhere}\\WSUS"),
            format!("{nowhere:?} in THERE is not the name of a host that is known here"),
            "See the name in database.server",
        ),
        (
            "127.0.0.1\\NOBODY".to_owned(),
            "nobody says which port THERE has: ".to_owned(),
            "See the instance's name and that the SQL Server Browser runs",
        ),
        (
            "unix:/nonexistent/sql.sock".to_owned(),
            "THERE has no engine: /nonexistent/sql.sock is not there".to_owned(),
            "See that the engine's service runs. Windows Internal Database",
        ),
        (
            "wid".to_owned(),
            "THERE cannot be reached from this system: named pipes are Windows's".to_owned(),
            "See database.server in the plan: Windows Internal Database",
        ),
    ] {
        let (said, next_step) = told(&to(&target));
        assert!(said.starts_with(&words), "{target}: {said}");
        assert!(next_step.starts_with(step), "{target}: {next_step}");
    }
}

#[test]
fn what_is_no_engine_is_told_apart_from_one_that_says_nothing() {
    let hangs_up = peer(|mut client| first_packet(&mut client));
    let (said, next_step) = told(&hangs_up);
    assert_eq!(said, "THERE hangs up before the login is answered");
    assert!(next_step.starts_with("See that it is an engine, and its own error log"), "{next_step}");
    let babbles = peer(|mut client| {
        first_packet(&mut client);
        // A packet of a kind that TDS does not have.
        client.write_all(&[0x48, 1, 0, 8, 0, 0, 1, 0]).unwrap();
        first_packet(&mut client);
    });
    let (said, next_step) = told(&babbles);
    assert!(said.starts_with("THERE does not speak as asked: "), "{said}");
    assert!(next_step.starts_with("See that it is an engine that listens there"), "{next_step}");
    let limit = Duration::from_millis(200);
    let mute = peer(move |client| {
        // The program gives up: its end of the connection is what ends this.
        let _ = std::io::copy(&mut &client, &mut std::io::sink());
    });
    let mute = TdsConnector { limits: Limits { connect: limit, ..LIMITS }, ..mute };
    let began = Instant::now();
    let (said, next_step) = told(&mute);
    assert!(began.elapsed() < limit + MARGIN, "{:?}", began.elapsed());
    assert_eq!(said, "THERE does not answer within 200 ms");
    assert!(next_step.starts_with("See that the engine answers others"), "{next_step}");
}
