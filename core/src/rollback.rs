//! What to undo, in which order, and what no longer can be. Pure: it reads the state, it touches nothing.
//!
//! Every kind of action declares its inverse in [`ActionKind::inverse`], and every event its kind of action in
//! [`ActionKind::of`]; both matches are exhaustive, so no action can be added without one.

mod database;
mod world;

pub use database::{safety_backup, services_by_hand};
pub use world::{Condition, Says, SusdbNow, World, check};

use serde::{Deserialize, Serialize};

use crate::content::Overwritten;
use crate::event::content::Origin;
use crate::event::{ContentEvent, Event};
use crate::path::PathRef;
use crate::projection::Migration;
use crate::projection::content::{ContentState, FileRecord, How};
use crate::text::Text;
use crate::unit::{Seq, TimeMicros};

/// A kind of action the program takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// A file is put in place at the destination.
    CopyFile,
    /// A file with other bytes is replaced.
    ReplaceFile,
    /// A temporary file of this program is removed.
    RemoveLeftover,
    /// The source's services are stopped for the backup.
    QuiesceSource,
    /// A backup file is written, or brought to the destination.
    WriteBackup,
    /// The destination's services are stopped.
    StopServices,
    /// The destination's own SUSDB is dropped.
    DropDatabase,
    /// The source's SUSDB is restored in its place.
    RestoreDatabase,
    /// A database user gets a login that is there.
    MendUser,
    /// A database user gets a login that is created for it.
    CreateLogin,
    /// What would make the restored server act by itself is switched off.
    Sleep,
    /// `wsusutil postinstall` goes over the restored SUSDB.
    PostInstall,
}

/// How a kind of action is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inverse {
    /// There is nothing to undo, and why.
    Nothing(&'static str),
    /// It can be undone.
    Possible,
    /// It cannot be undone, and what is lost.
    Impossible(&'static str),
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::CopyFile,
        Self::ReplaceFile,
        Self::RemoveLeftover,
        Self::QuiesceSource,
        Self::WriteBackup,
        Self::StopServices,
        Self::DropDatabase,
        Self::RestoreDatabase,
        Self::MendUser,
        Self::CreateLogin,
        Self::Sleep,
        Self::PostInstall,
    ];

    /// The kind of action an event is about; nothing for events that only look or tell. A replacement counts from its
    /// intent on: after a crash that may be all that was recorded of it.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Run(_) | Event::Inventory(_) | Event::Preflight(_) => None,
            Event::Content(event) => match event {
                ContentEvent::ReplacementStarted(_) => Some(Self::ReplaceFile),
                ContentEvent::FileCopied(file) if file.replaced => None,
                ContentEvent::FileCopied(_) => Some(Self::CopyFile),
                ContentEvent::FileVerified(file) => match file.origin {
                    Origin::AfterInterruption => Some(Self::CopyFile),
                    Origin::FoundInPlace | Origin::Rechecked => None,
                },
                ContentEvent::StrayRecorded(file) if file.replaced => None,
                ContentEvent::StrayRecorded(_) => Some(Self::CopyFile),
                ContentEvent::LeftoverRemoved(_) => Some(Self::RemoveLeftover),
                ContentEvent::ManifestRecorded(_)
                | ContentEvent::EntryIgnored(_)
                | ContentEvent::PassStarted(_)
                | ContentEvent::BatchStarted(_)
                | ContentEvent::FileFailed(_)
                | ContentEvent::BatchFinished(_)
                | ContentEvent::BatchReconciled(_)
                | ContentEvent::BatchExamined(_)
                | ContentEvent::PassFinished(_)
                | ContentEvent::ReadBackStarted(_)
                | ContentEvent::ReadBackRecorded(_)
                | ContentEvent::ReadBackMismatched(_)
                | ContentEvent::SuspicionSettled(_)
                | ContentEvent::ReadBackFinished(_)
                | ContentEvent::CatalogueDiffered(_)
                | ContentEvent::StatesCounted(_)
                | ContentEvent::CatalogueCompared(_) => None,
            },
            Event::Database(event) => database::kind(event),
        }
    }

    /// How it is undone.
    #[must_use]
    pub const fn inverse(self) -> Inverse {
        match self {
            Self::CopyFile => Inverse::Possible,
            Self::ReplaceFile => Inverse::Impossible(
                "the bytes that stood there are gone; a file named after a digest that its bytes did not have was \
                 damaged, any other file of ours is still at the source in its newer form",
            ),
            Self::RemoveLeftover => {
                Inverse::Nothing("a temporary file was part of a copy that was made again from the source")
            }
            Self::WriteBackup => Inverse::Nothing(
                "a backup changes nothing; dispose of its file on purpose, once nobody needs the way back",
            ),
            Self::MendUser => {
                Inverse::Nothing("the user is one of the restored SUSDB, which going back replaces")
            }
            Self::PostInstall => Inverse::Nothing(
                "it changed the restored SUSDB, which going back replaces, and settings it would write again",
            ),
            Self::QuiesceSource
            | Self::StopServices
            | Self::DropDatabase
            | Self::RestoreDatabase
            | Self::CreateLogin
            | Self::Sleep => Inverse::Possible,
        }
    }
}

