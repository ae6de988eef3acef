//! The host's clock: the one place that asks it for the time of an event.

use chrono::{Local, Utc};
use wsusmigrate_core::database::Day;
use wsusmigrate_core::unit::TimeMicros;

/// Now, in UTC.
#[must_use]
pub fn now() -> TimeMicros {
    TimeMicros(Utc::now().timestamp_micros())
}

/// The day it is here.
#[must_use]
pub fn today() -> Day {
    Day::from(Local::now().date_naive())
}

/// Seconds the host's civil time is ahead of UTC at this moment; negative west of Greenwich.
#[must_use]
pub fn utc_offset_s() -> i32 {
    Local::now().offset().local_minus_utc()
}
