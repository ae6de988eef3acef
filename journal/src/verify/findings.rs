//! What was found, in bounded memory: of each kind the first findings are kept, the others are counted.

use std::collections::BTreeMap;

use super::verification::{Finding, LeftOut, Severity};

/// The most findings of a kind that are kept.
pub(super) const FINDINGS_MAX: u64 = 1_000;

/// What a finding is about, where there may be one for every record or file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Bytes of the log that are not what was written.
    Log,
    /// An event that stands in the log already.
    Duplicate,
    Evidence,
    Stream,
    Checkpoint,
    /// A clock that stepped back.
    Clock,
    /// A rotation to another key that does not count.
    Rotation,
    /// A record of a newer program.
    Newer,
    /// What stands behind the durable head.
    InFlight,
    /// What can be found a few times only.
    Other(Severity),
}

impl Kind {
    const fn severity(self) -> Severity {
        match self {
            Self::Log | Self::Duplicate | Self::Evidence | Self::Stream | Self::Checkpoint => {
                Severity::Damage
            }
            Self::Clock | Self::Rotation => Severity::Warning,
            Self::Newer | Self::InFlight => Severity::Note,
            Self::Other(severity) => severity,
        }
    }

    /// In the plural, as an administrator would call them.
    const fn about(self) -> &'static str {
        match self {
            Self::Log => "places in the log",
            Self::Duplicate => "events that stand in the log already",
            Self::Evidence => "evidence files",
            Self::Stream => "imported streams",
            Self::Checkpoint => "checkpoints",
            Self::Clock => "steps of the clock",
            Self::Rotation => "rotations to another key",
            Self::Newer => "records of a newer program",
            Self::InFlight => "ends of log files",
            Self::Other(_) => "findings",
        }
    }
}

/// The findings of one verification.
pub(super) struct Findings {
    kept: Vec<Finding>,
    counts: BTreeMap<Kind, u64>,
    /// Of a kind.
    kept_max: u64,
}

impl Findings {
    pub(super) fn new(kept_max: u64) -> Self {
        Self { kept: Vec::new(), counts: BTreeMap::new(), kept_max }
    }

    /// Takes in a finding, whose severity is that of its kind.
    pub(super) fn add(&mut self, kind: Kind, finding: impl FnOnce(Severity) -> Finding) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= self.kept_max {
            self.kept.push(finding(kind.severity()));
        }
    }

    /// What was kept, and how many more there were.
    pub(super) fn into_parts(self) -> (Vec<Finding>, Vec<LeftOut>) {
        let beyond = |(kind, count): (Kind, u64)| {
            let findings = count.checked_sub(self.kept_max).filter(|&left| left > 0)?;
            Some(LeftOut { severity: kind.severity(), about: kind.about(), findings })
        };
        (self.kept, self.counts.into_iter().filter_map(beyond).collect())
    }
}