/// What to undo, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Guidance {
    /// The actions that undo what was done, in the order to take them.
    pub actions: Vec<Undo>,
    /// From which record on going back is no longer possible, and why; nothing while it is.
    pub point_of_no_return: Option<PointOfNoReturn>,
    /// What stays as it is, and why.
    pub nothing_to_undo: Vec<Kept>,
    /// What cannot be brought back.
    pub lost: Vec<Kept>,
    /// Actions that are in doubt: look at them before undoing anything.
    pub in_doubt: u64,
    /// Files of ours that are not what was recorded any more: somebody changed them, or they are damaged. They are not
    /// in the list to delete.
    pub changed_since: u64,
}

/// One action that undoes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undo {
    /// What is undone.
    pub undoes: ActionKind,
    /// What to do, in words.
    pub what: Text,
    /// The state before, which it leads back to.
    pub previous: Text,
    /// What has to be true first.
    pub preconditions: Vec<Text>,
    /// What is lost by undoing.
    pub lost: Text,
    /// How to do it by hand.
    pub by_hand: Vec<Text>,
    /// Things concerned, such as files.
    pub count: u64,
    /// Their size, in bytes.
    pub bytes: u64,
    /// First record of what is undone.
    pub first_seq: Seq,
    /// Last record of what is undone.
    pub last_seq: Seq,
    /// When it was last done.
    pub last_time: TimeMicros,
}

/// Going back ends here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PointOfNoReturn {
    /// The record.
    pub seq: Seq,
    /// Why.
    pub why: Text,
}

/// Something that is not undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// What was done.
    pub action: ActionKind,
    /// How often.
    pub count: u64,
    /// Why it is not undone.
    pub why: Text,
}

/// What will end the way back: before it nothing that happens is known to anybody but the destination. Nothing that this
/// program does today brings it about.
pub const POINT_OF_NO_RETURN: &str =
    "the first client or downstream server it serves is the point of no return, and none is recorded";

