//! The hands of a WSUS migration: commands, executor, adapters and rendering.
//!
//! A command is `Args` and a function from them to an [`show::Answer`]; only [`show`] formats. The executor asks
//! core what comes next, records the intent, lets an adapter act, and records the outcome.

pub mod adapter;
pub mod clock;
pub mod command;
pub mod config;
pub mod error;
pub mod executor;
pub mod exit;
pub mod place;
pub mod platform;
pub mod progress;
pub mod show;
pub mod step;
pub mod stop;

pub use command::main;
