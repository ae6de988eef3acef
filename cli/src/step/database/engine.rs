//! The engine of this host, with one connection that is opened again where it was lost.

use std::ops::ControlFlow;

use wsusmigrate_core::database::engine::{EngineFacts, SusdbFacts};
use wsusmigrate_core::database::row::{Row, RowError};
use wsusmigrate_core::database::statement::{self, Statement};
use wsusmigrate_core::database::{Catalogue, DATABASE, Identifier};

use crate::adapter::database::{ConnectError, Connection, Connector, ReadError};
use crate::error::Failure;
use crate::exit::Exit;

/// The most rows of an answer that is read as a whole: files, sets on a medium, sessions, columns of SUSDB.
const ROWS_MAX: usize = 20_000;

/// The engine of this host.
pub(crate) struct Engine<'c> {
    connector: &'c dyn Connector,
    connection: Option<Box<dyn Connection>>,
    facts: Option<EngineFacts>,
}

impl<'c> Engine<'c> {
    /// An engine nobody has connected to yet.
    pub(crate) const fn new(connector: &'c dyn Connector) -> Self {
        Self { connector, connection: None, facts: None }
    }

    /// How it is reached.
    pub(crate) const fn connector(&self) -> &'c dyn Connector {
        self.connector
    }

    /// The connection, opened where there is none.
    pub(crate) fn connection(&mut self) -> Result<&mut (dyn Connection + 'static), Failure> {
        if self.connection.is_none() {
            let opened = self.connector.connect().map_err(|error| connect_failure(&error))?;
            self.connection = Some(opened);
        }
        match &mut self.connection {
            Some(connection) => Ok(connection.as_mut()),
            None => Err(Failure::new(Exit::Failed, "no connection; this is a defect of the program")),
        }
    }

    /// Gives the connection up: what is asked next opens another one.
    pub(crate) fn hang_up(&mut self) {
        self.connection = None;
        self.facts = None;
    }

    /// What the engine says of itself, asked once a connection.
    pub(crate) fn facts(&mut self) -> Result<EngineFacts, Failure> {
        if let (Some(facts), true) = (&self.facts, self.connection.is_some()) {
            return Ok(facts.clone());
        }
        let row = self.one(&statement::server_facts())?;
        let row = row.ok_or_else(|| unreadable("the engine says nothing of itself"))?;
        let facts = EngineFacts::from_row(&row).map_err(|error| row_failure(&error))?;
        self.facts = Some(facts.clone());
        Ok(facts)
    }

    /// What it says of SUSDB; nothing where there is none.
    pub(crate) fn susdb(&mut self) -> Result<Option<SusdbFacts>, Failure> {
        let version = self.facts()?.version;
        let Some(facts) = self.one(&statement::database_facts(version))? else { return Ok(None) };
        let recovery = self.one(&statement::recovery_status())?;
        let susdb = Identifier::new(DATABASE).map_err(|error| unreadable(&error.to_string()))?;
        let files = self.all(&statement::database_files(&susdb))?;
        let read = SusdbFacts::from_rows(&facts, recovery.as_ref(), &files);
        read.map(Some).map_err(|error| row_failure(&error))
    }

    /// Which tables and columns SUSDB has.
    pub(crate) fn catalogue(&mut self) -> Result<Catalogue, Failure> {
        let rows = self.all(&statement::catalogue())?;
        Catalogue::from_rows(&rows).map_err(|error| row_failure(&error))
    }

    /// The only row of an answer.
    pub(crate) fn one(&mut self, statement: &Statement) -> Result<Option<Row>, Failure> {
        Ok(self.all(statement)?.into_iter().next())
    }

    /// Every row of a short answer.
    pub(crate) fn all(&mut self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        self.read(statement).map_err(|error| read_failure(&error))
    }

    /// The same, where a refusal is an answer too.
    pub(crate) fn asked(&mut self, statement: &Statement) -> Result<Result<Vec<Row>, ReadError>, Failure> {
        self.connection()?;
        match self.read(statement) {
            Err(error @ ReadError::Lost(_)) => Err(read_failure(&error)),
            read => Ok(read),
        }
    }

    fn read(&mut self, statement: &Statement) -> Result<Vec<Row>, ReadError> {
        let mut rows = Vec::new();
        self.each(statement, &mut |_, row| {
            rows.push(row);
            if rows.len() < ROWS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(rows)
    }

    /// Streams an answer. A connection that was lost is given up.
    pub(crate) fn each(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(usize, Row) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let connection = self.connection().map_err(|failure| ReadError::Lost(failure.to_string()))?;
        let read = connection.rows(statement, each);
        if matches!(read, Err(ReadError::Lost(_))) {
            self.hang_up();
        }
        read
    }
}

/// No connection.
pub(crate) fn connect_failure(error: &ConnectError) -> Failure {
    let hint = match error {
        ConnectError::Unreachable { .. } | ConnectError::TimedOut { .. } => {
            "See that the engine runs and that database.server says where; Windows Internal Database answers on its own machine only."
        }
        ConnectError::Refused { .. } => {
            "Run as an administrator that may log in there, or set database.login and database.password."
        }
        ConnectError::NotAgreed { .. } => "See database.encryption and database.trust_certificate in the plan.",
        ConnectError::Unsupported { .. } => "See database.server in the plan.",
    };
    Failure::new(Exit::Failed, "cannot connect to the engine").because(error).hint(hint)
}

/// An answer that was refused or cut off.
pub(crate) fn read_failure(error: &ReadError) -> Failure {
    Failure::new(Exit::Failed, "the engine did not answer").because(error).hint("Run again: nothing was changed.")
}

pub(crate) fn row_failure(error: &RowError) -> Failure {
    Failure::new(Exit::Failed, "the engine's answer is not what was asked for").because(error)
}

fn unreadable(what: &str) -> Failure {
    Failure::new(Exit::Failed, what)
}
