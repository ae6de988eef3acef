//! Somebody at an engine's own console: asks it, and does by hand what people do, without the program under test.

use wsusmigrate_fixtures::sql::instance::Instance;
use wsusmigrate_fixtures::sql::{Column, Ended, Engine as _, Gone, Login, Message, Output, Session, Value};

/// A session at an engine's console, as its host's administrator.
pub struct Console(Box<dyn Session>);

/// What a batch was answered.
#[derive(Debug, Default)]
pub struct Answered {
    /// Its rows, each value as text.
    pub rows: Vec<Vec<String>>,
    /// The numbers of its errors.
    pub errors: Vec<i32>,
}

impl Console {
    /// Logs in to a database.
    ///
    /// # Panics
    /// If the engine refuses.
    #[must_use]
    pub fn open(instance: &Instance, database: &str) -> Self {
        let (host, program) = ("OFFICE-7".to_owned(), "Management Studio".to_owned());
        let login =
            Login { is_local: true, database: database.to_owned(), host, program, ..Login::default() };
        Self(instance.login(&login).unwrap_or_else(|messages| panic!("{messages:?}")))
    }

    /// Has a batch carried out.
    pub fn ask(&mut self, batch: &str) -> Answered {
        let mut answered = Answered::default();
        // Who was ended hears nothing any more: that is an answer too.
        let _ended = self.0.batch(batch, &[], &mut answered);
        answered
    }

    /// Has a batch carried out that must not fail.
    ///
    /// # Panics
    /// If it does.
    pub fn does(&mut self, batch: &str) -> Vec<Vec<String>> {
        let answered = self.ask(batch);
        assert_eq!(answered.errors, [0; 0], "{batch}");
        answered.rows
    }

    /// Whether somebody else ended the session.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        Ended::is_ended(&self.0.ended())
    }
}

impl Output for Answered {
    fn columns(&mut self, _: &[Column]) -> Result<(), Gone> {
        Ok(())
    }

    fn row(&mut self, values: &[Value]) -> Result<(), Gone> {
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        self.rows.push(values.iter().map(text).collect());
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Gone> {
        self.errors.extend((message.class > 10).then_some(message.number));
        Ok(())
    }

    fn database(&mut self, _: &str) -> Result<(), Gone> {
        Ok(())
    }

    fn done(&mut self, _: Option<u64>, _: bool) -> Result<(), Gone> {
        Ok(())
    }

    fn cut(&mut self) -> Gone {
        Gone
    }

    fn is_gone(&self) -> bool {
        false
    }
}
