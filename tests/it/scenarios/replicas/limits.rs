//! What one replica was asked by a platform, the other one honours as well.

use super::{ASKS, HOUR, every_bot};
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, LINUS_BOX, PROD_SSH, Setup, World};
use lapse::sandbox::slack::{Fault as SlackFault, Times};
use lapse::sandbox::tailscale::{Fault, Route};
use std::time::Duration;

/// What the platforms ask for.
const RETRY_AFTER: Duration = Duration::from_secs(30);
const ALMOST: Duration = Duration::from_secs(29);

async fn linus_asks(world: &World) {
    let reply = world
        .fill_and_submit(LINUS, "prod-ssh", Some(LINUS_BOX), HOUR, "INC-7")
        .await;
    assert_eq!(reply.reply.status, 200);
}

/// F5: Slack asks one replica to leave Grace alone for half a minute. No replica writes to her
/// inside that time, everybody else is written to, and afterwards she misses nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slacks_pause_holds_for_both() {
    let world = every_bot(Setup::on(Base::Postgres), Base::Postgres).await;
    let limited = SlackFault::RateLimited {
        retry_after: RETRY_AFTER.as_secs(),
    };
    world
        .slack
        .fail_in("chat.postMessage", GRACE, limited, Times::Once);
    world.talk_to_bot(1);
    world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(LINUS, ASKS).await;
    world.card(ADA, "Asked for Production SSH").await;
    world.until_stored("SELECT COUNT(*) FROM pauses").await;

    world.talk_to_bot(0);
    linus_asks(&world).await;
    world.card(LINUS, "Asked for Production SSH").await;
    world.pass(ALMOST).await;
    assert!(world.person(GRACE).messages().is_empty());
    for _ in 0..4 {
        world.advance(Duration::from_secs(1));
        world.settle().await;
    }
    assert_eq!(world.person(GRACE).messages().len(), 2, "both requests");
    let impatient = world.slack.impatient_calls();
    assert!(impatient.is_empty(), "{impatient:#?}");
    world.nothing_was_refused();
}

/// F13: Tailscale asks one replica to wait. No replica calls inside that time; afterwards both
/// approvals open, and their ends have not moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tailscales_pause_holds_for_both() {
    let world = every_bot(
        // Both approvals in one second, whoever carries them out.
        Setup::on(Base::Postgres).tailscale_keys("calls_per_second = 100"),
        Base::Postgres,
    )
    .await;
    world.talk_to_bot(1);
    let adas = world.ada_asks(HOUR, "INC-42 db failover").await;
    linus_asks(&world).await;
    let linuss = world.newest_request(LINUS).await;
    world.card(GRACE, "INC-7").await;
    world.settle().await;

    let asks_to_wait = Fault::StatusWithRetryAfter(429, RETRY_AFTER.as_secs());
    world.tailnet.fault(Route::Device, asks_to_wait, 1);
    let ends_at = world.clocks.now() + HOUR;
    world.click(GRACE, "INC-42 db failover", "approve").await;
    world.until_stored("SELECT COUNT(*) FROM pauses").await;
    let calls = world.tailnet.calls().len();

    world.talk_to_bot(0);
    world.click(GRACE, "INC-7", "approve").await;
    world.pass(ALMOST).await;
    assert_eq!(world.tailnet.calls().len(), calls, "everybody waits");
    for _ in 0..4 {
        world.advance(Duration::from_secs(1));
        world.settle().await;
    }
    for (request, device) in [(adas, ADAS_MAC), (linuss, LINUS_BOX)] {
        let grant = world.the_promise_holds(&request).await;
        assert_eq!(grant.ends_at, ends_at);
        assert!(world.tailnet.has_attribute(device, PROD_SSH));
    }
    let impatient = world.tailnet.calls_while_asked_to_wait();
    assert!(impatient.is_empty(), "{impatient:#?}");
    world.nothing_was_refused();
}