/// Plans the way back from `state`: newest kind of action first, but for logins, which outlast the restored SUSDB, and services,
/// which are stopped again behind it and serve again only once the SUSDB of before is there.
///
/// No step of today lets the destination serve anybody, so there is no point of no return ([`POINT_OF_NO_RETURN`]).
#[must_use]
pub fn plan(state: &Migration) -> Guidance {
    let mut guidance = Guidance {
        in_doubt: in_doubt(state),
        changed_since: state.content.suspects().count() as u64,
        ..Guidance::default()
    };
    let mut taken: Vec<_> = state.taken.actions.iter().collect();
    // A login is needed as long as the database is there whose users have it.
    let restored = state.taken.actions.get(&ActionKind::RestoreDatabase).map(|taken| taken.last.0);
    taken.sort_by_key(|(kind, taken)| match kind {
        ActionKind::CreateLogin => (std::cmp::Reverse(restored.unwrap_or(taken.last.0)), true),
        ActionKind::StopServices => (std::cmp::Reverse(taken.first.0), false),
        _ => (std::cmp::Reverse(taken.last.0), false),
    });
    for (&kind, taken) in taken {
        match kind.inverse() {
            Inverse::Nothing(why) => {
                guidance.nothing_to_undo.push(Kept { action: kind, count: taken.count, why: why.into() });
            }
            Inverse::Impossible(why) => {
                // A later version over a copy of our own is a replacement too, and loses nothing of anybody's; one that
                // was begun may have failed, or be in doubt.
                let count = if kind == ActionKind::ReplaceFile { replaced(state) } else { taken.count };
                if count > 0 {
                    guidance.lost.push(Kept { action: kind, count, why: why.into() });
                }
            }
            Inverse::Possible => guidance.actions.extend(undo(kind, state)),
        }
    }
    guidance
}

/// Batches and operations without a certain outcome.
fn in_doubt(state: &Migration) -> u64 {
    state.run.status.open_actions() + state.content.batches_in_doubt() as u64
}

/// Files at the destination that took the place of somebody else's.
fn replaced(state: &Migration) -> u64 {
    let content = &state.content;
    content.in_place.values().chain(content.withdrawn.values()).filter(|record| record.replaced).count()
        as u64
}

fn undo(kind: ActionKind, state: &Migration) -> Option<Undo> {
    match kind {
        ActionKind::CopyFile => remove_brought_files(state),
        ActionKind::QuiesceSource
        | ActionKind::StopServices
        | ActionKind::DropDatabase
        | ActionKind::RestoreDatabase
        | ActionKind::CreateLogin
        | ActionKind::Sleep => database::undo(kind, state),
        ActionKind::ReplaceFile
        | ActionKind::RemoveLeftover
        | ActionKind::WriteBackup
        | ActionKind::MendUser
        | ActionKind::PostInstall => None,
    }
}

/// The files that going back deletes: brought by this migration to places where nothing stood.
pub fn brought_files(content: &ContentState) -> impl Iterator<Item = (&PathRef, &FileRecord)> {
    let ours =
        |record: &FileRecord| record.how == How::Brought && !record.replaced && record.suspect.is_none();
    content.in_place.iter().filter(move |(_, record)| ours(record))
}

/// The files that are gone because others were put in their places, by path.
pub fn overwritten_files(content: &ContentState) -> impl Iterator<Item = &Overwritten> {
    let mut files: Vec<_> = content.replacements.overwritten().iter().collect();
    files.sort_by_key(|file| (&file.path, file.seq));
    files.into_iter()
}

fn remove_brought_files(state: &Migration) -> Option<Undo> {
    let taken = state.taken.actions.get(&ActionKind::CopyFile)?;
    let destination = state.content.manifest.as_ref().map(|manifest| manifest.destination.clone());
    let destination = destination.unwrap_or_else(|| "the destination".into());
    let brought = || brought_files(&state.content).map(|(_, record)| record);
    let (count, bytes) = (brought().count() as u64, brought().map(|record| record.bytes).sum());
    (count > 0).then(|| Undo {
        undoes: ActionKind::CopyFile,
        what: format!("Delete the {count} files this migration put below {destination}.").into(),
        previous: "none of these files stood there; files that were there before are not in the list".into(),
        preconditions: vec![
            "WSUS on the destination does not serve them yet: no client or downstream server was pointed to it".into(),
            "the source still has its content: the copy changed nothing there".into(),
        ],
        lost: "the time it takes to copy them again; nothing that the source does not have".into(),
        by_hand: vec![
            "wsusmigrate rollback --files > files.txt   (one path below the root a line)".into(),
            format!("delete each of them below {destination}").into(),
        ],
        count,
        bytes,
        first_seq: taken.first.0,
        last_seq: taken.last.0,
        last_time: taken.last.1,
    })
}
