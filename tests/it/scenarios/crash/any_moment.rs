//! F1, F3: killed at any moment at all. Each seed kills the bot once Slack and Tailscale have
//! had some number of calls since the click, and now and then a second time right after.

use super::{ASKS, HOUR, PLENTY_OF_CALLS};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PATIENCE, PROD_SSH, Setup, World};
use lapse::app::decide::Click;
use lapse::domain::ids::PersonId;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::{Duration, Instant};

/// So many kills a database; `LAPSE_TEST_SEEDS` asks for another number.
const SEEDS: u64 = 5;
/// An approval makes no more calls than this before everything has been said.
const MOST_CALLS: usize = 10;

on_both_databases!(killed_at_any_moment_nothing_is_lost);

async fn killed_at_any_moment_nothing_is_lost(base: Base) {
    let mut world = Setup::on(base)
        .tailscale_keys(PLENTY_OF_CALLS)
        .start()
        .await;
    let mut grants = Vec::new();
    let seeds = std::env::var("LAPSE_TEST_SEEDS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(SEEDS);
    for seed in 0..seeds {
        let mut dice = StdRng::seed_from_u64(seed);
        let why = format!("INC-{seed} db failover");
        let request = world.ada_asks(HOUR, &why).await;
        let card = world.card(GRACE, &why).await;
        assert!(card.says(ASKS));
        world.settle().await;
        let before = calls(&world);
        world.click(GRACE, &why, "approve").await;
        let limit = before + dice.random_range(0..=MOST_CALLS);
        until_called_or_done(&world, limit).await;
        world.kill_bot().await;
        world.start_bot().await;
        if dice.random_ratio(1, 3) {
            world.restart_bot().await;
        }
        world.recover().await;

        assert!(
            world.tailnet.has_attribute(ADAS_MAC, PROD_SSH),
            "seed {seed}: it is open"
        );
        grants.push(world.the_promise_holds(&request).await);
        world.nothing_was_opened_but(&grants);
        assert_eq!(
            world.milestones(&request).await,
            ["requested", "approved", "activated"],
            "seed {seed}"
        );
        let ada = Click {
            by: PersonId::new(ADA),
            at: None,
            reply: None,
        };
        let released = world.app().release(&ada, &request.id).await;
        released.expect("Ada gives it back");
        // Slack's own pace lets a person have a line a second.
        world.pass(Duration::from_secs(20)).await;
        assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    }
    world.nothing_was_refused();
}

fn calls(world: &World) -> usize {
    let slack: usize = world.slack.call_counts().values().sum();
    slack + world.tailnet.calls().len()
}

async fn until_called_or_done(world: &World, limit: usize) {
    let under_way = "SELECT COUNT(*) FROM outbox WHERE kind = 'sync_key' OR owner IS NOT NULL";
    let began = Instant::now();
    while calls(world) < limit && world.count(under_way).await > 0 {
        assert!(began.elapsed() < PATIENCE, "neither called nor done");
    }
}
