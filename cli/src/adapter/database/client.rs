//! The connector for engines that are reached directly: tiberius over a pipe, a socket or TCP.
//!
//! Each connection has a runtime of its own on the thread that uses it: whoever calls simply waits.

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tiberius::error::Error;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, QueryItem};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};
use wsusmigrate_core::database::connection::{Encryption, Target};
use wsusmigrate_core::database::message::ServerMessage;
use wsusmigrate_core::database::row::Row;
use wsusmigrate_core::database::statement::Statement;
use wsusmigrate_core::event::database::Protection;

use super::capture::Capture;
use super::cell::cell;
use super::connect_error::ConnectError;
use super::connection::{Connection, Connector, Ended, ReadError};
use super::greeting::{Greeting, Said};
use super::limit::{Limits, told};
use super::secret::Secret;
use super::tap::{Switch, Tap};
use super::wire::{self, Wire};

/// Opens connections with tiberius.
#[derive(Clone)]
pub struct TdsConnector {
    /// Where the engine is.
    pub target: Target,
    /// A SQL login with its password; nothing for the account the program runs as.
    pub login: Option<(String, Arc<Secret>)>,
    /// What is encrypted.
    pub encryption: Encryption,
    /// How long is waited for what.
    pub limits: Limits,
}

type Inner = Client<Compat<Tap<Wire>>>;

/// A connection of [`TdsConnector`].
struct TdsConnection {
    runtime: Runtime,
    client: Inner,
    switch: Switch,
    protection: Protection,
    limits: Limits,
    /// What the server said at the login, until the first statement tells it.
    greeting: Vec<ServerMessage>,
}

impl Connector for TdsConnector {
    fn address(&self) -> String {
        self.target.to_string()
    }

