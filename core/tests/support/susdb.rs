//! Histories of the database step, on either side.

use wsusmigrate_core::database::Identifier;
use wsusmigrate_core::database::statement::create_login;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::id::Guid;

use super::*;

pub const SAFETY: &str = r"C:\Program Files\WSUS backup\it's own.bak";
pub const BACKUP: &str = r"D:\Store\SUSDB.bak";

/// What an operation is called in a history: its word and how often it was begun before.
fn name_of(history: &History, operation: Operation) -> ActionId {
    let begun = history.records.iter().filter(|record| {
        matches!(&record.event, Event::Database(DatabaseEvent::OperationStarted(it)) if it.operation == operation)
    });
    action(&format!("{}-{}", operation.word(), begun.count()))
}

impl History {
    /// Begins an operation.
    pub fn begins(self, operation: Operation) -> (Self, ActionId) {
        let action = name_of(&self, operation);
        (self.of(action, intent(operation)), action)
    }

    /// The proof of the target, with what it rests on.
    pub fn proves_another(self) -> Self {
        self.and(compared("server name", "OLD", "NEW", SameAs::Differs))
            .and(compared("database_guid", "aaa", "bbb", SameAs::Differs))
            .and(proved())
    }

    /// An operation that is done without a word.
    pub fn does(self, operation: Operation) -> Self {
        self.ends(operation, OperationResult::Done, &[])
    }

    /// An operation with what the server said of it: number, level, words.
    pub fn ends(self, operation: Operation, result: OperationResult, said: &[(i32, u8, &str)]) -> Self {
        let (begun, action) = self.begins(operation);
        let heard = said.iter().zip(0..).fold(begun, |history, (&(number, class, text), ordinal)| {
            let (number, class, state, line) = (Some(number), Some(class), Some(1), Some(1));
            let (is_error, text) = (class > Some(10), text.into());
            history.of(action, MessageReceived { ordinal, is_error, number, class, state, line, text })
        });
        heard.of(action, outcome(operation, result, said.len()))
    }
}

pub fn intent(operation: Operation) -> OperationStarted {
    OperationStarted {
        operation,
        subject: "".into(),
        statement: format!("statement\nof {}", operation.word()).into(),
        whole: None,
        before: format!("before {}", operation.word()).into(),
        expects: format!("after {}", operation.word()).into(),
    }
}

pub fn outcome(operation: Operation, result: OperationResult, messages: usize) -> OperationFinished {
    OperationFinished {
        operation,
        result,
        messages: messages.try_into().unwrap(),
        error: 0,
        elapsed_ms: 1500,
        detail: format!("came of {}", operation.word()).into(),
    }
}

pub fn guid(byte: u8) -> Guid {
    Guid::from_bytes([byte; 16])
}

/// A SUSDB whose identifiers are this byte over and over.
pub fn seen(byte: u8, internal_version: u32) -> StateRecorded {
    StateRecorded {
        present: true,
        state: "ONLINE".into(),
        read_only: false,
        user_access: "MULTI_USER".into(),
        recovery_model: "SIMPLE".into(),
        internal_version,
        bytes: 4096,
        files: 2,
        database_guid: guid(byte),
        family_guid: guid(byte + 1),
        created: "2019-01-02 03:04:05".into(),
        server_id: guid(byte + 2),
    }
}

pub fn no_susdb() -> StateRecorded {
    let nothing = Guid::UNTOLD;
    StateRecorded {
        present: false,
        state: "".into(),
        user_access: "".into(),
        recovery_model: "".into(),
        internal_version: 0,
        bytes: 0,
        files: 0,
        database_guid: nothing,
        family_guid: nothing,
        server_id: nothing,
        created: "".into(),
        ..seen(0, 0)
    }
}

pub fn file(file_id: u32, logical: &str, physical: &str) -> FileRecorded {
    let kind = if file_id == 1 { "ROWS" } else { "LOG" };
    FileRecorded {
        file_id,
        logical: logical.into(),
        physical: physical.into(),
        kind: kind.into(),
        bytes: 2048,
    }
}

/// A backup whose identifiers are this byte over and over.
pub fn backup(of: BackupOf, byte: u8, path: &str) -> BackupRecorded {
    BackupRecorded {
        of,
        engine_path: path.into(),
        program_path: format!("read by {path}").into(),
        position: 3,
        set_guid: guid(byte),
        family_guid: guid(byte + 1),
        name: "nightly".into(),
        server: "OLD".into(),
        first_lsn: "11000000000100001".into(),
        last_lsn: "12000000000200002".into(),
        checkpoint_lsn: "13000000000300003".into(),
        database_backup_lsn: "14000000000400004".into(),
        database_version: 661,
        backup_bytes: 700_001,
        compressed_bytes: 300_002,
        started: "2026-11-22 01:00:00".into(),
        finished: "2026-11-22 01:10:00".into(),
        checksums: true,
        damaged: false,
        copy_only: true,
        file_bytes: 300_003,
        sha256: Some(Sha256([byte; 32])),
    }
}

