//! One sample of every kind of event, in one place: the compiler asks for the sample of a new one.

mod database;

use wsusmigrate_core::digest::{Sha1, Sha256};
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::{Event, Kind, content, inventory, preflight, run};
use wsusmigrate_core::id::{ActionId, EventId, MigrationId, Phase, RunId, StreamId};
use wsusmigrate_core::path::{PathRef, RelPath};
use wsusmigrate_core::step::Step;
use wsusmigrate_core::unit::{ModifiedNanos, Seq, TimeMicros};

pub const MIGRATION: MigrationId = MigrationId::from_bytes([0x11; 16]);
pub const STREAM: StreamId = StreamId::from_bytes([0x22; 16]);
pub const TIME: TimeMicros = TimeMicros(1_700_000_000_000_000);

/// An event of a kind, every field with a value of its own.
pub fn event(kind: Kind) -> Event {
    let run = RunId::from_bytes([0x33; 16]);
    let path = || PathRef::of(&RelPath::from_bytes("WsusContent/A2/86542C97.cab".as_bytes()).unwrap());
    let file = content::FileFacts {
        bytes: 1_234_567_890_123,
        sha1: Sha1([0xA1; 20]),
        sha256: Sha256([0xA2; 32]),
        modified: ModifiedNanos(-1_600_000_000_000_000_001),
        naming: content::Naming::Digest,
    };
    match kind {
        Kind::RunJournalCreated => run::JournalCreated {
            migration: MIGRATION,
            name: "wsus 2012 to 2022".into(),
            stream: STREAM,
            host: "WSUS OLD+1".into(),
            program: "0.1.0".into(),
            public_key: [0x44; 32],
        }
        .into(),
        Kind::RunJournalRecovered => run::JournalRecovered {
            finding: run::Recovery::StoreCaughtUp,
            records: 300,
            bytes: 70_000,
            detail: "after a kill".into(),
        }
        .into(),
        Kind::RunInterruptionFound => run::InterruptionFound { run, in_doubt: 3 }.into(),
        Kind::RunStarted => run::Started {
            run,
            host: "WSUS-OLD".into(),
            account: "CONTOSO\\älice".into(),
            sid: "S-1-5-21-1-2-3-1104".into(),
            program: "0.1.0".into(),
            system: "Windows Server 2022 (20348), x86_64".into(),
            process: 4_321,
            plan: Sha256([0x55; 32]),
            scope: run::Scope::Content,
            utc_offset_s: Some(-12_600),
        }
        .into(),
        Kind::RunStepStarted => run::StepStarted { step: Step::Content }.into(),
        Kind::RunStepFinished => {
            run::StepFinished { step: Step::Content, verdict: run::Verdict::Failures }.into()
        }
        Kind::RunStepSkipped => {
            let reason = run::SkipReason::StoredOnMicrosoftUpdate;
            run::StepSkipped { step: Step::Content, reason }.into()
        }
        Kind::RunStopRequested => run::StopRequested { how: "Ctrl-C".into() }.into(),
        Kind::RunFailed => run::Failed { run, why: "the share is gone".into() }.into(),
        Kind::RunStreamImported => run::StreamImported {
            stream: StreamId::from_bytes([0x66; 16]),
            host: "WSUS-OLD".into(),
            origin: "wsusmigrate/source/WSUS-OLD/stream".into(),
            size: 70_000,
            root: Sha256([0x67; 32]),
            key: Sha256([0x68; 32]),
            account: "CONTOSO\\älice".into(),
            sid: "S-1-5-21-1-2-3-1104".into(),
        }
        .into(),
        Kind::RunJournalSealed => run::JournalSealed {
            reason: "the old server is retired".into(),
            account: "CONTOSO\\älice".into(),
            sid: "S-1-5-21-1-2-3-1104".into(),
        }
        .into(),
        Kind::RunPlanApproved => run::PlanApproved {
            plan: Sha256([0x56; 32]),
            approvals_wanted: 2,
            how: run::Approval::Command,
            account: "CONTOSO\\älice".into(),
            sid: "S-1-5-21-1-2-3-1104".into(),
            ticket: "CHG0012345".into(),
            note: "after the backup window".into(),
        }
        .into(),
        Kind::RunRoleDeclared => run::RoleDeclared { role: run::Role::Destination }.into(),
        Kind::RunFinished => run::Finished { run, verdict: run::Verdict::Interrupted }.into(),
        Kind::RunKeyRotated => run::KeyRotated { old_key: [0x66; 32], new_key: [0x77; 32] }.into(),
        Kind::RunCheckpointAnchored => run::CheckpointAnchored {
            size: 70_000,
            root: Sha256([0x88; 32]),
            place: "file /mnt/audit/wsus.checkpoint".into(),
        }
        .into(),
        Kind::InventoryFieldRecorded => inventory::FieldRecorded {
            field: "content.source.path".into(),
            value: "D:\\WSUS".into(),
            source: "migration.toml".into(),
        }
        .into(),
        Kind::InventoryFinished => inventory::InventoryFinished { fields: 17 }.into(),
        Kind::PreflightChecked => preflight::Checked {
            check: "content.free-space".into(),
            verdict: preflight::CheckVerdict::Warn,
            finding: "300 GB needed, 310 GB free".into(),
            remedy: "free some space".into(),
        }
        .into(),
        Kind::PreflightFinished => {
            preflight::PreflightFinished { passed: 12, warned: 250, stopped: 251 }.into()
        }
        Kind::ContentManifestRecorded => content::ManifestRecorded {
            source: "D:\\WSUS".into(),
            destination: "E:\\WSUS".into(),
            manifest: Sha256([0x61; 32]),
            files: 70_000,
            bytes: 5_000_000_000,
            content_files: 65_536,
            package_files: 4_460,
            unexpected_files: 4,
            ignored_entries: 1,
        }
        .into(),
        Kind::ContentEntryIgnored => content::EntryIgnored {
            path: PathRef::of(&RelPath::from_bytes(vec![0xFF; 2000]).unwrap()),
            what: content::IgnoredEntry::SymbolicLink,
            detail: "-> /somewhere".into(),
        }
        .into(),
        Kind::ContentPassStarted => content::PassStarted {
            manifest: Sha256([0x61; 32]),
            worklist: Sha256([0x62; 32]),
            files: 10,
            bytes: 1_000,
            unchanged_files: 69_990,
            unchanged_bytes: 4_999_999_000,
            recheck: true,
        }
        .into(),
        Kind::ContentBatchStarted => content::BatchStarted {
            worklist: Sha256([0x62; 32]),
            first: 1_024,
            files: 10,
            bytes: 1_000,
            range: Sha256([0x63; 32]),
            found_before: vec![0b0000_0101, 0b10],
        }
        .into(),
        Kind::ContentFileCopied => {
            content::FileCopied { item: 7, path: path(), file, attempts: 2, replaced: true }.into()
        }
        Kind::ContentFileVerified => {
            let origin = content::Origin::AfterInterruption;
            content::FileVerified { item: 8, path: path(), file, origin }.into()
        }
        Kind::ContentFileFailed => content::FileFailed {
            item: 9,
            path: path(),
            bytes: 42,
            reason: content::FailureReason::DamagedAtSource,
            found: Some(Sha1([0xB1; 20])),
            detail: "digest differs".into(),
        }
        .into(),
        Kind::ContentBatchFinished => {
            content::BatchFinished { copied: 1, verified: 2, failed: 3, left: 4 }.into()
        }
        Kind::ContentBatchReconciled => {
            content::BatchReconciled { recorded: 1, happened: 2, not: 3, leftovers: 4 }.into()
        }
        Kind::ContentLeftoverRemoved => content::LeftoverRemoved { path: path(), bytes: 99 }.into(),
        Kind::ContentPassFinished => {
            content::PassFinished { copied: 1, copied_bytes: 2, verified: 3, failed: 4, left: 5 }.into()
        }
        Kind::ContentReadBackStarted => {
            content::ReadBackStarted { list: Sha256([0x64; 32]), files: 7, bytes: 8, from: 9 }.into()
        }
        Kind::ContentReadBackRecorded => {
            content::ReadBackRecorded { first: 1, files: 2, bytes: 3, exceptions: 4, around_cache: 5 }.into()
        }
        Kind::ContentSuspicionSettled => content::SuspicionSettled {
            path: path(),
            how: content::Settlement::GoneFromBoth,
            sha256: Sha256([0xC3; 32]),
        }
        .into(),
        Kind::ContentReadBackMismatched => content::ReadBackMismatched {
            path: path(),
            what: content::Mismatch::Different,
            expected: Sha256([0xC1; 32]),
            found: Some(Sha256([0xC2; 32])),
            detail: "".into(),
        }
        .into(),
        Kind::ContentReadBackFinished => {
            content::ReadBackFinished { files: 1, bytes: 2, exceptions: 3, left: 4 }.into()
        }
        Kind::ContentStrayRecorded => {
            content::StrayRecorded { item: 5, path: path(), file, replaced: true }.into()
        }
        Kind::ContentBatchExamined => {
            content::BatchExamined { settled: vec![0b0000_0110, 0b1], in_doubt: 2 }.into()
        }
        Kind::ContentCatalogueDiffered => content::CatalogueDiffered {
            path: path(),
            how: content::CatalogueDifference::Encrypted,
            detail: "SUSDB says that it is encrypted".into(),
        }
        .into(),
        Kind::ContentStatesCounted => {
            content::StatesCounted { actual: 12, desired: -2, files: 70_000 }.into()
        }
        Kind::ContentCatalogueCompared => content::CatalogueCompared {
            differences: Sha256([0xC4; 32]),
            expected: 70_000,
            expected_bytes: 5_000_000_000,
            matched: 69_990,
            missing: 1,
            extra: 2,
            damaged: 3,
            encrypted: 4,
        }
        .into(),
        Kind::DatabaseConnected => database::connected(),
        Kind::DatabaseOperationStarted => database::operation_started(),
        Kind::DatabaseMessageReceived => database::message_received(),
        Kind::DatabaseOperationFinished => database::operation_finished(),
        Kind::DatabaseOperationReconciled => database::operation_reconciled(),
        Kind::DatabaseOperationResolved => database::operation_resolved(),
        Kind::DatabaseBackupRecorded => database::backup_recorded(),
        Kind::DatabaseBackupJudged => database::backup_judged(),
        Kind::DatabaseStateRecorded => database::state_recorded(),
        Kind::DatabaseFileRecorded => database::file_recorded(),
        Kind::DatabaseMediaSetRecorded => database::media_set_recorded(),
        Kind::DatabaseTargetCompared => database::target_compared(),
        Kind::DatabaseTargetJudged => database::target_judged(),
        Kind::DatabaseTableSummed => database::table_summed(),
        Kind::DatabaseTableCompared => database::table_compared(),
        Kind::DatabaseRowDiffered => database::row_differed(),
        Kind::DatabaseMarkRecorded => database::mark_recorded(),
        Kind::DatabaseUserFound => database::user_found(),
        Kind::DatabaseServiceRecorded => database::service_recorded(),
        Kind::DatabaseSettingRecorded => database::setting_recorded(),
        Kind::DatabaseSessionSeen => database::session_seen(),
        Kind::DatabaseEvidenceKept => database::evidence_kept(),
        Kind::DatabaseChildStarted => database::child_started(),
        Kind::DatabaseStatementRead => database::statement_read(),
        Kind::ContentReplacementStarted => content::ReplacementStarted {
            item: 6,
            path: path(),
            found: content::FoundFile {
                bytes: 300,
                sha1: Some(Sha1([0xD1; 20])),
                sha256: None,
                modified: ModifiedNanos(-1_600_000_000_000_000_002),
            },
        }
        .into(),
    }
}

