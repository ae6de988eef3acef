//! The conditions of the way back, held against the world as it is now. Pure: the facts are gathered by the shell.
//!
//! The guidance answers from the journal, which knows only what was last seen. Between then and now somebody may have
//! deleted the safety backup, started the services, or put another SUSDB there.

use serde::Serialize;

use super::database::safety_backup;
use super::{ActionKind, plan};
use crate::digest::Sha256;
use crate::id::Guid;
use crate::projection::Migration;
use crate::projection::database::OwnBackup;

/// The world as far as the way back rests on it. What could not be looked at says why.
#[derive(Clone, Debug)]
pub struct World {
    /// The SUSDB that is there; nothing where there is none.
    pub susdb: Result<Option<SusdbNow>, String>,
    /// SHA-256 of the safety backup's file; nothing where it is gone.
    pub backup_file: Result<Option<Sha256>, String>,
    /// The set the engine finds at the safety backup's place.
    pub backup_set: Result<Option<Guid>, String>,
    /// Folders in which files of SUSDB lay, and which of them the engine finds.
    pub folders: Result<Vec<(String, bool)>, String>,
    /// Whether the services that WSUS needs are all stopped.
    pub stopped: Result<bool, String>,
    /// Whether the content root of the destination can be read.
    pub destination: Result<(), String>,
    /// Whether the one of the source can.
    pub source: Result<(), String>,
}

/// A SUSDB that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SusdbNow {
    /// Its `database_guid`.
    pub database: Guid,
    /// Its `family_guid`, which a restore keeps.
    pub family: Guid,
    /// `state_desc`.
    pub state: String,
}

/// What the world says of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// It holds.
    Holds,
    /// An action before it in the list brings it about.
    Later,
    /// No program can tell: it is for a person.
    Person,
    /// It does not hold.
    DoesNot,
    /// It could not be looked at.
    Untold,
}

impl Says {
    /// What people read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Later => "holds once the action before it is done",
            Self::Person => "cannot be told: for you to say",
            Self::DoesNot => "does not hold",
            Self::Untold => "cannot be told",
        }
    }

    /// Whether nothing stands against going on.
    #[must_use]
    pub const fn is_well(self) -> bool {
        match self {
            Self::Holds | Self::Later | Self::Person => true,
            Self::DoesNot | Self::Untold => false,
        }
    }
}

/// One condition of one action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The action's place in the guidance, from 1.
    pub step: usize,
    /// What it undoes.
    pub undoes: ActionKind,
    /// What has to be true.
    pub what: &'static str,
    /// What the world says.
    pub says: Says,
    /// By what.
    pub because: String,
}

/// Every condition of every action of the guidance, in its order.
#[must_use]
pub fn check(state: &Migration, world: &World) -> Vec<Condition> {
    let actions = plan(state).actions;
    let drops = actions.iter().any(|undo| undo.undoes == ActionKind::RestoreDatabase);
    let drops_first = drops && !state.run.status.database.replaced;
    let of_action = |(at, kind): (usize, ActionKind)| {
        let told = Told { state, world, drops_first };
        let conditions = told.of(kind);
        conditions.into_iter().map(move |(what, (says, because))| Condition {
            step: at + 1,
            undoes: kind,
            what,
            says,
            because,
        })
    };
    actions.iter().map(|undo| undo.undoes).enumerate().flat_map(of_action).collect()
}

/// What is said of a condition, and by what.
type Answer = (Says, String);

struct Told<'a> {
    state: &'a Migration,
    world: &'a World,
    /// Whether the restored SUSDB is dropped by an action of its own.
    drops_first: bool,
}

