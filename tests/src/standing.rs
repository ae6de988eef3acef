//! What a rehearsal of SUSDB left behind in the estate, as the estate itself tells it: the program's journal is not asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use wsusmigrate_fixtures::tools::{HostState, RegistryValue, ServiceState, SimulatedHost, StartType, State};

/// How the stand-in orders text.
const COLLATION: &str = "tsql";

/// Rows of every table, each as text, sorted.
type Rows = BTreeMap<String, Vec<String>>;

/// How both simulated servers stand.
#[derive(Debug)]
pub struct Standing {
    source: Server,
    destination: Server,
    /// What `wsusutil postinstall` said in its logs, one a call.
    postinstalls: Vec<String>,
    /// What would make the destination act as production.
    awake: Vec<String>,
}

/// How one of them stands.
#[derive(Debug)]
struct Server {
    rows: Rows,
    host: HostState,
    /// What became of its databases: the word, and the family.
    diary: Vec<(String, String)>,
}

impl Standing {
    /// Looks at the estate in `hosts`. Its engines have ended.
    ///
    /// # Panics
    /// If something cannot be read.
    #[must_use]
    pub fn of(hosts: &Path) -> Self {
        let logs = hosts.join("destination/host/temp").read_dir().expect("the folder of logs");
        let logs = logs.map(|entry| entry.expect("a log").path());
        Self {
            source: Server::of(&hosts.join("source")),
            destination: Server::of(&hosts.join("destination")),
            awake: susdb_file(&hosts.join("destination")).map_or_else(Vec::new, |file| awake(&file)),
            postinstalls: logs.map(|log| std::fs::read_to_string(log).expect("a log")).collect(),
        }
    }

    /// How often `wsusutil postinstall` did its work: it leaves a log each time.
    #[must_use]
    pub fn postinstalls(&self) -> usize {
        self.postinstalls.len()
    }

    /// What is not as after an uninterrupted rehearsal.
    #[must_use]
    pub fn differences(&self, uninterrupted: &Self) -> Vec<String> {
        let mut wrong = self.source.differences("source", &uninterrupted.source);
        wrong.extend(self.destination.differences("destination", &uninterrupted.destination));
        wrong
    }

    /// What should never have happened, whatever the end.
    #[must_use]
    pub fn crimes(&self) -> Vec<String> {
        let mut crimes = Vec::new();
        if !self.source.diary.is_empty() {
            crimes.push(format!("databases of the source were touched: {:?}", self.source.diary));
        }
        let count = |fate: &str| self.destination.diary.iter().filter(|(word, _)| word == fate).count();
        for (fate, most) in [("dropped", 1), ("online", 1)] {
            if count(fate) != most {
                crimes.push(format!("{fate} {} times: {:?}", count(fate), self.destination.diary));
            }
        }
        if count("restoring") != count("discarded") + count("online") {
            crimes.push(format!("restored over what was there: {:?}", self.destination.diary));
        }
        let restored = self.destination.diary.iter().position(|(word, _)| word == "online");
        let dropped = self.destination.diary.iter().position(|(word, _)| word == "dropped");
        if restored < dropped {
            crimes.push(format!("a restored SUSDB was dropped: {:?}", self.destination.diary));
        }
        for (name, server) in [("source", &self.source), ("destination", &self.destination)] {
            let all = server.host.services.iter().chain(&server.host.app_pools);
            let as_installed = ServiceState { state: State::Running, start_type: StartType::Automatic };
            let others = all.filter(|(_, service)| **service != as_installed);
            crimes.extend(others.map(|(service, is)| format!("{service} of the {name} is left {is:?}")));
        }
        if self.postinstalls.iter().any(|log| log.contains("Fatal Error")) || self.postinstalls.is_empty() {
            crimes.push(format!("postinstall without SUSDB, or never: {:?}", self.postinstalls));
        }
        if !self.awake.is_empty() {
            crimes.push(format!("the destination is awake: {:?}", self.awake));
        }
        crimes
    }
}

impl Server {
    fn of(folder: &Path) -> Self {
        let diary = std::fs::read_to_string(folder.join("sql/diary.log")).unwrap_or_default();
        let lines = diary.lines().map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        Self {
            rows: rows(&susdb_file(&folder.join("C")).expect("SUSDB's file on drive C")),
            host: SimulatedHost::at(&folder.join("host")).state().expect("a server's state"),
            diary: lines.map(|words| (words[0].clone(), words[2].clone())).collect(),
        }
    }

    fn differences(&self, name: &str, uninterrupted: &Self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (table, rows) in &uninterrupted.rows {
            if self.rows.get(table) != Some(rows) {
                wrong.push(format!("{name}: other rows in {table}: {:?}", self.rows.get(table)));
            }
        }
        let [is, was] = [&self.host, &uninterrupted.host].map(without_key);
        if is != was {
            wrong.push(format!("{name}: {is:?} instead of {was:?}"));
        }
        wrong
    }
}

/// A server without the key that each postinstall makes anew.
fn without_key(host: &HostState) -> HostState {
    let mut host = host.clone();
    for values in host.registry.values_mut() {
        if let Some(key) = values.get_mut("EncryptionKey") {
            *key = RegistryValue::Binary(Vec::new());
        }
    }
    host
}

/// SUSDB's file, wherever its engine keeps it.
fn susdb_file(folder: &Path) -> Option<PathBuf> {
    let entries = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_it = |path: &PathBuf| path.file_name().is_some_and(|name| name == "SUSDB.mdf");
    files.into_iter().find(is_it).or_else(|| folders.iter().find_map(|folder| susdb_file(folder)))
}

/// A database's file, to be read.
fn open(file: &Path) -> Connection {
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("SUSDB's file");
    // Tables are kept in an order of the stand-in's own; here it only has to be an order.
    database.create_collation(COLLATION, str::cmp).expect("a collation");
    database
}

/// Rules, schedules and e-mail that are on.
fn awake(file: &Path) -> Vec<String> {
    let database = open(file);
    let mut on = database
        .prepare(
            "SELECT 'rule ' || ID FROM tbAutoDeploymentRule WHERE Enabled <> 0 UNION ALL \
             SELECT 'schedule ' || ScheduleID FROM tbSchedule \
             WHERE ScheduledTimeOfDay IS NOT NULL OR ScheduledRunTime IS NOT NULL UNION ALL \
             SELECT Name FROM tbConfiguration WHERE Name LIKE 'EmailNeedToSend%' AND Value <> 'False'",
        )
        .expect("what wakes a server");
    on.query_map([], |row| row.get(0)).expect("rows").map(|name| name.expect("a name")).collect()
}

/// Every row of a database's file.
fn rows(file: &Path) -> Rows {
    let database = open(file);
    let mut names =
        database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").expect("its tables");
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).expect("names").map(|name| name.expect("a name")).collect();
    assert!(names.iter().any(|name| name == "tbFile"), "{} is no SUSDB", file.display());
    names
        .into_iter()
        .map(|table| (rows_of(&database, &table), table))
        .map(|(rows, table)| (table, rows))
        .collect()
}

fn rows_of(database: &Connection, table: &str) -> Vec<String> {
    let mut select = database.prepare(&format!("SELECT * FROM \"{table}\"")).expect("a table");
    let columns = select.column_count();
    let text = |row: &rusqlite::Row<'_>| {
        let values: Result<Vec<Value>, _> = (0..columns).map(|column| row.get(column)).collect();
        Ok(format!("{:?}", values?))
    };
    let mut rows: Vec<_> = select.query_map([], text).expect("rows").map(|row| row.expect("a row")).collect();
    rows.sort_unstable();
    rows
}
