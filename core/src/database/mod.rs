//! SUSDB without a server: what the program says to an engine, what the answers mean, and what may be done next.
//!
//! A **statement** is the text of one batch, built in [`statement`] and nowhere else. A **row** is an answer's row,
//! whatever connector read it. Facts are rows with types; gates and proofs turn facts into a verdict with its reasons.
//!
//! Domain facts are those of Microsoft's guide (step 3.3), of "BACKUP" and "RESTORE" in the Transact-SQL reference, and of
//! a live SUSDB's column list; where one is not documented, its comment says so.

mod access;
pub mod backup;
pub mod catalogue;
mod civil;
pub mod connection;
mod day;
pub mod facts;
mod guid;
mod identifier;
pub mod identity;
#[cfg(test)]
mod lexer;
mod literal;
pub mod machine;
pub mod manifest;
pub mod marks;
pub mod message;
pub mod parity;
mod path;
pub mod principals;
pub mod restore;
pub mod row;
pub mod setting;
pub mod space;
pub mod statement;
pub mod topology;
pub mod version;

pub use access::UserAccess;
pub use civil::civil;
pub use day::{Day, NotADay};
pub use guid::{Guid, NotAGuid};
pub use identifier::{IDENTIFIER_UNITS_MAX, Identifier, NotAnIdentifier};
pub use literal::{Literal, NotALiteral};
pub use path::{ENGINE_PATH_UNITS_MAX, EnginePath, NotAnEnginePath, PathStyle};

/// The name of the WSUS database: the registry's `SqlDatabaseName` is always this.
pub const DATABASE: &str = "SUSDB";
