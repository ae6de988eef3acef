//! A named pipe nobody made.

use std::time::Duration;

use wsusmigrate::adapter::database::{ConnectError, Connector as _, Limits, TdsConnector};
use wsusmigrate_core::database::connection::{Encryption, Target};

#[test]
fn a_pipe_that_is_absent_is_told_as_such() {
    let pipe = r"\\.\pipe\wsusmigrate-nobody\tsql\query";
    let connector = TdsConnector {
        target: Target::Pipe(pipe.to_owned()),
        login: None,
        encryption: Encryption::Off,
        limits: Limits::of_plan(Duration::from_secs(1)),
    };
    let Err(error) = connector.connect() else { panic!("a connection to nobody") };
    assert!(matches!(&error, ConnectError::NoSuchPipe { path, .. } if path == pipe), "{error}");
    assert!(error.next_step().starts_with("See that the engine's service runs."));
}
