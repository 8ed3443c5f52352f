//! A busy quarter of an hour within Slack's published limits.

use crate::support::world::{ADAS_MAC, APPROVERS, Base, GRACE, LINUS, PROD_CHANNEL, Setup, World};
use lapse::sandbox::slack::{Outcome, RateLimits, User, Usergroup};
use lapse::sandbox::tailscale::Device;
use std::time::Duration;

/// People who ask, each once in every burst.
const PEOPLE: usize = 10;
const BURSTS: usize = 3;
const HALF_AN_HOUR: Duration = Duration::from_mins(30);
const FIVE_MINUTES: Duration = Duration::from_mins(5);

fn person(nth: usize) -> String {
    format!("U0BUSY{nth}")
}

fn device(nth: usize, burst: usize) -> String {
    format!("nBUSY{nth}x{burst}CNTRL")
}

async fn a_busy_workspace() -> World {
    Setup::on(Base::Sqlite)
        .tailscale_keys("calls_per_second = 500")
        .slack(|mut setup| {
            for nth in 0..PEOPLE {
                let (name, email) = (format!("Person {nth}"), format!("p{nth}@example.com"));
                setup = setup.user(User::member(&person(nth), &name, &email));
            }
            setup
                .usergroup(Usergroup::new(APPROVERS, "prod-approvers", &[GRACE, LINUS]))
                .limits(RateLimits::published())
        })
        .tailnet(|mut setup| {
            for nth in 0..PEOPLE {
                for burst in 0..BURSTS {
                    let (id, owner) = (device(nth, burst), format!("p{nth}@example.com"));
                    let name = format!("box-{nth}-{burst}");
                    setup = setup.with_device(Device::new(&id, &name, &owner, "linux"));
                }
            }
            setup
        })
        .start()
        .await
}

/// Lets a minute go by, as slowly as work asks for.
async fn a_minute(world: &World) {
    for _ in 0..6 {
        world.advance(Duration::from_secs(10));
        world.settle().await;
    }
}

/// Thirty requests asked and approved: Slack refuses next to nothing, what it refuses is
/// honoured, and every card ends in its final state.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_quarter_hour_stays_within_slacks_limits() {
    let world = a_busy_workspace().await;
    for burst in 0..BURSTS {
        for nth in 0..PEOPLE {
            let node = device(nth, burst);
            let reply = world
                .fill_and_submit(
                    &person(nth),
                    "prod-ssh",
                    Some(&node),
                    HALF_AN_HOUR,
                    "INC-42",
                )
                .await;
            assert_eq!(reply.reply.status, 200);
        }
        a_minute(&world).await;
        for nth in 0..PEOPLE {
            let name = format!("box-{nth}-{burst}");
            world.click(GRACE, &name, "approve").await;
        }
        a_minute(&world).await;
        world.advance(Duration::from_mins(3));
        world.settle().await;
    }
    for _ in 0..9 {
        world.advance(FIVE_MINUTES / 2);
        world.settle().await;
        a_minute(&world).await;
    }

    let refused = world
        .slack
        .calls()
        .into_iter()
        .filter(|call| matches!(call.outcome, Outcome::RateLimited { .. }));
    assert_eq!(
        refused.count(),
        0,
        "the bot keeps within the limits by itself"
    );
    assert!(world.slack.impatient_calls().is_empty());
    for nth in 0..PEOPLE {
        let told = world.ever_told(&person(nth));
        assert_eq!(told.len(), 4 * BURSTS, "card, open, ends soon, ended");
        assert_eq!(world.news(&person(nth), "is open on"), BURSTS);
        for message in &told {
            let buttons = message.buttons();
            assert!(
                !buttons.iter().any(|(id, _)| *id == "release"),
                "{message:#?}"
            );
        }
        let cards = told
            .iter()
            .filter(|message| message.says("after its 30 min"));
        assert_eq!(cards.count(), BURSTS);
    }
    for (who, says) in [(GRACE, "Ended"), (LINUS, "Approved by Grace Hopper")] {
        let told = world.ever_told(who);
        assert_eq!(told.len(), PEOPLE * BURSTS);
        for message in told {
            assert!(message.says(says), "{message:#?}");
            assert!(message.buttons().is_empty(), "{message:#?}");
        }
    }
    let lines = world.ever_posted_in(PROD_CHANNEL);
    assert_eq!(
        lines.len(),
        2 * PEOPLE * BURSTS,
        "a line and one word in its thread"
    );
    assert!(!world.tailnet.has_attribute(ADAS_MAC, "custom:prodSsh"));
    world.nothing_was_refused();
}
