//! F27: a restart with much left to do and much open. How fast it is, the benches say.

use super::HOUR;
use crate::on_both_databases;
use crate::support::world::{ADA, Base, GRACE, PROD_SSH, Setup, World};
use lapse::app::decide::Click;
use lapse::app::submit::Wish;
use lapse::domain::grant::GrantState;
use lapse::domain::ids::{NodeId, Origin, PersonId, ProfileId};
use lapse::domain::request::{Request, Verdict};
use lapse::sandbox::tailscale::Device;

/// So many grants are open, and as many approvals wait, when the bot dies.
const HALF: usize = 20;
/// What one approval leaves to do at least: the key, and the cards of three people.
const EFFECTS_LEFT: i64 = 4 * 20;

/// Nobody is told anything and nothing is opened until the restart.
const PROFILE: &str = r#"
[[profiles]]
id = "prod-ssh"
name = "Production SSH"
description = "tcp:22 on tag:prod"
attribute = "custom:prodSsh"
durations = ["8h"]
default_duration = "8h"
max_duration = "8h"
request_ttl = "1h"
justification = "optional"
requesters = ["*"]
approvers = ["usergroup:prod-approvers"]
notify_channel = "C0PROD"
"#;

on_both_databases!(a_backlog_drains_after_a_restart);

fn node(nth: usize) -> String {
    format!("nADA{nth:05}CNTRL")
}

/// F27: everything that was open stays open, everything that waited is done, nothing is lost.
async fn a_backlog_drains_after_a_restart(base: Base) {
    let mut world = Setup::on(base)
        .profiles(PROFILE)
        .tailscale_keys("calls_per_second = 500")
        .tailnet(|setup| {
            (0..2 * HALF).fold(setup, |setup, nth| {
                let (node, name) = (node(nth), format!("ada-{nth}"));
                setup.with_device(Device::new(&node, &name, "ada@example.com", "linux"))
            })
        })
        .start()
        .await;
    let open = approve(&world, 0..HALF).await;
    world.drain().await;
    for request in &open {
        let grant = world.grant_of(request).await;
        assert!(matches!(grant.state, GrantState::Active { .. }));
    }

    world.slack.down();
    world.tailnet.down();
    let waiting = approve(&world, HALF..2 * HALF).await;
    world.kill_bot().await;
    let left = world.count("SELECT COUNT(*) FROM outbox").await;
    assert!(left >= EFFECTS_LEFT, "{left} effects are left");
    world.slack.up();
    world.tailnet.up();
    world.start_bot().await;
    world.recover().await;
    world.drain().await;

    let mut grants = Vec::new();
    for request in open.iter().chain(&waiting) {
        let grant = world.the_promise_holds(request).await;
        assert!(matches!(grant.state, GrantState::Active { .. }));
        assert!(
            world
                .tailnet
                .has_attribute(grant.key.node.as_str(), PROD_SSH)
        );
        grants.push(grant);
    }
    world.nothing_was_opened_but(&grants);
    let lines = world.slack.channel_messages("C0PROD");
    assert_eq!(lines.len(), 2 * HALF, "one line each in the channel");

    world.advance(8 * HOUR);
    world
        .eventually("everything ends", || {
            (0..2 * HALF).all(|nth| !world.tailnet.has_attribute(&node(nth), PROD_SSH))
        })
        .await;
}

/// Through the part that decides: this story is about what follows.
async fn approve(world: &World, devices: std::ops::Range<usize>) -> Vec<Request> {
    let mut approved = Vec::new();
    for nth in devices {
        let wish = Wish {
            person: PersonId::new(ADA),
            profile: ProfileId::new("prod-ssh"),
            device: NodeId::new(node(nth)),
            duration: 8 * HOUR,
            justification: None,
            ask_first: None,
            origin: Origin::new(format!("view:V{nth}")),
        };
        let asked = world.app().submit(&wish).await.expect("it is asked");
        let grace = Click {
            by: PersonId::new(GRACE),
            at: None,
            reply: None,
        };
        let (request, verdict) = (asked.request, Verdict::Approve);
        let number = request.facts_number;
        let case = world
            .app()
            .review(&grace, &request.id, verdict, None, number)
            .await;
        approved.push(case.expect("it is approved").request);
    }
    approved
}
