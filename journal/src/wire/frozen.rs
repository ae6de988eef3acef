//! The tables a noun's stored shapes are written in, and how they are read.

use wsusmigrate_core::event::Event;

use super::DecodeError;
use crate::codec;

/// Declares stored structs: `Name for domain::Type { field: StoredType, ... }`. The order of the fields is the
/// order of the bytes.
macro_rules! frozen {
    ($( $(#[$doc:meta])* $name:ident for $noun:ident::$domain:ident { $($field:ident: $type:ty),* $(,)? } )+) => { $(
        $(#[$doc])*
        #[derive(bincode::Encode, bincode::Decode)]
        pub(crate) struct $name { $(pub(crate) $field: $type),* }

        impl $crate::wire::Stored<$noun::$domain> for $name {
            fn freeze(domain: &$noun::$domain) -> Self {
                Self { $($field: $crate::wire::Stored::freeze(&domain.$field)),* }
            }

            fn thaw(self) -> Result<$noun::$domain, $crate::wire::field::Invalid> {
                Ok($noun::$domain { $($field: $crate::wire::Stored::thaw(self.$field)?),* })
            }
        }

        impl $crate::wire::frozen::Shape for $name {
            type Domain = $noun::$domain;
        }
    )+ };
}

/// Declares stored structs that a newer version has replaced: they can be read, and no longer written.
macro_rules! superseded {
    ($( $(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? } )+) => { $(
        $(#[$doc])*
        #[derive(bincode::Decode)]
        pub(crate) struct $name { $(pub(crate) $field: $type),* }
    )+ };
}

/// A stored shape knows the domain type it stands for.
pub(crate) trait Shape: bincode::Encode + bincode::Decode<()> + super::Stored<Self::Domain> {
    type Domain;
}

/// Reads a body of a newest shape.
pub(crate) fn read<S: Shape>(bytes: &[u8]) -> Result<Event, DecodeError>
where
    Event: From<S::Domain>,
{
    Ok(codec::decode::<S>(bytes)?.thaw()?.into())
}

/// Reads a body of a superseded shape as the shape that replaced it.
pub(crate) fn upcast<Old: bincode::Decode<()>, S: Shape + From<Old>>(
    bytes: &[u8],
) -> Result<Event, DecodeError>
where
    Event: From<S::Domain>,
{
    Ok(S::from(codec::decode::<Old>(bytes)?).thaw()?.into())
}

pub(crate) use frozen;
pub(crate) use superseded;
