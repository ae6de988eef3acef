//! Goal: what the audit tells of an operation says no more than the journal knows, and why it knows no more.
//! Method: operations whose statement, time or messages are lacking, and the lines the report has of them.

mod support;

use support::susdb::*;
use support::told::*;
use support::*;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::*;

/// A carrying of the backup, with what the server said meanwhile: number and words.
fn said(messages: &[(Option<i32>, &str)]) -> History {
    let (begun, action) = in_database(Role::Destination).begins(Operation::VerifyCarried);
    let heard = messages.iter().zip(0..).fold(begun, |history, (&(number, text), ordinal)| {
        let class = number.map(|_| 0);
        let told = MessageReceived {
            ordinal,
            is_error: false,
            number,
            class,
            state: None,
            line: None,
            text: text.into(),
        };
        history.of(action, told)
    });
    heard.of(action, outcome(Operation::VerifyCarried, OperationResult::Done, messages.len()))
}

const WHY: &str = "operations: ? is what is not known: over a connection that is encrypted as a whole, what a server says in \
                   passing comes without its number and level; errors have theirs.";

#[test]
fn how_far_it_was_is_told_once_by_the_last_word() {
    let numbered = [(Some(3211), "10 percent"), (Some(3211), "100 percent"), (Some(3262), "It is valid.")];
    let history = said(&numbered);
    let seq = history.state().database.operations[0].seq;
    let told = audited(&history);
    told.says(&format!("operations/messages {seq} | 3211 | 0 | 100 percent (the last of 2 of its kind)"));
    told.says(&format!("operations/messages {seq} | 3262 | 0 | It is valid."));
    told.never_says(&format!("operations/messages {seq} | 3211 | 0 | 10 percent"));
    told.never_says(WHY);
}

#[test]
fn numbers_that_are_not_known_are_explained_and_progress_is_known_by_its_words() {
    let bare = [
        (None, "10 percent processed."),
        (None, "100 percent processed."),
        (None, "Processed 100 percent processed."),
    ];
    let history = said(&bare);
    let seq = history.state().database.operations[0].seq;
    let told = audited(&history);
    told.says(&format!(
        "operations/messages {seq} | ? | ? | 100 percent processed. (the last of 2 of its kind)"
    ));
    told.says(&format!("operations/messages {seq} | ? | ? | Processed 100 percent processed."));
    told.never_says(&format!("operations/messages {seq} | ? | ? | 10 percent"));
    told.says(WHY);
}

#[test]
fn an_operation_that_had_nothing_to_send_says_so() {
    let (begun, action) = (restored(), action("asleep"));
    let nothing = OperationStarted { statement: "".into(), ..intent(Operation::Sleep) };
    let slept = begun.of(action, nothing).of(action, outcome(Operation::Sleep, OperationResult::Done, 0));
    let seq = slept.state().database.operations.last().expect("the sleep").seq;
    audited(&slept).says(&format!("operations/statements {seq} | none: there was nothing to send"));
}

/// A restore that was cut off once "took 0.02 s".
#[test]
fn what_nobody_saw_the_end_of_took_nobody_knows_how_long() {
    let (begun, action) = stopped().does(Operation::Drop).begins(Operation::Restore);
    let cut = begun.of(action, outcome(Operation::Restore, OperationResult::Unknown, 0));
    let (operation, detail) = (Operation::Restore, "ONLINE".into());
    let found = cut.of(action, OperationReconciled { operation, found: Probe::Happened, detail });
    let seq = found.state().database.operations.last().expect("the restore").seq;
    audited(&found).says(&format!("operations/operations {seq} | @{seq} | restore | not known | happened"));
}
