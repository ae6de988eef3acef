//! A day of the calendar, as SQL Server's `datetime` can hold it.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

/// A day from 1753-01-01 to 9999-12-31, written `2027-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(NaiveDate);

/// The text is no day that SQL Server can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a day from 1753-01-01 to 9999-12-31, written year-month-day")]
pub struct NotADay(pub String);

impl Day {
    /// The eight digits that mean the same day in every language and date format of a server.
    #[must_use]
    pub fn digits(self) -> String {
        self.0.format("%Y%m%d").to_string()
    }
}

impl From<NaiveDate> for Day {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let day = day.filter(|day| (1753..=9999).contains(&day.year()) && text.len() == 10);
        day.map(Self).ok_or_else(|| NotADay(text.to_owned()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl TryFrom<String> for Day {
    type Error = NotADay;

    fn try_from(text: String) -> Result<Self, NotADay> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_one_form_and_within_the_range_of_datetime() {
        let day: Day = "2027-01-31".parse().unwrap();
        assert_eq!((day.digits().as_str(), day.to_string().as_str()), ("20270131", "2027-01-31"));
        for text in ["1752-12-31", "2027-02-29", "2027-1-31", "31.01.2027", "", "+2027-01-31", "12027-01-31"]
        {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
