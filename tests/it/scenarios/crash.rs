//! The bot is killed, without a goodbye, wherever it may be.
//!
//! In most stories the bot runs on a runtime of its own, which is dropped: every task ends at
//! whatever it was waiting for, every connection is cut. Time stands still meanwhile, so a bot
//! that needs another token of its own rate limit waits for it at a known place. What the
//! machine's own `kill -9` does is told with the real program.

mod after_the_write;
mod any_moment;
mod backlog;
mod before_the_commit;
mod before_the_write;
mod process;

use crate::support::world::{ADA, GRACE, LINUS, LINUS_BOX, World};
use lapse::domain::request::Request;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// Long enough that whatever it slows is still under way when the bot is killed.
const FOR_EVER: Duration = Duration::from_mins(1);

/// What stands on a card that waits for an answer.
const ASKS: &str = "asks for Production SSH";

/// Three calls a second, of which one grant needs exactly three: look at the device, write,
/// read back.
const THREE_CALLS: &str = "calls_per_second = 3";
/// The dead still count as replicas that share the rate; nobody should wait for that here.
const PLENTY_OF_CALLS: &str = "calls_per_second = 100";
const ONE_MORE_CALL: Duration = Duration::from_millis(350);

/// Somebody else's access uses up the calls of this second.
async fn use_up_the_calls(world: &World) {
    let reply = world
        .fill_and_submit(LINUS, "prod-ssh", Some(LINUS_BOX), HOUR, "INC-1")
        .await;
    assert_eq!(reply.reply.status, 200);
    world.click(GRACE, ASKS, "approve").await;
    world.settle().await;
    world.card(LINUS, "is open on").await;
}

/// Ada asks and Grace approves; whatever follows stops where the story wants it to.
async fn ada_is_approved(world: &World) -> Request {
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(ADA, "Asked for Production SSH").await;
    world.click(GRACE, "INC-42 db failover", "approve").await;
    request
}
