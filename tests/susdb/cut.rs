//! Goal: a connection to an engine may be cut anywhere, in the middle of an answer too. Nothing hangs, no event is lost,
//! every run ends with a defined exit code, and a later one completes; nothing is dropped or restored twice.
//!
//! Method: the stand-in cuts connections after a number of bytes drawn from a seed, which is printed, until so many were cut;
//! the program runs again and again meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use wsusmigrate_fixtures::Scenario;
use wsusmigrate_fixtures::sql::tds::Cut;
use wsusmigrate_tests::Standing;

use crate::site::{Site, full_campaign};

/// The most bytes an engine sends before it cuts a connection: as many as the largest answers have, from the first on.
const BYTES_MAX: u64 = 60_000;
/// One connection in so many is cut, so that runs come further and further.
const ONE_IN: u64 = 2;
/// What a run may take: a cut is noticed at once, so that none of the program's own time-outs is waited for.
const RUN_MAX: Duration = Duration::from_secs(25);

/// Connections that are still to be cut.
#[derive(Clone, Default)]
struct Cuts(Arc<AtomicU64>);

impl Cuts {
    /// Cuts so many more from now on, and no more than that.
    fn allow(&self, cuts: u64) {
        self.0.store(cuts, Ordering::SeqCst);
    }

    /// Cuts connections, drawn from a seed.
    fn by(&self, seed: u64) -> Cut {
        let left = Arc::clone(&self.0);
        Arc::new(move |connection| {
            let own = seed ^ connection.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mut dice = Xoshiro256PlusPlus::seed_from_u64(own);
            if dice.next_u64() % ONE_IN != 0 {
                return None;
            }
            let one_less = |left: u64| left.checked_sub(1);
            let was = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
            was.is_ok().then(|| dice.next_u64() % BYTES_MAX)
        })
    }
}

#[test]
fn connections_cut_anywhere() {
    let seed =
        std::env::var("CAMPAIGN_SEED").map_or(1, |seed| seed.parse().expect("CAMPAIGN_SEED: a number"));
    let each = if full_campaign() { 50 } else { 8 };
    let cuts = Cuts::default();
    let scenario = Scenario::named("tiny").expect("a scenario");
    let mut site = Site::new(&scenario, Some(&cuts.by(seed)));
    cuts.allow(each);
    let old = site.run_to_the_end("old", RUN_MAX);
    cuts.allow(0);
    // A worksheet that could not be read is a gap; whoever hands over looks again.
    assert_eq!(site.run_to_the_end("old", RUN_MAX), 1);
    site.hand_over();
    cuts.allow(each);
    let new = site.run_to_the_end("new", RUN_MAX);
    println!("seed {seed}: {each} cuts on each server, {old} and {new} runs");
    let hosts = site.world.path("hosts");
    let history = site.history("new");
    let begun = history.count("database.operation-started");
    assert!(history.count("database.operation-finished") <= begun);
    let Site { world, servers, .. } = site;
    drop(servers);
    let standing = Standing::of(&hosts);
    assert_eq!(standing.crimes(), Vec::<String>::new());
    drop(world);
}
