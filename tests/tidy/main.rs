//! House rules as tests: each finding names `file:line`, and what to write instead.
//!
//! A **rule** is a pure function from values (a tree of files, a graph of packages) to the **findings** in them.
//! Beside it stand two kinds of test: one runs it over the real tree, the others over a sample broken on purpose,
//! because a check that cannot fail is a defect.
//!
//! | module | what it keeps |
//! |---|---|
//! | `arrows` | which crate may depend on which |
//! | `nouns` | one noun, the same file name in every folder |
//! | `registry` | codes and names of events are only ever added |
//! | `golden` | stored bytes of every event type and version |
//! | `events` | `docs/EVENTS.md` is what the registry says |
//! | `length` | a file is an evening's read |
//! | `purity` | core touches nothing but values |
//! | `statements` | SQL is built in one folder, with a sample each |
//! | `words` | words and calls that have one place, or none |
//! | `manifests` | every member is set up like the others |
//! | `dependencies` | `docs/DEPENDENCIES.md` is what cargo builds |
//! | `licences` | licence and source of everything cargo locks |
//! | `advisories` | known advisories are accepted in writing, or gone |
//! | `recoveries` | every case of opening a journal has its word and its test |
//! | `docs` | the documents exist, have one title, and their links lead somewhere |
//!
//! `WSUSMIGRATE_BLESS=1 cargo test -p wsusmigrate-tests --test tidy` rewrites what is generated.

mod advisories;
mod arrows;
mod dependencies;
mod docs;
mod errors;
mod events;
mod golden;
mod length;
mod licences;
mod manifests;
mod nouns;
mod purity;
mod recoveries;
mod registry;
mod statements;
mod support;
mod words;
