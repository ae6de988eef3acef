//! Measures wsusmigrate and its peers in the same run: `cargo run --release -- content [--quick]`.
//!
//! ```text
//!  tree ──► series: ours, peer, ours, peer … each in a fresh folder, each from the same cache ──► ratios pair by pair
//! ```
//!
//! Vocabulary
//! - A *contender* is what is timed: our program, or a peer that does the same work with the system's tools.
//! - A *pair* is one run of each contender of a series, one right after the other. Ratios are taken within pairs, so
//!   that a machine that slows down over minutes slows both.
//!
//! Ours is a process of its own like the peers: this executable again, told by [`role`] to be the program.

mod args;
mod cache;
mod contender;
mod content;
mod engine;
mod error;
mod journal;
mod machine;

mod quiet;
mod report;
mod role;
mod series;
mod stats;
mod tree;

fn main() -> std::process::ExitCode {
    role::main()
}
