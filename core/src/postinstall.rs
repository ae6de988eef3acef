//! `wsusutil postinstall`: how it is called, and when it counts as done.
//!
//! It fits a restored SUSDB to the WSUS of this server and makes a new encryption key. None of its marks is enough alone:
//! an exit code says little, a log may be an older one, and the registry's values were 2 before, from the role's own
//! installation. All of them together are the proof.

use std::collections::BTreeMap;

use thiserror::Error;

/// What the first line of its log ends with, in builds that name their logs by the second and in older ones.
const STARTED: &str = "Postinstall started";
/// The last line it prints when it is through.
const SUCCESS: &str = "Post install has successfully completed";
/// What the line begins with that says why it gave up.
const FATAL: &str = "Fatal Error";
/// The value of a component whose post-installation has finished.
const FINISHED: u32 = 2;
/// The components every installation has, below `Installed Role Services`.
const ROLES: [&str; 3] = ["UpdateServices-API", "UpdateServices-Services", "UpdateServices-UI"];

/// Where SUSDB lives, as far as WSUS's components differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// The Windows Internal Database.
    Wid,
    /// An instance of SQL Server.
    Sql,
}

/// One call of `wsusutil postinstall`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    content_dir: String,
    sql_instance: Option<String>,
}

/// Why a call would go wrong, or reach something else than meant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Nothing was given.
    #[error("{parameter} is empty")]
    Empty {
        /// The parameter.
        parameter: &'static str,
    },
    /// `wsusutil` takes a separator at the end as part of a name.
    #[error("{parameter} must not end in a backslash: {value}")]
    TrailingSeparator {
        /// The parameter.
        parameter: &'static str,
        /// What was given.
        value: String,
    },
    /// Quotes and control characters never belong there, and would end the argument in another place.
    #[error("{parameter} holds a quote or a control character: {value:?}")]
    Character {
        /// The parameter.
        parameter: &'static str,
        /// What was given.
        value: String,
    },
    /// For the Windows Internal Database the parameter is left out.
    #[error("SQL_INSTANCE_NAME is left out for the Windows Internal Database, not {value}")]
    Wid {
        /// What was given.
        value: String,
    },
}

impl Command {
    /// A call. `sql_instance` is `SERVER` or `SERVER\INSTANCE`; `None` means the Windows Internal Database.
    pub fn new(content_dir: &str, sql_instance: Option<&str>) -> Result<Self, Refused> {
        plain("CONTENT_DIR", content_dir)?;
        if let Some(instance) = sql_instance {
            plain("SQL_INSTANCE_NAME", instance)?;
            if ["##WID", "##SSEE"].iter().any(|name| instance.to_uppercase().ends_with(name)) {
                return Err(Refused::Wid { value: instance.to_owned() });
            }
        }
        Ok(Self { content_dir: content_dir.to_owned(), sql_instance: sql_instance.map(str::to_owned) })
    }

    /// Its arguments, each one whole: spaces in them are their own.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let instance = self.sql_instance.iter().map(|instance| format!("SQL_INSTANCE_NAME={instance}"));
        let fixed = ["postinstall".to_owned(), format!("CONTENT_DIR={}", self.content_dir)];
        fixed.into_iter().chain(instance).collect()
    }

    /// Where SUSDB lives when it is called so.
    #[must_use]
    pub const fn storage(&self) -> Storage {
        if self.sql_instance.is_some() { Storage::Sql } else { Storage::Wid }
    }
}

fn plain(parameter: &'static str, value: &str) -> Result<(), Refused> {
    let value_owned = || value.to_owned();
    if value.trim().is_empty() {
        return Err(Refused::Empty { parameter });
    }
    if value.contains(|character: char| character.is_control() || character == '"') {
        return Err(Refused::Character { parameter, value: value_owned() });
    }
    if value.trim_end().ends_with(['\\', '/']) {
        return Err(Refused::TrailingSeparator { parameter, value: value_owned() });
    }
    Ok(())
}

/// Everything that was seen of one call, afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// Its exit code; `None` where it did not end by itself.
    pub exit_code: Option<i32>,
    /// Whether something it started went on when it had ended.
    pub is_outlived: bool,
    /// What it printed.
    pub output: &'a str,
    /// Its log, where one was found.
    pub log: Option<Log<'a>>,
    /// `Installed Role Services` as read afterwards; `None` where it could not be read.
    pub roles: Option<&'a BTreeMap<String, u32>>,
    /// Where SUSDB lives.
    pub storage: Storage,
}

/// A log of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log<'a> {
    /// Its text, or the end of it.
    pub text: &'a str,
    /// Whether it was written after the call was decided on.
    pub is_newer: bool,
}

