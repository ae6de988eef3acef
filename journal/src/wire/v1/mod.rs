//! Version 1 of every shape, and which shape an event is written in.

mod body;
pub(crate) mod content;
pub(crate) mod database;
pub(crate) mod envelope;
pub(crate) mod inventory;
pub(crate) mod preflight;
pub(crate) mod run;

pub(crate) use body::{decode, encode};
