//! What approvals of a plan are worth now.
//!
//! A person approves a plan, and with it what the plan would destroy and what would take its place, as both were known at that
//! moment: the engine and its SUSDB as they were last looked at, and the source's records as far as they had been taken in.
//! Where one of these is another by now, the approval is *void*: it stays on record and counts for nothing.
//!
//! An approval that was given before anybody looked is bound to what the first look finds. Whoever lets the engine be found by
//! WSUS's registry has to look first: neither plan nor person named what was approved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::DatabaseStatus;
use crate::digest::Sha256;
use crate::event::run::{PlanApproved, Role};
use crate::id::Guid;
use crate::text::{Name, Text};
use crate::unit::Seq;

/// What a plan demands before something is destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// How many persons have to approve: 1, or 2 with four eyes. Approvals may demand more, never less.
    pub persons: usize,
    /// Whether they have to know the engine by a look, because the plan does not name it.
    pub after_look: bool,
}

/// Every approval that was given, with what it is bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvals {
    /// Those of each plan, oldest first; the last one of each person speaks for that person.
    given: BTreeMap<Sha256, Vec<Given>>,
    /// How many persons each plan demands.
    wanted: BTreeMap<Sha256, u8>,
    /// `SERVERPROPERTY('ServerName')` of the engine that was last connected to.
    server: Option<Name>,
    /// The record with which the newest records of another host were taken in.
    imported: Option<Seq>,
}

/// One person's approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The person, by security identifier.
    pub sid: Text,
    /// The record of it.
    pub seq: Seq,
    /// Who gave it.
    pub account: Text,
    /// What it was given for; nothing while nobody has looked.
    pub sight: Option<Sight>,
    /// Whether somebody had looked before.
    pub after_look: bool,
}

/// What was known of the engine and its SUSDB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// The engine's name, with its instance; nothing where it was not told.
    pub server: Option<Name>,
    /// `database_guid` of the SUSDB that was there; nothing where there was none.
    pub susdb: Option<Guid>,
}

/// What stands against an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Void {
    /// Nobody had looked at the engine, and the plan does not name it.
    Unseen,
    /// The source's records that would be restored were taken in behind it, with this record.
    BeforeImport(Seq),
    /// The engine is another one.
    OtherEngine {
        /// The one it was given for.
        was: Name,
        /// The one that is there.
        is: Name,
    },
    /// The SUSDB that would be dropped is another one, or one that was not there.
    OtherSusdb {
        /// The one it was given for.
        was: Option<Guid>,
        /// The one that is there.
        is: Guid,
    },
}

/// What the approvals of a plan come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval<'a> {
    /// Those that count, one a person.
    pub counted: Vec<&'a Given>,
    /// Those that do not any more, and why.
    pub void: Vec<(&'a Given, Void)>,
    /// How many have to count.
    pub wanted: usize,
}

impl Approval<'_> {
    /// Whether a person's approval is among those that count.
    #[must_use]
    pub fn counts(&self, sid: &str) -> bool {
        self.counted.iter().any(|given| given.sid.as_str() == sid)
    }

    /// Whether so many different persons approve as have to.
    #[must_use]
    pub fn suffices(&self) -> bool {
        self.counted.len() >= self.wanted
    }
}

/// Where the history stands beside which approvals are judged.
#[derive(Clone, Copy)]
pub(super) struct Now<'a> {
    /// What this host is.
    pub(super) role: Option<Role>,
    /// What is there.
    pub(super) database: &'a DatabaseStatus,
}

impl Approvals {
    /// The approval of a plan by a record.
    #[must_use]
    pub fn given(&self, plan: Sha256, seq: Seq) -> Option<&Given> {
        self.given.get(&plan)?.iter().find(|given| given.seq == seq)
    }

    /// A person approves. Who approved before does it anew: bound to what is known by now.
    pub(super) fn approve(&mut self, seq: Seq, event: &PlanApproved, database: &DatabaseStatus) {
        let sight = self.sight(database);
        let after_look = sight.is_some();
        let given = Given { sid: event.sid.clone(), seq, account: event.account.clone(), sight, after_look };
        self.given.entry(event.plan).or_default().push(given);
        let wanted = self.wanted.entry(event.plan).or_default();
        *wanted = event.approvals_wanted.max(*wanted);
    }

    /// Another host's records are taken in.
    pub(super) const fn import(&mut self, seq: Seq) {
        self.imported = Some(seq);
    }

    /// An engine is connected to.
    pub(super) fn connect(&mut self, server: &Name) {
        self.server = Some(server.clone());
    }

    /// Somebody looked: what was approved before anybody had is bound to what is there, as soon as that tells what it is.
    pub(super) fn look(&mut self, database: &DatabaseStatus) {
        let sight = self.sight(database).filter(|sight| sight.susdb != Some(Guid::UNTOLD));
        let unbound = self.given.values_mut().flatten();
        unbound.filter(|given| given.sight.is_none()).for_each(|given| given.sight.clone_from(&sight));
    }

    fn sight(&self, database: &DatabaseStatus) -> Option<Sight> {
        let susdb = database.present?.then_some(database.database);
        Some(Sight { server: self.server.clone(), susdb })
    }

    /// What the approvals of a plan come to now.
    pub(super) fn judge(&self, plan: Sha256, demand: Demand, now: Now<'_>) -> Approval<'_> {
        let wanted = self.wanted.get(&plan).copied().map_or(1, usize::from);
        let mut approval =
            Approval { counted: Vec::new(), void: Vec::new(), wanted: demand.persons.max(wanted).max(1) };
        let all = self.given.get(&plan).map_or(&[][..], Vec::as_slice);
        let is_last =
            |(at, given): &(usize, &Given)| !all[at + 1..].iter().any(|later| later.sid == given.sid);
        for (_, given) in all.iter().enumerate().filter(is_last) {
            match self.against(given, demand, now) {
                None => approval.counted.push(given),
                Some(why) => approval.void.push((given, why)),
            }
        }
        approval
    }

    /// What stands against an approval.
    fn against(&self, given: &Given, demand: Demand, now: Now<'_>) -> Option<Void> {
        if demand.after_look && !given.after_look {
            return Some(Void::Unseen);
        }
        // What a source takes in of its destination is nothing that it would restore.
        let imported = self.imported.filter(|_| now.role != Some(Role::Source));
        if let Some(imported) = imported.filter(|imported| *imported > given.seq) {
            return Some(Void::BeforeImport(imported));
        }
        let sight = given.sight.as_ref()?;
        if let (Some(was), Some(is)) = (&sight.server, &self.server)
            && !was.as_str().eq_ignore_ascii_case(is.as_str())
        {
            return Some(Void::OtherEngine { was: was.clone(), is: is.clone() });
        }
        let is = own_susdb(now.database)?;
        (sight.susdb != Some(is)).then_some(Void::OtherSusdb { was: sight.susdb, is })
    }
}

/// The SUSDB that would be dropped: neither the source's nor what is left of it.
fn own_susdb(database: &DatabaseStatus) -> Option<Guid> {
    let is_own = database.present == Some(true) && !database.restored && !database.partial;
    is_own.then_some(database.database)
}
