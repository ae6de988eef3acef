//! SUSDB through an engine: connections, statements, and everything the server says while one runs.
//!
//! A [`Connector`] opens [`Connection`]s; what is above it knows neither TDS nor a library. A statement either reads
//! ([`Connection::rows`]) or acts ([`Connection::act`]). How an acting one ended is [`Ended`]: done, refused by the server,
//! or lost, and then nobody knows.

mod capture;
mod cell;
mod client;
mod connect_error;
mod connection;
mod greeting;
mod limit;
mod secret;
mod tap;
mod wire;

pub use client::TdsConnector;
pub use connect_error::ConnectError;
pub use connection::{Connection, Connector, Ended, ReadError};
pub use limit::Limits;
pub use secret::{Secret, SecretError};
