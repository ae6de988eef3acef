//! Exit codes. Scripts rely on them: a number never changes its meaning.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All is well; for `check` also: only warnings.
    Well = 0,
    /// The work failed, or something was found.
    Failed = 1,
    /// Wrong use: arguments, plan, the wrong journal.
    Usage = 2,
    /// Stopped by a check, or waiting for a person.
    Stopped = 3,
    /// The journal could not be written.
    JournalUnwritable = 4,
    /// The journal is damaged.
    JournalDamaged = 5,
}

impl Exit {
    /// Every code with its meaning, for `docs/ERRORS.md` and `--help`.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Well, "well; for `check` also: only warnings"),
        (Self::Failed, "the work failed, or something was found"),
        (Self::Usage, "wrong use: arguments, plan, the wrong journal"),
        (Self::Stopped, "stopped by a check, or waiting for a person"),
        (Self::JournalUnwritable, "the journal could not be written"),
        (Self::JournalDamaged, "the journal is damaged"),
    ];

    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
