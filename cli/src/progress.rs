//! Progress of long work: a bar on a terminal, a line every ten seconds elsewhere.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::adapter::content::{Counts, Progress};
use crate::show::{Talk, bytes, count, span};

/// How often a bar is drawn.
const BAR_PERIOD: Duration = Duration::from_millis(100);
/// How often a line is written where there is no terminal.
const LINE_PERIOD: Duration = Duration::from_secs(10);

/// A display of work that goes on; ends when it is dropped.
pub struct Display {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A display of records that are worked through, by whoever hears of each step.
pub struct Records {
    what: &'static str,
    talk: Talk,
    bar: Option<ProgressBar>,
    /// When the last line was written, or the work began.
    told: Instant,
}

impl Records {
    /// Begins to show `what`. Without a terminal and without a whole line's time it stays silent.
    #[must_use]
    pub fn new(what: &'static str, talk: Talk) -> Self {
        let bar = (std::io::stderr().is_terminal() && !talk.json).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) =
                ProgressStyle::with_template("{prefix} {bar:24} {percent:>3}% ETA {eta}  {msg}")
            {
                bar.set_style(style);
            }
            bar.with_prefix(what)
        });
        Self { what, talk, bar, told: Instant::now() }
    }

    /// So many are done, of so many.
    pub fn tell(&mut self, done: u64, whole: u64) {
        let records = format!("{}/{} records", count(done.min(whole)), count(whole));
        match &self.bar {
            Some(bar) => {
                bar.set_length(whole);
                bar.set_position(done.min(whole));
                bar.set_message(records);
            }
            None if self.told.elapsed() >= LINE_PERIOD => {
                self.talk.say(&format!("{}: {records}", self.what));
                self.told = Instant::now();
            }
            None => {}
        }
    }

    /// Ends the display.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What is known of the whole.
struct Whole {
    what: &'static str,
    files: u64,
    bytes: u64,
    started: Instant,
}

impl Display {
    /// Begins to show `what`: so many files, so many bytes. Without a terminal and without a whole line's time it
    /// stays silent.
    #[must_use]
    pub fn start(
        what: &'static str,
        files: u64,
        total_bytes: u64,
        progress: &Arc<Progress>,
        talk: Talk,
    ) -> Self {
        let (end, ended) = mpsc::channel();
        let progress = Arc::clone(progress);
        let whole = Whole { what, files, bytes: total_bytes, started: Instant::now() };
        let bar = (std::io::stderr().is_terminal() && !talk.json && files > 0).then(|| whole.bar());
        let period = if bar.is_some() { BAR_PERIOD } else { LINE_PERIOD };
        let show = move || {
            while ended.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                match &bar {
                    Some(bar) => whole.draw(bar, progress.counts()),
                    None => talk.say(&whole.line(progress.counts())),
                }
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        };
        // A display that cannot be started is missed by nobody but the eye.
        let thread = std::thread::Builder::new().name("progress".into()).spawn(show).ok();
        Self { end: Some(end), thread }
    }

    /// Ends the display.
    pub fn finish(self) {}
}

impl Drop for Display {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // A display that panicked has said so; the work is not affected.
            let _ = thread.join();
        }
    }
}

impl Whole {
    fn bar(&self) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(self.bytes.max(1)), ProgressDrawTarget::stderr());
        let template =
            "{prefix} {bar:24} {percent:>3}% {bytes}/{total_bytes} {binary_bytes_per_sec} ETA {eta}  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(self.what);
        bar
    }

    fn draw(&self, bar: &ProgressBar, counts: Counts) {
        bar.set_position(counts.read_bytes.min(self.bytes));
        bar.set_message(format!("{}/{} files{}", count(counts.files), count(self.files), failures(counts)));
    }

    fn line(&self, counts: Counts) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(f64::EPSILON);
        // Shown to people only: the precision of a float is more than enough.
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let (rate, eta_micros) = {
            let rate = counts.read_bytes as f64 / seconds;
            let left = self.bytes.saturating_sub(counts.read_bytes) as f64;
            (rate as u64, (left / rate.max(1.0) * 1e6).min(1e15) as i64)
        };
        format!(
            "{}: {}/{} files, {} of {}, {}/s, {} left{}",
            self.what,
            count(counts.files),
            count(self.files),
            bytes(counts.read_bytes),
            bytes(self.bytes),
            bytes(rate),
            span(eta_micros),
            failures(counts)
        )
    }
}

fn failures(counts: Counts) -> String {
    if counts.failures == 0 { String::new() } else { format!(", {} FAILED", count(counts.failures)) }
}
