//! Stored shapes of the events of runs, steps and the journal itself.

use wsusmigrate_core::event::run;

use crate::wire::frozen::{frozen, superseded};

frozen! {
    JournalCreated for run::JournalCreated {
        migration: [u8; 16],
        name: String,
        stream: [u8; 16],
        host: String,
        program: String,
        public_key: [u8; 32],
    }

    JournalRecovered for run::JournalRecovered { finding: u8, records: u64, bytes: u64, detail: String }

    InterruptionFound for run::InterruptionFound { run: [u8; 16], in_doubt: u32 }

    StepStarted for run::StepStarted { step: u8 }

    StepFinished for run::StepFinished { step: u8, verdict: u8 }

    StepSkipped for run::StepSkipped { step: u8, reason: u8 }

    StopRequested for run::StopRequested { how: String }

    Finished for run::Finished { run: [u8; 16], verdict: u8 }

    Failed for run::Failed { run: [u8; 16], why: String }

    KeyRotated for run::KeyRotated { old_key: [u8; 32], new_key: [u8; 32] }

    CheckpointAnchored for run::CheckpointAnchored { size: u64, root: [u8; 32], place: String }
    StreamImported for run::StreamImported {
        stream: [u8; 16],
        host: String,
        origin: String,
        size: u64,
        root: [u8; 32],
        key: [u8; 32],
        account: String,
        sid: String,
    }

    JournalSealed for run::JournalSealed { reason: String, account: String, sid: String }

    PlanApproved for run::PlanApproved {
        plan: [u8; 32],
        approvals_wanted: u8,
        how: u8,
        account: String,
        sid: String,
        ticket: String,
        note: String,
    }

    RoleDeclared for run::RoleDeclared { role: u8 }
}

superseded! {
    Started {
        run: [u8; 16],
        host: String,
        account: String,
        sid: String,
        program: String,
        system: String,
        process: u32,
        plan: [u8; 32],
        scope: u8,
    }
}
