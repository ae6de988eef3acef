//! Where backups go: the folder the engine and this program share, the migration store, and room on their volumes. All of it is
//! looked at before anything takes long.

use super::super::{pass, stop, warn};
use super::DatabaseFacts;
use crate::database::space::Room;
use crate::event::preflight::Checked;
use crate::event::run::Role;

/// What is known of the places backups go to.
#[derive(Clone, Debug)]
pub struct PlaceFacts {
    /// The folder of backups.
    pub folder: BackupFolder,
    /// The migration store as people read it and what is free there, in bytes; or why it cannot be used.
    pub store: Result<(String, Option<u64>), String>,
    /// What the backup may take in the store, in bytes; 0 where it is not written there.
    pub store_bytes: u64,
    /// Room on the volumes of the engine's host, or why nothing is known of it.
    pub room: Result<Room, String>,
    /// Where files of a restored SUSDB go, and whether the engine finds that folder; none where nothing is restored.
    pub targets: Vec<(String, bool)>,
}

/// What is known of the folder of backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupFolder {
    /// The engine sees what this program writes there.
    Proved(String),
    /// This account may not write there, so that nothing is proved.
    Unwritable(String),
    /// The engine finds no such folder.
    Absent(String),
    /// The engine does not see there what this program wrote, or this account cannot read there.
    Apart(String),
}

impl BackupFolder {
    /// What was found.
    #[must_use]
    pub fn finding(&self) -> &str {
        match self {
            Self::Proved(finding)
            | Self::Unwritable(finding)
            | Self::Absent(finding)
            | Self::Apart(finding) => finding,
        }
    }

    /// What a person does about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Proved(_) => "",
            Self::Unwritable(_) => {
                "Give this account the right to write there: then it is proved that both reach one folder."
            }
            Self::Absent(_) => {
                "database.backup_folder is a folder of the engine's host, and the engine's account needs rights there."
            }
            Self::Apart(_) => {
                "database.backup_folder is how the engine's host names it, database.backup_folder_here how this host does."
            }
        }
    }

    /// Whether the step can go on with it. The destination writes there itself, the source only reads.
    #[must_use]
    pub fn serves(&self, role: Role) -> bool {
        match self {
            Self::Proved(_) => true,
            Self::Unwritable(_) => role == Role::Source,
            Self::Absent(_) | Self::Apart(_) => false,
        }
    }
}

/// The checks of the places; none where nothing is known of any.
pub(super) fn checks(facts: &DatabaseFacts) -> Vec<Checked> {
    let Some(places) = &facts.places else { return Vec::new() };
    let mut checks =
        vec![folder(&places.folder, facts.role), store(places, facts.role), room(&places.room, facts.role)];
    checks.extend(targets(&places.targets));
    checks
}

/// A restore makes no folder: where one is lacking it fails, after SUSDB was dropped for it.
fn targets(targets: &[(String, bool)]) -> Option<Checked> {
    const NAME: &str = "database.target-folders";
    let named = |is_there: bool| {
        let folders = targets.iter().filter(|(_, there)| *there == is_there);
        folders.map(|(folder, _)| folder.as_str()).collect::<Vec<_>>().join(", ")
    };
    if targets.is_empty() {
        return None;
    }
    Some(match named(false).as_str() {
        "" => pass(NAME, format!("the engine finds where the restored files go: {}", named(true))),
        absent => stop(
            NAME,
            format!("the engine finds no folder {absent}, where restored files are to go"),
            "Make it on the engine's host, with rights for the engine's account, or see database.data_folder and \
             database.log_folder.",
        ),
    })
}

fn folder(folder: &BackupFolder, role: Role) -> Checked {
    const NAME: &str = "database.backup-folder";
    let finding = folder.finding().to_owned();
    match folder {
        BackupFolder::Proved(_) => pass(NAME, finding),
        folder if folder.serves(role) => warn(NAME, finding, folder.remedy()),
        folder => stop(NAME, finding, folder.remedy()),
    }
}

fn store(places: &PlaceFacts, role: Role) -> Checked {
    const NAME: &str = "database.store";
    let does = if role == Role::Source { "written" } else { "read" };
    match &places.store {
        Err(why) => stop(
            NAME,
            why.clone(),
            "database.store is a folder both hosts reach, or a disk that is carried: make it, or connect it.",
        ),
        Ok((shown, Some(free))) if *free < places.store_bytes => warn(
            NAME,
            format!("{shown} has {free} bytes free, the backup may take {}", places.store_bytes),
            "Make room there: what does not fit is not carried, and is carried once it does.",
        ),
        Ok((shown, _)) => pass(NAME, format!("{shown} can be {does}")),
    }
}

