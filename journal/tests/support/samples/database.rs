//! One sample of every kind of event of SUSDB, a function each.

use wsusmigrate_core::database::statement::Purpose;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::Event;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::id::Guid;

/// A GUID whose bytes all differ, so that their order shows.
fn guid(first: u8) -> Guid {
    Guid::from_bytes(std::array::from_fn(|at| first + u8::try_from(at).unwrap()))
}

pub(super) fn operation_started() -> Event {
    OperationStarted {
        operation: Operation::Restore,
        subject: "CONTOSO\\älice".into(),
        statement: "RESTORE DATABASE [SUSDB] FROM DISK = N'E:\\Store\\SUSDB.bak' WITH FILE = 2".into(),
        whole: Some(Sha256([0xE1; 32])),
        before: "there is no SUSDB".into(),
        expects: "SUSDB is ONLINE".into(),
    }
    .into()
}

pub(super) fn message_received() -> Event {
    MessageReceived {
        ordinal: 300,
        is_error: true,
        number: Some(-3605),
        class: Some(16),
        state: None,
        line: Some(70_000),
        text: "Schema verification failed for database 'SUSDB'.".into(),
    }
    .into()
}

pub(super) fn operation_finished() -> Event {
    OperationFinished {
        operation: Operation::PostInstall,
        result: OperationResult::Unknown,
        messages: 251,
        error: -1_073_741_510,
        elapsed_ms: 5_000_000_000,
        detail: "the child was killed".into(),
    }
    .into()
}

pub(super) fn operation_reconciled() -> Event {
    OperationReconciled {
        operation: Operation::Drop,
        found: Probe::Running,
        detail: "session 53: DROP DATABASE".into(),
    }
    .into()
}

pub(super) fn operation_resolved() -> Event {
    OperationResolved {
        operation: Operation::Restore,
        answer: Answer::DidNot,
        note: "looked at it in the studio".into(),
        account: "CONTOSO\\älice".into(),
        sid: "S-1-5-21-1-2-3-1104".into(),
    }
    .into()
}

pub(super) fn connected() -> Event {
    Connected {
        address: "\\\\.\\pipe\\MICROSOFT##WID\\tsql\\query".into(),
        kind: EngineKind::SqlServer,
        server: "WSUS-NEW\\SQLEXPRESS".into(),
        edition: "Standard Edition (64-bit)".into(),
        version: "15.0.2000.5".into(),
        internal_version: 904,
        login: "CONTOSO\\älice".into(),
        session: 53,
        protection: Protection::LoginOnly,
    }
    .into()
}

pub(super) fn state_recorded() -> Event {
    StateRecorded {
        present: true,
        state: "ONLINE".into(),
        read_only: true,
        user_access: "SINGLE_USER".into(),
        recovery_model: "SIMPLE".into(),
        internal_version: 661,
        bytes: 9_000_000_000,
        files: 2,
        database_guid: guid(0x10),
        family_guid: guid(0x20),
        created: "2026-11-23 01:02:03.457".into(),
        server_id: guid(0x30),
    }
    .into()
}

pub(super) fn file_recorded() -> Event {
    FileRecorded {
        file_id: 65_537,
        logical: "SUSDB_log".into(),
        physical: "C:\\WID\\Data\\SUSDB_log.ldf".into(),
        kind: "LOG".into(),
        bytes: 104_857_600,
    }
    .into()
}

pub(super) fn target_compared() -> Event {
    TargetCompared {
        what: "server name".into(),
        source: "WSUS-OLD".into(),
        target: "WSUS-NEW".into(),
        verdict: SameAs::Unknown,
    }
    .into()
}

pub(super) fn target_judged() -> Event {
    TargetJudged { comparisons: 4, is_another: true, why: "every one differs".into() }.into()
}

pub(super) fn user_found() -> Event {
    UserFound {
        user: "CONTOSO\\WSUS-OLD$".into(),
        kind: "WINDOWS_USER".into(),
        sid: "010500000000000515000000".into(),
        decision: UserDecision::CreateLogin,
        login: "CONTOSO\\WSUS-NEW$".into(),
        why: "the machine account of the new host".into(),
    }
    .into()
}

pub(super) fn service_recorded() -> Event {
    ServiceRecorded {
        service: "WsusPool".into(),
        kind: ServiceKind::AppPool,
        state: ServiceState::Running,
        start: ServiceStart::AutomaticDelayed,
    }
    .into()
}