    fn connect(&self) -> Result<Box<dyn Connection>, ConnectError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|source| ConnectError::Unreachable { address: self.address(), source })?;
        let limit = self.limits.connect;
        let greeting = Greeting::default();
        let (sender, mut heard) = mpsc::unbounded_channel();
        let opened = tracing::subscriber::with_default(Capture::new(sender), || {
            runtime.block_on(timeout(limit, Box::pin(self.open(&greeting))))
        });
        let opened = opened.unwrap_or_else(|| Err(ConnectError::TimedOut { address: self.address(), limit }));
        match opened {
            Ok((client, switch)) => Ok(Box::new(TdsConnection {
                runtime,
                client,
                switch,
                protection: greeting.protection(self.protection()),
                limits: self.limits,
                greeting: std::iter::from_fn(|| heard.try_recv().ok()).collect(),
            })),
            Err(error) => {
                // A name that the system still looks up cannot be called off, and is not waited for.
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    fn for_watcher(&self) -> Box<dyn Connector> {
        Box::new(Self { limits: Limits::of_watcher(), ..self.clone() })
    }
}

impl TdsConnector {
    async fn open(&self, greeting: &Greeting) -> Result<(Inner, Switch), ConnectError> {
        let config = self.config();
        let wire = wire::open(&self.target, &config).await?;
        let switch = Switch::default();
        let tap = Tap::new(wire, switch.clone(), greeting.clone());
        let client = Box::pin(Client::connect(config, tap.compat())).await;
        client.map(|client| (client, switch)).map_err(|error| self.failed(error, greeting.said()))
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        wire::name(&self.target, &mut config);
        config.application_name("wsusmigrate");
        config.database("master");
        config.encryption(match self.protection() {
            Protection::None => EncryptionLevel::NotSupported,
            Protection::LoginOnly => EncryptionLevel::Off,
            Protection::Everything => EncryptionLevel::Required,
        });
        if self.encryption == Encryption::TrustAnyCertificate {
            config.trust_cert();
        }
        config.authentication(match &self.login {
            Some((login, secret)) => AuthMethod::sql_server(login, secret.expose()),
            None => wire::own_account(),
        });
        // A restore says nothing for hours: what is waited for is decided here, statement by statement.
        config.command_timeout(None);
        config.lossy_utf16_decoding(true);
        config
    }

    /// What is asked to be encrypted. What passes a pipe or a socket of this machine does not leave it.
    fn protection(&self) -> Protection {
        if stays_here(&self.target) {
            return Protection::None;
        }
        match self.encryption {
            Encryption::Off => Protection::None,
            Encryption::LoginOnly => Protection::LoginOnly,
            Encryption::Strict | Encryption::TrustAnyCertificate => Protection::Everything,
        }
    }

    /// What a failure after the way was open means: what the server said about encryption tells more than the library.
    fn failed(&self, error: Error, said: Option<Said>) -> ConnectError {
        let address = self.address();
        match (error, self.protection(), said) {
            (Error::Server(token), ..) => ConnectError::Refused {
                address,
                number: i32::try_from(token.code()).unwrap_or(i32::MAX),
                class: token.class(),
                state: token.state(),
                text: token.message().to_owned(),
            },
            (_, Protection::None, Some(Said::Required | Said::On)) => {
                ConnectError::WantsEncryption { address }
            }
            (_, Protection::LoginOnly | Protection::Everything, Some(Said::NotSupported)) => {
                ConnectError::NoEncryption { address }
            }
            (Error::Tls(why), ..) if self.encryption != Encryption::TrustAnyCertificate => {
                // What follows in the library's words speaks to programmers.
                let why = why.split(" To connect anyway").next().unwrap_or_default().to_owned();
                ConnectError::NotTrusted { address, why }
            }
            (Error::Io { kind, message }, ..) => {
                ConnectError::HungUp { address, source: std::io::Error::new(kind, message) }
            }
            (other, ..) => ConnectError::NotAgreed { address, why: other.to_string() },
        }
    }
}

impl Connection for TdsConnection {
    fn protection(&self) -> Protection {
        self.protection
    }

    fn rows(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(usize, Row) -> ControlFlow<()>,
        hear: &mut dyn FnMut(&ServerMessage),
    ) -> Result<(), ReadError> {
        let (tapped, mut by_tap) = mpsc::unbounded_channel();
        let (traced, mut by_trace) = mpsc::unbounded_channel();
        if self.protection != Protection::Everything {
            self.switch.arm(tapped);
        }
        let Self { runtime, client, limits, .. } = self;
        let read = tracing::subscriber::with_default(Capture::new(traced), || {
            runtime.block_on(read(client, statement.text(), limits.answer, each))
        });
        self.switch.disarm();
        let mut said: Vec<_> = std::iter::from_fn(|| by_tap.try_recv().ok()).collect();
        // The tap hears more of each message, and none behind the first row; the library tells less, and of all.
        said.extend(std::iter::from_fn(|| by_trace.try_recv().ok()).skip(said.len()));
        if let Read::Failed(ReadError::Refused(first)) = &read
            && let Some(bare) = said.iter_mut().find(|it| it.is_error && it.class.is_none())
        {
            bare.clone_from(first);
        }
        self.greeting.drain(..).chain(said).for_each(|message| hear(&message));
        match read {
            Read::Whole => Ok(()),
            Read::BrokenOff => self.cancel().map_err(ReadError::Lost),
            Read::TimedOut => {
                let waited = told(limits.answer);
                let cancelled = self.cancel().err().map_or_else(String::new, |why| format!("; {why}"));
                Err(ReadError::Lost(format!("no answer for {waited}{cancelled}")))
            }
            Read::Failed(error) => Err(error),
        }
    }

    fn act(&mut self, statement: &Statement, hear: &mut dyn FnMut(&ServerMessage)) -> Ended {
        self.greeting.drain(..).for_each(|message| hear(&message));
        let (sender, mut heard) = mpsc::unbounded_channel();
        let limit = self.limits.act;
        let is_plain = self.protection != Protection::Everything;
        if is_plain {
            self.switch.arm(sender.clone());
        }
        // Errors the library tells without their class wait for the one it returns with it.
        let mut held = Vec::new();
        let mut take = |message: ServerMessage, hear: &mut dyn FnMut(&ServerMessage)| {
            if is_plain || !message.is_error { hear(&message) } else { held.push(message) }
        };
        let Self { runtime, client, .. } = self;
        let mut work = || {
            runtime.block_on(async {
                let acting = act(client, statement.text());
                let limit = tokio::time::sleep(limit);
                tokio::pin!(acting, limit);
                loop {
                    tokio::select! {
                        biased;
                        Some(message) = heard.recv() => take(message, hear),
                        ended = &mut acting => break Some(ended),
                        () = &mut limit => break None,
                    }
                }
            })
        };
        let acted =
            if is_plain { work() } else { tracing::subscriber::with_default(Capture::new(sender), work) };
        self.switch.disarm();
        while let Ok(message) = heard.try_recv() {
            take(message, hear);
        }
        complete(&mut held, acted.as_ref());
        held.iter().for_each(hear);
        match acted {
            Some(Ok(())) => Ended::Done,
            Some(Err(Error::Server(token))) if token.class() < FATAL_CLASS_MIN => Ended::Refused,
            Some(Err(error)) => Ended::Lost(error.to_string()),
            None => {
                let cancelled = match self.cancel() {
                    Ok(()) => "the server was told to cancel it, and says that it did".to_owned(),
                    Err(why) => why,
                };
                Ended::Lost(format!("not finished within {}; {cancelled}", told(limit)))
            }
        }
    }
}

/// From this severity on the server ends the connection.
const FATAL_CLASS_MIN: u8 = 20;

impl TdsConnection {
    /// Tells the server to cancel what is going on, and waits for its word.
    fn cancel(&mut self) -> Result<(), String> {
        let Self { runtime, client, limits, .. } = self;
        let cancelled = runtime.block_on(timeout(limits.cancel, client.cancel_query()));
        match cancelled {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(format!("it could not be cancelled: {error}")),
            None => {
                let limit = told(limits.cancel);
                Err(format!("the server does not answer to the cancelling within {limit}"))
            }
        }
    }
}

/// Whether what passes does not leave this machine: a pipe of its own, or a socket in its file system.
fn stays_here(target: &Target) -> bool {
    match target {
        Target::Wid | Target::Wid2008 | Target::Unix(_) => true,
        Target::Pipe(_) => target.is_local(),
        Target::Tcp { .. } | Target::Instance { .. } => false,
    }
}

async fn timeout<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

/// Carries a statement out to the end of its answer. Its rows, where it has any, are not looked at.
async fn act(client: &mut Inner, text: &str) -> Result<(), Error> {
    let mut answer = client.simple_query(text).await?;
    while answer.try_next().await?.is_some() {}
    Ok(())
}

/// How reading an answer went.
enum Read {
    Whole,
    BrokenOff,
    TimedOut,
    Failed(ReadError),
}

async fn read(
    client: &mut Inner,
    text: &str,
    limit: Duration,
    each: &mut dyn FnMut(usize, Row) -> ControlFlow<()>,
) -> Read {
    let mut answer = match timeout(limit, client.simple_query(text)).await {
        Some(Ok(answer)) => answer,
        Some(Err(error)) => return Read::Failed(unread(&error)),
        None => return Read::TimedOut,
    };
    let mut names: Arc<[String]> = Arc::new([]);
    loop {
        let row = match timeout(limit, answer.try_next()).await {
            None => return Read::TimedOut,
            Some(Err(error)) => return Read::Failed(unread(&error)),
            Some(Ok(None)) => return Read::Whole,
            Some(Ok(Some(QueryItem::Metadata(metadata)))) => {
                names = metadata.columns().iter().map(|column| column.name().to_owned()).collect();
                continue;
            }
            Some(Ok(Some(QueryItem::Row(row)))) => row,
        };
        let cells: Option<Vec<_>> = row.cells().map(|(_, data)| cell(data)).collect();
        let Some(cells) = cells else {
            return Read::Failed(ReadError::Unreadable(
                "a column has a type no statement asks for".to_owned(),
            ));
        };
        if each(row.result_index(), Row::new(Arc::clone(&names), cells)).is_break() {
            return Read::BrokenOff;
        }
    }
}

fn unread(error: &Error) -> ReadError {
    match error {
        Error::Server(token) if token.class() < FATAL_CLASS_MIN => ReadError::Refused(message(token)),
        other => ReadError::Lost(other.to_string()),
    }
}

fn message(token: &tiberius::error::TokenError) -> ServerMessage {
    ServerMessage {
        is_error: true,
        number: i32::try_from(token.code()).ok(),
        class: Some(token.class()),
        state: Some(token.state()),
        line: Some(token.line()),
        text: token.message().to_owned(),
    }
}

/// The first of the errors is the one the library returned whole.
fn complete(held: &mut [ServerMessage], acted: Option<&Result<(), Error>>) {
    if let (Some(first), Some(Err(Error::Server(token)))) = (held.first_mut(), acted) {
        *first = message(token);
    }
}
