//! Backups: what each is, whether it counts as verified and why, and what was on the media before.

use super::engine::told;
use super::{Side, keys, or_dash, yes};
use crate::event::database::{BackupJudged, BackupOf, BackupRecorded};
use crate::report::{Section, Value};
use crate::unit::Seq;

/// A section for each backup.
pub(super) fn backups(side: Side<'_>) -> impl Iterator<Item = Section> {
    let database = side.database();
    database.backups.values().map(move |(seq, backup)| {
        let (keys, title) = match backup.of {
            BackupOf::Source => (keys("backup", "source_backup"), "Backup of the source's SUSDB"),
            BackupOf::Own => {
                (keys("safety_backup", "source_safety_backup"), "Safety backup of the SUSDB that was here")
            }
        };
        let mut section = side.section(keys, title);
        what(*seq, backup, &mut section);
        verdict(backup, database.judged.get(&backup.of), &mut section);
        section
    })
}

fn what(seq: Seq, backup: &BackupRecorded, section: &mut Section) {
    section.figure("record", "Record", seq.0);
    section.figure("engine_path", "Where the engine has it", backup.engine_path.as_str());
    section.figure("program_path", "Where the program reads it", backup.program_path.as_str());
    section.figure("position", "Position on the media", u64::from(backup.position));
    section.figure("set_guid", "Backup set", told(backup.set_guid));
    section.figure("family_guid", "Family of the database", told(backup.family_guid));
    section.figure("name", "Name", or_dash(backup.name.as_str()));
    section.figure("server", "Made on", backup.server.as_str());
    section.figure("started", "Started, by its server's clock", backup.started.as_str());
    section.figure("finished", "Finished", backup.finished.as_str());
    section.figure("first_lsn", "FirstLSN", backup.first_lsn.as_str());
    section.figure("last_lsn", "LastLSN", backup.last_lsn.as_str());
    section.figure("checkpoint_lsn", "CheckpointLSN", backup.checkpoint_lsn.as_str());
    section.figure("database_backup_lsn", "DatabaseBackupLSN", backup.database_backup_lsn.as_str());
    section.figure("database_version", "Internal version", u64::from(backup.database_version));
    section.figure("backup_bytes", "Size", Value::bytes(backup.backup_bytes));
    section.figure("compressed_bytes", "Compressed", Value::bytes(backup.compressed_bytes));
    section.figure("file_bytes", "Size of the file", file_size(backup));
    let unread = || "the program could not read it".to_owned();
    let digest = backup.sha256.map_or_else(unread, |digest| digest.to_string());
    section.figure("sha256", "SHA-256 of the file", digest);
    section.figure("checksums", "With checksums", yes(backup.checksums));
    section.figure("damaged", "Damaged", yes(backup.damaged));
    section.figure("copy_only", "COPY_ONLY", yes(backup.copy_only));
}

fn file_size(backup: &BackupRecorded) -> Value {
    if backup.file_bytes == 0 {
        "the program could not read it".into()
    } else {
        Value::bytes(backup.file_bytes)
    }
}

/// What was said of one backup speaks for no other.
fn verdict(backup: &BackupRecorded, judged: Option<&BackupJudged>, section: &mut Section) {
    let judged = judged.filter(|judged| judged.set_guid == backup.set_guid);
    section.figure("verified", "Verified", judged.map_or("nobody has judged it", |it| yes(it.verified)));
    if let Some(judged) = judged {
        section.figure("because", "Because", judged.why.as_str());
    }
}

/// Backup sets that were on the media before we wrote there.
pub(super) fn media(side: Side<'_>) -> Section {
    let mut section = side.section(keys("media", "source_media"), "On the media before");
    let rows = side.database().media.iter().map(|set| {
        vec![
            set.engine_path.as_str().into(),
            format!("position {}", set.position).into(),
            or_dash(set.name.as_str()).into(),
            set.database.as_str().into(),
            set.server.as_str().into(),
            set.finished.as_str().into(),
            told(set.set_guid).into(),
        ]
    });
    section.table("media", &["path", "position", "name", "database", "server", "finished", "set"], rows);
    section
}