/// A backup is smaller than the files it is of, so that too little room for those is no proof; a restore takes what it says.
fn room(room: &Result<Room, String>, role: Role) -> Checked {
    const NAME: &str = "database.room";
    let remedy = "Each volume has to hold the sum of what goes there.";
    let room = match room {
        Ok(room) => room,
        Err(why) => return warn(NAME, format!("nothing is known of it: {why}"), remedy),
    };
    let short: Vec<_> = room.shortages().map(ToString::to_string).collect();
    let untold: Vec<_> = room.untold().iter().map(ToString::to_string).collect();
    match role {
        Role::Source if !short.is_empty() => warn(NAME, short.join("; "), remedy),
        Role::Destination if !short.is_empty() => stop(NAME, short.join("; "), remedy),
        _ if !untold.is_empty() => {
            warn(NAME, format!("nobody tells what is free where {} is", untold.join(", ")), remedy)
        }
        _ => pass(NAME, "every volume holds what goes there".into()),
    }
}

#[cfg(test)]
mod tests {
    //! Goal: what stands in the way of a backup is told before anything takes long, and stops only whom it stops.

    use super::*;
    use crate::database::EnginePath;
    use crate::database::space::{Need, Piece, Volume};
    use crate::event::preflight::CheckVerdict::{self, Pass, Stop, Warn};

    fn full(free_bytes: u64) -> Room {
        let mount = EnginePath::new("C:\\").unwrap();
        let need = Need { piece: Piece::Data, path: mount.join("SUSDB.mdf").unwrap(), bytes: 10 };
        Room::judge(&[Volume { mount, free_bytes }], &[need], &[])
    }

    fn healthy() -> PlaceFacts {
        PlaceFacts {
            folder: BackupFolder::Proved("one folder".into()),
            store: Ok(("store".into(), Some(10))),
            store_bytes: 10,
            room: Ok(full(10)),
            targets: Vec::new(),
        }
    }

    fn judged(change: impl Fn(&mut PlaceFacts), role: Role) -> Vec<Checked> {
        let mut places = healthy();
        change(&mut places);
        let facts = DatabaseFacts {
            role,
            engine: Err(super::super::NoEngine::default()),
            replacement: None,
            susdb: None,
            places: Some(places),
            waiver: None,
            destination: None,
        };
        let checks = checks(&facts);
        assert!(checks.iter().all(|it| (it.verdict == Pass) == it.remedy.as_str().is_empty()));
        checks
    }

    fn verdicts(change: impl Fn(&mut PlaceFacts), role: Role) -> [CheckVerdict; 3] {
        let checks = judged(change, role);
        assert_eq!(checks.len(), 3, "no folder is asked for where nothing is restored");
        [0, 1, 2].map(|at: usize| checks[at].verdict)
    }

    /// The run once noticed only when it verified the carried backup.
    #[test]
    fn a_folder_that_restored_files_go_to_has_to_be_there() {
        let judged = |there: [bool; 2]| {
            let folders = ["C:\\Data", "D:\\Log"].map(str::to_owned).into_iter().zip(there).collect();
            let targets = |it: &mut PlaceFacts| it.targets = Vec::clone(&folders);
            let last = self::judged(targets, Role::Destination).pop().unwrap();
            assert_eq!(last.check.as_str(), "database.target-folders");
            (last.verdict, last.finding.to_string())
        };
        let finds = "the engine finds where the restored files go: C:\\Data, D:\\Log".to_owned();
        assert_eq!(judged([true, true]), (Pass, finds));
        let lacks = |which: &str| {
            (Stop, format!("the engine finds no folder {which}, where restored files are to go"))
        };
        assert_eq!(judged([true, false]), lacks("D:\\Log"));
        assert_eq!(judged([false, false]), lacks("C:\\Data, D:\\Log"));
    }

    type Change = Box<dyn Fn(&mut PlaceFacts)>;

    #[test]
    fn each_place_is_judged_for_what_its_host_does_there() {
        let folder = |folder: BackupFolder| -> Change { Box::new(move |it| it.folder = folder.clone()) };
        let cases: [(Change, [CheckVerdict; 3], [CheckVerdict; 3]); 8] = [
            (Box::new(|_| {}), [Pass; 3], [Pass; 3]),
            (folder(BackupFolder::Unwritable(String::new())), [Warn, Pass, Pass], [Stop, Pass, Pass]),
            (folder(BackupFolder::Absent(String::new())), [Stop, Pass, Pass], [Stop, Pass, Pass]),
            (folder(BackupFolder::Apart(String::new())), [Stop, Pass, Pass], [Stop, Pass, Pass]),
            (Box::new(|it| it.store = Err("gone".into())), [Pass, Stop, Pass], [Pass, Stop, Pass]),
            (Box::new(|it| it.store_bytes = 11), [Pass, Warn, Pass], [Pass, Warn, Pass]),
            (Box::new(|it| it.room = Ok(full(9))), [Pass, Pass, Warn], [Pass, Pass, Stop]),
            (Box::new(|it| it.room = Err("lost".into())), [Pass, Pass, Warn], [Pass, Pass, Warn]),
        ];
        for (at, (change, source, destination)) in cases.into_iter().enumerate() {
            assert_eq!(verdicts(&change, Role::Source), source, "{at}");
            assert_eq!(verdicts(&change, Role::Destination), destination, "{at}");
        }
    }
}
