//! Stored shapes of the events of SUSDB.

use wsusmigrate_core::event::database;

use crate::wire::frozen::frozen;

frozen! {
    Connected for database::Connected {
        address: String,
        kind: u8,
        server: String,
        edition: String,
        version: String,
        internal_version: u32,
        login: String,
        session: u32,
        protection: u8,
    }

    OperationStarted for database::OperationStarted {
        operation: u8,
        subject: String,
        statement: String,
        whole: Option<[u8; 32]>,
        before: String,
        expects: String,
    }

    MessageReceived for database::MessageReceived {
        ordinal: u32,
        is_error: bool,
        number: Option<i32>,
        class: Option<u8>,
        state: Option<u8>,
        line: Option<u32>,
        text: String,
    }

    ChildStarted for database::ChildStarted { process: u32, started: String }

    StatementRead for database::StatementRead {
        purpose: u8,
        statement: String,
        whole: Option<[u8; 32]>,
        times: u32,
        rows: u64,
        elapsed_ms: u64,
        outcome: u8,
        why: String,
        protection: u8,
        messages: u32,
        said: String,
        said_whole: Option<[u8; 32]>,
    }

    OperationFinished for database::OperationFinished {
        operation: u8,
        result: u8,
        messages: u32,
        error: i32,
        elapsed_ms: u64,
        detail: String,
    }

    OperationReconciled for database::OperationReconciled { operation: u8, found: u8, detail: String }

    OperationResolved for database::OperationResolved {
        operation: u8,
        answer: u8,
        note: String,
        account: String,
        sid: String,
    }

    BackupRecorded for database::BackupRecorded {
        of: u8,
        engine_path: String,
        program_path: String,
        position: u32,
        set_guid: [u8; 16],
        family_guid: [u8; 16],
        name: String,
        server: String,
        first_lsn: String,
        last_lsn: String,
        checkpoint_lsn: String,
        database_backup_lsn: String,
        database_version: u32,
        backup_bytes: u64,
        compressed_bytes: u64,
        started: String,
        finished: String,
        checksums: bool,
        damaged: bool,
        copy_only: bool,
        file_bytes: u64,
        sha256: Option<[u8; 32]>,
    }

    BackupJudged for database::BackupJudged { of: u8, set_guid: [u8; 16], verified: bool, why: String }

    StateRecorded for database::StateRecorded {
        present: bool,
        state: String,
        read_only: bool,
        user_access: String,
        recovery_model: String,
        internal_version: u32,
        bytes: u64,
        files: u32,
        database_guid: [u8; 16],
        family_guid: [u8; 16],
        created: String,
        server_id: [u8; 16],
    }

    FileRecorded for database::FileRecorded {
        file_id: u32,
        logical: String,
        physical: String,
        kind: String,
        bytes: u64,
    }

    MediaSetRecorded for database::MediaSetRecorded {
        engine_path: String,
        position: u32,
        set_guid: [u8; 16],
        name: String,
        database: String,
        server: String,
        finished: String,
    }

    TargetCompared for database::TargetCompared { what: String, source: String, target: String, verdict: u8 }

    TargetJudged for database::TargetJudged { comparisons: u32, is_another: bool, why: String }

    TableSummed for database::TableSummed {
        of: u8,
        table: String,
        columns: [u8; 32],
        rows: u64,
        sum: [u8; 32],
        list: [u8; 32],
    }

    TableCompared for database::TableCompared {
        table: String,
        verdict: u8,
        source_rows: u64,
        restored_rows: u64,
        differing: u64,
        missing: u64,
        extra: u64,
        why: String,
    }

    RowDiffered for database::RowDiffered { table: String, key: String, how: u8 }

    MarkRecorded for database::MarkRecorded { moment: u8, mark: String, value: String }

    UserFound for database::UserFound {
        user: String,
        kind: String,
        sid: String,
        decision: u8,
        login: String,
        why: String,
    }

    ServiceRecorded for database::ServiceRecorded { service: String, kind: u8, state: u8, start: u8 }

    SettingRecorded for database::SettingRecorded { setting: String, value: String, becomes: String }

    SessionSeen for database::SessionSeen { session: u32, login: String, host: String, program: String }

    EvidenceKept for database::EvidenceKept { what: String, origin: String, sha256: [u8; 32], bytes: u64 }
}
