//! Runs, steps and the journal itself.

use serde::{Deserialize, Serialize};

use crate::coded::coded;
use crate::digest::Sha256;
use crate::event::noun;
use crate::id::{MigrationId, RunId, StreamId};
use crate::step::Step;
use crate::text::{Name, Text};

noun! {
    /// What happens to runs, steps and the journal itself.
    RunEvent in Run {
        /// The first record of every journal.
        JournalCreated => RunJournalCreated;
        /// Opening mended something.
        JournalRecovered => RunJournalRecovered;
        /// An earlier run ended without saying so.
        InterruptionFound => RunInterruptionFound;
        /// A run begins.
        Started => RunStarted;
        /// A step begins.
        StepStarted => RunStepStarted;
        /// A step ends.
        StepFinished => RunStepFinished;
        /// A step is not carried out.
        StepSkipped => RunStepSkipped;
        /// Somebody asked the run to stop.
        StopRequested => RunStopRequested;
        /// A run ends.
        Finished => RunFinished;
        /// A run cannot go on.
        Failed => RunFailed;
        /// Another key signs the checkpoints.
        KeyRotated => RunKeyRotated;
        /// A checkpoint was put elsewhere.
        CheckpointAnchored => RunCheckpointAnchored;
        /// Another journal's records were taken in.
        StreamImported => RunStreamImported;
        /// The journal is ended for good.
        JournalSealed => RunJournalSealed;
        /// Somebody approved the plan.
        PlanApproved => RunPlanApproved;
        /// What this host is in the migration.
        RoleDeclared => RunRoleDeclared;
    }
}

/// The first record of every journal: which migration and stream it is, and the key its checkpoints are signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalCreated {
    /// The migration.
    pub migration: MigrationId,
    /// Its name from the plan.
    pub name: Text,
    /// The stream.
    pub stream: StreamId,
    /// The host whose journal it is.
    pub host: Text,
    /// Version of the program that created it.
    pub program: Text,
    /// The Ed25519 public key of the checkpoints.
    #[serde(serialize_with = "crate::digest::array_as_hex")]
    pub public_key: [u8; 32],
}

/// Opening the journal found something to mend and mended it. One event a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRecovered {
    /// What was found.
    pub finding: Recovery,
    /// Records concerned: rebuilt, caught up; 0 where it does not apply.
    pub records: u64,
    /// Bytes concerned: dropped or moved away; 0 where it does not apply.
    pub bytes: u64,
    /// Names and reasons for people.
    pub detail: Text,
}

coded! {
    /// What opening the journal found.
    Recovery {
        /// An append was in flight when the writer stopped; what was not yet durable was wiped.
        TornTailDropped = 1, "torn-tail-dropped";
        /// The durable head was missing, damaged or behind and was written anew from the log.
        HeadRebuilt = 2, "head-rebuilt";
        /// The store was behind the log, as after a kill, and caught up.
        StoreCaughtUp = 3, "store-caught-up";
        /// The store was missing, could not be opened or used, or did not say how far it is, or a new one was asked for; it
        /// was rebuilt from the log.
        StoreRebuilt = 4, "store-rebuilt";
        /// The log was missing and was rebuilt from the store.
        LogRebuilt = 5, "log-rebuilt";
        /// The store opened well and is not what this log makes of it: longer, of another history or stream, with something
        /// missing in its middle, or with an index that misleads. It was rebuilt from the log.
        StoreContradicted = 6, "store-contradicted";
        /// A log file was being created when the writer stopped; it was moved to quarantine.
        SegmentQuarantined = 7, "segment-quarantined";
        /// The reserve was missing, as after a full disk, and was made again.
        ReserveMade = 8, "reserve-made";
        /// The checkpoint that confirms another key was missing or not the one both keys signed; it was put back.
        CheckpointRestored = 9, "checkpoint-restored";
    }
}

/// An earlier run ended without saying so. Recorded before anything else is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterruptionFound {
    /// The run that did not end.
    pub run: RunId,
    /// Actions whose outcome is not recorded and that are looked at next.
    pub in_doubt: u32,
}

/// A run that may act begins. What does not change during a run stands here and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The run.
    pub run: RunId,
    /// The host's name.
    pub host: Text,
    /// The account of the process token, such as `CONTOSO\alice`.
    pub account: Text,
    /// Its security identifier: a SID on Windows, `uid:N` elsewhere.
    pub sid: Text,
    /// Version of the program.
    pub program: Text,
    /// Operating system and architecture.
    pub system: Text,
    /// Process id on that host.
    pub process: u32,
    /// SHA-256 of the plan in canonical form; the text is kept as evidence.
    pub plan: Sha256,
    /// What part of the plan was asked for.
    pub scope: Scope,
    /// Seconds the host's civil time was ahead of UTC, negative west of Greenwich; `None`: recorded before version 2.
    pub utc_offset_s: Option<i32>,
}

