//! Step 3.3, `database`: whatever core says comes next, on this host's engine.

mod backup;
mod carry;
mod catalogue;
mod check;
mod confirm;
mod course;
mod engine;
pub(crate) mod facts;
mod files;
mod look;
mod marks;
mod operation;
mod parity;
mod postinstall;
mod prove;
mod reconcile;
mod replace;
mod rest;
mod services;
mod sleep;
mod target;
mod users;
mod verify;
mod watch;
mod way_back;

pub(super) use course::perform;
pub(crate) use engine::Engine;
pub use way_back::look as look_at_way_back;