/// What a proof lacks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Lack {
    /// It did not end by itself.
    #[error("wsusutil did not end by itself")]
    NoExitCode,
    /// Its exit code is not 0.
    #[error("wsusutil ended with exit code {0}")]
    ExitCode(i32),
    /// Something it started goes on.
    #[error("something wsusutil had started went on when it had ended")]
    Outlived,
    /// It gave up.
    #[error("{0}")]
    Fatal(String),
    /// The line that says it is through is neither the last of its output nor of its log.
    #[error("the line \"{SUCCESS}\" is neither the last of the output nor of the log")]
    NoSuccessLine,
    /// It left no log.
    #[error("no log of it was found")]
    NoLog,
    /// The log is from before.
    #[error("its log is older than the call")]
    OldLog,
    /// The registry could not be read.
    #[error("the registry could not be read afterwards")]
    RolesUnread,
    /// A component is not marked as finished.
    #[error("the registry has {value} for {name}, not {FINISHED}", value = value.map_or("nothing".to_owned(), |value| value.to_string()))]
    Role {
        /// The component.
        name: &'static str,
        /// Its value.
        value: Option<u32>,
    },
}

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// It is proved that it is through.
    Done,
    /// It said, or the registry says, that it is not: the exit code, 0 where that was its only word for success.
    Failed(i32),
    /// It went on, or was killed, or nothing that is there tells: somebody has to look.
    Unknown,
}

/// What follows from what a proof lacks. What merely is not there to be read is no word against it, and none for it.
#[must_use]
pub fn conclude(lacks: &[Lack]) -> Conclusion {
    let may_go_on = |lack: &Lack| matches!(lack, Lack::NoExitCode | Lack::Outlived);
    let says_no = |lack: &Lack| match lack {
        Lack::ExitCode(code) => Some(*code),
        Lack::Fatal(_) | Lack::Role { .. } => Some(0),
        Lack::NoExitCode
        | Lack::Outlived
        | Lack::NoSuccessLine
        | Lack::NoLog
        | Lack::OldLog
        | Lack::RolesUnread => None,
    };
    match lacks.iter().find_map(says_no) {
        _ if lacks.is_empty() => Conclusion::Done,
        _ if lacks.iter().any(may_go_on) => Conclusion::Unknown,
        Some(code) => Conclusion::Failed(code),
        None => Conclusion::Unknown,
    }
}

/// What the evidence lacks of a proof that it is done; nothing: it is proved.
#[must_use]
pub fn lacks(evidence: &Evidence<'_>) -> Vec<Lack> {
    let mut lacks = Vec::new();
    match evidence.exit_code {
        Some(0) => {}
        Some(code) => lacks.push(Lack::ExitCode(code)),
        None => lacks.push(Lack::NoExitCode),
    }
    if evidence.is_outlived {
        lacks.push(Lack::Outlived);
    }
    let log = evidence.log.filter(|log| log.is_newer).map_or("", |log| of_last_call(log.text));
    let fatal = [evidence.output, log].into_iter().find_map(fatal_line);
    if let Some(line) = fatal {
        lacks.push(Lack::Fatal(line.to_owned()));
    } else if !is_through(evidence.output) && !is_through(log) {
        lacks.push(Lack::NoSuccessLine);
    }
    match evidence.log {
        None => lacks.push(Lack::NoLog),
        Some(Log { is_newer: false, .. }) => lacks.push(Lack::OldLog),
        Some(Log { is_newer: true, .. }) => {}
    }
    match evidence.roles {
        None => lacks.push(Lack::RolesUnread),
        Some(roles) => lacks.extend(unfinished(roles, evidence.storage)),
    }
    lacks
}

/// Whether the last line that says anything is the one of success; logs put the time in front.
#[must_use]
pub fn is_through(text: &str) -> bool {
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.is_some_and(|line| line.trim().trim_end_matches('.').ends_with(SUCCESS))
}

/// The part of a log that the last call wrote: logs are named by the second, so that two calls may share one. The whole of
/// it where it says of no call that it started.
fn of_last_call(log: &str) -> &str {
    log.rfind(STARTED).map_or(log, |at| &log[at..])
}

/// The line that says why it gave up.
fn fatal_line(text: &str) -> Option<&str> {
    text.lines().find(|line| line.contains(FATAL)).map(str::trim)
}

fn unfinished(roles: &BTreeMap<String, u32>, storage: Storage) -> impl Iterator<Item = Lack> {
    let database = match storage {
        Storage::Wid => "UpdateServices-WidDatabase",
        Storage::Sql => "UpdateServices-Database",
    };
    // The registry does not tell capitals apart.
    let value =
        |name: &str| roles.iter().find(|(role, _)| role.eq_ignore_ascii_case(name)).map(|(_, &value)| value);
    ROLES.into_iter().chain([database]).filter_map(move |name| {
        let value = value(name);
        (value != Some(FINISHED)).then_some(Lack::Role { name, value })
    })
}
