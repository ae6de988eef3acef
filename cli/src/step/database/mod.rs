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
mod folder;
mod look;
mod marks;
mod media;
mod operation;
mod parity;
mod places;
mod postinstall;
pub(crate) mod probe;
mod prove;
mod reconcile;
mod replace;
mod rest;
mod room;
mod services;
mod sleep;
mod target;
mod users;
mod verify;
mod watch;
mod way_back;

pub(super) use course::perform;
pub(crate) use engine::Engine;
pub(crate) use media::Media;
pub use way_back::look as look_at_way_back;
