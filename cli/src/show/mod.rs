//! The only place that formats: answers of commands as text for people or JSON for machines.

mod answer;
pub mod event;
mod guidance;
mod message;
mod quote;
pub mod record;
mod report;
mod table;
mod unit;
mod verification;

pub use answer::{Answer, Body, Line, render};
pub use message::{Talk, failure};
pub use quote::quoted;
pub use unit::{bytes, count, span};
