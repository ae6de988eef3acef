//! What will be sent to the engine, before anything is: every statement of the plan that acts, in its order.

use wsusmigrate_core::database::EnginePath;
use wsusmigrate_core::database::backup::carried_file;
use wsusmigrate_core::database::statement::{self, MoveFile};
use wsusmigrate_core::event::database::BackupOf;
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::plan::{DatabasePlan, Plan, PlanError};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report::Section;

/// The statements of the database step, where the plan holds one. What only the server tells (default folders, the names
/// of the files in a backup) stands in the guide's usual form and is said so.
pub(super) fn section(plan: &Plan, source: Option<&Migration>) -> Result<Option<Section>, PlanError> {
    let Some(database) = &plan.database else { return Ok(None) };
    let mut section = Section::new("statements", "What will be sent to the engine");
    let statements = match plan.migration.role {
        Role::Source => of_source(database)?,
        Role::Destination => of_destination(database, source)?,
    };
    for (what, text) in statements {
        section.notes.push(format!("{what}: {text}"));
    }
    if plan.migration.role == Role::Destination {
        section.notes.push(
            "Position, logical names and folders are asked of the backup and of the instance before the restore, and recorded \
             with it; the way back is a verified safety backup of this host's own SUSDB."
                .to_owned(),
        );
    }
    Ok(Some(section))
}

type Lines = Vec<(&'static str, String)>;

fn of_source(plan: &DatabasePlan) -> Result<Lines, PlanError> {
    let path = plan.backup_path()?;
    let mut lines: Lines = Vec::new();
    let probe = plan.in_backup_folder("wsusmigrate.probe")?;
    lines.push(("prove-folder", statement::prove_folder(&probe).text().to_owned()));
    if plan.quiesce {
        lines.push((
            "quiesce",
            "WsusService, W3SVC: start type manual, stop; as they were afterwards".to_owned(),
        ));
    }
    lines.push((
        "check-source",
        match &plan.check_waived_because {
            None => statement::check_database().text().to_owned(),
            Some(why) => format!("waived: {why}"),
        },
    ));
    if let Ok(backup) = statement::back_up(&path, &plan.backup_options()?) {
        lines.push(("back-up", backup.text().to_owned()));
    }
    if let Ok(verify) = statement::verify_backup(&path, 1, &[]) {
        lines.push(("verify-backup", verify.text().to_owned()));
    }
    Ok(lines)
}

fn of_destination(plan: &DatabasePlan, source: Option<&Migration>) -> Result<Lines, PlanError> {
    let backup =
        source.and_then(|source| source.database.backups.get(&BackupOf::Source)).map(|(_, backup)| backup);
    let file =
        backup.map_or_else(|| "SUSDB-BackupSetGUID.bak".to_owned(), |backup| carried_file(backup.set_guid));
    let path = plan.in_backup_folder(&file)?;
    let position = backup.and_then(|backup| u16::try_from(backup.position).ok()).unwrap_or(1);
    let (data, log) = plan.restore_folders()?;
    let moves = moves(data.as_ref(), log.as_ref());
    let mut lines: Lines = Vec::new();
    if let Ok(verify) = statement::verify_backup(&path, position, &moves) {
        lines.push(("verify-carried", verify.text().to_owned()));
    }
    lines.push((
        "stop-services",
        "WsusService, WsusPool: start type manual, stop; until postinstall is through".to_owned(),
    ));
    lines.push(("drop", statement::drop_database().text().to_owned()));
    if let Ok(restore) = statement::restore(&path, position, &moves) {
        lines.push(("restore", restore.text().to_owned()));
    }
    lines.push(("check-restored", statement::check_database().text().to_owned()));
    Ok(lines)
}

fn moves(data: Option<&EnginePath>, log: Option<&EnginePath>) -> Vec<MoveFile> {
    let file = |folder: Option<&EnginePath>, logical: &str, name: &str| {
        let target = folder?.join(name).ok()?;
        Some(MoveFile { logical_name: logical.to_owned(), target })
    };
    [file(data, "SUSDB", "SUSDB.mdf"), file(log, "SUSDB_log", "SUSDB_log.ldf")]
        .into_iter()
        .flatten()
        .collect()
}
