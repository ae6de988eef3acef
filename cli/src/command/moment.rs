//! A moment of the journal as people type it: a record number or a time.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use wsusmigrate_core::unit::{Seq, TimeMicros};
use wsusmigrate_journal::Upto;

/// A record number, or a time: RFC 3339 with an offset, or a date or date and time in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Up to and including that record.
    Seq(Seq),
    /// Up to and including that time.
    Time(TimeMicros),
}

impl Moment {
    /// The prefix of the journal the moment stands for.
    pub(super) fn upto(moment: Option<Self>) -> Upto {
        match moment {
            None => Upto::Now,
            Some(Self::Seq(seq)) => Upto::Size(seq.next().0),
            Some(Self::Time(time)) => Upto::Time(time),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(seq) = text.parse() {
            return Ok(Self::Seq(Seq(seq)));
        }
        time(text, LAST_OF_DAY).map(Self::Time).ok_or_else(|| {
            "give a record number, a time such as 2026-11-22T14:05:00Z, or a date (its end, UTC)".to_owned()
        })
    }
}

/// Where in its day a date without a time stands.
const FIRST_OF_DAY: NaiveTime = NaiveTime::MIN;
const LAST_OF_DAY: NaiveTime = match NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// A beginning as people type it: a time, or a date, which begins with its first moment.
pub(super) fn since(text: &str) -> Result<TimeMicros, String> {
    time(text, FIRST_OF_DAY)
        .ok_or_else(|| "give a time such as 2026-11-22T14:05:00Z, or a date (its beginning, UTC)".to_owned())
}

/// An end as people type it: a time, or a date, which ends with its last moment.
pub(super) fn until(text: &str) -> Result<TimeMicros, String> {
    time(text, LAST_OF_DAY)
        .ok_or_else(|| "give a time such as 2026-11-22T14:05:00Z, or a date (its end, UTC)".to_owned())
}

/// RFC 3339 with an offset; a date and time in UTC; a date in UTC, at this time of the day.
fn time(text: &str, of_day: NaiveTime) -> Option<TimeMicros> {
    let with_offset = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok();
    let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let in_utc = || forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let date = || Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(of_day));
    let utc = with_offset.or_else(|| in_utc().or_else(date).map(|time| time.and_utc()));
    utc.map(|time| TimeMicros(time.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_moments_in_several_ways() {
        assert_eq!("17".parse(), Ok(Moment::Seq(Seq(17))));
        let time = Ok(Moment::Time(TimeMicros(1_700_000_000_000_000)));
        for text in [
            "2023-11-14T22:13:20Z",
            "2023-11-14T23:13:20+01:00",
            "2023-11-14 22:13:20",
            "2023-11-14T22:13:20",
        ] {
            assert_eq!(text.parse(), time, "{text}");
        }
        assert!("Tuesday".parse::<Moment>().is_err());
    }

    #[test]
    fn a_date_is_its_whole_day() {
        let day = 86_400_000_000;
        let begins = since("2023-11-14").unwrap();
        assert_eq!(begins, TimeMicros(1_699_920_000_000_000));
        let ends = TimeMicros(begins.0 + day - 1);
        assert_eq!((until("2023-11-14"), "2023-11-14".parse()), (Ok(ends), Ok(Moment::Time(ends))));
        assert_eq!(since("2023-11-14T01:00:00+01:00"), Ok(begins));
        assert!(since("7").is_err() && until("soon").is_err());
    }
}