/// An action of a batch.
pub fn action(number: u64) -> ActionId {
    ActionId::derive(MIGRATION, "content.copy-batch", &number.to_be_bytes())
}

/// The frame of an item of an action.
pub fn item(action: ActionId, item: u64) -> Envelope {
    Envelope {
        id: EventId::of_action(action, Phase::Item, 0, item),
        time: TimeMicros(TIME.0 + i64::try_from(item).unwrap()),
        action: Some(action),
        causation: Some(Seq(3)),
    }
}

/// The n-th event of a plain stream: an item of the action that holds it, `per_action` items each.
pub fn copied(number: u64) -> Proposed {
    const PER_ACTION: u64 = 100;
    let envelope = item(action(number / PER_ACTION), number % PER_ACTION);
    Proposed { envelope, event: event_numbered(number) }
}

fn event_numbered(number: u64) -> Event {
    let Event::Content(content::ContentEvent::FileCopied(mut copied)) = event(Kind::ContentFileCopied) else {
        unreachable!("the sample is one");
    };
    copied.file.bytes = number;
    let name = format!("WsusContent/{:02X}/{number:040X}.cab", number % 256);
    copied.path = PathRef::of(&RelPath::from_bytes(name.into_bytes()).unwrap());
    copied.into()
}

/// An event that belongs to no action.
pub fn field(number: u64) -> Proposed {
    let id = EventId::of_observation(MIGRATION, "inventory.field-recorded", &number.to_be_bytes());
    let envelope = Envelope { id, time: TIME, action: None, causation: None };
    let event = inventory::FieldRecorded {
        field: format!("field.{number}").as_str().into(),
        value: "value".into(),
        source: "test".into(),
    };
    Proposed { envelope, event: event.into() }
}