coded! {
    /// What part of the plan a run was asked to carry out.
    Scope {
        /// Every step.
        Everything = 1, "everything";
        /// The content step only.
        Content = 2, "content";
        /// Only reading the copied content back.
        ContentVerify = 3, "content.verify";
        /// The database step only.
        Database = 4, "database";
    }
}

/// A step begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepStarted {
    /// Which.
    pub step: Step,
}

/// A step ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFinished {
    /// Which.
    pub step: Step,
    /// How.
    pub verdict: Verdict,
}

coded! {
    /// How a step or a run ended.
    Verdict {
        /// Everything asked for is done.
        Complete = 1, "complete";
        /// It went to its end, and something failed or was found; the failures are named.
        Failures = 2, "failures";
        /// A check said stop, before anything was changed.
        Stopped = 3, "stopped";
        /// Somebody asked it to stop; the rest is left for the next run.
        Interrupted = 4, "interrupted";
        /// It waits for a person: an approval, an answer, something to be done by hand.
        Waiting = 5, "waiting";
    }
}

/// A step is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSkipped {
    /// Which.
    pub step: Step,
    /// Why.
    pub reason: SkipReason,
}

coded! {
    /// Why a step is not carried out.
    SkipReason {
        /// Update files are stored on Microsoft Update: migrating binaries is unnecessary (guide, 3.1).
        StoredOnMicrosoftUpdate = 1, "stored-on-microsoft-update";
        /// The destination carries it out.
        ByDestination = 2, "by-destination";
    }
}

/// Somebody asked the run to stop; the files in flight are finished first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRequested {
    /// How it was asked, such as `Ctrl-C`.
    pub how: Text,
}

/// A run ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// Which.
    pub run: RunId,
    /// How.
    pub verdict: Verdict,
}

/// A run ends because something it needs is not to be had: a share is gone, a folder cannot be listed. Batches in flight
/// are in doubt, as after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Which.
    pub run: RunId,
    /// What failed and why, in the words the person was told.
    pub why: Text,
}

/// Another key signs the checkpoints. It counts from the checkpoint right behind this record on, which both keys sign:
/// whoever has only the journal's folder cannot bring in a key of his own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRotated {
    /// The Ed25519 public key that signed until now.
    #[serde(serialize_with = "crate::digest::array_as_hex")]
    pub old_key: [u8; 32],
    /// The one that signs from now on.
    #[serde(serialize_with = "crate::digest::array_as_hex")]
    pub new_key: [u8; 32],
}

/// A checkpoint was put somewhere outside the journal, where whoever can rewrite the journal may not reach it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointAnchored {
    /// Records it covers.
    pub size: u64,
    /// The root over them.
    pub root: Sha256,
    /// Where it was put, for people: `file /mnt/audit/wsus.checkpoint`, `syslog /dev/log`.
    pub place: Text,
}

/// A checkpointed prefix of another journal's stream was verified and stored beside ours. Its records fold at this
/// position of our log, whatever their times say. A later one of the same stream extends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamImported {
    /// The stream.
    pub stream: StreamId,
    /// The host whose journal it is, as the stream's first record says.
    pub host: Text,
    /// The origin its checkpoint states.
    pub origin: Text,
    /// Records taken in, from the stream's first on.
    pub size: u64,
    /// RFC 6962 root over them, as its checkpoint states it.
    pub root: Sha256,
    /// SHA-256 of the public key the stream began with, as a person confirmed it: what it was rotated to, it has signed.
    pub key: Sha256,
    /// The account that imported it, from the process token.
    pub account: Text,
    /// Its security identifier.
    pub sid: Text,
}

/// The journal is ended for good: nothing may follow, and the last checkpoint covers this record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalSealed {
    /// Why, in the words of whoever sealed it.
    pub reason: Text,
    /// The account that sealed it, from the process token.
    pub account: Text,
    /// Its security identifier.
    pub sid: Text,
}

/// Somebody approved the plan: what destroys something is begun only under an approval of this very plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanApproved {
    /// SHA-256 of the plan in canonical form: a changed plan is not approved.
    pub plan: Sha256,
    /// How many persons this plan demands before something is destroyed; 0 where it destroys nothing.
    pub approvals_wanted: u8,
    /// How it was given.
    pub how: Approval,
    /// The account that approved it, from the process token.
    pub account: Text,
    /// Its security identifier: two approvals of one plan count as two only where these differ.
    pub sid: Text,
    /// The number of a ticket or a change, in the person's words.
    pub ticket: Name,
    /// What else the person said.
    pub note: Text,
}

coded! {
    /// How an approval was given.
    Approval {
        /// `wsusmigrate plan --approve`.
        Command = 1, "command";
        /// A question of `wsusmigrate run`, answered at a terminal.
        Interactive = 2, "interactive";
    }
}

/// What this host is in the migration: said once, before anything of SUSDB is touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleDeclared {
    /// Its role.
    pub role: Role,
}

coded! {
    /// What a host is in a migration.
    Role {
        /// The old server: it is read and backed up, and nothing on it is destroyed.
        Source = 1, "source";
        /// The new server.
        Destination = 2, "destination";
    }
}