pub(super) fn setting_recorded() -> Event {
    SettingRecorded {
        setting: "tbAutoDeploymentRule.Enabled of 3".into(),
        value: "1".into(),
        becomes: "0".into(),
    }
    .into()
}

pub(super) fn session_seen() -> Event {
    SessionSeen {
        session: 61,
        login: "NT AUTHORITY\\NETWORK SERVICE".into(),
        host: "WSUS-NEW".into(),
        program: "WsusService".into(),
    }
    .into()
}

pub(super) fn child_started() -> Event {
    ChildStarted { process: 4711, started: "133770000000000000".into() }.into()
}

pub(super) fn evidence_kept() -> Event {
    EvidenceKept {
        what: "log of postinstall".into(),
        origin: "C:\\Temp\\tmp1.tmp".into(),
        sha256: Sha256([0xE2; 32]),
        bytes: 4_097,
    }
    .into()
}

pub(super) fn media_set_recorded() -> Event {
    MediaSetRecorded {
        engine_path: "E:\\Store\\SUSDB.bak".into(),
        position: 1,
        set_guid: guid(0x40),
        name: "nightly".into(),
        database: "Payroll".into(),
        server: "WSUS-OLD".into(),
        finished: "2026-11-22 23:00:01.000".into(),
    }
    .into()
}

pub(super) fn backup_recorded() -> Event {
    BackupRecorded {
        of: BackupOf::Own,
        engine_path: "E:\\Store\\SUSDB.bak".into(),
        program_path: "\\\\store\\wsus\\SUSDB.bak".into(),
        position: 2,
        set_guid: guid(0x50),
        family_guid: guid(0x60),
        name: "SUSDB before the migration".into(),
        server: "WSUS-OLD".into(),
        first_lsn: "44000000012300001".into(),
        last_lsn: "44000000012600002".into(),
        checkpoint_lsn: "44000000012300003".into(),
        database_backup_lsn: "43000000000100004".into(),
        database_version: 782,
        backup_bytes: 8_000_000_000,
        compressed_bytes: 2_000_000_000,
        started: "2026-11-23 01:00:00.000".into(),
        finished: "2026-11-23 01:05:00.000".into(),
        checksums: true,
        damaged: false,
        copy_only: true,
        file_bytes: 2_000_001_536,
        sha256: Some(Sha256([0xE3; 32])),
    }
    .into()
}

pub(super) fn backup_judged() -> Event {
    BackupJudged {
        of: BackupOf::Source,
        set_guid: guid(0x50),
        verified: true,
        why: "VERIFYONLY and HEADERONLY agree".into(),
    }
    .into()
}

pub(super) fn table_summed() -> Event {
    TableSummed {
        of: SumOf::Restored,
        table: "tbRevision".into(),
        columns: Sha256([0xE4; 32]),
        rows: 70_001,
        sum: Sha256([0xE5; 32]),
        list: Sha256([0xE6; 32]),
    }
    .into()
}

pub(super) fn table_compared() -> Event {
    TableCompared {
        table: "tbRevision".into(),
        verdict: Parity::NotComparable,
        source_rows: 70_001,
        restored_rows: 70_002,
        differing: 3,
        missing: 4,
        extra: 5,
        why: "tbRevision moved during the backup".into(),
    }
    .into()
}

pub(super) fn row_differed() -> Event {
    RowDiffered { table: "tbRevision".into(), key: "4711, 200".into(), how: RowDifference::Extra }.into()
}

pub(super) fn mark_recorded() -> Event {
    MarkRecorded {
        moment: Moment::AfterBackup,
        mark: "tbDeployment.LastChangeNumber".into(),
        value: "81232".into(),
    }
    .into()
}

pub(super) fn statement_read() -> Event {
    StatementRead {
        purpose: Purpose::FileStates,
        statement: "SELECT [ActualState] FROM [SUSDB].[dbo].[tbFileOnServer];".into(),
        whole: Some(Sha256([0xE3; 32])),
        times: 251,
        rows: 70_000,
        elapsed_ms: 5_000_000_000,
        outcome: ReadOutcome::Refused,
        why: "Msg 8153, Level 16, State 1, Line 1: die Datenbank läuft nicht.".into(),
        protection: Protection::LoginOnly,
        messages: 300,
        said: "Msg 5701, Level 0, State 2, Line 1: Changed database context to 'master'.".into(),
        said_whole: None,
    }
    .into()
}
