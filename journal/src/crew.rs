//! Threads that do pieces of work side by side and give the answers back in the order the pieces were given.
//!
//! ```text
//!  giver ── piece 0, 2, 4 … ──► hand 0 ──► answers ──┐
//!        ── piece 1, 3, 5 … ──► hand 1 ──► answers ──┴─► taker, in order
//! ```
//!
//! Bounded: a hand holds at most [`WAITING_MAX`] pieces and as many answers.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Pieces that wait for one hand.
const WAITING_MAX: usize = 2;
/// Hands at most: beyond this, making the pieces is what takes the time.
const HANDS_MAX: usize = 8;

/// The threads, and what they have been given.
pub(crate) struct Crew<Piece, Answer> {
    hands: Vec<Hand<Piece, Answer>>,
    work: fn(Piece) -> Answer,
    given: usize,
    taken: usize,
}

struct Hand<Piece, Answer> {
    pieces: Option<SyncSender<Piece>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl<Piece: Send + 'static, Answer: Send + 'static> Crew<Piece, Answer> {
    /// As many hands as there are processors.
    pub(crate) fn new(work: fn(Piece) -> Answer) -> Self {
        let hands = thread::available_parallelism().map_or(1, NonZero::get).min(HANDS_MAX);
        Self { hands: (0..hands).map(|_| Hand::new(work)).collect(), work, given: 0, taken: 0 }
    }

    /// No hands: who gives does the work. For what is done before threads are started.
    pub(crate) fn alone(work: fn(Piece) -> Answer) -> Self {
        Self { hands: Vec::new(), work, given: 0, taken: 0 }
    }

    /// Gives a piece away. Where everybody has enough to do, the oldest answer is waited for and handed back.
    pub(crate) fn give(&mut self, piece: Piece) -> Option<Answer> {
        if self.hands.is_empty() {
            return Some((self.work)(piece));
        }
        let oldest = (self.given - self.taken == WAITING_MAX * self.hands.len()).then(|| self.take());
        let at = self.given % self.hands.len();
        self.hands[at].give(piece);
        self.given += 1;
        oldest.flatten()
    }

    /// Waits for the oldest answer; `None` where everything given was taken.
    pub(crate) fn take(&mut self) -> Option<Answer> {
        if self.given == self.taken {
            return None;
        }
        let at = self.taken % self.hands.len();
        self.taken += 1;
        Some(self.hands[at].take())
    }
}

impl<Piece: Send + 'static, Answer: Send + 'static> Hand<Piece, Answer> {
    fn new(work: fn(Piece) -> Answer) -> Self {
        let (pieces, waiting) = sync_channel(WAITING_MAX);
        let (done, answers) = sync_channel(WAITING_MAX);
        let thread = thread::spawn(move || {
            for piece in waiting {
                if done.send(work(piece)).is_err() {
                    return; // the taker ended early
                }
            }
        });
        Self { pieces: Some(pieces), answers, thread: Some(thread) }
    }

    fn give(&mut self, piece: Piece) {
        if self.pieces.as_ref().is_none_or(|pieces| pieces.send(piece).is_err()) {
            self.fall();
        }
    }

    fn take(&mut self) -> Answer {
        loop {
            match self.answers.recv() {
                Ok(answer) => return answer,
                Err(_) => self.fall(),
            }
        }
    }

    /// The thread is gone though nobody ended it: a panic, which goes on here.
    fn fall(&mut self) {
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(panic)) => resume_unwind(panic),
            Some(Ok(())) | None => unreachable!("a hand works until its pieces end"),
        }
    }
}

impl<Piece, Answer> Drop for Hand<Piece, Answer> {
    fn drop(&mut self) {
        self.pieces = None;
        while self.answers.recv().is_ok() {}
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic was told where its answer was missed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(number: u64) -> u64 {
        number * number
    }

    #[test]
    fn every_answer_comes_once_and_in_order() {
        for mut crew in [Crew::new(square), Crew::alone(square)] {
            let mut answers: Vec<_> = (0..1000).filter_map(|number| crew.give(number)).collect();
            answers.extend(std::iter::from_fn(|| crew.take()));
            assert_eq!(answers, (0..1000).map(square).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_crew_that_is_not_waited_for_ends() {
        let mut crew = Crew::new(square);
        for number in 0..3 {
            crew.give(number);
        }
    }

    #[test]
    #[should_panic(expected = "nobody squares this")]
    fn a_panic_goes_on_where_its_answer_is_missed() {
        fn refuse(_: u64) -> u64 {
            panic!("nobody squares this")
        }
        let mut crew = Crew::new(refuse);
        crew.give(1);
        crew.take();
    }
}
