//! An engine that behaves as a test wants it, behind the stand-in's real server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use wsusmigrate::adapter::database::{Limits, TdsConnector};
use wsusmigrate_core::database::connection::{Encryption, Target};
use wsusmigrate_fixtures::sql::tds::{Address, Server, Settings, Tls};
use wsusmigrate_fixtures::sql::{Column, Ended, Engine, Gone, Login, Message, Output, Session, Type, Value};

/// How long anything of the machine's own may take, however busy it is: no limit of the program's.
pub(crate) const MARGIN: Duration = Duration::from_secs(10);

/// What an engine does with a statement that takes long: DBCC CHECKDB says that it begins, the logins come one by one.
#[derive(Clone, Debug)]
pub(crate) enum Mood {
    /// Carries it out at once.
    Quick,
    /// Goes on until the client cancels.
    Slow,
    /// Goes on whatever the client says, until the door is let go.
    Deaf,
    /// Lets nobody in.
    Refuses(Vec<Message>),
}

/// A server with such an engine. Dropping it lets a deaf one go.
pub(crate) struct Moody {
    server: Option<Server>,
    told: Arc<Told>,
}

/// What test and engine tell each other.
#[derive(Default)]
struct Told {
    was_cancelled: AtomicBool,
    may_go: Mutex<bool>,
    go: Condvar,
}

impl Moody {
    pub(crate) fn new(mood: Mood, tls: Tls) -> Self {
        let told = Arc::new(Told::default());
        let listen = vec![Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 0)))];
        let engine = Arc::new(MoodyEngine { mood, told: Arc::clone(&told) });
        let server = Server::start(engine, &Settings { listen, tls, ..Settings::default() }).unwrap();
        Self { server: Some(server), told }
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.as_ref().and_then(Server::port).unwrap()
    }

    /// Whether a statement heard that the client cancelled.
    pub(crate) fn was_cancelled(&self) -> bool {
        self.told.was_cancelled.load(Ordering::SeqCst)
    }
}

impl Drop for Moody {
    fn drop(&mut self) {
        *self.told.may_go.lock().unwrap() = true;
        self.told.go.notify_all();
        drop(self.server.take());
    }
}

/// The program's connector to a port of this host.
pub(crate) fn connector(port: u16, encryption: Encryption, limits: Limits) -> TdsConnector {
    let target: Target = format!("127.0.0.1,{port}").parse().unwrap();
    TdsConnector { target, login: None, encryption, limits }
}

/// Limits so short that a test may wait for one of them.
pub(crate) fn short(limit: Duration) -> Limits {
    Limits { connect: MARGIN, answer: limit, act: limit, cancel: limit }
}

pub(crate) fn message(number: i32, class: u8, text: &str) -> Message {
    Message { number, class, state: 1, text: text.to_owned(), procedure: String::new(), line: 1 }
}

struct MoodyEngine {
    mood: Mood,
    told: Arc<Told>,
}

impl Engine for MoodyEngine {
    fn login(&self, _: &Login) -> Result<Box<dyn Session>, Vec<Message>> {
        match &self.mood {
            Mood::Refuses(messages) => Err(messages.clone()),
            mood => Ok(Box::new(MoodySession { mood: mood.clone(), told: Arc::clone(&self.told) })),
        }
    }

    fn name(&self) -> String {
        "OLDWSUS".to_owned()
    }

    fn version(&self) -> (u8, u8, u16) {
        (15, 0, 2000)
    }
}

struct MoodySession {
    mood: Mood,
    told: Arc<Told>,
}

impl Session for MoodySession {
    fn id(&self) -> u16 {
        51
    }

    fn database(&self) -> String {
        "master".to_owned()
    }

    fn batch(&mut self, text: &str, _: &[(String, Value)], out: &mut dyn Output) -> Result<(), Gone> {
        if text.starts_with("DBCC CHECKDB") {
            out.message(&message(0, 0, "It begins."))?;
            self.take_long(out)?;
            return out.done(None, false);
        }
        out.columns(&[Column { name: "name".to_owned(), ty: Type::NVarChar(Some(20)) }])?;
        out.row(&[Value::Text("sa".to_owned())])?;
        if text.contains("server_principals") {
            self.take_long(out)?;
        }
        out.done(Some(1), false)
    }

    fn ended(&self) -> Ended {
        Ended::default()
    }
}

impl MoodySession {
    fn take_long(&self, out: &dyn Output) -> Result<(), Gone> {
        match self.mood {
            Mood::Quick | Mood::Refuses(_) => Ok(()),
            Mood::Slow => {
                while !out.is_gone() {
                    std::thread::yield_now();
                }
                self.told.was_cancelled.store(true, Ordering::SeqCst);
                Err(Gone)
            }
            Mood::Deaf => {
                let may_go = self.told.may_go.lock().unwrap();
                drop(self.told.go.wait_while(may_go, |may_go| !*may_go).unwrap());
                Err(Gone)
            }
        }
    }
}
