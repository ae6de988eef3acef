//! Goal: what the acceptance of step 3.3 asks for beyond crashes: connections that are cut anywhere, secrets that turn up
//! nowhere, a SUSDB of any size in the same memory, every statement and every message in the journal.
//!
//! Method: two simulated servers run in this process, the program runs on them as a person there would start it. A larger
//! campaign, with figures:
//!
//! ```text
//! CAMPAIGN=full cargo test --release -p wsusmigrate-tests --test susdb -- --nocapture
//! ```
#![cfg(unix)]

mod barred;
mod carrying;
mod confirm;
mod cut;
mod effects;
mod faults;
mod four_eyes;
mod heard;
mod planned;
mod secrets;
mod site;
mod volume;
mod way_back;
