//! What will be sent to the engine and done around it, before anything is: everything of the plan that acts, in its order,
//! and what is asked meanwhile.

use wsusmigrate_core::database::backup::{carried_file, own_file, own_options, proof_file};
use wsusmigrate_core::database::statement::{
    self, Compression, MoveFile, RuleId, Setting, SettingType, Statement,
};
use wsusmigrate_core::database::{DATABASE, EnginePath, Identifier, UserAccess};
use wsusmigrate_core::decide::is_behind;
use wsusmigrate_core::event::database::{BackupOf, Operation};
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::plan::{DatabasePlan, Plan, PlanError};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report::{self, Section};

/// What stands in a statement for a name that only the server tells.
const LATER: &str = "TOLD LATER";

/// What is done, a line each.
type Acts = Vec<Act>;

/// An operation, on which condition it is carried out, and what is sent or done.
struct Act {
    operation: Operation,
    when: String,
    text: String,
}

impl Act {
    fn new(operation: Operation, text: impl Into<String>) -> Self {
        Self { operation, when: String::new(), text: text.into() }
    }

    fn when(operation: Operation, when: impl Into<String>, text: impl Into<String>) -> Self {
        Self { when: when.into(), ..Self::new(operation, text) }
    }

    fn told(&self) -> String {
        let between = if self.when.is_empty() { "" } else { ", " };
        format!("{}{between}{}: {}", self.operation.word(), self.when, self.text)
    }
}

/// The operations of the database step with their statements, and what is asked meanwhile, where the plan holds the step.
/// `state` is this host's journal as far as there is one, `source` the source's.
pub(super) fn sections(
    plan: &Plan,
    state: Option<&Migration>,
    source: Option<&Migration>,
) -> Result<Vec<Section>, PlanError> {
    let Some(database) = &plan.database else { return Ok(Vec::new()) };
    let files = Files::of(database, state, source)?;
    let acts = match plan.migration.role {
        Role::Source => of_source(database, &files)?,
        Role::Destination => of_destination(plan, database, &files, source)?,
    };
    let mut reads = Section::new("reads", "What will be asked meanwhile, and changes nothing");
    reads.notes = self::reads(plan.migration.role, &files);
    reads.notes.push(
        "The exact form of what else is asked hangs on the version of the engine and on the columns SUSDB has: its state, schema \
         version, configuration, counts, high-water marks, the rows that are summed, files, free space, sessions, progress. \
         Each statement stands in the journal once it was sent."
            .to_owned(),
    );
    Ok(vec![ahead(acts, plan.migration.role, state), reads])
}

/// What is not done yet, and what is.
fn ahead(acts: Acts, role: Role, state: Option<&Migration>) -> Section {
    let mut section = Section::new("statements", "What will be done, in this order");
    let is_done = |act: &Act| state.is_some_and(|state| is_behind(state, act.operation));
    let (done, ahead): (Acts, Acts) = acts.into_iter().partition(is_done);
    section.notes.extend(ahead.iter().map(Act::told));
    if role == Role::Destination && ahead.iter().any(|act| act.operation == Operation::Restore) {
        section.notes.push(
            "Position, logical names and folders are asked of the backup and of the instance before the restore, and recorded \
             with it; the way back is a verified safety backup of the SUSDB that is here now."
                .to_owned(),
        );
    }
    if let Some(state) = state.filter(|_| !done.is_empty()) {
        let left_alone = report::after_replacement(state);
        let is_over = left_alone.is_none() && ahead.is_empty();
        let none = if is_over { "Nothing of SUSDB is left to do. " } else { "" };
        section.notes.extend(left_alone);
        let is_done = |operation: &&Operation| {
            state.database.last_done(**operation).is_some() && is_behind(state, **operation)
        };
        let words: Vec<_> = Operation::ALL.iter().filter(is_done).map(|it| it.word()).collect();
        let more = match role {
            Role::Source => "`wsusmigrate run --only database` makes another backup",
            Role::Destination => "`wsusmigrate report audit` says what came of it",
        };
        section.notes.push(format!("{none}Done, and not done again: {}; {more}.", words.join(", ")));
    }
    section
}

