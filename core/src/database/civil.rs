//! The engine's own times: `datetime` has no offset, and what an engine writes there is the civil time of its host.

use chrono::DateTime;

use crate::unit::TimeMicros;

/// A time as the engine's host has it, such as `2026-11-23T01:02:03.457`: without offset, for nobody tells one. T-SQL reads
/// this form the same in every language of a server. Below a millisecond it is cut off, which `datetime` does not hold.
#[must_use]
pub fn civil(time: TimeMicros) -> String {
    let shown = DateTime::from_timestamp_micros(time.0);
    shown.map_or_else(|| time.to_string(), |time| time.format("%Y-%m-%dT%H:%M:%S%.3f").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_civil_time_claims_no_offset() {
        assert_eq!(civil(TimeMicros(1_700_000_000_123_456)), "2023-11-14T22:13:20.123");
        // 1753-01-01, the first day of `datetime`.
        assert_eq!(civil(TimeMicros(-6_847_804_799_999_000)), "1753-01-01T00:00:00.001");
        assert_eq!(civil(TimeMicros(i64::MAX)), "9223372036854775807 us");
    }
}
