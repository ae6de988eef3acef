//! Goal: a connection to an engine may be cut anywhere, in the middle of an answer too. Nothing hangs, no event is lost,
//! every run ends with a defined exit code, and a later one completes; nothing is dropped or restored twice, and what the
//! engine did is what the journal says.
//!
//! Method: the stand-in cuts connections after a number of bytes drawn from a seed, which is printed, and counts those it
//! really cut once their login was answered; the program runs again and again until there were so many. Over each way to an
//! engine: a Unix socket, TCP, TCP with TLS. The engine keeps a diary of its own of each effect.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use wsusmigrate::adapter::database::Limits;
use wsusmigrate_fixtures::Scenario;
use wsusmigrate_fixtures::sql::tds::{Cut, Severed};
use wsusmigrate_tests::Standing;

use crate::effects;
use crate::site::{Site, full_campaign};

/// The most bytes an engine sends before it cuts a connection: as many as the largest answers have, from the first on.
const BYTES_MAX: u64 = 60_000;
/// As many as it sends until a login is answered, which one cut in four is drawn from.
const LOGIN_BYTES_MAX: u64 = 1_500;
/// One connection in so many is cut, so that runs come further and further.
const ONE_IN: u64 = 2;
/// What a run may take: a cut is noticed at once, so that none of the program's own time-outs is waited for.
const RUN_MAX: Duration = Duration::from_secs(25);
/// What is added to the shortest of the program's time-outs for a machine that is busy.
const MARGIN: Duration = Duration::from_secs(5);
/// More migrations than that, and the cuts do not come.
const ROUNDS_MAX: u64 = 20;

/// A way to an engine.
struct Way {
    name: &'static str,
    scenario: &'static str,
    encryption: Option<&'static str>,
}

const WAYS: [Way; 3] = [
    Way { name: "Unix socket", scenario: "tiny", encryption: None },
    Way { name: "TCP", scenario: "sql-to-sql", encryption: Some("off") },
    Way { name: "TCP with TLS", scenario: "sql-to-sql", encryption: None },
];

/// What is to be cut, and what was.
#[derive(Clone, Default)]
struct Cuts(Arc<Mutex<Count>>);

#[derive(Default)]
struct Count {
    /// Connections still to be cut behind their login.
    left: u64,
    /// Those that were.
    inside: u64,
    /// Those that were cut before.
    outside: u64,
    /// Since when the program has not shown that it noticed.
    since: Option<Instant>,
    /// The longest it took for that.
    longest: Duration,
}

impl Cuts {
    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts connections, drawn from a seed.
    fn by(&self, seed: u64) -> Cut {
        let (asked, told) = (self.clone(), self.clone());
        Cut {
            after_bytes: Arc::new(move |connection| {
                asked.noticed();
                let own = seed ^ connection.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let mut dice = Xoshiro256PlusPlus::seed_from_u64(own);
                let is_meant = asked.count().left > 0 && dice.next_u64() % ONE_IN == 0;
                let most = if dice.next_u64() % 4 == 0 { LOGIN_BYTES_MAX } else { BYTES_MAX };
                is_meant.then(|| dice.next_u64() % most)
            }),
            happened: Arc::new(move |severed: Severed| {
                let mut count = told.count();
                count.since.get_or_insert_with(Instant::now);
                if severed.was_in {
                    count.inside += 1;
                    count.left = count.left.saturating_sub(1);
                } else {
                    count.outside += 1;
                }
            }),
        }
    }

    /// The program does something that it does once it has noticed a cut: it connects again, or it ends.
    fn noticed(&self) {
        let mut count = self.count();
        if let Some(since) = count.since.take() {
            count.longest = count.longest.max(since.elapsed());
        }
    }

    /// Cuts so many more behind their login, and no more than that.
    fn allow(&self, cuts: u64) {
        self.count().left = cuts;
    }
}

/// One migration over a way, with at most so many cuts.
fn migrate(way: &Way, cuts: &Cuts, seed: u64, most: u64) {
    let scenario = Scenario::named(way.scenario).expect("a scenario");
    let mut site = Site::new(&scenario, Some(&cuts.by(seed)), way.encryption);
    let mut noticed = || cuts.noticed();
    cuts.allow(most.div_ceil(2));
    site.run_to_the_end_watched("old", RUN_MAX, &mut noticed);
    cuts.allow(0);
    // A worksheet that could not be read is a gap; whoever hands over looks again.
    assert_eq!(site.run_to_the_end("old", RUN_MAX), 1);
    site.hand_over();
    cuts.allow(most / 2);
    site.run_to_the_end_watched("new", RUN_MAX, &mut noticed);
    cuts.allow(0);
    let hosts = site.world.path("hosts");
    for (server, host) in [("old", "source"), ("new", "destination")] {
        let journal = site.world.path(server).join("m.journal");
        let executions = effects::executions(&hosts.join(host).join("sql"));
        let intents = effects::intents(&journal, site.history(server).events());
        let none = Vec::<String>::new();
        assert_eq!(effects::contradictions(&executions, &intents), none, "{server}: seed {seed}");
        // What either of them did not know of would be seen.
        assert_ne!(effects::contradictions(&executions, &[]), none, "{server}");
        assert_ne!(effects::contradictions(&[], &intents), none, "{server}");
    }
    let Site { world, servers, .. } = site;
    drop(servers);
    let standing = Standing::of(&hosts);
    assert_eq!(standing.crimes(), Vec::<String>::new(), "seed {seed}");
    drop(world);
}

fn connections_cut_anywhere(way: &Way) {
    let seed =
        std::env::var("CAMPAIGN_SEED").map_or(1, |seed| seed.parse().expect("CAMPAIGN_SEED: a number"));
    // A hundred of all three ways, and more.
    let wanted = if full_campaign() { 36 } else { 6 };
    let cuts = Cuts::default();
    let mut rounds = 0;
    while cuts.count().inside < wanted {
        assert!(rounds < ROUNDS_MAX, "{}: {} cuts in {rounds} migrations", way.name, cuts.count().inside);
        let most = wanted - cuts.count().inside;
        migrate(way, &cuts, seed + rounds, most.max(2));
        rounds += 1;
    }
    let Count { inside, outside, longest, .. } = &*cuts.count();
    println!(
        "{}: from seed {seed}, {rounds} migrations, {inside} connections cut at work and {outside} before their login was \
         answered; noticed after {longest:?} at most",
        way.name
    );
    // The shortest of them: whatever waits for one of the others waits longer.
    let limit = Limits::of_plan(Duration::from_hours(1)).connect + MARGIN;
    assert!(*longest < limit, "{}: a cut was noticed after {longest:?}, not within {limit:?}", way.name);
}

#[test]
fn connections_cut_anywhere_over_a_socket() {
    connections_cut_anywhere(&WAYS[0]);
}

#[test]
fn connections_cut_anywhere_over_tcp() {
    connections_cut_anywhere(&WAYS[1]);
}

#[test]
fn connections_cut_anywhere_over_tcp_with_tls() {
    connections_cut_anywhere(&WAYS[2]);
}
