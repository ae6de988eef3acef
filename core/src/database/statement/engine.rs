//! The engine's own matters: who is connected, what is going on, files and space, drop.

use super::{Literal, Purpose, Statement, susdb, susdb_text};
use crate::database::version::EngineVersion;
use crate::database::{EnginePath, UserAccess};

/// `DBCC CHECKDB`: the messages are the answer; none of error class means sound.
#[must_use]
pub fn check_database() -> Statement {
    let text = format!("DBCC CHECKDB ({}) WITH NO_INFOMSGS, ALL_ERRORMSGS;", susdb_text());
    Statement::new(Purpose::CheckDatabase, text)
}

/// Who is connected to SUSDB: `session_id`, `login_name`, `host_name`, `program_name`, `status`.
///
/// `sys.dm_exec_sessions.database_id` came with SQL Server 2012; before, `sys.sysprocesses` tells.
#[must_use]
pub fn sessions(engine: EngineVersion) -> Statement {
    let text = if engine.has_session_database() {
        format!(
            "SELECT session_id, login_name, host_name, program_name, status FROM sys.dm_exec_sessions \
             WHERE database_id = DB_ID({}) AND is_user_process = 1 ORDER BY session_id;",
            susdb_text()
        )
    } else {
        format!(
            "SELECT spid AS session_id, loginame AS login_name, hostname AS host_name, program_name, status \
             FROM sys.sysprocesses WHERE dbid = DB_ID({}) AND spid > 50 ORDER BY spid;",
            susdb_text()
        )
    };
    Statement::new(Purpose::Sessions, text)
}

/// What backups and restores the engine is at, and the request of `session`: `session_id`, `command`, `database_name` (where its
/// session is), `percent_complete`, `start_time`, `estimated_completion_time` (milliseconds left). After a crash this tells whether a restore still runs.
#[must_use]
pub fn progress(session: Option<u16>) -> Statement {
    let own = session.map_or_else(String::new, |session| format!(" OR session_id = {session}"));
    let text = format!(
        "SELECT session_id, command, DB_NAME(database_id) AS database_name, percent_complete, start_time, estimated_completion_time FROM sys.dm_exec_requests \
         WHERE command LIKE N'RESTORE%' OR command LIKE N'BACKUP%'{own} ORDER BY session_id;"
    );
    Statement::new(Purpose::Progress, text)
}

/// Whether a file exists, as the engine's account sees it. From SQL Server 2017 on: `file_exists`, `file_is_a_directory`,
/// `parent_directory_exists`. Before, three columns of `xp_fileexist` in that order, whose names have blanks.
#[must_use]
pub fn file_exists(engine: EngineVersion, path: &EnginePath) -> Statement {
    let path = path.literal();
    let text = if engine.has_file_exists() {
        format!(
            "SELECT CAST(file_exists AS int) AS file_exists, CAST(file_is_a_directory AS int) AS file_is_a_directory, \
             CAST(parent_directory_exists AS int) AS parent_directory_exists FROM sys.dm_os_file_exists({path});"
        )
    } else {
        format!("EXEC master.sys.xp_fileexist {path};")
    };
    Statement::new(Purpose::FileExists, text)
}

/// Free space of the volumes that hold database files: `volume_mount_point`, `total_bytes`, `available_bytes`. Engines before
/// SQL Server 2008 R2 SP1 say `drive` and `MB free` of every fixed drive instead.
#[must_use]
pub fn free_space(engine: EngineVersion) -> Statement {
    let text = if engine.has_volume_stats() {
        "SELECT DISTINCT v.volume_mount_point, CAST(v.total_bytes AS bigint) AS total_bytes, \
         CAST(v.available_bytes AS bigint) AS available_bytes FROM sys.master_files AS f \
         CROSS APPLY sys.dm_os_volume_stats(f.database_id, f.file_id) AS v;"
    } else {
        "EXEC master.sys.xp_fixeddrives;"
    };
    Statement::new(Purpose::FreeSpace, text.to_owned())
}

/// Drops SUSDB, as the guide has it: one batch on one connection, so that the one user that is let in is this one.
#[must_use]
pub fn drop_database() -> Statement {
    let susdb = susdb();
    let text = format!(
        "USE [master];\nALTER DATABASE {susdb} SET SINGLE_USER WITH ROLLBACK IMMEDIATE;\nDROP DATABASE {susdb};"
    );
    Statement::new(Purpose::Drop, text)
}

/// Drops what a restore that was cut off left: a database that is being restored knows no users to end.
#[must_use]
pub fn drop_partial() -> Statement {
    Statement::new(Purpose::DropPartial, format!("USE [master];\nDROP DATABASE {};", susdb()))
}

/// Lets those in again who might be in SUSDB before a drop that failed. Where not everybody may, whoever took the one seat
/// meanwhile has to leave it: without a termination the server would wait for him.
#[must_use]
pub fn user_access(access: UserAccess) -> Statement {
    let leave = match access {
        UserAccess::Everybody => "",
        UserAccess::Restricted | UserAccess::One => " WITH ROLLBACK IMMEDIATE",
    };
    Statement::new(Purpose::MultiUser, format!("ALTER DATABASE {} SET {}{leave};", susdb(), access.word()))
}

/// `DISK = N'path'`.
pub(super) fn disk(path: &EnginePath) -> String {
    let literal: Literal = path.literal();
    format!("DISK = {literal}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drop_is_the_guides_batch() {
        assert_eq!(
            drop_database().text(),
            "USE [master];\nALTER DATABASE [SUSDB] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;\nDROP DATABASE [SUSDB];"
        );
        assert!(!drop_database().is_read_only());
    }

    #[test]
    fn whoever_may_not_be_in_it_has_to_leave() {
        let text = |access| user_access(access).text().to_owned();
        assert_eq!(text(UserAccess::Everybody), "ALTER DATABASE [SUSDB] SET MULTI_USER;");
        assert_eq!(
            text(UserAccess::Restricted),
            "ALTER DATABASE [SUSDB] SET RESTRICTED_USER WITH ROLLBACK IMMEDIATE;"
        );
    }

    #[test]
    fn older_engines_are_asked_in_their_own_way() {
        let path = EnginePath::new("C:\\it's.bak").unwrap();
        let (old, new) = (EngineVersion::new(10, 50, 1600), EngineVersion::new(15, 0, 2000));
        assert_eq!(file_exists(old, &path).text(), "EXEC master.sys.xp_fileexist N'C:\\it''s.bak';");
        assert!(file_exists(new, &path).text().ends_with("FROM sys.dm_os_file_exists(N'C:\\it''s.bak');"));
        assert_eq!(free_space(old).text(), "EXEC master.sys.xp_fixeddrives;");
        assert!(free_space(new).text().contains("dm_os_volume_stats"));
        assert!(sessions(old).text().contains("sysprocesses"));
        assert!(sessions(new).text().contains("dm_exec_sessions"));
    }
}
