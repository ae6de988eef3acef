//! Keys that `migration.toml` may hold, and the nearest one to a key it may not. The plan's own types say which there are.

use std::fmt;

use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use wsusmigrate_core::plan::{ContentPlan, DatabasePlan, MigrationPlan, Plan};

/// The keys that may stand in `table`; with an empty name, the tables themselves.
pub(super) fn known(table: &str) -> &'static [&'static str] {
    match table {
        "" => fields::<Plan>(),
        "migration" => fields::<MigrationPlan>(),
        "content" => fields::<ContentPlan>(),
        "database" => fields::<DatabasePlan>(),
        _ => &[],
    }
}

/// The names of a type's fields, as it reads them.
fn fields<T: Deserialize<'static>>() -> &'static [&'static str] {
    let mut fields: &[&str] = &[];
    // It is asked for its fields and given none: what it makes of that is an error, which says nothing.
    let _nothing_to_read = T::deserialize(Asking(&mut fields));
    fields
}

/// Reads nothing, and notes which fields were asked for.
struct Asking<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asking<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom(fmt::Error))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The known key that looks most like `key`, if one looks like it at all.
pub(super) fn nearest(table: &str, key: &str) -> Option<&'static str> {
    const SIMILARITY_MIN: f64 = 0.6;
    known(table)
        .iter()
        .map(|known| (strsim::jaro_winkler(known, key), *known))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_key() {
        assert_eq!(nearest("content", "sorce"), Some("source"));
        assert_eq!(nearest("content", "bandwith_limit"), Some("bandwidth_limit"));
        assert_eq!(nearest("database", "bakup_folder"), Some("backup_folder"));
        assert_eq!(nearest("", "contents"), Some("content"));
        assert_eq!(nearest("content", "qqq"), None);
    }

    #[test]
    fn the_types_of_the_plan_say_their_keys() {
        assert_eq!(known(""), ["migration", "content", "database"]);
        assert_eq!(known("migration"), ["name", "role"]);
        assert!(known("database").contains(&"media_check") && known("nothing").is_empty());
    }
}
