//! What verifying a journal shows.

use std::ops::Range;
use std::path::PathBuf;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::unit::Seq;

use crate::checkpoint::Checkpoint;
use crate::identity::Identity;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing: an append in flight, a record of a newer program, what follows from damage named elsewhere.
    Note,
    /// Somebody should look: a clock that stepped back, a damaged slot of the head.
    Warning,
    /// What was acknowledged or signed is not what is there.
    Damage,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The record concerned: where it is damage, the first that cannot be trusted.
    pub seq: Option<Seq>,
    /// The name of that record's event, as far as its bytes still say.
    pub event: Option<&'static str>,
    /// The file it was found in.
    pub file: PathBuf,
    /// Where in the file.
    pub offset: Option<u64>,
    /// What it is.
    pub what: String,
}

/// Findings of one kind that are too many to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// How bad each of them is.
    pub severity: Severity,
    /// What they are about, in the plural.
    pub about: &'static str,
    /// How many there are beside those that were kept.
    pub findings: u64,
}

/// What verifying a journal showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Which journal it is, where its first record can be read.
    pub identity: Option<Identity>,
    /// Records there should be: up to the durable head, or to a later checkpoint where the log bears it out; as many as can
    /// be read where there is no head.
    pub size: u64,
    /// Whether the durable head can be read.
    pub head: bool,
    /// RFC 6962 root over them; none where a record is bad.
    pub root: Option<Sha256>,
    /// The newest checkpoint whose signature and root are right.
    pub checkpoint: Option<Checkpoint>,
    /// Records the newest checkpoint covers whose signature is right and whose root cannot be compared, because a
    /// record it covers is bad.
    pub uncompared: Option<u64>,
    /// Records the checkpoint from elsewhere covers, where one was given and the log bears it out.
    pub consistent: Option<u64>,
    /// The most records a note beside the key covers that the log bears out; none where nobody looked or there is none.
    pub kept: Option<u64>,
    /// The records behind the newest checkpoint that the key which counts there has signed, wherever it is kept, and that the
    /// log does not contradict. Whoever can write the folder could have appended or changed them; beside a writer and after a
    /// crash there always are some.
    pub unsigned: Range<u64>,
    /// In the order of the log, of each kind the first 1,000.
    pub findings: Vec<Finding>,
    /// What was found beside them. Of each kind something is among the findings.
    pub left_out: Vec<LeftOut>,
}

impl Verification {
    /// Whether nothing is damaged. Notes and warnings do not count.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.first_damage().is_none()
    }

    /// Whether the durable head is all that is damaged: opening writes it anew from the log, and nothing is lost.
    #[must_use]
    pub fn lacks_head_alone(&self) -> bool {
        let damage = self.findings.iter().filter(|finding| finding.severity == Severity::Damage);
        !self.head && damage.count() == 1
    }

    /// The damage that concerns the earliest record.
    #[must_use]
    pub fn first_damage(&self) -> Option<&Finding> {
        let damage = self.findings.iter().filter(|finding| finding.severity == Severity::Damage);
        damage.min_by_key(|finding| finding.seq.map_or(u64::MAX, |seq| seq.0))
    }
}
