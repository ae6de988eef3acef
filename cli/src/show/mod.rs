//! The only place that formats: answers of commands as text for people or JSON for machines.

mod anchored;
mod answer;
pub mod bundle;
pub mod cloud_event;
pub mod csv;
pub mod event;
mod guidance;
mod message;
mod plain;
mod proof;
mod quote;
pub mod rebuilt;
pub mod record;
mod report;
mod rotation;
mod table;
mod unit;
mod verification;

pub use anchored::Anchored;
pub use answer::{Answer, Body, Line, render, write};
pub use message::{Talk, failure};
pub use plain::plain;
pub use proof::{Proof, Proved};
pub use quote::quoted;
pub use rotation::KeyRotation;
pub use unit::{bytes, count, span};
