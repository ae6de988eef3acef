//! Restoring: where files go, and what a restore's messages are worth.
//!
//! WID verifies the schema of what it restores, and answers a SUSDB of another build with message 3605 and then 3013; the
//! guide says to disregard them. They are accepted for SUSDB on WID only, as exactly that pair, and only after the database
//! is proved to be there. Every other error is a failure in the server's own words.

use serde::{Deserialize, Serialize};

use super::backup::BackupFile;
use super::connection::EngineKind;
use super::facts::{DatabaseFacts, DatabaseFile, FileKind, ServerFacts};
use super::message::{ServerMessage, number};
use super::statement::MoveFile;
use super::{DATABASE, EnginePath, NotAnEnginePath, PathStyle};

/// What the messages of a restore that came to its end are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreAnswer {
    /// No error.
    Clean,
    /// WID's pair, 3605 and 3013: to be accepted if the database is proved to be there.
    IfOnline,
    /// Errors, in the server's own words.
    Failed(Vec<ServerMessage>),
}

impl RestoreAnswer {
    /// Reads the messages of `RESTORE DATABASE [SUSDB]`.
    #[must_use]
    pub fn read(engine: EngineKind, messages: &[ServerMessage]) -> Self {
        let errors: Vec<_> = messages.iter().filter(|message| message.is_error).cloned().collect();
        match errors.as_slice() {
            [] => Self::Clean,
            [verification, ending]
                if engine == EngineKind::Wid
                    && verification.has_number(number::SCHEMA_VERIFICATION)
                    && verification.text.contains(DATABASE)
                    && ending.has_number(number::TERMINATING) =>
            {
                Self::IfOnline
            }
            _ => Self::Failed(errors),
        }
    }

    /// Whether the restore is accepted, now that the server was asked what is there. The proof is needed in every case.
    #[must_use]
    pub fn is_accepted(&self, proof: &OnlineProof) -> bool {
        match self {
            Self::Clean | Self::IfOnline => proof.is_online(),
            Self::Failed(_) => false,
        }
    }
}

/// Why a restored SUSDB is not where and how it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum NotOnline {
    /// There is no such database.
    #[error("there is no database SUSDB")]
    Absent,
    /// It is in another state.
    #[error("SUSDB is {0}, not ONLINE")]
    State(String),
    /// It is read-only.
    #[error("SUSDB is read-only: look at the rights of the engine's account on its files")]
    ReadOnly,
    /// A file is not there.
    #[error("SUSDB has no file {0}")]
    FileMissing(String),
    /// A file lies elsewhere.
    #[error("file {name} lies at {found}, not at {wanted}")]
    FileElsewhere {
        /// Its logical name.
        name: String,
        /// Where it was to go.
        wanted: String,
        /// Where it lies.
        found: String,
    },
    /// A file is in another state.
    #[error("file {name} is {state}, not ONLINE")]
    FileState {
        /// Its logical name.
        name: String,
        /// Its state.
        state: String,
    },
    /// A file nobody restored.
    #[error("SUSDB has a file {0} that was not restored")]
    FileExtra(String),
}

/// What the server says is there after a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlineProof(Vec<NotOnline>);

impl OnlineProof {
    /// Compares what `sys.databases` and `sys.master_files` say with where the files were to go.
    #[must_use]
    pub fn of(database: Option<&DatabaseFacts>, files: &[DatabaseFile], moves: &[MoveFile]) -> Self {
        let Some(database) = database else { return Self(vec![NotOnline::Absent]) };
        let mut faults = Vec::new();
        if database.state != ONLINE {
            faults.push(NotOnline::State(database.state.clone()));
        }
        if database.is_read_only {
            faults.push(NotOnline::ReadOnly);
        }
        faults.extend(moves.iter().filter_map(|wanted| file_fault(wanted, files)));
        let is_extra =
            |file: &&DatabaseFile| !moves.iter().any(|wanted| wanted.logical_name == file.logical_name);
        faults.extend(
            files.iter().filter(is_extra).map(|file| NotOnline::FileExtra(file.logical_name.clone())),
        );
        Self(faults)
    }

    /// Whether SUSDB is there, online, writable, and all its files where they were to go.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.0.is_empty()
    }

    /// What is not as it should be.
    #[must_use]
    pub fn faults(&self) -> &[NotOnline] {
        &self.0
    }
}

pub(crate) const ONLINE: &str = "ONLINE";

/// Whether a restore that was cut off leaves a database in such a state: it is being restored, or suspect. One that is offline,
/// in emergency mode or waits for its recovery may be anybody's, and whole.
#[must_use]
pub fn is_leftover(state: &str) -> bool {
    matches!(state, "RESTORING" | "SUSPECT")
}

