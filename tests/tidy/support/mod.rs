//! What every rule is written with.

pub(crate) mod findings;
pub(crate) mod generated;
pub(crate) mod graph;
pub(crate) mod markdown;
pub(crate) mod source;
pub(crate) mod tree;

pub(crate) use findings::{Finding, Findings};
pub(crate) use graph::{Graph, Kind, Package};
pub(crate) use tree::Tree;

/// Whether generated files are to be rewritten instead of compared.
pub(crate) fn blessing() -> bool {
    std::env::var_os("WSUSMIGRATE_BLESS").is_some_and(|value| value == "1")
}
