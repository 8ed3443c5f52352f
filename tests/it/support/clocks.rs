//! One hand that moves the bot's clock and both stand-ins' clocks.

use chrono::{DateTime, TimeZone, Utc};
use lapse::clock::{Clock, ClockHand};
use lapse::sandbox::clock::{HandClock, SandboxClock};
use std::time::Duration;

/// Friday, 15 January 2027, 08:00 UTC.
pub fn start_of_story() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2027, 1, 15, 8, 0, 0)
        .single()
        .expect("a time that exists")
}

/// Bot and stand-ins live in the same time.
#[derive(Clone)]
pub struct Clocks {
    bot: Clock,
    hand: ClockHand,
    outside: HandClock,
}

impl Clocks {
    pub fn new() -> Self {
        let (bot, hand) = Clock::manual(start_of_story());
        Self {
            bot,
            hand,
            outside: HandClock::showing(start_of_story()),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.hand.now()
    }

    pub fn of_bot(&self) -> Clock {
        self.bot.clone()
    }

    pub fn of_stand_ins(&self) -> SandboxClock {
        self.outside.clock()
    }

    /// The outside first: whatever wakes in the bot finds the new time everywhere.
    pub fn advance(&self, by: Duration) {
        self.outside.advance(by);
        self.hand.advance(by);
    }

    /// Only the bot's wall clock is wrong.
    pub fn set_bot_back(&self, by: Duration) {
        self.hand.jump_back(by);
    }
}
