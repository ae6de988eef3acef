//! The event store in sled: every record, packed, and the indexes. It follows the log and can be rebuilt from it.
//!
//! sled's `flush` is no fsync on Linux, its damage shows as silent loss or a panic, and only one process can open
//! it. So nothing is acknowledged on its strength, every call into it is caught, and whatever it says at open is held
//! against the log, by the follower's thread: nobody waits for it who can do without.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `records` | first sequence of a pack | the pack, see [`pack`] |
//! | `ids` | event id | sequence; not of an action's items, which `actions` finds |
//! | `actions` | action id, first sequence of a run that holds records of it | nothing |
//! | `subjects` | first sequence of a run | its subjects, sorted, see [`run`] |
//! | sled's own | `applied` | records applied, leaf hash of the last, stream |
//! | | `indexes` | version of what the indexes hold |

mod base;
mod compare;
pub(crate) mod find;
pub(crate) mod follow;
pub(crate) mod lag;
pub(crate) mod pack;
pub(crate) mod rebuild;
pub(crate) mod recent;
pub(crate) mod room;
mod round;
pub(crate) mod run;
pub(crate) mod settle;

pub(crate) use base::{Applied, Changes, Store, StoreError, guarded};
pub(crate) use lag::LAG_RECORDS_MAX;
