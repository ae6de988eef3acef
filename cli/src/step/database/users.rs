//! Users of the restored SUSDB and the logins of this engine: who has lost its login, and what is done about each.

use wsusmigrate_core::database::Identifier;
use wsusmigrate_core::database::machine::Machine;
use wsusmigrate_core::database::principals::{
    Hosts, Mending, OrphanedUser, Principal, PrincipalKind, left_by_created, missing_service_login,
    orphaned_users,
};
use wsusmigrate_core::database::statement::{self, Statement};
use wsusmigrate_core::event::database::{EngineKind, Operation, UserDecision, UserFound};
use wsusmigrate_core::text::Name;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, row_failure};
use crate::step::database::operation::{Intent, Outcome, carry_out};
use crate::step::database::watch;

/// The database's owner, whom every database has.
const OWNER: &str = "dbo";

/// Records every user with what is done about it. What only a person may do is told.
pub(super) fn find(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let seen = Seen::read(engine)?;
    let hosts = hosts(context, engine)?;
    let mut found = vec![owner(engine)?];
    found.extend(seen.decide(&hosts));
    found.extend(service_login(&seen, &hosts, &found));
    for user in &found {
        let created = Some(&user.login).filter(|_| user.decision == UserDecision::CreateLogin);
        if user.decision == UserDecision::Manual {
            context.talk().say(&format!("by hand: user {}: {}", user.user, user.why));
        } else if let Some(why) = created.and_then(|login| left_by_created(login.as_str())) {
            context.talk().say(&format!("by hand: login {}: {why}", user.login));
        }
    }
    let draft = |user: &UserFound| recorder.sighting(user.user.as_str().as_bytes(), user.clone());
    let drafts = found.iter().map(draft).collect();
    recorder.record(drafts)?;
    Ok(())
}

/// Gives a user its login, creating one where that was decided and there is none yet.
pub(super) fn mend(
    subject: &Name,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let Some(user) = recorder.state().database.users.get(subject).cloned() else {
        return Err(Failure::new(
            Exit::Failed,
            format!("no decision about {subject} is recorded; this is a defect of the program"),
        ));
    };
    let seen = Seen::read(engine)?;
    let statements = statements(&user, &seen)?;
    let intent = Intent {
        operation: Operation::MendUser,
        subject: subject.clone(),
        statement: statements.iter().map(Statement::text).collect::<Vec<_>>().join("\n"),
        before: format!("no login has the SID of {subject}, 0x{}", user.sid),
        expects: format!("the SID of {subject} is that of {}", user.login),
    };
    carry_out(recorder, context, intent, |going| {
        if let Err(outcome) = watch::act_each(going, context, engine, &statements, "mending") {
            return outcome;
        }
        judge(subject, statements.len(), Seen::read(engine))
    })?;
    Ok(())
}

/// What came of it, once so many statements were carried out. A user without a login all the same is no failure without an
/// effect: a login may have been created.
fn judge(subject: &Name, statements: usize, read_again: Result<Seen, Failure>) -> Outcome {
    match read_again {
        Err(failure) => {
            Outcome::unknown(format!("{statements} statements were carried out; then: {failure}"))
        }
        Ok(seen) => match seen.login_of(subject.as_str()) {
            Some(login) => Outcome::done(format!("{subject} belongs to the login {login}")),
            None => Outcome::unknown(format!(
                "{subject} has a SID that no login has, although {statements} statements were carried out"
            )),
        },
    }
}

/// Users of SUSDB and logins of the engine, as they are now.
struct Seen {
    users: Vec<Principal>,
    logins: Vec<Principal>,
}

impl Seen {
    fn read(engine: &mut Engine<'_>) -> Result<Self, Failure> {
        let users = engine.all(&statement::users())?;
        let logins = engine.all(&statement::server_logins())?;
        Ok(Self {
            users: Principal::from_rows(&users).map_err(|error| row_failure(&error))?,
            logins: Principal::from_rows(&logins).map_err(|error| row_failure(&error))?,
        })
    }

    /// What is done about each user.
    fn decide(&self, hosts: &Hosts) -> Vec<UserFound> {
        let orphans = orphaned_users(&self.users, &self.logins, hosts);
        let decide = |user: &Principal| match orphans.iter().find(|orphan| orphan.user == *user) {
            Some(orphan) => orphaned(orphan),
            None => self.healthy(user),
        };
        self.users.iter().map(decide).collect()
    }

    fn healthy(&self, user: &Principal) -> UserFound {
        let login = self.logins.iter().find(|login| !user.sid.is_empty() && login.sid == user.sid);
        let why = if login.is_some() { "its login is there" } else { "it is made without a login" };
        found(user, UserDecision::Leave, login.map_or("", |login| &login.name), why)
    }

