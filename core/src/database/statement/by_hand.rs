//! What guidance shows for a person to send: the program itself never sends it.

use super::{Literal, Purpose, Statement, drop_database, drop_partial, susdb, susdb_text, user_access};
use crate::database::{Guid, UserAccess};

/// `USE [master];`
pub const USE_MASTER: &str = "USE [master];";

/// A file by its logical name, and where it lay.
type File = (Literal, Literal);

/// Restores SUSDB to where its files lay, and lets those in who might be in it before: by lines, each short enough to be shown
/// by itself. Where a SUSDB is there nothing is restored: an engine restores over one of the same family without a word. The
/// last line shows how SUSDB stands.
#[must_use]
pub fn restore_by_hand(path: &Literal, position: u32, files: &[File], access: UserAccess) -> Vec<String> {
    let mut lines = vec![
        USE_MASTER.to_owned(),
        format!("IF DB_ID({}) IS NOT NULL", susdb_text()),
        refuses("There is a SUSDB: nothing was restored."),
        "ELSE".to_owned(),
        "BEGIN".to_owned(),
        format!("RESTORE DATABASE {} FROM DISK = {path}", susdb()),
        format!("WITH FILE = {position}, CHECKSUM,"),
    ];
    lines.extend(files.iter().map(|(logical, physical)| format!("MOVE {logical} TO {physical},")));
    lines.extend(["NOUNLOAD, STATS = 10;".to_owned(), user_access(access).text().to_owned()]);
    lines.push("END;".to_owned());
    lines.push(format!(
        "SELECT name, state_desc, user_access_desc FROM sys.databases WHERE name = {};",
        susdb_text()
    ));
    lines
}

/// Drops the SUSDB that was restored, by its `database_guid`, and no other that took its place. Every engine since SQL Server
/// 2005 knows these words; `RAISERROR` ends no batch, so the drop is in the other branch.
#[must_use]
pub fn drop_restored_by_hand(restored: Guid) -> Statement {
    let (susdb, guid) = (susdb_text(), Literal::checked(&restored.to_string()));
    let only_if = format!(
        "IF EXISTS (SELECT * FROM sys.database_recovery_status\nWHERE database_id = DB_ID({susdb})\nAND database_guid = \
         {guid})"
    );
    let drop = without_use(&drop_database());
    let otherwise = refuses("Not the restored SUSDB: nothing was dropped.");
    Statement::new(Purpose::Drop, format!("{USE_MASTER}\n{only_if}\nBEGIN\n{drop}\nEND\nELSE\n{otherwise}"))
}

/// Drops what a restore that was cut off left, which has no `database_guid` to know it by: it never came online.
#[must_use]
pub fn drop_partial_by_hand() -> Statement {
    let only_if = format!(
        "IF EXISTS (SELECT * FROM sys.databases\nWHERE name = {}\nAND state_desc IN (N'RESTORING', N'SUSPECT'))",
        susdb_text()
    );
    let drop = without_use(&drop_partial());
    let otherwise = refuses("Not what a restore left: nothing was dropped.");
    Statement::new(Purpose::DropPartial, format!("{USE_MASTER}\n{only_if}\n{drop}\nELSE\n{otherwise}"))
}

/// The batch the program sends, without its first line: what surrounds it begins with that.
fn without_use(statement: &Statement) -> String {
    statement.text().replacen(USE_MASTER, "", 1).trim_start().to_owned()
}

/// An error that says why nothing is done.
fn refuses(why: &str) -> String {
    format!("RAISERROR({}, 16, 1);", Literal::checked(why))
}

/// Makes `sa` the owner of SUSDB, where the engine does not know the one it has.
#[must_use]
pub fn own_by_sa() -> Statement {
    Statement::new(Purpose::Own, format!("ALTER AUTHORIZATION ON DATABASE::{} TO [sa];", susdb()))
}

/// The lines of [`restore_by_hand`] as one batch, for the check with a parser.
pub(super) fn restore_batch(path: &Literal, position: u32, files: &[File]) -> Statement {
    Statement::new(Purpose::Restore, restore_by_hand(path, position, files, UserAccess::Everybody).join("\n"))
}
