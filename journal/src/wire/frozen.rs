//! The tables a noun's stored shapes are written in.

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

/// A stored shape knows the domain type it stands for.
pub(crate) trait Shape: bincode::Encode + bincode::Decode<()> + super::Stored<Self::Domain> {
    type Domain;
}

pub(crate) use frozen;
