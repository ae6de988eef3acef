//! The plan: what `migration.toml` says, as data.

mod database;
mod sides;

use std::num::NonZeroU64;

pub use database::{DatabasePlan, MediaUse};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};

use crate::content::BATCH_FILES_MAX;
use crate::digest::Sha256;
use crate::event::run::Role;
use crate::status::Demand;

/// The most workers a plan may ask for.
pub const WORKERS_MAX: u16 = 64;

/// Files in a batch where a plan says nothing: as many as the history admits.
pub const BATCH_FILES_DEFAULT: u16 = 1024;
const _: () = assert!(BATCH_FILES_DEFAULT as usize == BATCH_FILES_MAX);

/// A migration as it was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What the migration is called.
    pub migration: MigrationPlan,
    /// Step 3.1.
    pub content: ContentPlan,
    /// Step 3.3; nothing is done with SUSDB where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabasePlan>,
}

/// What the migration is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MigrationPlan {
    /// Its name, also that of its journal's folder: letters, digits, `.`, `_` and `-`, at most 64.
    pub name: String,
    /// What this host is in it.
    #[serde(default = "destination")]
    pub role: Role,
}

/// Step 3.1: update files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentPlan {
    /// The source's content root: the folder that holds `WsusContent`, as the registry's `ContentDir` says.
    pub source: String,
    /// The destination's content root.
    pub destination: String,
    /// Whether update files are stored on Microsoft Update; then the step is skipped.
    #[serde(default)]
    pub stored_on_microsoft_update: bool,
    /// Whether the copy is read back from the disk at the end of the step.
    #[serde(default = "yes")]
    pub read_back: bool,
    /// Files worked on at once, 1 to [`WORKERS_MAX`].
    #[serde(default = "four")]
    pub workers: u16,
    /// Files at most that become durable together, 1 to [`BATCH_FILES_MAX`]: what is in doubt after a crash.
    #[serde(default = "largest_batch")]
    pub batch_files: u16,
    /// The most bytes a second that are read from the source, such as `50 MiB/s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_limit: Option<String>,
}

const fn destination() -> Role {
    Role::Destination
}

const fn yes() -> bool {
    true
}

const fn four() -> u16 {
    4
}

const fn largest_batch() -> u16 {
    BATCH_FILES_DEFAULT
}

