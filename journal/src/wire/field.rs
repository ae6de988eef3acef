//! How single fields are stored: each domain type has exactly one stored type.

use wsusmigrate_core::digest::{Sha1, Sha256};
use wsusmigrate_core::event::{content, database, preflight, run};
use wsusmigrate_core::id::{ActionId, EventId, Guid, MigrationId, RunId, StreamId};
use wsusmigrate_core::path::{LongPath, PATH_INLINE_BYTES_MAX, PathRef, RelPath};
use wsusmigrate_core::step::Step;
use wsusmigrate_core::text::{NAME_BYTES_MAX, Name, TEXT_BYTES_MAX, Text, WORD_BYTES_MAX, Word};
use wsusmigrate_core::unit::{ModifiedNanos, Seq, TimeMicros};

/// A stored type and the domain type it stands for.
pub(crate) trait Stored<Domain>: Sized {
    /// The stored form of a value.
    fn freeze(domain: &Domain) -> Self;
    /// The value of a stored form.
    fn thaw(self) -> Result<Domain, Invalid>;
}

/// A stored field that is not a value of its domain type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// A number this version has no variant for.
    #[error("{code} is not a known {what}")]
    Code {
        /// The enumeration.
        what: &'static str,
        /// The stored number.
        code: u8,
    },
    /// Text above its maximum.
    #[error("a text has {0} bytes")]
    TextTooLong(usize),
    /// A path above its maximum.
    #[error("a path has {0} bytes")]
    PathTooLong(usize),
    /// A path that could leave its root.
    #[error(transparent)]
    Path(#[from] wsusmigrate_core::path::NotRelative),
}

macro_rules! as_it_is {
    ($($type:ty),+) => { $(
        impl Stored<$type> for $type {
            fn freeze(domain: &$type) -> Self { domain.clone() }
            fn thaw(self) -> Result<$type, Invalid> { Ok(self) }
        }
    )+ };
}
as_it_is!(bool, u8, u32, u64, i32, Vec<u8>, [u8; 32]);

macro_rules! newtypes {
    ($($domain:ident($stored:ty)),+) => { $(
        impl Stored<$domain> for $stored {
            fn freeze(domain: &$domain) -> Self { domain.0 }
            fn thaw(self) -> Result<$domain, Invalid> { Ok($domain(self)) }
        }
    )+ };
}
newtypes!(Sha1([u8; 20]), Sha256([u8; 32]), Seq(u64), TimeMicros(i64), ModifiedNanos(i64));

macro_rules! ids {
    ($($domain:ident),+) => { $(
        impl Stored<$domain> for [u8; 16] {
            fn freeze(domain: &$domain) -> Self { *domain.as_bytes() }
            fn thaw(self) -> Result<$domain, Invalid> { Ok($domain::from_bytes(self)) }
        }
    )+ };
}
ids!(MigrationId, RunId, StreamId, ActionId, EventId, Guid);

macro_rules! codes {
    ($($domain:path, $what:literal;)+) => { $(
        impl Stored<$domain> for u8 {
            fn freeze(domain: &$domain) -> Self { domain.code() }
            fn thaw(self) -> Result<$domain, Invalid> {
                <$domain>::from_code(self).ok_or(Invalid::Code { what: $what, code: self })
            }
        }
    )+ };
}
codes! {
    Step, "step";
    run::Recovery, "recovery";
    run::Scope, "scope";
    run::SkipReason, "skip reason";
    run::Verdict, "verdict";
    run::Approval, "approval";
    run::Role, "role";
    preflight::CheckVerdict, "check verdict";
    content::IgnoredEntry, "ignored entry";
    content::Naming, "naming";
    content::Origin, "origin";
    content::FailureReason, "failure reason";
    content::Mismatch, "mismatch";
    content::Settlement, "settlement";
    content::CatalogueDifference, "catalogue difference";
    wsusmigrate_core::database::statement::Purpose, "purpose";
    database::ReadOutcome, "read outcome";
    database::EngineKind, "engine kind";
    database::Protection, "protection";
    database::Operation, "operation";
    database::OperationResult, "operation result";
    database::Probe, "probe";
    database::Answer, "answer";
    database::BackupOf, "backed up database";
    database::SameAs, "comparison with the source";
    database::SumOf, "summed database";
    database::Parity, "parity";
    database::RowDifference, "row difference";
    database::Moment, "moment";
    database::UserDecision, "user decision";
    database::ServiceKind, "service kind";
    database::ServiceState, "service state";
    database::ServiceStart, "service start";
}

impl<S: Stored<D>, D> Stored<Option<D>> for Option<S> {
    fn freeze(domain: &Option<D>) -> Self {
        domain.as_ref().map(S::freeze)
    }

    fn thaw(self) -> Result<Option<D>, Invalid> {
        self.map(S::thaw).transpose()
    }
}

macro_rules! texts {
    ($($domain:ident($max:ident)),+) => { $(
        impl Stored<$domain> for String {
            fn freeze(domain: &$domain) -> Self {
                domain.as_str().to_owned()
            }

            fn thaw(self) -> Result<$domain, Invalid> {
                // The domain's type would cut it silently, and what is shown would not be what was stored.
                if self.len() > $max { Err(Invalid::TextTooLong(self.len())) } else { Ok(self.into()) }
            }
        }
    )+ };
}
texts!(Text(TEXT_BYTES_MAX), Name(NAME_BYTES_MAX), Word(WORD_BYTES_MAX));

/// A path: inline bytes, or the digest of an evidence file and the path's beginning. The order of the variants is
/// stored (0 and 1).
#[derive(bincode::Encode, bincode::Decode)]
pub(crate) enum Path {
    Inline(Vec<u8>),
    Evidence { sha256: [u8; 32], beginning: String },
}

impl Stored<PathRef> for Path {
    fn freeze(domain: &PathRef) -> Self {
        match domain {
            PathRef::Inline(path) => Self::Inline(path.as_bytes().to_vec()),
            PathRef::Evidence(long) => {
                Self::Evidence { sha256: long.sha256.0, beginning: String::freeze(&long.beginning) }
            }
        }
    }

    fn thaw(self) -> Result<PathRef, Invalid> {
        match self {
            Self::Inline(bytes) if bytes.len() > PATH_INLINE_BYTES_MAX => {
                Err(Invalid::PathTooLong(bytes.len()))
            }
            Self::Inline(bytes) => Ok(PathRef::Inline(RelPath::from_bytes(bytes)?)),
            Self::Evidence { sha256, beginning } => Ok(PathRef::Evidence(Box::new(LongPath {
                sha256: Sha256(sha256),
                beginning: beginning.thaw()?,
            }))),
        }
    }
}
