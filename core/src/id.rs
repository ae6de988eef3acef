//! Identifiers, one type a kind, and how event ids are derived.
//!
//! Random ids ([`MigrationId`], [`RunId`], [`StreamId`]) are made by the shell and handed in. [`ActionId`] and
//! [`EventId`] are derived from what they name, so that a repeat after a restart is recognised.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use crate::database::Guid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps 16 bytes that were stored or drawn elsewhere.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes, in the order of RFC 9562.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Any of the forms people write a UUID in.
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

id!(
    /// One migration: one source server, one destination server, one plan that may grow. Random.
    MigrationId
);
id!(
    /// One run of the program that may write. Random.
    RunId
);
id!(
    /// One journal as a sequence of records. Random; part of the checkpoint origin.
    StreamId
);
id!(
    /// One action: something with an intent before it and an outcome after it. Derived, see [`ActionId::derive`].
    ActionId
);
id!(
    /// One event. Derived, see [`EventId::of_action`] and [`EventId::of_observation`].
    EventId
);

impl MigrationId {
    /// A random id from 16 random bytes (UUID version 4 once the version bits are set).
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl RunId {
    /// A random id from 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl StreamId {
    /// A random id from 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

/// Which of an action's events an id belongs to. The numbers are stored inside event ids and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Before the action: what was found, what is expected.
    Intent = 1,
    /// One effect of an action that has many, such as one file of a batch.
    Item = 2,
    /// After the action.
    Outcome = 3,
    /// After a restart: what a look at the world showed.
    Reconciled = 4,
    /// Before one effect of an action that has many, where that effect needs an intent of its own.
    ItemIntent = 5,
    /// A person said what became of an action that no look could settle.
    Answered = 6,
}

impl ActionId {
    /// The id of the action that `name` (dotted, such as `content.copy-batch`) and `key` (whatever tells two such
    /// actions of one migration apart) describe. The same inputs give the same id for ever.
    #[must_use]
    pub fn derive(migration: MigrationId, name: &str, key: &[u8]) -> Self {
        Self(hashed(b"wsusmigrate action\0", migration, name, key))
    }
}

impl EventId {
    /// The id of one event of an action: 60 bits of the action's id, then `phase`, `attempt` and `item`.
    ///
    /// Ids of one action share a prefix and run upwards with the item, so an index of them is written in sorted
    /// runs. `attempt` counts from 0 and saturates at 16,383; `item` is below 2^40 (a batch position).
    #[must_use]
    pub fn of_action(action: ActionId, phase: Phase, attempt: u16, item: u64) -> Self {
        const ITEM_BITS: u32 = 40;
        const PHASE_BITS: u32 = 8;
        const ATTEMPT_MAX: u16 = (1 << 14) - 1;
        const { assert!(ITEM_BITS + PHASE_BITS + 14 == 62, "RFC 9562 leaves 62 bits after the variant") };
        debug_assert!(item < 1 << ITEM_BITS);
        let low = (u64::from(attempt.min(ATTEMPT_MAX)) << (ITEM_BITS + PHASE_BITS))
            | (u64::from(phase as u8) << ITEM_BITS)
            | (item & ((1 << ITEM_BITS) - 1));
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&action.as_bytes()[..8]);
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        Self(Uuid::new_v8(bytes))
    }

    /// The id of an observation, from its natural key: `name` is the event's dotted name, `key` whatever makes the
    /// observation the same one when it is made again (for example run id and field name).
    #[must_use]
    pub fn of_observation(migration: MigrationId, name: &str, key: &[u8]) -> Self {
        Self(hashed(b"wsusmigrate observation\0", migration, name, key))
    }
}

/// A UUID of version 8 from a domain, a migration, a name and a key; the name's length keeps the two apart.
fn hashed(domain: &[u8], migration: MigrationId, name: &str, key: &[u8]) -> Uuid {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(domain)
        .chain_update(migration.as_bytes())
        .chain_update((name.len() as u64).to_be_bytes())
        .chain_update(name.as_bytes())
        .chain_update(key)
        .finalize()
        .into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Uuid::new_v8(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration() -> MigrationId {
        MigrationId::from_random([7; 16])
    }

    #[test]
    fn the_same_action_has_the_same_id_and_another_key_another() {
        let one = ActionId::derive(migration(), "content.copy-batch", b"0");
        assert_eq!(one, ActionId::derive(migration(), "content.copy-batch", b"0"));
        assert_ne!(one, ActionId::derive(migration(), "content.copy-batch", b"1"));
        // The length of the name is part of the input: shifting a byte from key to name changes the id.
        assert_ne!(ActionId::derive(migration(), "ab", b"c"), ActionId::derive(migration(), "a", b"bc"));
    }

    #[test]
    fn item_ids_of_one_action_sort_by_item() {
        let action = ActionId::derive(migration(), "content.copy-batch", b"0");
        let ids: Vec<_> = (0..300).map(|item| EventId::of_action(action, Phase::Item, 0, item)).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 300);
    }

    #[test]
    fn phases_and_attempts_tell_events_apart() {
        let action = ActionId::derive(migration(), "content.copy-batch", b"0");
        let mut seen = std::collections::BTreeSet::new();
        for phase in [
            Phase::Intent,
            Phase::Item,
            Phase::Outcome,
            Phase::Reconciled,
            Phase::ItemIntent,
            Phase::Answered,
        ] {
            for attempt in [0, 1, 16_383] {
                assert!(seen.insert(EventId::of_action(action, phase, attempt, 0)));
            }
        }
    }

    #[test]
    fn the_derivation_is_frozen() {
        // A changed derivation would make every journal's repeats unrecognisable.
        let action = ActionId::derive(migration(), "content.copy-batch", b"0");
        assert_eq!(action.to_string(), "b81cac72-a45b-89f8-80cd-61ad064337f8");
    }
}
