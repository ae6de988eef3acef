//! What statements are for.

use crate::coded::coded;

coded! {
    /// What a statement is for. The number and the word stand in the journal.
    Purpose {
        /// What the engine says of itself.
        ServerFacts = 1, "server-facts";
        /// What the engine says of SUSDB: state, access, owner.
        DatabaseFacts = 2, "database-facts";
        /// Whether SUSDB is mirrored.
        Mirroring = 3, "mirroring";
        /// SUSDB's identity as a database.
        RecoveryStatus = 4, "recovery-status";
        /// Whether SUSDB is encrypted, and with what.
        EncryptionKeys = 5, "encryption-keys";
        /// The files of a database.
        DatabaseFiles = 6, "database-files";
        /// Which tables and columns exist.
        Catalogue = 7, "catalogue";
        /// The schema version of SUSDB.
        SchemaVersion = 8, "schema-version";
        /// WSUS's own configuration.
        Configuration = 9, "configuration";
        /// How many computers, groups, approvals, updates and downstream servers there are.
        Counts = 10, "counts";
        /// The users of SUSDB and their roles.
        Users = 11, "users";
        /// The logins of the engine.
        Logins = 12, "logins";
        /// Who is connected to SUSDB.
        Sessions = 13, "sessions";
        /// How far a backup or a restore is.
        Progress = 14, "progress";
        /// Whether a file exists, as the engine sees it.
        FileExists = 15, "file-exists";
        /// Free space, as the engine sees it.
        FreeSpace = 16, "free-space";
        /// What a medium is called.
        MediaLabel = 17, "media-label";
        /// Which backup sets a medium holds.
        BackupHeader = 18, "backup-header";
        /// Which files a backup set holds.
        BackupFiles = 19, "backup-files";
        /// Whether a backup set can be read as a whole.
        VerifyBackup = 20, "verify-backup";
        /// Whether SUSDB is sound.
        CheckDatabase = 21, "check-database";
        /// Backs SUSDB up.
        BackUp = 22, "back-up";
        /// Drops SUSDB.
        Drop = 23, "drop";
        /// Lets everybody into SUSDB again.
        MultiUser = 24, "multi-user";
        /// Restores SUSDB.
        Restore = 25, "restore";
        /// Ties a user of SUSDB to the login of its name.
        MendUser = 26, "mend-user";
        /// Creates a login for a Windows account.
        CreateLogin = 27, "create-login";
        /// Rows of a table, for the comparison of source and destination.
        TableRows = 28, "table-rows";
        /// High-water marks of a table.
        Marks = 29, "marks";
        /// The update files SUSDB expects.
        ContentManifest = 30, "content-manifest";
        /// How many update files are in which state.
        FileStates = 31, "file-states";
        /// What would wake the destination: schedules, rules, e-mail.
        WakeUps = 32, "wake-ups";
        /// Puts the destination to sleep.
        Sleep = 33, "sleep";
        /// Wakes the destination.
        Wake = 34, "wake";
        /// Drops what a restore that was cut off left of SUSDB.
        DropPartial = 35, "drop-partial";
        /// Gives SUSDB an owner the engine knows.
        Own = 36, "own";
        /// Takes a login away again.
        DropLogin = 37, "drop-login";
        /// Has the engine write where its backups go.
        ProveFolder = 38, "prove-folder";
        /// Which certificates the engine has.
        Certificates = 39, "certificates";
        /// Which WSUS servers work on SUSDB.
        FrontEnds = 40, "front-ends";
    }
}

impl Purpose {
    /// Whether statements of this purpose leave the server as it is.
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        match self {
            Self::ServerFacts
            | Self::DatabaseFacts
            | Self::Mirroring
            | Self::RecoveryStatus
            | Self::EncryptionKeys
            | Self::DatabaseFiles
            | Self::Catalogue
            | Self::SchemaVersion
            | Self::Configuration
            | Self::Counts
            | Self::Users
            | Self::Logins
            | Self::Sessions
            | Self::Progress
            | Self::FileExists
            | Self::FreeSpace
            | Self::MediaLabel
            | Self::BackupHeader
            | Self::BackupFiles
            | Self::VerifyBackup
            | Self::CheckDatabase
            | Self::TableRows
            | Self::Marks
            | Self::ContentManifest
            | Self::FileStates
            | Self::WakeUps
            | Self::Certificates
            | Self::FrontEnds => true,
            Self::BackUp
            | Self::Drop
            | Self::MultiUser
            | Self::Restore
            | Self::MendUser
            | Self::CreateLogin
            | Self::DropLogin
            | Self::Sleep
            | Self::Wake
            | Self::DropPartial
            | Self::Own
            | Self::ProveFolder => false,
        }
    }

    /// Whether a host in the role of the source may send it: a source is read and backed up, nothing else.
    #[must_use]
    pub const fn is_for_source(self) -> bool {
        match self {
            Self::BackUp | Self::ProveFolder => true,
            Self::Drop
            | Self::MultiUser
            | Self::Restore
            | Self::MendUser
            | Self::CreateLogin
            | Self::DropLogin
            | Self::Sleep
            | Self::Wake
            | Self::DropPartial
            | Self::Own => false,
            reading => reading.is_read_only(),
        }
    }
}