/// The backup files of a migration, by what is known of them.
struct Files {
    /// The source's backup, on the source.
    backup: EnginePath,
    /// What is written and read to prove the folder.
    proof: EnginePath,
    /// The source's backup, on the destination.
    carried: EnginePath,
    /// Where the set stands on it.
    position: u16,
    /// The next safety backup.
    own: EnginePath,
}

impl Files {
    fn of(
        plan: &DatabasePlan,
        state: Option<&Migration>,
        source: Option<&Migration>,
    ) -> Result<Self, PlanError> {
        let set = source.and_then(|source| source.database.backups.get(&BackupOf::Source)).map(|(_, it)| it);
        let journal = state.and_then(|state| Some((state, state.run.journal.as_ref()?)));
        let proof = journal.map(|(_, (_, journal))| proof_file(journal.migration));
        let own = journal.map(|(state, (_, journal))| {
            let made = state.database.operations.iter();
            let number = made.filter(|it| it.event.operation == Operation::BackUpOwn).count() + 1;
            own_file(number, journal.migration)
        });
        let file = set.map_or_else(named_by_set, |backup| carried_file(backup.set_guid));
        Ok(Self {
            backup: plan.backup_path()?,
            proof: plan.in_backup_folder(proof.as_deref().unwrap_or("wsusmigrate-MIGRATION.probe"))?,
            carried: plan.in_backup_folder(&file)?,
            position: set.and_then(|backup| u16::try_from(backup.position).ok()).unwrap_or(1),
            own: plan.in_backup_folder(own.as_deref().unwrap_or("SUSDB-own-1-MIGRATION.bak"))?,
        })
    }
}

/// The lines of statements that can be built; one that cannot is the checks' business.
fn sent<E>(operation: Operation, statement: Result<Statement, E>) -> Option<Act> {
    statement.ok().map(|statement| Act::new(operation, statement.text()))
}

fn of_source(plan: &DatabasePlan, files: &Files) -> Result<Acts, PlanError> {
    let (path, options) = (&files.backup, plan.backup_options()?);
    let mut acts = vec![Act::new(Operation::ProveFolder, statement::prove_folder(&files.proof).text())];
    if plan.quiesce {
        acts.push(Act::new(Operation::Quiesce, "WsusService, W3SVC: start type manual, stop"));
    }
    let check = match &plan.check_waived_because {
        None => statement::check_database().text().to_owned(),
        Some(why) => format!("waived: {why}"),
    };
    acts.push(Act::new(Operation::CheckSource, check));
    acts.extend(sent(Operation::BackUp, statement::back_up(path, &options)));
    if options.compression == Compression::On {
        let plain = sent(Operation::BackUp, statement::back_up(path, &options.uncompressed()));
        acts.extend(plain.map(|act| Act { when: "where the edition cannot compress".to_owned(), ..act }));
    }
    acts.extend(sent(Operation::VerifyBackup, statement::verify_backup(path, 1, &[])));
    let to = format!("copy {path} into the store {} as {}", plan.store, named_by_set());
    acts.push(Act::new(Operation::Deliver, to));
    if plan.quiesce {
        acts.push(Act::new(Operation::Resume, "WsusService, W3SVC: start type as before, start what ran"));
    }
    Ok(acts)
}

/// The file of a backup whose set nobody knows yet.
fn named_by_set() -> String {
    "SUSDB-BackupSetGUID.bak".to_owned()
}

fn of_destination(
    whole: &Plan,
    plan: &DatabasePlan,
    files: &Files,
    source: Option<&Migration>,
) -> Result<Acts, PlanError> {
    let Files { carried, position, own, .. } = files;
    let (moves, later) = moves(plan, source)?;
    // A statement that names files only the backup tells of: what will stand in it besides is told in words.
    let moving = |operation, statement| {
        let act: Option<Act> = sent(operation, statement);
        act.map(|act| match later.as_str() {
            "" => act,
            later => Act { text: format!("{} -- known only then: {later}", act.text), ..act },
        })
    };
    let carry = format!("copy {} from the store {} to {carried}", carried.file_name(), plan.store);
    let mut acts = vec![Act::new(Operation::CarryBackup, carry)];
    acts.extend(moving(Operation::VerifyCarried, statement::verify_backup(carried, *position, &moves)));
    acts.extend(sent(Operation::BackUpOwn, statement::back_up(own, &own_options())));
    acts.extend(sent(Operation::VerifyOwn, statement::verify_backup(own, 1, &[])));
    let stop = "WsusService, WsusPool: start type manual, stop; until postinstall is through";
    acts.push(Act::new(Operation::StopServices, stop));
    acts.push(Act::new(Operation::Drop, statement::drop_database().text()));
    let open = statement::user_access(UserAccess::Everybody);
    acts.push(Act::when(Operation::SetMultiUser, "only after a drop that failed", open.text()));
    let partial = statement::drop_partial();
    acts.push(Act::when(Operation::DiscardPartial, "only after a restore that was cut off", partial.text()));
    acts.extend(moving(Operation::Restore, statement::restore(carried, *position, &moves)));
    acts.push(Act::new(Operation::CheckRestored, statement::check_database().text()));
    acts.extend(after_restore(whole, plan));
    Ok(acts)
}

