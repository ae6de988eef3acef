//! Every T-SQL statement the program can send, built here and nowhere else.
//!
//! A statement is one batch. Names stand in it as [`Identifier`], texts as [`Literal`]: nothing that a server, a plan or a
//! person said reaches a statement in another way. There are no variables, no temporary tables and no procedures of
//! ours. [`all_samples`] has one of every shape, for the check with a parser that others wrote.

mod backup;
mod by_hand;
mod engine;
mod inventory;
mod principals;
mod purpose;
mod restore;
mod samples;
mod sleep;
mod table;

use serde::Serialize;

pub use backup::{
    BackupOptions, BackupText, Compression, DESCRIPTION_UNITS_MAX, Expiry, Media, MediaCheck, NAME_UNITS_MAX,
    NotABackup, OnChecksumError, RETAIN_DAYS_MAX, back_up, prove_folder,
};
pub use by_hand::{USE_MASTER, drop_partial_by_hand, drop_restored_by_hand, own_by_sa, restore_by_hand};
pub use engine::{
    check_database, drop_database, drop_partial, file_exists, free_space, progress, sessions, user_access,
};
pub use inventory::{
    Count, catalogue, certificates, configuration, counts, database_facts, database_files, encryption_keys,
    front_ends, mirroring, recovery_status, schema_version, server_facts,
};
pub use principals::{create_login, created_login, drop_login, mend_user, server_logins, users};
pub use purpose::Purpose;
pub use restore::{MoveFile, backup_files, backup_header, media_label, restore, verify_backup};
pub use samples::all_samples;
pub use sleep::{
    RuleId, ScheduleKey, ScheduledTimes, Setting, SettingType, email_off, email_settings, give_back, rules,
    rules_off, schedules, schedules_off,
};
pub use table::{content_manifest, file_states, marks, rows};

use super::{DATABASE, Identifier, Literal};

/// One batch: what it is for, and its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    purpose: Purpose,
    text: String,
    is_read_only: bool,
}

impl Statement {
    fn new(purpose: Purpose, text: String) -> Self {
        Self { purpose, text, is_read_only: purpose.is_read_only() }
    }

    /// What it is for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The T-SQL, as it is sent.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it leaves the server as it is.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.is_read_only
    }
}

/// `[SUSDB]`.
fn susdb() -> Identifier {
    Identifier::known(DATABASE)
}

/// `N'SUSDB'`.
fn susdb_text() -> Literal {
    Literal::checked(DATABASE)
}

/// Items with commas between them.
fn listed<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