fn file_fault(wanted: &MoveFile, files: &[DatabaseFile]) -> Option<NotOnline> {
    let name = wanted.logical_name.clone();
    let Some(file) = files.iter().find(|file| file.logical_name == wanted.logical_name) else {
        return Some(NotOnline::FileMissing(name));
    };
    if !file.engine_path().is_some_and(|path| path.is_same(&wanted.target)) {
        return Some(NotOnline::FileElsewhere {
            name,
            wanted: wanted.target.to_string(),
            found: file.path.clone(),
        });
    }
    (file.state != ONLINE).then(|| NotOnline::FileState { name, state: file.state.clone() })
}

/// The folders restored files go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFolders {
    /// For rows.
    pub data: EnginePath,
    /// For the log.
    pub log: EnginePath,
}

impl TargetFolders {
    /// The instance's own: its default paths, or where `master` lies where the engine does not tell. Nothing where neither is
    /// known: then the plan has to say.
    #[must_use]
    pub fn of_instance(facts: &ServerFacts, master: &[DatabaseFile]) -> Option<Self> {
        let beside_master = |kind: FileKind| {
            let file = master.iter().find(|file| file.kind == kind)?;
            Some(file.engine_path()?.folder())
        };
        let folder = |said: &Option<String>, kind| {
            said.as_deref().and_then(|path| EnginePath::new(path).ok()).or_else(|| beside_master(kind))
        };
        Some(Self {
            data: folder(&facts.default_data_path, FileKind::Data)?,
            log: folder(&facts.default_log_path, FileKind::Log)?,
        })
    }
}

/// Why there are no targets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTargets {
    /// A file of a kind SUSDB does not have.
    #[error("the backup holds {0}, which is neither rows nor log: this is not a SUSDB as WSUS makes it")]
    Kind(String),
    /// Two files of one logical name, or none.
    #[error("the backup does not name its files apart")]
    Names,
    /// A path that cannot be.
    #[error("the target of {name} cannot be: {why}")]
    Path {
        /// Its logical name.
        name: String,
        /// Why.
        #[source]
        why: NotAnEnginePath,
    },
}

/// Where every file of a backup goes: its own file name in the folder of its kind. Two files of one name in one folder are
/// told apart by a number.
pub fn targets(files: &[BackupFile], folders: &TargetFolders) -> Result<Vec<MoveFile>, NoTargets> {
    let mut moves: Vec<MoveFile> = Vec::new();
    if files.is_empty() {
        return Err(NoTargets::Names);
    }
    for file in files {
        let folder = match file.kind {
            FileKind::Data => &folders.data,
            FileKind::Log => &folders.log,
            FileKind::Other => return Err(NoTargets::Kind(file.logical_name.clone())),
        };
        if moves.iter().any(|other| other.logical_name == file.logical_name) {
            return Err(NoTargets::Names);
        }
        let target = free_target(file, folder, &moves)?;
        moves.push(MoveFile { logical_name: file.logical_name.clone(), target });
    }
    Ok(moves)
}

fn free_target(file: &BackupFile, folder: &EnginePath, taken: &[MoveFile]) -> Result<EnginePath, NoTargets> {
    let name = file_name(file, folder.style());
    let (stem, extension) = name.rsplit_once('.').map_or((name.as_str(), ""), |(stem, end)| (stem, end));
    let dot = if extension.is_empty() { "" } else { "." };
    for number in 1..=taken.len() + 1 {
        let name = if number == 1 { name.clone() } else { format!("{stem}_{number}{dot}{extension}") };
        let path = folder.join(&name);
        let path = path.map_err(|why| NoTargets::Path { name: file.logical_name.clone(), why })?;
        if !taken.iter().any(|other| other.target.is_same(&path)) {
            return Ok(path);
        }
    }
    Err(NoTargets::Names)
}

/// The last part of the path on the source, whichever way that host writes paths, if the target's host can hold such a
/// name; otherwise the logical name.
fn file_name(file: &BackupFile, style: PathStyle) -> String {
    let name = file.physical_name.rsplit(['\\', '/']).next().unwrap_or_default();
    let root = match style {
        PathStyle::Windows => "C:\\",
        PathStyle::Unix => "/",
    };
    if !name.is_empty() && EnginePath::new(&format!("{root}{name}")).is_ok() {
        return name.to_owned();
    }
    let extension = if file.kind == FileKind::Log { "ldf" } else { "mdf" };
    let safe = |c: char| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' };
    format!("{}.{extension}", file.logical_name.chars().map(safe).collect::<String>())
}

/// The targets at which a file stands that is not the dropped database's: a restore there is refused.
#[must_use]
pub fn conflicts<'a>(
    moves: &'a [MoveFile],
    existing: &[EnginePath],
    dropped: &[EnginePath],
) -> Vec<&'a MoveFile> {
    let has = |paths: &[EnginePath], target: &EnginePath| paths.iter().any(|path| path.is_same(target));
    moves.iter().filter(|file| has(existing, &file.target) && !has(dropped, &file.target)).collect()
}

#[cfg(test)]
mod tests;
