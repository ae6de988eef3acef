//! A SQL instance behind the real protocol that knows one thing: whether SUSDB is there.

use std::sync::Arc;

use wsusmigrate_fixtures::sql::tds::{Address, Server, Settings};
use wsusmigrate_fixtures::sql::{Column, Ended, Engine, Gone, Login, Message, Output, Session, Type, Value};
use wsusmigrate_fixtures::tools::{Sql, SqlAddress};

const USER: &str = "sa";
const PASSWORD: &str = "Pässw0rd";

pub(crate) struct Instance {
    server: Server,
}

impl Instance {
    /// An instance whose SUSDB has a state, or which has none.
    pub(crate) fn with_susdb(state: Option<&'static str>) -> Self {
        let listen = vec![Address::Tcp("127.0.0.1:0".parse().unwrap())];
        let server =
            Server::start(Arc::new(One { state }), &Settings { listen, ..Settings::default() }).unwrap();
        Self { server }
    }

    pub(crate) fn sql(&self) -> Sql {
        let address = SqlAddress::from(&self.server.addresses()[0]);
        Sql { address, user: USER.to_owned(), password: PASSWORD.to_owned() }
    }
}

#[derive(Clone, Copy)]
struct One {
    state: Option<&'static str>,
}

fn message(number: i32, text: &str) -> Message {
    Message { number, class: 14, state: 1, text: text.to_owned(), procedure: String::new(), line: 1 }
}

impl Engine for One {
    fn login(&self, login: &Login) -> Result<Box<dyn Session>, Vec<Message>> {
        if (login.user.as_str(), login.password.as_str()) == (USER, PASSWORD) {
            return Ok(Box::new(*self));
        }
        Err(vec![message(18456, &format!("Login failed for user '{}'.", login.user))])
    }

    fn name(&self) -> String {
        "NEWWSUS".to_owned()
    }

    fn version(&self) -> (u8, u8, u16) {
        (15, 0, 2000)
    }
}

impl Session for One {
    fn id(&self) -> u16 {
        51
    }

    fn database(&self) -> String {
        "master".to_owned()
    }

    fn batch(
        &mut self,
        text: &str,
        _parameters: &[(String, Value)],
        out: &mut dyn Output,
    ) -> Result<(), Gone> {
        if text != "SELECT state_desc FROM sys.databases WHERE name = N'SUSDB'" {
            out.message(&message(102, "Incorrect syntax."))?;
            return out.done(None, true);
        }
        out.columns(&[Column { name: "state_desc".to_owned(), ty: Type::NVarChar(Some(60)) }])?;
        if let Some(state) = self.state {
            out.row(&[Value::Text(state.to_owned())])?;
        }
        out.done(Some(u64::from(self.state.is_some())), false)
    }

    fn ended(&self) -> Ended {
        Ended::default()
    }
}