/// What is wrong with a plan whose form is right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The name cannot name a folder everywhere.
    #[error(
        "migration.name is {0:?}: use 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit"
    )]
    Name(String),
    /// A path that must be given is empty.
    #[error("content.{0} is empty: give the folder that holds WsusContent")]
    EmptyPath(&'static str),
    /// Too few or too many workers.
    #[error("content.workers is {0}: use 1 to {WORKERS_MAX}")]
    Workers(u16),
    /// Batches too small or too large.
    #[error("content.batch_files is {0}: use 1 to {BATCH_FILES_MAX}")]
    BatchFiles(u16),
    /// Not a rate.
    #[error(
        "content.bandwidth_limit is {0:?}: write a number and a unit, such as \"50 MiB/s\" or \"800 kB/s\""
    )]
    Rate(String),
    /// What only the other host's plan may say.
    #[error("database.{key} is for the {of}'s plan alone, and this host is the {here}: leave it out")]
    OtherSide {
        /// The key.
        key: &'static str,
        /// Whose it is.
        of: &'static str,
        /// What this host is.
        here: &'static str,
    },
    /// Something of the database step.
    #[error("database.{key} is {value:?}: {why}")]
    Database {
        /// The key.
        key: &'static str,
        /// Its value, where it may be shown.
        value: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Plan {
    /// Checks what a form cannot: names, ranges, units.
    pub fn validate(&self) -> Result<(), PlanError> {
        let name = &self.migration.name;
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !first || name.len() > 64 || !name.bytes().all(letters) {
            return Err(PlanError::Name(name.clone()));
        }
        for (key, path) in [("source", &self.content.source), ("destination", &self.content.destination)] {
            if path.trim().is_empty() {
                return Err(PlanError::EmptyPath(key));
            }
        }
        if !(1..=WORKERS_MAX).contains(&self.content.workers) {
            return Err(PlanError::Workers(self.content.workers));
        }
        if !(1..=BATCH_FILES_DEFAULT).contains(&self.content.batch_files) {
            return Err(PlanError::BatchFiles(self.content.batch_files));
        }
        self.content.bytes_per_second()?;
        let Some(database) = &self.database else { return Ok(()) };
        database.validate()?;
        database.validate_for(self.migration.role)
    }

    /// Who has to approve it before something is destroyed; nothing where it destroys nothing. A source destroys what its media
    /// held, where it overwrites them.
    #[must_use]
    pub fn approvals(&self) -> Option<Demand> {
        let destroys =
            |plan: &&DatabasePlan| self.migration.role == Role::Destination || plan.media != MediaUse::Append;
        self.database.as_ref().filter(destroys).map(DatabasePlan::approvals)
    }

    /// The plan in canonical form: one `key = value` a line, every key, sorted. Comments, order and spelling of the
    /// file do not matter to it.
    #[must_use]
    pub fn canonical(&self) -> String {
        let content = &self.content;
        let mut lines = vec![
            format!("content.bandwidth_limit = {:?}", content.bandwidth_limit.as_deref().unwrap_or("")),
            format!("content.batch_files = {}", content.batch_files),
            format!("content.destination = {:?}", content.destination),
            format!("content.read_back = {}", content.read_back),
            format!("content.source = {:?}", content.source),
            format!("content.stored_on_microsoft_update = {}", content.stored_on_microsoft_update),
            format!("content.workers = {}", content.workers),
            format!("migration.name = {:?}", self.migration.name),
        ];
        // A plan from before there were roles and SUSDB keeps its digest.
        if let Some(database) = &self.database {
            lines.push(format!("migration.role = {:?}", self.migration.role.word()));
            lines.extend(database.canonical());
        }
        lines.sort_unstable();
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    /// SHA-256 of the canonical form: what an approval is bound to.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        Sha256(Hasher::digest(self.canonical().as_bytes()).into())
    }
}

impl ContentPlan {
    /// The bandwidth limit in bytes a second, where there is one.
    pub fn bytes_per_second(&self) -> Result<Option<NonZeroU64>, PlanError> {
        let Some(text) = &self.bandwidth_limit else { return Ok(None) };
        parse_rate(text).map(Some).ok_or_else(|| PlanError::Rate(text.clone()))
    }
}

/// Reads `50 MiB/s`, `800 kB/s`, `1.5GB/s`, `100000 B/s`. Decimal units count in thousands, `Ki`, `Mi`, `Gi` in 1,024.
fn parse_rate(text: &str) -> Option<NonZeroU64> {
    let text = text.trim();
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(number_end);
    let unit = unit.trim().strip_suffix("/s")?.to_ascii_lowercase();
    let factor = match unit.as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1_u64 << 30,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut bytes = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    let mut place = factor;
    for digit in fraction.bytes() {
        place /= 10;
        bytes = bytes.checked_add(place * u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?))?;
    }
    NonZeroU64::new(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            migration: MigrationPlan { name: "contoso-2026".into(), role: Role::Destination },
            database: None,
            content: ContentPlan {
                source: r"\\old\WSUS$".into(),
                destination: r"D:\WSUS".into(),
                stored_on_microsoft_update: false,
                read_back: true,
                workers: 4,
                batch_files: 1024,
                bandwidth_limit: None,
            },
        }
    }

    #[test]
    fn rates_are_read_exactly() {
        for (text, bytes) in [
            ("50 MiB/s", Some(50 << 20)),
            ("800 kB/s", Some(800_000)),
            ("1.5GB/s", Some(1_500_000_000)),
            ("7 b/s", Some(7)),
            ("0 MiB/s", None),
            ("50", None),
            ("50 MiB", None),
            ("-1 MiB/s", None),
            ("1.2.3 MB/s", None),
            ("99999999999999999999 GB/s", None),
        ] {
            assert_eq!(parse_rate(text).map(NonZeroU64::get), bytes, "{text}");
        }
    }

    #[test]
    fn names_that_could_leave_a_folder_are_refused() {
        for name in ["", "..", "a/b", r"a\b", "-x", "a b", &"x".repeat(65)] {
            let mut plan = plan();
            plan.migration.name = name.to_owned();
            assert!(matches!(plan.validate(), Err(PlanError::Name(_))), "{name}");
        }
        assert_eq!(plan().validate(), Ok(()));
    }

    #[test]
    fn batches_are_as_large_as_the_history_admits() {
        for (batch_files, fits) in [(0, false), (1, true), (1024, true), (1025, false)] {
            let mut plan = plan();
            plan.content.batch_files = batch_files;
            assert_eq!(plan.validate().is_ok(), fits, "{batch_files}");
        }
    }

    #[test]
    fn the_digest_follows_every_key() {
        let changes: [fn(&mut Plan); 8] = [
            |plan| plan.migration.name.push('x'),
            |plan| plan.content.source.push('x'),
            |plan| plan.content.destination.push('x'),
            |plan| plan.content.stored_on_microsoft_update = true,
            |plan| plan.content.read_back = false,
            |plan| plan.content.workers = 5,
            |plan| plan.content.batch_files = 5,
            |plan| plan.content.bandwidth_limit = Some("1 MB/s".into()),
        ];
        let mut digests = std::collections::BTreeSet::from([plan().digest()]);
        for change in changes {
            let mut plan = plan();
            change(&mut plan);
            assert!(digests.insert(plan.digest()), "{}", plan.canonical());
        }
    }
}
