//! Asking the program to stop: once, and what is in flight is finished first; twice, and it ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;
use crate::show::Talk;

/// Whether somebody asked to stop. Shared by everything that works.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether somebody asked.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The flag itself, for engines that poll it.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Listens for Ctrl-C (on Unix also for SIGTERM) on a thread of its own, until the program ends.
    ///
    /// The second request ends the process where it stands: the journal is made for that, and the next run looks
    /// at what was in flight.
    pub fn listen(&self, talk: Talk) -> std::io::Result<()> {
        let stop = self.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let listen = move || {
            runtime.block_on(async {
                if requested().await.is_ok() {
                    stop.request();
                    talk.say("Stopping after what is in flight. Press Ctrl-C again to stop at once; `run` resumes either way.");
                }
                if requested().await.is_ok() {
                    talk.say("Stopped at once. `wsusmigrate run` looks at what was in flight and goes on.");
                    end();
                }
            });
        };
        std::thread::Builder::new().name("stop".into()).spawn(listen).map(|_| ())
    }
}

/// Ends the process without unwinding the threads that still work.
fn end() {
    std::process::exit(i32::from(Exit::Stopped.code()));
}

#[cfg(unix)]
async fn requested() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn requested() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
