//! Whether the restored SUSDB holds what the source's did: rows of the tables that matter, compared by digest.

mod tables;

pub use tables::{KeyOrder, PARITY_TABLES, ParityTable};
