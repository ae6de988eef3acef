//! Reading a backup, and `RESTORE DATABASE`.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::engine::disk;
use super::{Literal, Purpose, Statement, susdb};
use crate::database::{EnginePath, NotALiteral};

/// Where one file of the backup goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveFile {
    /// Its logical name, from `RESTORE FILELISTONLY`.
    pub logical_name: String,
    /// Where it goes, on the engine's host.
    pub target: EnginePath,
}

/// What the medium is called and by whom it was written.
#[must_use]
pub fn media_label(path: &EnginePath) -> Statement {
    Statement::new(Purpose::MediaLabel, format!("RESTORE LABELONLY FROM {};", disk(path)))
}

/// Every backup set on the medium.
#[must_use]
pub fn backup_header(path: &EnginePath) -> Statement {
    Statement::new(Purpose::BackupHeader, format!("RESTORE HEADERONLY FROM {};", disk(path)))
}

/// The files of one backup set, by its position on the medium.
#[must_use]
pub fn backup_files(path: &EnginePath, position: u16) -> Statement {
    let text = format!("RESTORE FILELISTONLY FROM {} WITH FILE = {position};", disk(path));
    Statement::new(Purpose::BackupFiles, text)
}

/// Reads a backup set as a whole and compares its checksums. With `moves` it also looks whether the targets have room.
pub fn verify_backup(path: &EnginePath, position: u16, moves: &[MoveFile]) -> Result<Statement, NotALiteral> {
    let moves = move_clauses(moves)?;
    let text = format!(
        "RESTORE VERIFYONLY FROM {} WITH FILE = {position}, CHECKSUM{moves}, STATS = 10;",
        disk(path)
    );
    Ok(Statement::new(Purpose::VerifyBackup, text))
}

/// Restores SUSDB. `REPLACE` never stands: it would switch off the checks that keep a foreign database and foreign files
/// from being overwritten ("RESTORE", REPLACE option impact).
pub fn restore(path: &EnginePath, position: u16, moves: &[MoveFile]) -> Result<Statement, NotALiteral> {
    let moves = move_clauses(moves)?;
    let text = format!(
        "RESTORE DATABASE {} FROM {} WITH FILE = {position}, CHECKSUM{moves}, NOUNLOAD, STATS = 10;",
        susdb(),
        disk(path)
    );
    Ok(Statement::new(Purpose::Restore, text))
}

/// `, MOVE N'logical' TO N'path'` for every file.
fn move_clauses(moves: &[MoveFile]) -> Result<String, NotALiteral> {
    let mut clauses = String::new();
    for file in moves {
        let name = Literal::new(&file.logical_name)?;
        let _ = write!(clauses, ", MOVE {name} TO {}", file.target.literal());
    }
    Ok(clauses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_moves_every_file_and_takes_the_set_by_its_position() {
        let moved = |name: &str, target: &str| MoveFile {
            logical_name: name.into(),
            target: EnginePath::new(target).unwrap(),
        };
        let moves = [
            moved("SUSDB", "C:\\Windows\\WID\\Data\\susdb.mdf"),
            moved("SUSDB_log", "C:\\Windows\\WID\\Data\\susdb_log.ldf"),
        ];
        let path = EnginePath::new("C:\\SUSDB.bak").unwrap();
        assert_eq!(
            restore(&path, 3, &moves).unwrap().text(),
            "RESTORE DATABASE [SUSDB] FROM DISK = N'C:\\SUSDB.bak' WITH FILE = 3, CHECKSUM, \
             MOVE N'SUSDB' TO N'C:\\Windows\\WID\\Data\\susdb.mdf', \
             MOVE N'SUSDB_log' TO N'C:\\Windows\\WID\\Data\\susdb_log.ldf', NOUNLOAD, STATS = 10;"
        );
        assert_eq!(
            verify_backup(&path, 1, &[]).unwrap().text(),
            "RESTORE VERIFYONLY FROM DISK = N'C:\\SUSDB.bak' WITH FILE = 1, CHECKSUM, STATS = 10;"
        );
        assert!(restore(&path, 1, &[moved("a\0", "C:\\a.mdf")]).is_err());
        assert!(verify_backup(&path, 1, &moves).unwrap().is_read_only());
    }
}
