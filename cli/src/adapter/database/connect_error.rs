//! Why no connection was opened, each with what to do next.

use std::io;
use std::time::Duration;

use thiserror::Error;

use super::limit::told;

/// Why no connection was opened. None of these holds a secret.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The host is there, and nothing listens at that port.
    #[error("nothing listens at {address}")]
    NobodyListens {
        /// Where.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The host's name does not resolve.
    #[error("{host:?} in {address} is not the name of a host that is known here")]
    NoSuchHost {
        /// Where.
        address: String,
        /// The host.
        host: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no such named pipe, or no such socket.
    #[error("{address} has no engine: {path} is not there")]
    NoSuchPipe {
        /// Where.
        address: String,
        /// The pipe's or the socket's name.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The SQL Server Browser does not answer, or knows no such instance.
    #[error("nobody says which port {address} has: {why}")]
    NoSuchInstance {
        /// Where.
        address: String,
        /// What became of the question.
        why: String,
    },
    /// The way is blocked, or the system refuses it.
    #[error("{address} cannot be reached")]
    Unreachable {
        /// Where.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Whoever listens hung up before the login was answered.
    #[error("{address} hangs up before the login is answered")]
    HungUp {
        /// Where.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The server refused the login.
    #[error("{address} refuses the login: Msg {number}, Level {class}, State {state}: {text}")]
    Refused {
        /// Where.
        address: String,
        /// The number, such as 18456 or 4060.
        number: i32,
        /// The severity.
        class: u8,
        /// The state.
        state: u8,
        /// The server's words.
        text: String,
    },
    /// The server lets nobody in whose connection is not encrypted.
    #[error("{address} demands an encrypted connection, and the plan asks for none")]
    WantsEncryption {
        /// Where.
        address: String,
    },
    /// The server cannot encrypt, and the plan asks for it.
    #[error("{address} does not encrypt, and the plan asks for it")]
    NoEncryption {
        /// Where.
        address: String,
    },
    /// The server's certificate is not one this host trusts for that name.
    #[error("the certificate of {address} is not trusted here: {why}")]
    NotTrusted {
        /// Where.
        address: String,
        /// Why.
        why: String,
    },
    /// The two could not agree on how to talk.
    #[error("{address} does not speak as asked: {why}")]
    NotAgreed {
        /// Where.
        address: String,
        /// Why.
        why: String,
    },
    /// Nobody answered within the time.
    #[error("{address} does not answer within {}", told(*limit))]
    TimedOut {
        /// Where.
        address: String,
        /// How long was waited.
        limit: Duration,
    },
    /// This build or system cannot reach such an address.
    #[error("{address} cannot be reached from this system: {why}")]
    Unsupported {
        /// Where.
        address: String,
        /// Why.
        why: &'static str,
    },
}

impl ConnectError {
    /// What to do next.
    #[must_use]
    pub const fn next_step(&self) -> &'static str {
        match self {
            Self::NobodyListens { .. } => {
                "See that the engine's service runs, that TCP/IP is switched on for it (SQL Server Configuration Manager), and that database.server has its port."
            }
            Self::NoSuchHost { .. } => {
                "See the name in database.server: `nslookup` shows what this host's name service knows of it."
            }
            Self::NoSuchPipe { .. } => {
                "See that the engine's service runs. Windows Internal Database has its pipe on its own machine only: wid from Server 2012 on, wid-2008 before."
            }
            Self::NoSuchInstance { .. } => {
                "See the instance's name and that the SQL Server Browser runs there (UDP 1434), or write HOST,PORT in database.server."
            }
            Self::Unreachable { .. } => {
                "See that database.server says where the engine is, and that no firewall stands between."
            }
            Self::HungUp { .. } => {
                "See that it is an engine, and its own error log: one hangs up while it starts or stops, and on TLS it does not speak."
            }
            Self::Refused { number, .. } => next_of_refused(*number),
            Self::WantsEncryption { .. } => {
                "Set database.encryption to strict, or to trust-any-certificate where its certificate is its own."
            }
            Self::NoEncryption { .. } => {
                "Give the engine a certificate, or set database.encryption to off where nobody can listen on the way."
            }
            Self::NotTrusted { .. } => {
                "Name the engine in database.server as its certificate does and let this host trust who signed it, or set database.encryption to trust-any-certificate."
            }
            Self::NotAgreed { .. } => {
                "See that it is an engine that listens there, and database.encryption in the plan."
            }
            Self::TimedOut { .. } => {
                "See that the engine answers others, and that no firewall swallows what is sent to it."
            }
            Self::Unsupported { .. } => {
                "See database.server in the plan: Windows Internal Database answers on its own machine only."
            }
        }
    }
}

/// Source: Microsoft's page of each number (`MSSQLSERVER_18456`, `MSSQLSERVER_4064`, ...).
const fn next_of_refused(number: i32) -> &'static str {
    match number {
        18456 => {
            "See database.login and its password, that the engine takes SQL logins, or without one run as an account that may log in there; the engine's error log says which it was."
        }
        18452 => {
            "Run as an account of a domain the engine trusts, or set database.login and database.password."
        }
        18470 | 18486 | 18487 | 18488 => {
            "Have the login enabled, unlocked or given a new password, then run again."
        }
        4060 | 4064 => {
            "Have the login given access to master and a default database that exists, then run again."
        }
        _ => "Run as an administrator that may log in there, or set database.login and database.password.",
    }
}
