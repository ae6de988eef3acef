//! What guidance shows for a person to send: the program itself never sends it.

use super::{Literal, Purpose, Statement, susdb, user_access};
use crate::database::UserAccess;

/// `USE [master];`
pub const USE_MASTER: &str = "USE [master];";

/// A file by its logical name, and where it lay.
type File = (Literal, Literal);

/// Restores SUSDB to where its files lay, and lets those in who might be in it before: by lines, each short enough to be shown
/// by itself.
#[must_use]
pub fn restore_by_hand(path: &Literal, position: u32, files: &[File], access: UserAccess) -> Vec<String> {
    let mut lines = vec![
        USE_MASTER.to_owned(),
        format!("RESTORE DATABASE {} FROM DISK = {path}", susdb()),
        format!("WITH FILE = {position}, CHECKSUM,"),
    ];
    lines.extend(files.iter().map(|(logical, physical)| format!("MOVE {logical} TO {physical},")));
    lines.extend(["NOUNLOAD, STATS = 10;".to_owned(), user_access(access).text().to_owned()]);
    lines
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