    /// The login whose SID a user has.
    fn login_of(&self, user: &str) -> Option<&str> {
        let user = self.users.iter().find(|it| it.name == user)?;
        let login = self.logins.iter().find(|login| !user.sid.is_empty() && login.sid == user.sid)?;
        Some(&login.name)
    }
}

fn orphaned(orphan: &OrphanedUser) -> UserFound {
    let user = &orphan.user;
    match &orphan.mending {
        Mending::Map { login } => {
            found(user, UserDecision::AlterUser, login, "its login is there under another SID")
        }
        Mending::CreateAndMap { login } => {
            found(user, UserDecision::CreateLogin, login, "no login has its SID, and the account is there")
        }
        Mending::Manual(by_hand) => found(user, UserDecision::Manual, "", &by_hand.to_string()),
    }
}

fn found(user: &Principal, decision: UserDecision, login: &str, why: &str) -> UserFound {
    UserFound {
        user: user.name.as_str().into(),
        kind: match user.kind {
            PrincipalKind::Sql => "SQL_USER",
            PrincipalKind::WindowsAccount => "WINDOWS_USER",
            PrincipalKind::WindowsGroup => "WINDOWS_GROUP",
        }
        .into(),
        sid: hex(&user.sid).into(),
        decision,
        login: login.into(),
        why: why.into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"))
}

/// The owner is no user that could be altered: a restore makes whoever restores the owner.
fn owner(engine: &mut Engine<'_>) -> Result<UserFound, Failure> {
    let owner = engine.susdb()?.and_then(|susdb| susdb.facts.owner);
    let (decision, why) = if owner.is_some() {
        (UserDecision::Leave, "it is the owner of SUSDB".to_owned())
    } else {
        let by_hand = statement::own_by_sa();
        let why = format!("the owner of SUSDB is an account this engine does not know: {}", by_hand.text());
        (UserDecision::Manual, why)
    };
    Ok(UserFound {
        user: OWNER.into(),
        kind: "".into(),
        sid: Name::EMPTY,
        decision,
        login: owner.unwrap_or_default().into(),
        why: why.into(),
    })
}

/// The account WSUS itself works under, where it has no login and no user that gets one.
fn service_login(seen: &Seen, hosts: &Hosts, found: &[UserFound]) -> Option<UserFound> {
    let (login, why) = match missing_service_login(&seen.logins, hosts) {
        Ok(None) => return None,
        Ok(Some(login)) => {
            let by_hand =
                Identifier::new(&login).map(|login| statement::create_login(&login).text().to_owned());
            let why = format!(
                "WSUS works under this account, and it has no login here and no user in SUSDB: {} Then in SUSDB a user for \
                 it with the role webService",
                by_hand.unwrap_or_else(|why| why.to_string())
            );
            (login, why)
        }
        Err(by_hand) => (format!("{}$", hosts.new.name), by_hand.to_string()),
    };
    let name = Name::from(login);
    // Where a user of that name is, it was decided about.
    if found.iter().any(|user| user.login == name || user.user == name) {
        return None;
    }
    let (sid, kind) = (Name::EMPTY, "".into());
    Some(UserFound {
        user: name,
        kind,
        sid,
        decision: UserDecision::Manual,
        login: Name::EMPTY,
        why: why.into(),
    })
}

/// What mends a user. A login that is there by now is not created again.
fn statements(user: &UserFound, seen: &Seen) -> Result<Vec<Statement>, Failure> {
    let identifier = |name: &Name| {
        Identifier::new(name.as_str()).map_err(|error| {
            Failure::new(Exit::Failed, format!("{name} cannot stand in a statement")).because(&error)
        })
    };
    let (name, login) = (identifier(&user.user)?, identifier(&user.login)?);
    let is_there = seen.logins.iter().any(|it| it.name.eq_ignore_ascii_case(user.login.as_str()));
    let mut statements = Vec::new();
    if user.decision == UserDecision::CreateLogin && !is_there {
        statements.push(statement::create_login(&login));
    }
    statements.push(statement::mend_user(&name, &login));
    Ok(statements)
}

/// What is known of the two hosts: of this one as it tells now, of the old one as its worksheet has it.
fn hosts(context: &Context<'_>, engine: &mut Engine<'_>) -> Result<Hosts, Failure> {
    let facts = engine.facts()?;
    let new = context.host()?.machine().map_err(|error| {
        Failure::new(Exit::Failed, "this server does not tell what it and its accounts are called")
            .because(&error)
    })?;
    let is_wid = facts.engine_kind() == EngineKind::Wid;
    let is_engine_local = is_wid || facts.machine.eq_ignore_ascii_case(&new.name);
    Ok(Hosts { old: old_host(context)?, new, is_engine_local })
}

/// The old host. Where its tools could not be asked, its name is the engine's machine or the system's own.
fn old_host(context: &Context<'_>) -> Result<Machine, Failure> {
    let fields = &context.source()?.worksheet.fields;
    let field = |name: &str| fields.get(&name.into()).map(|field| field.value.as_str().to_owned());
    if let Some(told) = Machine::of_worksheet(field) {
        return Ok(told);
    }
    // Windows Internal Database answers on its own machine only: there the engine knows what WSUS's host is called.
    let was_wid = field("database.kind").as_deref() == Some(EngineKind::Wid.word());
    let name = field(if was_wid { "database.machine" } else { "host.name" }).unwrap_or_default();
    let name = name.split('.').next().unwrap_or_default().to_owned();
    Ok(Machine { name, ..Machine::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wsusmigrate_core::event::database::OperationResult;

    fn principal(name: &str, sid: &[u8]) -> Principal {
        let (name, kind, sid) = (name.to_owned(), PrincipalKind::WindowsAccount, sid.to_vec());
        Principal { name, kind, sid, roles: BTreeSet::new() }
    }

    fn machine(name: &str, account: Option<&str>) -> Machine {
        Machine { name: name.into(), account: account.map(str::to_owned), groups: Vec::new() }
    }

    fn hosts() -> Hosts {
        let (old, new) = (machine("OLD", Some("CORP\\OLD$")), machine("NEW", Some("CORP\\NEW$")));
        Hosts { old, new, is_engine_local: false }
    }

    fn seen() -> Seen {
        Seen {
            users: vec![
                principal("CORP\\OLD$", &[1]),
                principal("CORP\\admin", &[2]),
                principal("CORP\\gone", &[3]),
                principal("OLD\\somebody", &[4]),
            ],
            logins: vec![principal("CORP\\admin", &[2]), principal("corp\\GONE", &[9])],
        }
    }

    #[test]
    fn every_user_is_decided_about_and_the_healthy_ones_are_left() {
        let found = seen().decide(&hosts());
        let told: Vec<_> =
            found.iter().map(|it| (it.user.as_str(), it.decision, it.login.as_str())).collect();
        assert_eq!(
            told,
            [
                ("CORP\\OLD$", UserDecision::CreateLogin, "CORP\\NEW$"),
                ("CORP\\admin", UserDecision::Leave, "CORP\\admin"),
                ("CORP\\gone", UserDecision::AlterUser, "corp\\GONE"),
                ("OLD\\somebody", UserDecision::Manual, ""),
            ]
        );
    }

    #[test]
    fn a_login_that_is_there_by_now_is_not_created_again() {
        let mut seen = seen();
        let user = seen.decide(&hosts()).swap_remove(0);
        let texts = |seen: &Seen| {
            let statements = statements(&user, seen).unwrap();
            statements.iter().map(|it| it.text().to_owned()).collect::<Vec<_>>()
        };
        let both = texts(&seen);
        assert_eq!(both.len(), 2);
        assert!(both[0].starts_with("CREATE LOGIN [CORP\\NEW$]"));
        seen.logins.push(principal("CORP\\new$", &[8]));
        assert_eq!(texts(&seen), both[1..]);
    }

    #[test]
    fn a_user_is_mended_once_a_login_has_its_sid() {
        let mut seen = seen();
        assert_eq!(seen.login_of("CORP\\gone"), None);
        seen.users[2].sid = vec![9];
        assert_eq!(seen.login_of("CORP\\gone"), Some("corp\\GONE"));
        seen.users[2].sid = Vec::new();
        seen.logins[1].sid = Vec::new();
        assert_eq!(seen.login_of("CORP\\gone"), None);
    }

    /// It was a failure once, and the way back then dropped no login that had been created.
    #[test]
    fn a_user_without_a_login_after_all_leaves_the_outcome_unknown() {
        let came_to = |user: &str, read_again| judge(&user.into(), 2, read_again).result;
        assert_eq!(came_to("CORP\\gone", Ok(seen())), OperationResult::Unknown);
        assert_eq!(came_to("CORP\\admin", Ok(seen())), OperationResult::Done);
        assert_eq!(came_to("CORP\\admin", Err(Failure::new(Exit::Failed, "gone"))), OperationResult::Unknown);
    }

    #[test]
    fn the_account_of_wsus_itself_is_not_forgotten() {
        let seen = seen();
        let found = seen.decide(&hosts());
        // The old machine's user gets its login.
        assert_eq!(service_login(&seen, &hosts(), &found), None);
        let missing = service_login(&seen, &hosts(), &found[1..]).unwrap();
        assert_eq!((missing.user.as_str(), missing.decision), ("CORP\\NEW$", UserDecision::Manual));
        let workgroup = Hosts { new: machine("NEW", None), ..hosts() };
        assert!(service_login(&seen, &workgroup, &found[1..]).unwrap().why.as_str().contains("workgroup"));
    }
}
