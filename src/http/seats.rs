//! How many connections there are at one time, and who goes when there is no room.
//!
//! Opening connections and saying nothing costs a stranger little. So silence gives way: when all
//! seats are taken, the connection that has been waiting longest for its sender is closed, and
//! whoever has something to say gets its seat.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The seats of one listener.
pub(super) struct Seats {
    most: usize,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Default)]
struct Taken {
    next: u64,
    by_number: BTreeMap<u64, Sitting>,
}

struct Sitting {
    /// Since when it has been waiting for its sender; nothing while a request is being answered.
    silent_since: Option<Instant>,
    leave: CancellationToken,
}

/// One connection's seat; free again when dropped.
pub(super) struct Seat {
    number: u64,
    leave: CancellationToken,
    seats: Arc<Seats>,
}

/// While this lives, the connection is answering and keeps its seat.
pub(super) struct Answering {
    number: u64,
    seats: Arc<Seats>,
}

impl Seats {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// A seat, as soon as there is one. Waits only while every other connection is answering.
    pub(super) async fn take(self: &Arc<Self>) -> Seat {
        loop {
            let freed = self.freed.notified();
            if let Some(seat) = self.try_take() {
                return seat;
            }
            freed.await;
        }
    }

    fn try_take(self: &Arc<Self>) -> Option<Seat> {
        let mut taken = self.taken();
        if taken.by_number.len() >= self.most {
            let left = taken.longest_silent()?;
            if let Some(sitting) = taken.by_number.remove(&left) {
                sitting.leave.cancel();
            }
        }
        let number = taken.next;
        taken.next += 1;
        let leave = CancellationToken::new();
        let sitting = Sitting {
            silent_since: Some(Instant::now()),
            leave: leave.clone(),
        };
        taken.by_number.insert(number, sitting);
        Some(Seat {
            number,
            leave,
            seats: Arc::clone(self),
        })
    }

    fn set_silent_since(&self, number: u64, since: Option<Instant>) {
        if let Some(sitting) = self.taken().by_number.get_mut(&number) {
            sitting.silent_since = since;
        }
        if since.is_some() {
            self.freed.notify_one();
        }
    }

    /// A panic elsewhere does not make the count less true.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn longest_silent(&self) -> Option<u64> {
        let silent = self
            .by_number
            .iter()
            .filter_map(|(number, sitting)| Some((sitting.silent_since?, *number)));
        silent.min().map(|(_, number)| number)
    }
}

impl Seat {
    /// Ends when the seat is needed by somebody else.
    pub(super) async fn needed(&self) {
        self.leave.cancelled().await;
    }

    /// A request has arrived and is being answered.
    pub(super) fn answering(&self) -> Answering {
        self.seats.set_silent_since(self.number, None);
        Answering {
            number: self.number,
            seats: Arc::clone(&self.seats),
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.seats
            .set_silent_since(self.number, Some(Instant::now()));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken().by_number.remove(&self.number);
        self.seats.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn is_needed(seat: &Seat) -> bool {
        seat.needed().now_or_never().is_some()
    }

    #[tokio::test]
    async fn the_longest_silent_gives_way() {
        let seats = Seats::new(2);
        let (first, second) = (seats.take().await, seats.take().await);
        assert!(!is_needed(&first) && !is_needed(&second));
        drop(first.answering());
        let third = seats.take().await;
        assert!(is_needed(&second), "the first has spoken since");
        assert!(!is_needed(&first) && !is_needed(&third));
    }

    #[tokio::test]
    async fn who_is_answering_keeps_the_seat_and_others_wait() {
        let seats = Seats::new(1);
        let seat = seats.take().await;
        let answering = seat.answering();
        let mut next = Box::pin(seats.take());
        assert!(next.as_mut().now_or_never().is_none());
        assert!(!is_needed(&seat));
        drop(answering);
        let _next = next.await;
        assert!(is_needed(&seat));
    }

    #[tokio::test]
    async fn a_seat_that_was_left_is_free_again() {
        let seats = Seats::new(1);
        let seat = seats.take().await;
        let answering = seat.answering();
        let mut next = Box::pin(seats.take());
        assert!(next.as_mut().now_or_never().is_none());
        drop(seat);
        let next = next.await;
        drop(answering);
        assert!(!is_needed(&next), "numbers are not used twice");
    }
}
