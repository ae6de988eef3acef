//! What will be sent to the engine and done around it, before anything is: everything of the plan that acts, in its order,
//! and what is asked meanwhile.

use wsusmigrate_core::database::backup::{carried_file, own_file, own_options};
use wsusmigrate_core::database::statement::{
    self, Compression, MoveFile, RuleId, Setting, SettingType, Statement,
};
use wsusmigrate_core::database::{DATABASE, EnginePath, Identifier, UserAccess};
use wsusmigrate_core::event::database::{BackupOf, Operation};
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::plan::{DatabasePlan, Plan, PlanError};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report::Section;

/// What stands in a statement for a name that only the server tells.
const LATER: &str = "TOLD LATER";

/// The operations of the database step with their statements, and what is asked meanwhile, where the plan holds the step.
/// `state` is this host's journal as far as there is one, `source` the source's.
pub(super) fn sections(
    plan: &Plan,
    state: Option<&Migration>,
    source: Option<&Migration>,
) -> Result<Vec<Section>, PlanError> {
    let Some(database) = &plan.database else { return Ok(Vec::new()) };
    let lines = match plan.migration.role {
        Role::Source => of_source(database)?,
        Role::Destination => of_destination(plan, database, state, source)?,
    };
    let section = |key, title, lines: Vec<(String, String)>| {
        let mut section = Section::new(key, title);
        section.notes.extend(lines.into_iter().map(|(what, text)| format!("{what}: {text}")));
        section
    };
    let mut acts = section("statements", "What will be done, in this order", lines);
    if plan.migration.role == Role::Destination {
        acts.notes.push(
            "Position, logical names and folders are asked of the backup and of the instance before the restore, and recorded \
             with it; the way back is a verified safety backup of this host's own SUSDB."
                .to_owned(),
        );
    }
    let mut reads =
        section("reads", "What will be asked meanwhile, and changes nothing", reads(plan, database)?);
    reads.notes.push(
        "The exact form of what else is asked hangs on the engine's version and on the columns SUSDB has: its state, schema \
         version, configuration, counts, high-water marks, the rows that are summed, files, free space, sessions, progress. \
         Each statement stands in the journal once it was sent."
            .to_owned(),
    );
    Ok(vec![acts, reads])
}

type Lines = Vec<(String, String)>;

fn line(operation: Operation, text: impl Into<String>) -> (String, String) {
    (operation.word().to_owned(), text.into())
}

/// The lines of statements that can be built; one that cannot is the checks' business.
fn sent<E>(operation: Operation, statement: Result<Statement, E>) -> Option<(String, String)> {
    statement.ok().map(|statement| line(operation, statement.text()))
}

fn of_source(plan: &DatabasePlan) -> Result<Lines, PlanError> {
    let (path, options) = (plan.backup_path()?, plan.backup_options()?);
    let mut lines: Lines = Vec::new();
    let probe = plan.in_backup_folder("wsusmigrate.probe")?;
    lines.push(line(Operation::ProveFolder, statement::prove_folder(&probe).text()));
    if plan.quiesce {
        lines.push(line(Operation::Quiesce, "WsusService, W3SVC: start type manual, stop"));
    }
    let check = match &plan.check_waived_because {
        None => statement::check_database().text().to_owned(),
        Some(why) => format!("waived: {why}"),
    };
    lines.push(line(Operation::CheckSource, check));
    lines.extend(sent(Operation::BackUp, statement::back_up(&path, &options)));
    if options.compression == Compression::On {
        let plain = sent(Operation::BackUp, statement::back_up(&path, &options.uncompressed()));
        lines.extend(plain.map(|(what, text)| (format!("{what}, where the edition cannot compress"), text)));
    }
    lines.extend(sent(Operation::VerifyBackup, statement::verify_backup(&path, 1, &[])));
    let to = format!("copy {path} into the store {} as {}", plan.store, named_by_set());
    lines.push(line(Operation::Deliver, to));
    if plan.quiesce {
        lines.push(line(Operation::Resume, "WsusService, W3SVC: start type as before, start what ran"));
    }
    Ok(lines)
}

/// The file of a backup whose set nobody knows yet.
fn named_by_set() -> String {
    "SUSDB-BackupSetGUID.bak".to_owned()
}

fn of_destination(
    whole: &Plan,
    plan: &DatabasePlan,
    state: Option<&Migration>,
    source: Option<&Migration>,
) -> Result<Lines, PlanError> {
    let backup = source.and_then(|source| source.database.backups.get(&BackupOf::Source)).map(|(_, it)| it);
    let file = backup.map_or_else(named_by_set, |backup| carried_file(backup.set_guid));
    let path = plan.in_backup_folder(&file)?;
    let position = backup.and_then(|backup| u16::try_from(backup.position).ok()).unwrap_or(1);
    let (moves, later) = moves(plan, source)?;
    let own = plan.in_backup_folder(&own_name(state))?;
    let mut lines: Lines =
        vec![line(Operation::CarryBackup, format!("copy {file} from the store {} to {path}", plan.store))];
    lines.extend(sent(Operation::VerifyCarried, statement::verify_backup(&path, position, &moves)));
    lines.extend(sent(Operation::BackUpOwn, statement::back_up(&own, &own_options())));
    lines.extend(sent(Operation::VerifyOwn, statement::verify_backup(&own, 1, &[])));
    let stop = "WsusService, WsusPool: start type manual, stop; until postinstall is through";
    lines.push(line(Operation::StopServices, stop));
    let also = |operation: Operation, when: &str, statement: Statement| {
        (format!("{}, {when}", operation.word()), statement.text().to_owned())
    };
    let partial =
        also(Operation::DiscardPartial, "only after a restore that was cut off", statement::drop_partial());
    let multi_user = also(
        Operation::SetMultiUser,
        "only after a drop that failed",
        statement::user_access(UserAccess::Everybody),
    );
    lines.push(line(Operation::Drop, statement::drop_database().text()));
    lines.extend([multi_user, partial]);
    lines.extend(sent(Operation::Restore, statement::restore(&path, position, &moves)).map(
        |(what, text)| {
            let told = if later.is_empty() { text } else { format!("{text} -- known only then: {later}") };
            (what, told)
        },
    ));
    lines.push(line(Operation::CheckRestored, statement::check_database().text()));
    lines.extend(after_restore(whole, plan));
    Ok(lines)
}

