//! The engine of this host, with one connection that is opened again where it was lost.

use std::ops::ControlFlow;
use std::time::Instant;

use wsusmigrate_core::database::catalogue::Catalogue;
use wsusmigrate_core::database::facts::{DatabaseFacts, DatabaseFile, ServerFacts, recovery_guids};
use wsusmigrate_core::database::row::{Row, RowError};
use wsusmigrate_core::database::statement::{self, Statement};
use wsusmigrate_core::database::version::EngineVersion;
use wsusmigrate_core::database::{DATABASE, Guid, Identifier};

use crate::adapter::database::{ConnectError, Connection, Connector, ReadError};
use crate::error::Failure;
use crate::executor::{Asked, Reads};
use crate::exit::Exit;

/// The most rows of an answer that is read as a whole: files, sets on a medium, sessions, columns of SUSDB.
const ROWS_MAX: usize = 20_000;

/// The engine of this host.
pub(crate) struct Engine<'c> {
    connector: &'c dyn Connector,
    connection: Option<Box<dyn Connection>>,
    facts: Option<ServerFacts>,
    reads: Reads,
}

/// What an engine says of SUSDB.
pub(crate) struct Susdb {
    /// What `sys.databases` says.
    pub(crate) facts: DatabaseFacts,
    /// Its files.
    pub(crate) files: Vec<DatabaseFile>,
    /// Its own identity; a restore gives a new one.
    pub(crate) database_guid: Guid,
    /// The identity a restore keeps.
    pub(crate) family_guid: Guid,
}

impl Susdb {
    /// Whether it can be read and written.
    pub(crate) fn is_online(&self) -> bool {
        self.facts.state == "ONLINE"
    }
}

impl<'c> Engine<'c> {
    /// An engine nobody has connected to yet.
    ///
    /// Every statement it reads with is left in `reads`.
    pub(crate) fn new(connector: &'c dyn Connector, reads: &Reads) -> Self {
        Self { connector, connection: None, facts: None, reads: reads.clone() }
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
    pub(crate) fn facts(&mut self) -> Result<ServerFacts, Failure> {
        if let (Some(facts), true) = (&self.facts, self.connection.is_some()) {
            return Ok(facts.clone());
        }
        let row = self.one(&statement::server_facts())?;
        let row = row.ok_or_else(|| unreadable("the engine says nothing of itself"))?;
        let facts = ServerFacts::from_row(&row).map_err(|error| row_failure(&error))?;
        self.facts = Some(facts.clone());
        Ok(facts)
    }

    /// The engine's version, to know what it can be asked.
    pub(crate) fn version(&mut self) -> Result<EngineVersion, Failure> {
        let facts = self.facts()?;
        facts.product_version.parse().map_err(|error| {
            Failure::new(Exit::Failed, "the engine's version cannot be read").because(&error)
        })
    }

    /// What it says of SUSDB; nothing where there is none.
    pub(crate) fn susdb(&mut self) -> Result<Option<Susdb>, Failure> {
        let version = self.version()?;
        let Some(facts) = self.one(&statement::database_facts(version))? else { return Ok(None) };
        let recovery = self.one(&statement::recovery_status())?;
        let read = |row: &Row| -> Result<Susdb, RowError> {
            let (database_guid, family_guid) = recovery.as_ref().map_or(Ok((None, None)), recovery_guids)?;
            Ok(Susdb {
                facts: DatabaseFacts::from_row(row)?,
                files: Vec::new(),
                database_guid: database_guid.unwrap_or_default(),
                family_guid: family_guid.unwrap_or_default(),
            })
        };
        let mut susdb = read(&facts).map_err(|error| row_failure(&error))?;
        susdb.files = self.files(DATABASE)?;
        Ok(Some(susdb))
    }

    /// The files of a database, in the order of their numbers.
    pub(crate) fn files(&mut self, database: &str) -> Result<Vec<DatabaseFile>, Failure> {
        let name = Identifier::new(database)
            .map_err(|error| Failure::new(Exit::Failed, "no name of a database").because(&error))?;
        let rows = self.all(&statement::database_files(&name))?;
        rows.iter().map(DatabaseFile::from_row).collect::<Result<_, _>>().map_err(|error| row_failure(&error))
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
        self.connection()?;
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
            if rows.len() <= ROWS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        whole(rows, ROWS_MAX)
    }

    /// Streams an answer. A connection that was lost is given up.
    pub(crate) fn each(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(usize, Row) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let connection = self.connection().map_err(|failure| ReadError::Lost(failure.to_string()))?;
        let mut asked = Asked::new(statement.clone(), connection.protection());
        let read = ask(connection, statement, each, &mut asked);
        self.reads.leave(asked);
        if matches!(read, Err(ReadError::Lost(_))) {
            self.hang_up();
        }
        read
    }
}

/// Sends a statement that only reads, and notes how it went.
pub(super) fn ask(
    connection: &mut dyn Connection,
    statement: &Statement,
    each: &mut dyn FnMut(usize, Row) -> ControlFlow<()>,
    asked: &mut Asked,
) -> Result<(), ReadError> {
    let (began, mut rows, mut broken_off) = (Instant::now(), 0, false);
    let mut take = |result, row| {
        rows += 1;
        let went = each(result, row);
        broken_off = went.is_break();
        went
    };
    let read = connection.rows(statement, &mut take, &mut |message| asked.hear(message));
    asked.ended(rows, began.elapsed(), broken_off, &read);
    read
}

/// A part of an answer is none: what was cut off may be what matters.
fn whole(rows: Vec<Row>, max: usize) -> Result<Vec<Row>, ReadError> {
    if rows.len() > max {
        return Err(ReadError::Unreadable(format!("it has more than {max} rows")));
    }
    Ok(rows)
}

/// No connection.
pub(crate) fn connect_failure(error: &ConnectError) -> Failure {
    Failure::new(Exit::Failed, "cannot connect to the engine").because(error).hint(error.next_step())
}

/// An answer that was refused or cut off.
pub(crate) fn read_failure(error: &ReadError) -> Failure {
    Failure::new(Exit::Failed, "the engine did not answer")
        .because(error)
        .hint("See that the engine runs, then `wsusmigrate run`: it goes on from what is recorded.")
}

pub(crate) fn row_failure(error: &RowError) -> Failure {
    Failure::new(Exit::Failed, "the engine's answer is not what was asked for").because(error)
}

fn unreadable(what: &str) -> Failure {
    Failure::new(Exit::Failed, what)
}

#[cfg(test)]
mod tests {
    //! Goal: an answer that was cut off is never taken for the whole.

    use wsusmigrate_core::database::row::Cell;

    use super::*;

    #[test]
    fn an_answer_longer_than_its_maximum_is_unreadable() {
        let rows = |count| vec![Row::of([("n", Cell::Int(1))]); count];
        assert_eq!(whole(rows(3), 3).map(|rows| rows.len()), Ok(3));
        let refused = ReadError::Unreadable("it has more than 3 rows".to_owned());
        assert_eq!(whole(rows(4), 3), Err(refused));
    }
}
