//! Which events are in the journal already: the recent ones from memory, the others from the store.
//!
//! Every event is covered. Ids of an action's items (one a file, the many ones) are not indexed one by one: the
//! action's records are loaded into memory when the first item of an action is appended, and kept while it goes on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError};

use wsusmigrate_core::id::{ActionId, EventId};
use wsusmigrate_core::unit::Seq;

use crate::batch::Draft;
use crate::error::AppendError;
use crate::store::lag::Lag;
use crate::store::recent::{Content, IdMap, is_item};
use crate::store::{Store, StoreError};

/// The most items one action may have, and the most that are remembered of all actions together.
pub const ACTION_ITEMS_MAX: usize = 1 << 20;

/// Items of the actions that were appended to lately.
#[derive(Default)]
struct Actions {
    /// In order: the items of an action come nearly so, and where the next one goes is at hand then.
    items: IdMap<ActionId, BTreeMap<EventId, u64>>,
    /// Oldest first, for forgetting.
    order: VecDeque<ActionId>,
    total: usize,
}

impl Actions {
    /// Whether an event is an item of an action whose items are all known, and none of them.
    fn lacks(&self, draft: &Draft) -> bool {
        let items = draft.item_of.and_then(|action| self.items.get(&action));
        items.is_some_and(|items| items.len() < ACTION_ITEMS_MAX && !items.contains_key(&draft.id))
    }
}

pub(crate) struct Index {
    /// The open store, from the first time it is needed.
    store: Option<Store>,
    lag: Arc<Lag>,
    actions: Actions,
}

impl Index {
    pub(crate) fn new(lag: Arc<Lag>) -> Self {
        Self { store: None, lag, actions: Actions::default() }
    }

    fn store(&mut self) -> Result<&Store, StoreError> {
        match &mut self.store {
            Some(store) => Ok(store),
            none => Ok(none.insert(self.lag.store()?)),
        }
    }

    /// Where the events of a batch stand already, as far as they do. An event with the id of one of them and other
    /// content is an error. An item of an action whose items are loaded is looked for among them alone: its id holds half of
    /// the action's, and nothing but a fault gives it to another event (`verify` would tell).
    ///
    /// `in_memory`: none of them was in the journal when it was opened. Until the store has caught up, everything since
    /// then is in memory.
    pub(crate) fn find(
        &mut self,
        drafts: &[Draft],
        in_memory: bool,
    ) -> Result<Vec<Option<u64>>, AppendError> {
        let (mut found, mut undecided) = (vec![None; drafts.len()], Vec::new());
        {
            // Recent first: what leaves them meanwhile is in the store by then.
            let recent = self.lag.recent.lock().unwrap_or_else(PoisonError::into_inner);
            for (at, draft) in drafts.iter().enumerate().filter(|(_, draft)| !self.actions.lacks(draft)) {
                match recent.get(&draft.id) {
                    Some((seq, content)) => found[at] = Some(compare(draft, seq, Some(content))?),
                    None => undecided.push(at),
                }
            }
        }
        if !in_memory {
            for at in undecided {
                found[at] = self.find_stored(&drafts[at])?;
            }
        }
        Ok(found)
    }

    fn find_stored(&mut self, draft: &Draft) -> Result<Option<u64>, AppendError> {
        let stored = match draft.item_of {
            Some(action) => self.item(draft.id, action)?,
            None => self.store()?.find(&draft.id)?,
        };
        let Some(seq) = stored else { return Ok(None) };
        let record = self.store()?.record(seq)?;
        let content = record.and_then(|record| Content::of_stored(record.view()).map(|(_, content)| content));
        compare(draft, seq, content).map(Some)
    }

    /// Takes note of events that are being appended.
    pub(crate) fn insert<'a>(&mut self, placed: impl Iterator<Item = (&'a Draft, u64)>) {
        let mut recent = self.lag.recent.lock().unwrap_or_else(PoisonError::into_inner);
        for (draft, seq) in placed {
            if let Some(items) = draft.item_of.and_then(|action| self.actions.items.get_mut(&action)) {
                items.insert(draft.id, seq);
                self.actions.total += 1;
            }
            recent.insert(draft.id, seq, draft.content);
        }
    }

    /// Where an item stands, from the items of its action.
    fn item(&mut self, id: EventId, action: ActionId) -> Result<Option<u64>, AppendError> {
        if !self.actions.items.contains_key(&action) {
            self.load(action)?;
        }
        let items = self.actions.items.get(&action);
        let found = items.and_then(|items| items.get(&id)).copied();
        if found.is_none() && items.is_some_and(|items| items.len() >= ACTION_ITEMS_MAX) {
            return Err(AppendError::ActionTooLarge);
        }
        Ok(found)
    }

    /// Loads an action's items: those in the store, and the recent ones that will be in it before they are needed.
    fn load(&mut self, action: ActionId) -> Result<(), AppendError> {
        while self.actions.total > ACTION_ITEMS_MAX {
            let Some(oldest) = self.actions.order.pop_front() else { break };
            self.actions.total -= self.actions.items.remove(&oldest).map_or(0, |items| items.len());
        }
        // Recent first: a record that leaves them meanwhile is in the store by then.
        let mut items: BTreeMap<EventId, u64> = {
            let recent = self.lag.recent.lock().unwrap_or_else(PoisonError::into_inner);
            recent.with_prefix(&action).collect()
        };
        let stored = self.store()?.action(&action, ACTION_ITEMS_MAX + 1)?;
        for record in stored.ok_or(AppendError::ActionTooLarge)? {
            if let Some((envelope, _)) =
                Content::of_stored(record.view()).filter(|(envelope, _)| is_item(envelope))
            {
                items.insert(envelope.id, record.seq().0);
            }
        }
        self.actions.total += items.len();
        self.actions.order.push_back(action);
        self.actions.items.insert(action, items);
        Ok(())
    }
}

/// The same event, or another one with its id.
fn compare(draft: &Draft, seq: u64, content: Option<Content>) -> Result<u64, AppendError> {
    match content {
        Some(content) if content == draft.content => Ok(seq),
        Some(_) => Err(AppendError::Contradiction { id: draft.id, name: draft.name, seq: Seq(seq) }),
        None => Err(StoreError::new(format!("its index names record {seq}, which is not there")).into()),
    }
}

/// The store is needed to know what is there already: without it nothing can be appended.
impl From<StoreError> for AppendError {
    fn from(error: StoreError) -> Self {
        if error.lacks_room {
            return Self::DiskFull(format!("the store failed: {error}"));
        }
        if error.of_log {
            return Self::LogUnreadable(format!("the store failed: {error}"));
        }
        Self::Stopped(format!("the store failed: {error}"))
    }
}
