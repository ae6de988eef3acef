//! Quantities for people.

use std::time::Duration;

use indicatif::{FormattedDuration, HumanBytes, HumanCount};

/// A size: `286.10 MiB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// A number with thousands separated: `200,000`.
#[must_use]
pub fn count(count: u64) -> String {
    HumanCount(count).to_string()
}

/// A time span given in microseconds: `0.75 s` below a minute, `01:02:03` above.
#[must_use]
pub fn span(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let duration = Duration::from_micros(micros.unsigned_abs());
    if duration < Duration::from_mins(1) {
        format!("{sign}{:.2} s", duration.as_secs_f64())
    } else {
        format!("{sign}{}", FormattedDuration(duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_change_their_form_at_a_minute() {
        assert_eq!(span(750_000), "0.75 s");
        assert_eq!(span(3_723_000_000), "01:02:03");
        assert_eq!(span(-1_000_000), "-1.00 s");
    }
}
