//! Goal: a journal lists every statement that was sent to the engine, and every message the engine sent.
//!
//! Method: the stand-in writes down what it was asked and what it said; what the journals of a whole migration hold is taken
//! off that list, and nothing may be left on either side.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use wsusmigrate_core::database::statement::Purpose;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::{Operation, StatementRead};
use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_core::text::Text;
use wsusmigrate_fixtures::Scenario;
use wsusmigrate_fixtures::sql::instance::Pace;
use wsusmigrate_journal::evidence;

use crate::effects::is_effect;
use crate::site::Site;

/// A backup of the smallest SUSDB takes longer than the program waits before it asks how far it is.
const SLOW: Pace = Pace { step_bytes: 1 << 16, delay_ms: 500 };

/// Texts, and how often each was heard.
pub(crate) type Heard = BTreeMap<String, i64>;

/// What a journal says.
#[derive(Default)]
pub(crate) struct Journaled {
    /// Statements that read.
    pub(crate) read: Heard,
    /// What was begun, in its order.
    pub(crate) operations: Vec<Operation>,
    /// What each operation asks of the engine, batch behind batch; nothing is left of it where all was heard.
    pub(crate) acts: Vec<String>,
    /// What the engine said.
    said: Vec<String>,
}

/// A text of a record; the whole of a longer one is evidence.
fn whole(journal: &Path, text: &Text, kept: Option<Sha256>) -> String {
    match kept {
        Some(digest) => fs::read_to_string(evidence::path(journal, digest)).expect("evidence"),
        None => text.as_str().to_owned(),
    }
}

fn read(journal: &Path, it: &StatementRead, into: &mut Journaled) {
    *into.read.entry(whole(journal, &it.statement, it.whole)).or_default() += i64::from(it.times);
    // `Msg 5701, Level 10, State 2, Line 1: Changed ...`
    let said = whole(journal, &it.said, it.said_whole);
    let messages: Vec<_> =
        said.lines().map(|line| line.split_once(": ").expect("a message").1.to_owned()).collect();
    assert_eq!(messages.len(), it.messages as usize, "{said}");
    into.said.extend(messages);
}

/// Whether an operation is a matter of statements; the others are children, services and files.
pub(crate) fn is_of_the_engine(operation: Operation) -> bool {
    match operation {
        Operation::CheckSource
        | Operation::VerifyBackup
        | Operation::VerifyCarried
        | Operation::VerifyOwn
        | Operation::CheckRestored => true,
        other => is_effect(other),
    }
}

pub(crate) fn journaled(site: &Site, server: &str) -> Journaled {
    let journal = site.world.path(server).join("m.journal");
    let mut all = Journaled::default();
    for event in site.history(server).events() {
        let Event::Database(event) = event else { continue };
        match event {
            DatabaseEvent::StatementRead(it) => read(&journal, it, &mut all),
            DatabaseEvent::OperationStarted(it) => {
                all.operations.push(it.operation);
                if is_of_the_engine(it.operation) {
                    all.acts.push(whole(&journal, &it.statement, it.whole));
                }
            }
            DatabaseEvent::MessageReceived(it) => all.said.push(it.text.as_str().to_owned()),
            _ => {}
        }
    }
    all
}

/// What the stand-in wrote down: what the program asked, and what it was told. `wsusutil` is a client of its own.
fn heard(site: &Site, server: &str) -> (Heard, Heard) {
    let folder = if server == "old" { "source" } else { "destination" };
    let text =
        fs::read_to_string(site.world.path("hosts").join(folder).join("sql/heard.log")).expect("a diary");
    let (mut asked, mut said, mut ours) = (Heard::new(), Heard::new(), BTreeSet::new());
    for line in text.lines() {
        let [session, what, text] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let text: String = serde_json::from_str(text).expect("JSON");
        let list = match what {
            "login" if text == "wsusmigrate" => {
                ours.insert(session);
                continue;
            }
            "login" => {
                ours.remove(session);
                continue;
            }
            "asked" => &mut asked,
            _ => &mut said,
        };
        if ours.contains(session) {
            *list.entry(text).or_default() += 1;
        }
    }
    (asked, said)
}

/// Each batch that was heard and reads nothing is taken off one operation; whatever is left on either side is wrong.
fn unequal_acts(asked: Heard, mut acts: Vec<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    // The longest first: one batch may be a part of another.
    let mut asked: Vec<_> = asked.into_iter().collect();
    asked.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    for (text, times) in asked {
        let meant = (0..times).take_while(|_| acts.iter_mut().any(|act| takes(act, &text))).count();
        let left = times - i64::try_from(meant).expect("a few");
        if left != 0 {
            wrong.push(format!("heard {left} times more than journaled: {text}"));
        }
    }
    // A comment between two batches is for those who read the journal.
    let unheard = acts.iter().flat_map(|act| act.lines());
    let unheard = unheard.filter(|line| !line.trim().is_empty() && !line.starts_with("-- "));
    wrong.extend(unheard.map(|act| format!("journaled and not heard: {act}")));
    wrong
}