/// What follows the restore. Users, rules and settings are listed only then; what stands for their names says so.
fn after_restore(whole: &Plan, plan: &DatabasePlan) -> Acts {
    let mut acts = Acts::new();
    if let Ok(later) = Identifier::new(LATER) {
        let each = "for each user without its login";
        let create = statement::create_login(&later);
        let without = format!("{each}, where there is no such login");
        acts.push(Act::when(Operation::MendUser, without, create.text()));
        acts.push(Act::when(Operation::MendUser, each, statement::mend_user(&later, &later).text()));
    }
    acts.extend(put_to_sleep());
    let content = plan.content_dir.as_deref().unwrap_or(&whole.content.destination);
    let install =
        format!("wsusutil postinstall CONTENT_DIR={content}, for SQL Server with SQL_INSTANCE_NAME");
    acts.push(Act::new(Operation::PostInstall, install));
    let woken = "WsusService, WsusPool, because wsusutil starts them: start type manual, stop";
    acts.push(Act::new(Operation::StopServices, woken));
    acts.push(Act::when(
        Operation::Sleep,
        "again",
        "what is on by then, by the statements of before postinstall",
    ));
    let start = "WsusService, WsusPool: start type as before, start what ran";
    acts.push(Act::new(Operation::StartServices, start));
    acts
}

/// Which rules and settings are on is asked of the restored SUSDB: these are the statements where all of them are.
fn put_to_sleep() -> Acts {
    let named = |what: &str, statement: &Statement| Act::when(Operation::Sleep, what, statement.text());
    let mut acts = Acts::new();
    acts.extend(
        statement::rules_off(&[RuleId(1)]).map(|off| named("every rule that is on, such as 1", &off)),
    );
    acts.push(named("inferred from the schema", &statement::schedules_off()));
    let email =
        Setting { name: "EmailNeedToSend...".to_owned(), kind: SettingType::Text, value: String::new() };
    if let Ok(off) = statement::email_off(&email) {
        acts.push(named("inferred from the schema, every setting that is on, in its type", &off));
    }
    acts
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
            None => later.push(format!(
                "MOVE N'{logical}' TO the folder of {} the instance has for new databases",
                kept(is_log)
            )),
        }
    }
    Ok((moves, later.join(", ")))
}

const fn kept(is_log: bool) -> &'static str {
    if is_log { "logs" } else { "data" }
}

/// Statements that only read and whose text is known before anything was asked.
fn reads(role: Role, files: &Files) -> Vec<String> {
    let mut reads = vec![
        statement::server_facts(),
        statement::recovery_status(),
        statement::mirroring(),
        statement::catalogue(),
    ];
    reads.extend(Identifier::new(DATABASE).map(|susdb| statement::database_files(&susdb)));
    let media = match role {
        Role::Source => vec![(&files.backup, 1)],
        Role::Destination => vec![(&files.carried, files.position), (&files.own, 1)],
    };
    for (path, position) in media {
        let asked = [statement::media_label(path), statement::backup_header(path)];
        reads.extend(asked.into_iter().chain([statement::backup_files(path, position)]));
    }
    reads.push(statement::users());
    if role == Role::Destination {
        reads.extend([
            statement::server_logins(),
            statement::rules(),
            statement::schedules(),
            statement::email_settings(),
            statement::file_states(),
        ]);
    }
    reads.iter().map(|read| format!("{}: {}", read.purpose().word(), read.text())).collect()
}