/// The next safety backup of this host.
fn own_name(state: Option<&Migration>) -> String {
    let journal = state.and_then(|state| Some((state, state.run.journal.as_ref()?)));
    journal.map_or_else(
        || "SUSDB-own-1-MIGRATION.bak".to_owned(),
        |(state, (_, journal))| {
            let made = state.database.operations.iter();
            let number = made.filter(|it| it.event.operation == Operation::BackUpOwn).count() + 1;
            own_file(number, journal.migration)
        },
    )
}

/// What follows the restore. Users, rules and settings are listed only then; what stands for their names says so.
fn after_restore(whole: &Plan, plan: &DatabasePlan) -> Lines {
    let mut lines = Lines::new();
    if let Ok(later) = Identifier::new(LATER) {
        let each = "for each user without its login";
        let mend = statement::mend_user(&later, &later).text().to_owned();
        let create = statement::create_login(&later).text().to_owned();
        let mends = Operation::MendUser.word();
        lines.push((format!("{mends}, {each}, where there is no such login"), create));
        lines.push((format!("{mends}, {each}"), mend));
    }
    lines.extend(put_to_sleep());
    let content = plan.content_dir.as_deref().unwrap_or(&whole.content.destination);
    let install =
        format!("wsusutil postinstall CONTENT_DIR={content}, for SQL Server with SQL_INSTANCE_NAME");
    lines.push(line(Operation::PostInstall, install));
    lines.push(line(Operation::StartServices, "WsusService, WsusPool: start type as before, start what ran"));
    lines
}

/// Which rules and settings are on is asked of the restored SUSDB: these are the statements where all of them are.
fn put_to_sleep() -> Lines {
    let named = |what: &str| format!("{}, {what}", Operation::Sleep.word());
    let mut lines = Lines::new();
    if let Some(off) = statement::rules_off(&[RuleId(1)]) {
        lines.push((named("every rule that is on, such as 1"), off.text().to_owned()));
    }
    lines.push((named("inferred from the schema"), statement::schedules_off().text().to_owned()));
    let email =
        Setting { name: "EmailNeedToSend...".to_owned(), kind: SettingType::Text, value: String::new() };
    if let Ok(off) = statement::email_off(&email) {
        let what = "inferred from the schema, every setting that is on, in its type";
        lines.push((named(what), off.text().to_owned()));
    }
    lines
}

/// Where the files of the backup go, as far as plan and source tell; and in words what is known only when the backup and the
/// instance are asked.
fn moves(plan: &DatabasePlan, source: Option<&Migration>) -> Result<(Vec<MoveFile>, String), PlanError> {
    let (data, log) = plan.restore_folders()?;
    let files = source.map_or(&[][..], |source| &source.database.files[..]);
    if files.is_empty() {
        return Ok((Vec::new(), "MOVE of every file, by the names in the backup".to_owned()));
    }
    let (mut moves, mut later) = (Vec::new(), Vec::new());
    for file in files {
        let is_log = file.kind.as_str() == "LOG";
        let folder = if is_log { log.as_ref() } else { data.as_ref() };
        let name = EnginePath::new(file.physical.as_str()).map(|path| path.file_name().to_owned());
        let target = folder.zip(name.ok()).and_then(|(folder, name)| folder.join(&name).ok());
        let logical = file.logical.to_string();
        match target {
            Some(target) => moves.push(MoveFile { logical_name: logical, target }),
            None => later.push(format!("MOVE N'{logical}' TO the instance's own folder of {}", kept(is_log))),
        }
    }
    Ok((moves, later.join(", ")))
}

const fn kept(is_log: bool) -> &'static str {
    if is_log { "logs" } else { "data" }
}

/// Statements that only read and whose text is known before anything was asked.
fn reads(plan: &Plan, database: &DatabasePlan) -> Result<Lines, PlanError> {
    let path = database.backup_path()?;
    let mut reads = vec![
        statement::server_facts(),
        statement::recovery_status(),
        statement::mirroring(),
        statement::catalogue(),
        statement::backup_header(&path),
        statement::users(),
        statement::server_logins(),
    ];
    reads.extend(Identifier::new(DATABASE).map(|susdb| statement::database_files(&susdb)));
    if plan.migration.role == Role::Destination {
        reads.extend([
            statement::backup_files(&path, 1),
            statement::rules(),
            statement::schedules(),
            statement::email_settings(),
            statement::file_states(),
        ]);
    }
    let line = |statement: &Statement| (statement.purpose().word().to_owned(), statement.text().to_owned());
    Ok(reads.iter().map(line).collect())
}