/// Takes a batch out of an operation's statement.
fn takes(act: &mut String, batch: &str) -> bool {
    let at = act.find(batch);
    if let Some(at) = at {
        act.replace_range(at..at + batch.len(), "");
    }
    at.is_some()
}

#[test]
fn a_batch_too_many_on_either_side_is_told() {
    let judged = |asked: &[(&str, i64)], acts: &[&str]| {
        let asked = asked.iter().map(|(text, times)| ((*text).to_owned(), *times)).collect();
        unequal_acts(asked, acts.iter().map(|act| (*act).to_owned()).collect())
    };
    assert_eq!(judged(&[("a;", 2), ("b;", 1)], &["a;", "b;\n-- Or:\na;", ""]), [""; 0]);
    assert_eq!(judged(&[("a;", 2)], &["a;"]), ["heard 1 times more than journaled: a;"]);
    assert_eq!(judged(&[("a;", 1)], &["a;", "a;"]), ["journaled and not heard: a;"]);
    assert_eq!(judged(&[("a;", -1)], &[]), ["heard -1 times more than journaled: a;"]);
}

/// What one of the two tells and the other does not.
fn unequal(site: &Site, server: &str) -> Vec<String> {
    let Journaled { read, acts, said, .. } = journaled(site, server);
    let (mut asked, mut told) = heard(site, server);
    let mut wrong = Vec::new();
    for (text, times) in read {
        *asked.entry(text).or_default() -= times;
    }
    wrong.extend(unequal_acts(asked, acts));
    for text in said {
        *told.entry(text).or_default() -= 1;
    }
    // The login's two messages come from the protocol, which keeps no diary: each connection has both.
    let of_login =
        |text: &str| text.starts_with("Changed database context") || text.starts_with("Changed language");
    let logins: Vec<_> =
        told.iter().filter(|(text, left)| of_login(text) && **left < 0).map(|(_, left)| *left).collect();
    if logins.len() != 2 || logins[0] != logins[1] {
        wrong.push(format!("of the logins' messages: {logins:?}"));
    }
    let left = told.into_iter().filter(|(text, left)| *left != 0 && !of_login(text));
    wrong.extend(left.map(|(text, left)| format!("{left} times more said than journaled: {text}")));
    wrong
}

/// Migrates a scenario, the source's plan with more lines.
fn migrated(scenario: &Scenario, more: &str) -> Site {
    let mut site = Site::new(scenario, None, None);
    let plan = site.world.path("old/migration.toml");
    let text = fs::read_to_string(&plan).expect("the plan");
    fs::write(&plan, format!("{text}{more}")).expect("the plan");
    site.run_to_the_end("old", crate::secrets::RUN_MAX);
    site.hand_over();
    site.run_to_the_end("new", crate::secrets::RUN_MAX);
    site
}

/// How often somebody asked how far an operation was, an operation each.
fn polls(site: &Site) -> Vec<u32> {
    let history = site.history("old");
    let asked = history.events().iter().filter_map(|event| match event {
        Event::Database(DatabaseEvent::StatementRead(it)) if it.purpose == Purpose::Progress => {
            Some(it.times)
        }
        _ => None,
    });
    asked.collect()
}

#[test]
fn every_statement_and_every_message_is_journaled() {
    // On a pipe the program reads the messages itself, over TLS the client library tells them; a free edition refuses the
    // first of two backups. That backup takes so long that somebody asks how far it is.
    for (name, more) in [("tiny", ""), ("sql-to-sql", "compression = 'on'\n")] {
        let mut scenario = Scenario::named(name).expect("a scenario");
        if !more.is_empty() {
            scenario.database.as_mut().expect("engines").source.pace = SLOW;
        }
        let site = migrated(&scenario, more);
        for server in ["old", "new"] {
            assert_eq!(unequal(&site, server), Vec::<String>::new(), "{name} {more:?} {server}");
        }
        assert!(journaled(&site, "new").read.len() > 30, "statements that read");
        if !more.is_empty() {
            let polls = polls(&site);
            assert!((1..=3).contains(&polls.len()) && polls.iter().all(|times| *times > 0), "{polls:?}");
        }
    }
}
