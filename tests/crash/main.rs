//! Goal: wherever a migration is cut off, the next run brings it to the end an uninterrupted one would have had, no
//! file is copied twice whose outcome is recorded, and the journal verifies.
//!
//! Method: `every_boundary` crashes a rehearsal at each durable boundary there is; `killed` ends a real run from
//! outside at moments drawn from a seed; `stopped` asks it to stop as a person does; `beside` looks at a journal while
//! it grows; `undurable` has the system refuse to sync the destination; `dropped` takes from the source what a killed
//! run had brought; `unheard` prints a checkpoint to nobody. A test waits for what it needs to see in the journal, never for time to pass.
//!
//! `cargo test` enumerates the small estates and samples the larger ones. The whole campaign takes minutes:
//!
//! ```text
//! CAMPAIGN=full cargo test -p wsusmigrate-tests --test crash -- --nocapture
//! CAMPAIGN_SEED=7 cargo test -p wsusmigrate-tests --test crash killed     the moments of another seed
//! ```

mod beside;
mod dropped;
mod every_boundary;
mod killed;
mod ledger;
mod stopped;
mod support;
mod susdb;
mod undurable;
#[cfg(target_os = "linux")]
mod unheard;
