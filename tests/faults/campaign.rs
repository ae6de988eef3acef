//! How much, and with which dice.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// Whether the whole campaign was asked for, not a sample.
pub(crate) fn is_full() -> bool {
    std::env::var_os("CAMPAIGN").is_some_and(|value| value == "full")
}

/// A number for the campaign and one for everyday.
pub(crate) fn size(full: u64, small: u64) -> u64 {
    if is_full() { full } else { small }
}

/// What the moments are drawn from.
pub(crate) fn seed() -> u64 {
    std::env::var("CAMPAIGN_SEED").map_or(1, |seed| seed.parse().expect("CAMPAIGN_SEED: a number"))
}

/// Numbers of one test: they do not depend on which others are run.
pub(crate) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(crate) fn of(test: &str) -> Self {
        let name = test.bytes().fold(0_u64, |name, byte| name.wrapping_mul(257).wrapping_add(byte.into()));
        Self(Xoshiro256PlusPlus::seed_from_u64(name ^ seed()))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    /// One of several.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).expect("an index")]
    }

    /// Leaves others alone for up to so many of the scheduler's turns.
    pub(crate) fn turns(&mut self, most: u64) {
        (0..self.below(most)).for_each(|_| std::thread::yield_now());
    }
}