impl Told<'_> {
    fn of(&self, kind: ActionKind) -> Vec<(&'static str, Answer)> {
        let stopped = ("the destination's services are stopped", self.stopped());
        let nobody = ("the destination serves nobody yet", person("no program knows who was pointed to it"));
        let there = "the SUSDB that is there is the one this migration restored";
        match kind {
            ActionKind::Sleep => vec![(there, self.restored())],
            ActionKind::RestoreDatabase => {
                let way = self.way_back();
                vec![
                    ("the safety backup is as it was verified", way),
                    (there, self.restored()),
                    stopped,
                    nobody,
                ]
            }
            ActionKind::DropDatabase => vec![
                ("the safety backup is as it was verified", self.way_back()),
                ("the engine finds its set on the medium", self.set()),
                ("no SUSDB is in the way", self.nothing_in_the_way()),
                ("the folders in which its files lay are there", self.folders()),
                stopped,
                nobody,
            ],
            ActionKind::StopServices => vec![("the SUSDB of before is there", self.before_is_there())],
            ActionKind::QuiesceSource => vec![("SUSDB is online", self.online())],
            ActionKind::CopyFile => vec![
                ("the files can be deleted from the destination", reached(&self.world.destination)),
                ("the source's content folder is there", reached(&self.world.source)),
                nobody,
            ],
            ActionKind::CreateLogin => {
                let ours =
                    "sys.server_principals has their create_date, and the engine refuses while one is in use";
                vec![
                    ("the restored SUSDB is not there any more", self.restored_is_gone()),
                    stopped,
                    ("they are the logins that were created, and nobody else's", person(ours)),
                ]
            }
            ActionKind::ReplaceFile
            | ActionKind::RemoveLeftover
            | ActionKind::WriteBackup
            | ActionKind::MendUser
            | ActionKind::PostInstall => Vec::new(),
        }
    }

    fn backup(&self) -> Option<&OwnBackup> {
        safety_backup(&self.state.database)
    }

    fn way_back(&self) -> Answer {
        let none_before = self.state.database.before.as_ref().is_some_and(|before| !before.present);
        let Some(own) = self.backup() else {
            return if none_before {
                yes("not needed: there was no SUSDB before")
            } else {
                no("none was recorded")
            };
        };
        if !own.judged.as_ref().is_some_and(|judged| judged.verified) {
            return no("it was never verified");
        }
        match (&self.world.backup_file, own.backup.sha256) {
            (Err(why), _) => untold(why),
            (Ok(None), _) => no("its file is gone"),
            (Ok(_), None) => untold("its digest was not recorded: verify it by RESTORE VERIFYONLY"),
            (Ok(Some(now)), Some(then)) if *now == then => yes(&format!("SHA-256 {then}, as recorded")),
            (Ok(Some(now)), Some(then)) => no(&format!("its file has SHA-256 {now}, recorded was {then}")),
        }
    }

    fn set(&self) -> Answer {
        let Some(own) = self.backup() else { return no("no safety backup was recorded") };
        let wanted = own.backup.set_guid;
        match &self.world.backup_set {
            Err(why) => untold(why),
            Ok(Some(set)) if *set == wanted => {
                yes(&format!("set {wanted} at position {}", own.backup.position))
            }
            Ok(Some(set)) => no(&format!("another set is there, {set}")),
            Ok(None) => no("there is no set"),
        }
    }

    /// What a cut-off restore left has no `database_guid` to know it by: that it never came online has to do.
    fn restored(&self) -> Answer {
        const LEFT: [&str; 2] = ["RESTORING", "SUSPECT"];
        let status = &self.state.run.status.database;
        let known = status.database;
        match &self.world.susdb {
            Err(why) => untold(why),
            Ok(None) => no("there is no SUSDB"),
            Ok(Some(now)) if !status.restored && LEFT.contains(&now.state.as_str()) => {
                yes(&format!("what a restore left: {}", now.state))
            }
            Ok(Some(now)) if !status.restored => {
                no(&format!("it is {}, with database_guid {}: no restore left that", now.state, now.database))
            }
            Ok(Some(_)) if !known.is_told() => untold("nobody saw the database_guid of the restored one"),
            Ok(Some(now)) if now.database == known && known.is_told() => {
                yes(&format!("database_guid {known}, {}", now.state))
            }
            Ok(Some(now)) => no(&format!("database_guid {} is there, restored was {known}", now.database)),
        }
    }

    fn restored_is_gone(&self) -> Answer {
        match (&self.world.susdb, self.restored().0) {
            (Err(why), _) => untold(why),
            (Ok(_), Says::Holds) if self.drops_first => (Says::Later, "it is dropped first".to_owned()),
            (Ok(_), Says::Holds) => no("it is there: its users would be without a login again"),
            (Ok(_), _) => yes("another is there, or none"),
        }
    }

    fn nothing_in_the_way(&self) -> Answer {
        match (&self.world.susdb, self.restored().0) {
            (Err(why), _) => untold(why),
            (Ok(None), _) => yes("there is no SUSDB"),
            (Ok(Some(_)), Says::Holds) if self.drops_first => {
                (Says::Later, "the restored one is there".to_owned())
            }
            (Ok(Some(now)), _) => {
                no(&format!("one is there, {} with database_guid {}", now.state, now.database))
            }
        }
    }

    /// The services are given back once SUSDB is, by the actions before.
    fn before_is_there(&self) -> Answer {
        // Restored from its safety backup it is another database, of the same family.
        let is_before = |now: &&SusdbNow| {
            let before = self.state.database.before.as_ref();
            before.is_some_and(|before| before.family_guid.is_told() && before.family_guid == now.family)
                && self.restored().0 != Says::Holds
        };
        match &self.world.susdb {
            Err(why) => untold(why),
            Ok(Some(now)) if is_before(&now) => yes(&format!("family_guid {}", now.family)),
            Ok(now) if self.drops_first && (now.is_none() || self.restored().0 == Says::Holds) => {
                (Says::Later, "it comes back with its safety backup".to_owned())
            }
            Ok(Some(now)) => no(&format!("database_guid {} is there", now.database)),
            Ok(None) => no("there is no SUSDB"),
        }
    }

    fn online(&self) -> Answer {
        match &self.world.susdb {
            Err(why) => untold(why),
            Ok(Some(now)) if now.state == "ONLINE" => yes("ONLINE"),
            Ok(Some(now)) => no(&now.state),
            Ok(None) => no("there is no SUSDB"),
        }
    }

    fn stopped(&self) -> Answer {
        match &self.world.stopped {
            Err(why) => untold(why),
            Ok(true) => yes("none of them runs"),
            Ok(false) => no("one of them runs: stop them first"),
        }
    }

    fn folders(&self) -> Answer {
        match &self.world.folders {
            Err(why) => untold(why),
            Ok(folders) => match folders.iter().find(|(_, there)| !there) {
                Some((folder, _)) => no(&format!("{folder} is gone: name another one with MOVE")),
                None => yes(&format!("{} folders", folders.len())),
            },
        }
    }
}

fn reached(root: &Result<(), String>) -> Answer {
    match root {
        Ok(()) => yes("its folder can be read"),
        Err(why) => untold(why),
    }
}

fn yes(because: &str) -> Answer {
    (Says::Holds, because.to_owned())
}

fn no(because: &str) -> Answer {
    (Says::DoesNot, because.to_owned())
}

fn untold(because: &str) -> Answer {
    (Says::Untold, because.to_owned())
}

fn person(because: &str) -> Answer {
    (Says::Person, because.to_owned())
}
