//! Events of SUSDB, with as little in them as the rules ask for.

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::content::CatalogueCompared;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::{
    Approval, InterruptionFound, PlanApproved, Role, RoleDeclared, StepStarted, Verdict,
};
use wsusmigrate_core::id::Guid;
use wsusmigrate_core::step::Step;
use wsusmigrate_core::text::Word;

use super::{History, action, finished_step, run, running, started};

pub fn guid(byte: u8) -> Guid {
    Guid::from_bytes([byte; 16])
}

/// A journal with a run in the database step.
pub fn in_database(role: Role) -> History {
    running().and(RoleDeclared { role }).and(StepStarted { step: Step::Database })
}

pub fn approved(sid: &str) -> PlanApproved {
    PlanApproved {
        plan: Sha256([0; 32]),
        approvals_wanted: 1,
        how: Approval::Command,
        account: "CONTOSO\\bob".into(),
        sid: sid.into(),
        ticket: "".into(),
        note: "".into(),
    }
}

pub fn begin(operation: Operation) -> OperationStarted {
    OperationStarted {
        operation,
        subject: "".into(),
        statement: "".into(),
        whole: None,
        before: "".into(),
        expects: "".into(),
    }
}

pub fn end(operation: Operation, result: OperationResult) -> OperationFinished {
    OperationFinished { operation, result, messages: 0, error: 0, elapsed_ms: 0, detail: "".into() }
}

pub fn said(ordinal: u32) -> MessageReceived {
    MessageReceived {
        ordinal,
        is_error: false,
        number: Some(3014),
        class: Some(0),
        state: Some(1),
        line: Some(1),
        text: "".into(),
    }
}

pub fn looked_at(operation: Operation, found: Probe) -> OperationReconciled {
    OperationReconciled { operation, found, detail: "".into() }
}

pub fn answered(operation: Operation, answer: Answer) -> OperationResolved {
    OperationResolved { operation, answer, note: "".into(), account: "".into(), sid: "".into() }
}

pub fn judged(of: BackupOf, verified: bool) -> BackupJudged {
    BackupJudged { of, set_guid: guid(9), verified, why: "".into() }
}

/// One comparison of the target with the source.
pub fn compared(verdict: SameAs) -> TargetCompared {
    TargetCompared { what: "server-name".into(), source: "".into(), target: "".into(), verdict }
}

/// What follows from one comparison.
pub fn target(is_another: bool) -> TargetJudged {
    TargetJudged { comparisons: 1, is_another, why: "".into() }
}

/// SUSDB in a state, or none.
pub fn seen(state: Option<&str>, database_guid: Guid) -> StateRecorded {
    StateRecorded {
        present: state.is_some(),
        state: state.map_or(Word::EMPTY, Word::from),
        read_only: false,
        user_access: Word::EMPTY,
        recovery_model: Word::EMPTY,
        internal_version: 0,
        bytes: 0,
        files: 0,
        database_guid,
        family_guid: Guid::UNTOLD,
        created: Word::EMPTY,
        server_id: Guid::UNTOLD,
    }
}

impl History {
    /// Adds an operation that begins.
    pub fn begin(self, operation: Operation) -> Self {
        self.of(action(operation.word()), begin(operation))
    }

    /// Adds the outcome of an operation.
    pub fn end(self, operation: Operation, result: OperationResult) -> Self {
        self.of(action(operation.word()), end(operation, result))
    }

    /// Adds an operation that is done.
    pub fn done(self, operation: Operation) -> Self {
        self.begin(operation).end(operation, OperationResult::Done)
    }

    /// Adds a proof of the target with its one comparison.
    pub fn proves(self, is_another: bool) -> Self {
        let verdict = if is_another { SameAs::Differs } else { SameAs::Matches };
        self.and(compared(verdict)).and(target(is_another))
    }

    /// Adds a backup that the engine read and that counts as verified.
    pub fn verifies(self, operation: Operation) -> Self {
        let of = if operation == Operation::VerifyOwn { BackupOf::Own } else { BackupOf::Source };
        self.done(operation).and(judged(of, true))
    }

    /// Adds a look at an operation.
    pub fn look_at(self, operation: Operation, found: Probe) -> Self {
        self.of(action(operation.word()), looked_at(operation, found))
    }

    /// Adds a person's answer.
    pub fn answer(self, operation: Operation, answer: Answer) -> Self {
        self.of(action(operation.word()), answered(operation, answer))
    }
}

/// What the catalogue comes to where so many files are missing.
pub fn catalogue(missing: u64) -> CatalogueCompared {
    CatalogueCompared {
        differences: Sha256([1; 32]),
        expected: missing,
        expected_bytes: 0,
        matched: 0,
        missing,
        extra: 0,
        damaged: 0,
        encrypted: 0,
    }
}

/// Whether nothing of an operation is there to be seen afterwards.
pub fn only_reads(operation: Operation) -> bool {
    matches!(operation, Operation::VerifyBackup | Operation::VerifyCarried | Operation::VerifyOwn)
}

/// What has to be there before a drop, and what the table says where it is not.
pub const PROOFS: [(&str, &str); 6] = [
    ("approval", "the plan is not approved"),
    ("verification", "no backup of the source was verified on this engine"),
    ("proof", "it is not proved that the target is not the source"),
    ("safety", "no safety backup of the SUSDB that is there was verified"),
    ("stopped", "the services were not stopped"),
    ("database", "there is no SUSDB to drop"),
];

/// A destination that may drop, but for what is left out.
pub fn ready_without(left_out: &str) -> History {
    let mut history = in_database(Role::Destination);
    for (proof, _) in PROOFS.iter().filter(|(proof, _)| *proof != left_out) {
        history = match *proof {
            "approval" => history.and(approved("S-1")),
            "verification" => history.verifies(Operation::VerifyCarried),
            "proof" => history.proves(true),
            "safety" => history.verifies(Operation::VerifyOwn),
            "stopped" => history.done(Operation::StopServices),
            _ => history.and(seen(Some("ONLINE"), Guid::UNTOLD)),
        };
    }
    history
}

/// A destination that may drop.
pub fn ready() -> History {
    ready_without("")
}

/// A destination whose SUSDB is the source's.
pub fn restored() -> History {
    ready().done(Operation::Drop).done(Operation::Restore)
}

/// The run is found interrupted and the next one begins, in the step again.
pub fn again(history: History, in_doubt: u32) -> History {
    history
        .and(InterruptionFound { run: run(1), in_doubt })
        .and(started(2))
        .and(StepStarted { step: Step::Database })
}

pub fn finish(history: History, verdict: Verdict) -> History {
    history.and(finished_step(Step::Database, verdict))
}
