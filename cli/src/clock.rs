//! The host's clock: the one place that asks it for the time of an event.

use chrono::Utc;
use wsusmigrate_core::unit::TimeMicros;

/// Now, in UTC.
#[must_use]
pub fn now() -> TimeMicros {
    TimeMicros(Utc::now().timestamp_micros())
}
