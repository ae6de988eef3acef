//! Which events are in the journal already: the recent ones from memory, the others from the store.
//!
//! Every event is covered. Ids of an action's items (one a file, the many ones) are not indexed one by one: the
//! action's records are loaded into memory when the first item of an action is appended, and kept while it goes on.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError};

use wsusmigrate_core::id::{ActionId, EventId};
use wsusmigrate_core::unit::Seq;

use crate::append::Draft;
use crate::error::AppendError;
use crate::store::lag::Lag;
use crate::store::recent::{Content, IdMap, is_item};
use crate::store::{Store, StoreError};

/// The most items one action may have, and the most that are remembered of all actions together.
pub const ACTION_ITEMS_MAX: usize = 1 << 20;

/// Items of the actions that were appended to lately.
#[derive(Default)]
struct Actions {
    items: HashMap<ActionId, IdMap<EventId, u64>>,
    /// Oldest first, for forgetting.
    order: VecDeque<ActionId>,
    total: usize,
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

    /// Where an event stands that was not in the journal when it was opened: until the store has caught up, everything
    /// since then is in memory.
    pub(crate) fn find_recent(&self, draft: &Draft) -> Result<Option<u64>, AppendError> {
        match self.recent(&draft.proposed.envelope.id) {
            Some((seq, content)) => compare(draft, seq, Some(content)),
            None => Ok(None),
        }
    }

    /// Where an event stands already, if it does. An event with its id and other content is an error.
    pub(crate) fn find(&mut self, draft: &Draft) -> Result<Option<u64>, AppendError> {
        let envelope = &draft.proposed.envelope;
        // Recent first: what leaves them meanwhile is in the store by then.
        if let Some((seq, content)) = self.recent(&envelope.id) {
            return compare(draft, seq, Some(content));
        }
        let stored = if is_item(envelope) { self.item(draft)? } else { self.store()?.find(&envelope.id)? };
        let Some(seq) = stored else { return Ok(None) };
        let record = self.store()?.record(seq)?;
        let content = record.and_then(|record| Content::of_stored(record.view()).map(|(_, content)| content));
        compare(draft, seq, content)
    }

    fn recent(&self, id: &EventId) -> Option<(u64, Content)> {
        self.lag.recent.lock().unwrap_or_else(PoisonError::into_inner).get(id)
    }

    /// Takes note of an event that is being appended.
    pub(crate) fn insert(&mut self, draft: &Draft, seq: u64) {
        let envelope = &draft.proposed.envelope;
        if let Some(action) = envelope.action.filter(|_| is_item(envelope))
            && let Some(items) = self.actions.items.get_mut(&action)
        {
            items.insert(envelope.id, seq);
            self.actions.total += 1;
        }
        let mut recent = self.lag.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.insert(envelope.id, seq, draft.content);
    }

    /// Where an item stands, from the items of its action.
    fn item(&mut self, draft: &Draft) -> Result<Option<u64>, AppendError> {
        let envelope = &draft.proposed.envelope;
        let Some(action) = envelope.action else { return Ok(None) };
        if !self.actions.items.contains_key(&action) {
            self.load(action)?;
        }
        let items = self.actions.items.get(&action);
        let found = items.and_then(|items| items.get(&envelope.id)).copied();
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
        let mut items: IdMap<EventId, u64> = {
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
fn compare(draft: &Draft, seq: u64, content: Option<Content>) -> Result<Option<u64>, AppendError> {
    let proposed = &draft.proposed;
    match content {
        Some(content) if content == draft.content => Ok(Some(seq)),
        Some(_) => Err(AppendError::Contradiction {
            id: proposed.envelope.id,
            name: proposed.event.kind().name(),
            seq: Seq(seq),
        }),
        None => Err(StoreError::new(format!("its index names record {seq}, which is not there")).into()),
    }
}

/// The store is needed to know what is there already: without it nothing can be appended.
impl From<StoreError> for AppendError {
    fn from(error: StoreError) -> Self {
        if error.lacks_room {
            return Self::DiskFull(format!("the store failed: {error}"));
        }
        Self::Stopped(format!("the store failed: {error}"))
    }
}
