//! What opening found, on its way into the journal.

use std::sync::Arc;

use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::run::JournalRecovered;
use wsusmigrate_core::id::{EventId, MigrationId, StreamId};
use wsusmigrate_core::unit::TimeMicros;

use crate::append::{Append, Expected, Reply, Request};
use crate::batch::Batch;
use crate::error::AppendError;
use crate::queue::Queue;

/// Makes and hands over the records of one opening.
#[derive(Clone)]
pub(crate) struct Findings {
    pub(crate) queue: Arc<Queue>,
    pub(crate) migration: MigrationId,
    pub(crate) stream: StreamId,
    /// Durable records at opening: makes these events new ones at each opening.
    pub(crate) size: u64,
    pub(crate) time: TimeMicros,
}

impl Findings {
    /// Appends what was found before the writer started; durable when it returns.
    pub(crate) fn record(&self, findings: &[JournalRecovered]) -> Result<(), AppendError> {
        if findings.is_empty() {
            return Ok(());
        }
        let proposed =
            (0_usize..).zip(findings).map(|(number, finding)| self.propose(&number.to_string(), finding));
        let proposed: Vec<_> = proposed.collect();
        let batch = Batch::of(&proposed)?.last_words();
        let request = Request::new(batch, Expected::Any, &self.queue.bell);
        let append = Append { reply: Arc::clone(&request.reply) };
        self.queue.push(vec![request]);
        append.wait().map(drop)
    }

    /// Hands over what was found about the store while the writer works. The answer is for whoever asks for it.
    pub(crate) fn hand_over(&self, finding: &JournalRecovered) -> Arc<Reply> {
        match Batch::own_finding(self.propose("store", finding)) {
            Ok(batch) => {
                let request = Request::new(batch, Expected::Any, &self.queue.bell);
                let reply = Arc::clone(&request.reply);
                self.queue.push_own(request);
                reply
            }
            Err(error) => {
                let reply = Reply::new(&self.queue.bell);
                reply.give(Err(error));
                Arc::new(reply)
            }
        }
    }

    fn propose(&self, number: &str, finding: &JournalRecovered) -> Proposed {
        // Nobody else makes events of this name.
        let key = format!("{} {} {number}", self.stream, self.size);
        let id = EventId::of_observation(self.migration, "run.journal-recovered", key.as_bytes());
        let envelope = Envelope { id, time: self.time, action: None, causation: None };
        Proposed { envelope, event: finding.clone().into() }
    }
}
