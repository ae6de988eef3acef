//! Sentences about approvals: whose count, whose do not any more and why, who has to come.

use super::touched_so_far;
use crate::digest::Sha256;
use crate::id::Guid;
use crate::projection::Migration;
use crate::status::{Approval, Demand, Given, Void};

/// What a run that stands before what destroys waits for, and what helps.
#[must_use]
pub fn approval_missing(state: &Migration, demand: Demand) -> String {
    let touched = touched_so_far(state);
    let Some(plan) = state.run.status.run.plan else {
        return format!("an approval is missing; {touched}");
    };
    let approval = state.run.status.approval_of(plan, demand);
    let void = void_approvals(state, plan, demand);
    let who = match approved_by(&approval) {
        None => "read `wsusmigrate plan`, then `wsusmigrate plan --approve --ticket N`".to_owned(),
        Some(by) => {
            let (given, wanted) = (approval.counted.len(), approval.wanted);
            format!(
                "{given} of {wanted} approvals given, by {by}; a second person, under another account, reads \
                 `wsusmigrate plan`, then `wsusmigrate plan --approve --ticket N`"
            )
        }
    };
    let why = [vec!["an approval is missing".to_owned()], void, vec![touched]].concat().join("; ");
    format!("{why}: {who}")
}

/// Who approved, of those that count; nothing where nobody did.
#[must_use]
pub(super) fn approved_by(approval: &Approval<'_>) -> Option<String> {
    let names: Vec<_> = approval.counted.iter().map(|given| given.account.to_string()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// A sentence for each approval of a plan that counts no more.
#[must_use]
pub fn void_approvals(state: &Migration, plan: Sha256, demand: Demand) -> Vec<String> {
    let approval = state.run.status.approval_of(plan, demand);
    approval.void.iter().map(|(given, why)| told(given, why)).collect()
}

fn told(given: &Given, why: &Void) -> String {
    let why = match why {
        Void::Unseen => {
            "nobody had looked at the engine when it was given, and the plan leaves it to the registry which one that is"
                .to_owned()
        }
        Void::BeforeImport(record) => {
            format!("the source's records that would be restored were imported after it (record {record})")
        }
        Void::OtherEngine { was, is } => format!("it was given for the engine {was}, and this is {is}"),
        Void::OtherSusdb { was, is } => {
            format!("it was given for {}, and now there is {}", susdb(*was), susdb(Some(*is)))
        }
    };
    format!("the approval by {} (record {}) does not count: {why}", given.account, given.seq)
}

fn susdb(guid: Option<Guid>) -> String {
    match guid {
        None => "no SUSDB".to_owned(),
        Some(guid) if guid.is_told() => format!("SUSDB {guid}"),
        Some(_) => "a SUSDB that does not tell what it is".to_owned(),
    }
}