pub fn judged(of: BackupOf, byte: u8, verified: bool) -> BackupJudged {
    BackupJudged { of, set_guid: guid(byte), verified, why: format!("reason {byte}").into() }
}

pub fn compared(what: &str, source: &str, target: &str, verdict: SameAs) -> TargetCompared {
    TargetCompared { what: what.into(), source: source.into(), target: target.into(), verdict }
}

pub fn proved() -> TargetJudged {
    TargetJudged { comparisons: 2, is_another: true, why: "server and ServerID differ".into() }
}

pub fn approved(sid: &str) -> PlanApproved {
    PlanApproved {
        plan: Sha256([0; 32]),
        approvals_wanted: 1,
        how: Approval::Command,
        account: r"CONTOSO\bob".into(),
        sid: sid.into(),
        ticket: "CHG-4711".into(),
        note: "agreed on Monday".into(),
    }
}

pub fn service(name: &str, state: ServiceState, start: ServiceStart) -> ServiceRecorded {
    ServiceRecorded { service: name.into(), kind: ServiceKind::Service, state, start }
}

/// The application pool, as a host tells of it: it starts with the system or by hand.
pub fn pool(state: ServiceState, start: ServiceStart) -> ServiceRecorded {
    ServiceRecorded { service: "WsusPool".into(), kind: ServiceKind::AppPool, state, start }
}

pub fn setting(name: &str, value: &str, becomes: &str) -> SettingRecorded {
    SettingRecorded { setting: name.into(), value: value.into(), becomes: becomes.into() }
}

/// A run of this role in the database step, which has looked at nothing yet.
pub fn in_database(role: Role) -> History {
    running().and(RoleDeclared { role }).and(StepStarted { step: Step::Database }).and(connected("NEW"))
}

/// A destination with a SUSDB of its own: everything proved and secured, nothing approved, nothing touched.
pub fn secured() -> History {
    in_database(Role::Destination)
        .and(seen(0x20, 904))
        .and(file(1, "SUSDB", r"C:\Windows\WID\Data\SUSDB.mdf"))
        .and(file(2, "SUSDB_log", r"E:\Logs\it's SUSDB_log.ldf"))
        .does(Operation::CarryBackup)
        .does(Operation::VerifyCarried)
        .and(backup(BackupOf::Source, 0x30, BACKUP))
        .and(judged(BackupOf::Source, 0x30, true))
        .proves_another()
        .does(Operation::BackUpOwn)
        .does(Operation::VerifyOwn)
        .and(backup(BackupOf::Own, 0x20, SAFETY))
        .and(judged(BackupOf::Own, 0x20, true))
}

/// The same with an approval and its services stopped: what destroys comes next.
pub fn stopped() -> History {
    secured()
        .and(approved("S-1-5-21-2"))
        .and(service("WsusService", ServiceState::Running, ServiceStart::AutomaticDelayed))
        .and(pool(ServiceState::Running, ServiceStart::Automatic))
        .does(Operation::StopServices)
}

/// The same with the source's SUSDB restored in the place of its own.
pub fn restored() -> History {
    let said = [
        (3605, 16, "Schema verification failed for database 'SUSDB'."),
        (3013, 16, "RESTORE DATABASE is terminating abnormally."),
    ];
    stopped()
        .and(SessionSeen { session: 77, login: "sa".into(), host: "DESK".into(), program: "SSMS".into() })
        .does(Operation::Drop)
        .ends(Operation::Restore, OperationResult::Done, &said)
        .and(seen(0x40, 904))
        .and(file(1, "SUSDB", r"C:\Windows\WID\Data\New.mdf"))
}

/// The run is over, in whatever state it is, and the next one is in the database step.
pub fn next_run(history: History, n: u8, in_doubt: u32) -> History {
    history
        .and(InterruptionFound { run: run(n), in_doubt })
        .and(started(n + 1))
        .and(StepStarted { step: Step::Database })
}

/// A drop whose connection was lost, looked at in vain by the next run.
pub fn asked() -> (History, ActionId) {
    let (begun, action) = stopped().begins(Operation::Drop);
    let lost = begun.of(action, outcome(Operation::Drop, OperationResult::Unknown, 0));
    let detail = "the server does not answer".into();
    let look = OperationReconciled { operation: Operation::Drop, found: Probe::Unknown, detail };
    (next_run(lost, 1, 1).of(action, look), action)
}

/// A user's login is created, and the user tied to it.
pub fn mends(history: History, login: &str, result: OperationResult, error: i32) -> History {
    let action = action(login);
    let create = create_login(&Identifier::new(login).expect("a name"));
    let statement = format!("{}\nUSE [SUSDB];", create.text());
    let started = OperationStarted { statement: statement.into(), ..intent(Operation::MendUser) };
    let ended = OperationFinished { error, ..outcome(Operation::MendUser, result, 0) };
    history.of(action, started).of(action, ended)
}
