//! What surrounds SUSDB: users, services, settings, sessions, logs that were kept.

use super::{Side, keys, or_dash, yes};
use crate::database::principals::left_by_created;
use crate::database::setting::{Meaning, Place};
use crate::event::database::{Operation, UserDecision};
use crate::report::{Section, Value};

/// Users without their logins; those that need nothing are counted. What the program may not do is a step for a person, with its reason.
pub(super) fn users(side: Side<'_>) -> Section {
    let database = side.database();
    let mut section = side.section(keys("users", "source_users"), "Users of SUSDB that need something");
    let needy = || database.users.values().filter(|user| user.decision != UserDecision::Leave);
    let healthy = database.users.len() - needy().count();
    if healthy > 0 {
        section.figure("healthy", "Users that need nothing", healthy);
    }
    let rows = needy().map(|user| {
        vec![
            user.user.as_str().into(),
            user.kind.as_str().into(),
            user.decision.word().into(),
            or_dash(user.login.as_str()).into(),
            user.why.as_str().into(),
        ]
    });
    section.table("users", &["user", "type", "decision", "login", "because"], rows);
    let ids = needy().map(|user| vec![user.user.as_str().into(), user.sid.as_str().into()]);
    section.table("user_ids", &["user", "security id"], ids);
    let by_hand = database.users.values().filter(|user| user.decision == UserDecision::Manual);
    section.notes.extend(by_hand.map(|user| format!("By hand: user {}: {}", user.user, user.why)));
    let created = database.users.values().filter(|user| user.decision == UserDecision::CreateLogin);
    section.notes.extend(created.filter_map(|user| {
        left_by_created(user.login.as_str()).map(|why| format!("By hand: login {}: {why}", user.login))
    }));
    section
}

/// Services as they were before they were first touched.
pub(super) fn services(side: Side<'_>) -> Section {
    let mut section = side.section(keys("services", "source_services"), "Services as they were before");
    let rows = side.database().services.values().map(|service| {
        let told =
            [service.service.as_str(), service.kind.word(), service.state.word(), service.start.word()];
        told.map(Value::from).to_vec()
    });
    section.table("services", &["service", "kind", "state", "starts"], rows);
    if !side.database().services.is_empty() {
        let status = &side.state.run.status.database;
        let now = match (status.stopped, status.owes_services) {
            (true, _) => "stopped by this migration",
            (false, true) => "stopped by this migration, and perhaps started since",
            (false, false) => "as this migration found or started them",
        };
        section.figure("now", "Now", now);
    }
    section
}

/// What an inferred meaning is.
const INFERRED: &str = "Inferred: what the value does follows from the names in the schema and from tools that read it, not from \
                        a document. Look in the console before the cutover that nothing is on.";

/// Settings as they were before they were put to sleep.
pub(super) fn settings(side: Side<'_>) -> Section {
    let database = side.database();
    let mut section = side.section(keys("settings", "source_settings"), "Put to sleep until the cutover");
    let rows = database.settings.values().map(|setting| {
        let values = [&setting.value, &setting.becomes].map(|value| or_dash(value.as_str()).into());
        let [value, becomes] = values;
        let meaning =
            setting.setting.as_str().parse::<Place>().map_or(Meaning::Inferred, |place| place.meaning());
        vec![setting.setting.as_str().into(), value, becomes, meaning.word().into()]
    });
    section.table("settings", &["setting", "was", "became", "meaning"], rows);
    if !database.settings.is_empty() {
        section.notes.push(INFERRED.to_owned());
        let done = database.last_done(Operation::Sleep).and_then(|record| record.finished.as_ref());
        section.figure(
            "asleep",
            "Since",
            done.map_or_else(|| "not put to sleep yet".into(), |it| Value::from(it.0)),
        );
    }
    section
}

/// Sessions that were in SUSDB before its drop, which ends them.
pub(super) fn sessions(side: Side<'_>) -> Section {
    let mut section = side.section(keys("sessions", "source_sessions"), "Sessions in SUSDB before its drop");
    let rows = side.database().sessions.iter().map(|session| {
        let (login, host) = (session.login.as_str().into(), or_dash(session.host.as_str()).into());
        vec![u64::from(session.session).into(), login, host, or_dash(session.program.as_str()).into()]
    });
    section.table("sessions", &["session", "login", "host", "program"], rows);
    if !side.database().sessions.is_empty() {
        let ended = side.database().last_done(Operation::Drop).is_some();
        section.figure("ended", "Ended by the drop", yes(ended));
    }
    section
}

/// Logs, and what the engine answered about media, by digest.
pub(super) fn evidence(side: Side<'_>) -> Section {
    let mut section = side.section(keys("evidence", "source_evidence"), "Logs and answers that were kept");
    let rows = side.database().evidence.iter().map(|kept| {
        let (origin, what) = (kept.origin.as_str().into(), kept.what.as_str().into());
        vec![origin, what, Value::bytes(kept.bytes), kept.sha256.to_string().into()]
    });
    section.table("evidence", &["path", "what", "size", "SHA-256"], rows);
    section
}
