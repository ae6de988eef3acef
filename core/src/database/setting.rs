//! Where a value of SUSDB stands, as an event names it: whoever puts it to sleep and whoever gives it back mean one row.
//!
//! ```text
//! tbAutoDeploymentRule.Enabled where ID = 3
//! tbSchedule.ScheduledTimeOfDay where ScheduleTarget = 1 and ScheduleID = 2
//! tbConfiguration.Value as bit where Name = EmailNeedToSendStatusNotification
//! ```
//!
//! `as` says what is stored inside a `sql_variant`: there a text in the place of a bit is another value.

use std::fmt;
use std::str::FromStr;

use super::{Identifier, Literal, NotALiteral};

const WHERE: &str = " where ";
const AND: &str = " and ";
const AS: &str = " as ";
const IS: &str = " = ";

/// A column of a row of SUSDB; of every row where nothing says which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    table: Identifier,
    column: Identifier,
    stored: Option<Stored>,
    keys: Vec<(Identifier, Literal)>,
}

/// How it is known what a value does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The console shows and sets it.
    Known,
    /// From the names of tables and columns, and from tools that read them; nothing says so.
    Inferred,
}

/// What a `sql_variant` stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// `bit`.
    Bit,
    /// `int`.
    Int,
}

/// Why a text is no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlace {
    /// A name with other characters than letters, digits and `_`: no table or column of SUSDB has others.
    #[error("{0:?} names no table or column of SUSDB")]
    Name(String),
    /// It is not written as a place is.
    #[error("not written as TABLE.COLUMN [as bit|int] [where KEY = VALUE and ...]")]
    Form,
    /// A key's value that would read as something else.
    #[error("the key {0:?} cannot be told from the words around it")]
    Key(String),
    /// A key's value that no statement can hold.
    #[error(transparent)]
    Literal(#[from] NotALiteral),
}

impl Place {
    /// A column of a table.
    pub fn new(table: &str, column: &str) -> Result<Self, NotAPlace> {
        let (table, column) = (name(table)?, name(column)?);
        Ok(Self { table, column, stored: None, keys: Vec::new() })
    }

    /// The same in a `sql_variant`.
    #[must_use]
    pub fn stored_as(self, stored: Stored) -> Self {
        Self { stored: Some(stored), ..self }
    }

    /// The same in rows with this value of a key.
    pub fn with_key(mut self, key: &str, value: &str) -> Result<Self, NotAPlace> {
        if value.contains(AND) || value.contains(WHERE) {
            return Err(NotAPlace::Key(value.to_owned()));
        }
        self.keys.push((name(key)?, Literal::new(value)?));
        Ok(self)
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &Identifier {
        &self.table
    }

    /// How it is known that this value wakes the server. Of a rule the console has the switch.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        if self.table.name() == "tbAutoDeploymentRule" { Meaning::Known } else { Meaning::Inferred }
    }

    /// `[column] = value`, in the type that is stored there; without a value, NULL.
    pub(super) fn assignment(&self, value: Option<&Literal>) -> String {
        let value = match (value, self.stored) {
            (None, _) => "NULL".to_owned(),
            (Some(value), None) => value.to_string(),
            (Some(value), Some(stored)) => format!("CAST({value} AS {})", stored.word()),
        };
        format!("{} = {value}", self.column)
    }

    /// ` WHERE [key] = value AND …`; nothing where every row is meant.
    pub(super) fn condition(&self) -> String {
        let keys = self.keys.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>();
        if keys.is_empty() { String::new() } else { format!(" WHERE {}", keys.join(" AND ")) }
    }
}

impl Meaning {
    /// Its word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Inferred => "inferred",
        }
    }
}

impl Stored {
    const fn word(self) -> &'static str {
        match self {
            Self::Bit => "bit",
            Self::Int => "int",
        }
    }
}

fn name(text: &str) -> Result<Identifier, NotAPlace> {
    let is_plain = text.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    let name = Identifier::new(text).ok().filter(|_| is_plain);
    name.ok_or_else(|| NotAPlace::Name(text.to_owned()))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table.name(), self.column.name())?;
        if let Some(stored) = self.stored {
            write!(f, "{AS}{}", stored.word())?;
        }
        self.keys.iter().zip(0..).try_for_each(|((key, value), at)| {
            let before = if at == 0 { WHERE } else { AND };
            write!(f, "{before}{}{IS}{}", key.name(), value.text())
        })
    }
}

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let (place, keys) = text.split_once(WHERE).map_or((text, None), |(place, keys)| (place, Some(keys)));
        let (place, stored) = match place.split_once(AS) {
            None => (place, None),
            Some((place, "bit")) => (place, Some(Stored::Bit)),
            Some((place, "int")) => (place, Some(Stored::Int)),
            Some(_) => return Err(NotAPlace::Form),
        };
        let (table, column) = place.split_once('.').ok_or(NotAPlace::Form)?;
        let place = Self { stored, ..Self::new(table, column)? };
        keys.into_iter().flat_map(|keys| keys.split(AND)).try_fold(place, |place, key| {
            let (key, value) = key.split_once(IS).ok_or(NotAPlace::Form)?;
            place.with_key(key, value)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_place_is_refused() {
        for text in ["", "every rule", "tbA", "tbA.B as text", "tbA.B where C", "tbA.B where C = 1 and D"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
        assert_eq!(Place::new("tb]A", "B"), Err(NotAPlace::Name("tb]A".into())));
        let ambiguous = Place::new("tbA", "B").unwrap().with_key("C", "this and that");
        assert_eq!(ambiguous, Err(NotAPlace::Key("this and that".into())));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(column in "[A-Za-z_][A-Za-z0-9_]{0,9}", keys in proptest::collection::vec("[ -~]{0,12}", 0..3)) {
            let mut place = Place::new("tbAny", &column).unwrap().stored_as(Stored::Int);
            for key in keys {
                let Ok(more) = place.clone().with_key("Key", &key) else { continue };
                place = more;
            }
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }
    }
}
