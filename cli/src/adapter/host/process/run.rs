//! A child from its start to what became of it.
//!
//! Four threads serve it: two read, one writes, one waits for its end; the caller waits for all of them, with one
//! deadline. A thread whose pipe a survivor holds open ends with that survivor.

use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Limits;
use super::capture::{Capture, Output};
use crate::platform::{self, Process, Tree};

/// How long the end of a child is waited for after everything of it was ended, and, of one that is not attended, the end of
/// its outputs after its own.
const AFTERMATH: Duration = Duration::from_secs(2);

/// A child that was started and nobody has waited for yet. Dropped, it is ended with all it started: nobody would know
/// of it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    is_waited_for: bool,
    tree: Arc<Tree>,
    process: Process,
    input: Vec<u8>,
    limits: Limits,
    is_attended: bool,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Done {
        /// Its exit code.
        code: i32,
    },
    /// By a signal from elsewhere; not told on Windows, where such an end has an exit code.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// It took too long and was ended, with everything it had started. What it had done by then is not known.
    TimedOut,
    /// The system does not say how.
    Untold {
        /// What it said instead.
        error: String,
    },
}

/// What became of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// How it ended.
    pub ended: Ended,
    /// What it wrote to stdout.
    pub stdout: Output,
    /// What it wrote to stderr.
    pub stderr: Output,
    /// Whether something it had started still held its outputs when it was over, and for as long as it was waited for: its work
    /// may go on, or was cut off.
    pub is_outlived: bool,
    /// From the moment somebody waited.
    pub took: Duration,
}

/// What the threads tell.
enum News {
    Exited(io::Result<()>),
    Closed,
}

impl Running {
    pub(super) fn start(
        command: &mut Command,
        input: Vec<u8>,
        limits: Limits,
        is_attended: bool,
    ) -> io::Result<Self> {
        let (child, tree) = if is_attended { Tree::start_held(command)? } else { Tree::start(command)? };
        let id = child.id();
        let mut running = Self {
            child,
            is_waited_for: false,
            tree: Arc::new(tree),
            process: Process { id, started: String::new() },
            input,
            limits,
            is_attended,
        };
        // One that has ended already has no time any more, and needs none: it cannot survive.
        if let Some(process) = Process::of(id)? {
            running.process = process;
        }
        Ok(running)
    }

    /// The child, so that it can be written down, and recognised after a crash.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Lets the child go where it was held back, gives it its input and waits for its end, at most as long as allowed; then ends
    /// it and all it started. What outlives one that is attended is waited for as long, and then ended.
    #[must_use]
    pub fn wait(mut self) -> Finished {
        let begun = Instant::now();
        let (stdout, stderr) = (Capture::default(), Capture::default());
        self.is_waited_for = true;
        let freed = if self.is_attended { self.tree.let_go(&mut self.child) } else { Ok(()) };
        let news = self.serve(&stdout, &stderr);
        let mut watch = Watch { news, exited: None, open: 2 };
        let deadline = begun + self.limits.timeout;
        let is_in_time = freed.is_ok() && watch.until(deadline, |watch| watch.exited.is_some());
        let is_left = is_in_time && (!self.is_attended || watch.until(deadline, |watch| watch.open == 0));
        let killed = if is_left { Ok(()) } else { self.tree.kill() };
        let is_over =
            watch.until(Instant::now() + AFTERMATH, |watch| watch.exited.is_some() && watch.open == 0);
        let ended = match (is_in_time, killed, watch.exited) {
            (true, _, Some(Ok(()))) => ended(self.child.wait()),
            (false, _, exited) if freed.is_err() => {
                if exited.is_some() {
                    // Only to leave nothing of it behind: it was never let go.
                    let _ = self.child.wait();
                }
                Ended::Untold { error: freed.err().map(|error| error.to_string()).unwrap_or_default() }
            }
            (true, _, Some(Err(error))) => Ended::Untold { error: error.to_string() },
            (_, Ok(()), exited) => {
                if exited.is_some() {
                    // Only to leave nothing of it behind; how it ended is known.
                    let _ = self.child.wait();
                }
                Ended::TimedOut
            }
            (_, Err(error), _) => Ended::Untold { error: error.to_string() },
        };
        Finished {
            ended,
            stdout: stdout.so_far(),
            stderr: stderr.so_far(),
            is_outlived: !is_over || is_in_time && !is_left,
            took: begun.elapsed(),
        }
    }

    fn serve(&mut self, stdout: &Capture, stderr: &Capture) -> Receiver<News> {
        let (sender, news) = channel();
        let kept_bytes_max = self.limits.kept_bytes_max;
        if let Some(pipe) = self.child.stdout.take() {
            let (capture, sender) = (stdout.clone(), sender.clone());
            thread::spawn(move || tell(&sender, News::Closed, || capture.read(pipe, kept_bytes_max)));
        }
        if let Some(pipe) = self.child.stderr.take() {
            let (capture, sender) = (stderr.clone(), sender.clone());
            thread::spawn(move || tell(&sender, News::Closed, || capture.read(pipe, kept_bytes_max)));
        }
        if let Some(mut pipe) = self.child.stdin.take() {
            let input = std::mem::take(&mut self.input);
            // A child that does not read to the end has its reasons, and says so by its exit code.
            thread::spawn(move || drop(pipe.write_all(&input)));
        }
        let tree = Arc::clone(&self.tree);
        thread::spawn(move || drop(sender.send(News::Exited(tree.wait()))));
        news
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Where even this is refused, nothing is left to do.
        if !self.is_waited_for && self.tree.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}

/// Who waits may have gone.
fn tell(sender: &Sender<News>, news: News, work: impl FnOnce()) {
    work();
    let _ = sender.send(news);
}

/// What is known of a child so far.
struct Watch {
    news: Receiver<News>,
    exited: Option<io::Result<()>>,
    open: u8,
}

impl Watch {
    /// Takes news until something is so, or it is too late. Says whether it is so.
    fn until(&mut self, deadline: Instant, is_so: impl Fn(&Self) -> bool) -> bool {
        while !is_so(self) {
            match self.news.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(News::Exited(answer)) => self.exited = Some(answer),
                Ok(News::Closed) => self.open -= 1,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
            }
        }
        true
    }
}

fn ended(status: io::Result<ExitStatus>) -> Ended {
    match status {
        Err(error) => Ended::Untold { error: error.to_string() },
        Ok(status) => match (status.code(), platform::signal(status)) {
            (Some(code), _) => Ended::Done { code },
            (None, Some(signal)) => Ended::Killed { signal },
            (None, None) => Ended::Untold { error: status.to_string() },
        },
    }
}
