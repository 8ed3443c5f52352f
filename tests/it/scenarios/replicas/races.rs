//! Many act at once: one transition comes of it, and everybody else reads what happened.

use super::{ASKS, HOUR, bots, every_bot, undelivered};
use crate::on_both_databases;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROFILES, Setup, World};
use futures_util::future::join_all;
use lapse::app::decide::{Case, Click};
use lapse::app::submit::Wish;
use lapse::app::{App, Failure};
use lapse::domain::audit::{Actor, EventKind};
use lapse::domain::ids::{GrantId, NodeId, Origin, PersonId, ProfileId};
use lapse::domain::refusal::Refusal;
use lapse::domain::request::{Request, Verdict};
use lapse::store::Lane;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;

on_both_databases!(
    one_click_delivered_five_times,
    one_form_delivered_five_times,
    two_approvers_click_at_once,
    two_approvers_race_many_times,
    everything_happens_at_once,
);

/// Races of two approvers a database; `LAPSE_TEST_RACES` asks for another number.
const RACES: usize = 50;
/// Stored requests make the next ones no slower, but their effects pile up undone.
const SWEPT_EVERY: usize = 50;
/// Rounds in which everything happens at once.
const ROUNDS: u64 = 10;
const SECOND: Duration = Duration::from_secs(1);

/// F17: the same interaction five times, at once, to every replica: one transition.
async fn one_click_delivered_five_times(base: Base) {
    let world = every_bot(Setup::on(base), base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let card = world.card(GRACE, ASKS).await;
    world.settle().await;
    let click = undelivered(&world, world.person(GRACE).click(&card, "approve")).await;
    let times = (0..5).map(|nth| world.deliver(nth % bots(base), &click));
    assert_eq!(join_all(times).await, [200; 5], "each is acknowledged");
    world.settle().await;

    let grant = world.the_promise_holds(&request).await;
    assert_eq!(world.writes_of(&grant).len(), 1);
    assert_eq!(
        world.trail(&request).await,
        ["requested", "approved", "activated"]
    );
    assert!(
        world.person(GRACE).latest_ephemeral().is_none(),
        "nobody is told that they said it before"
    );
    world.nothing_was_refused();
}

/// F17: the same form five times, at once, to every replica: one request.
async fn one_form_delivered_five_times(base: Base) {
    let world = every_bot(Setup::on(base), base).await;
    let person = world.person(ADA);
    world.open_form(ADA).await;
    person.choose("device", ADAS_MAC).await.expect("a device");
    let hour = HOUR.as_secs().to_string();
    person.choose("duration", &hour).await.expect("a duration");
    person
        .type_text("justification", "INC-42 db failover")
        .await
        .expect("a reason");
    let form = undelivered(&world, person.submit()).await;
    let times = (0..5).map(|nth| world.deliver(nth % bots(base), &form));
    assert_eq!(join_all(times).await, [200; 5], "each is acknowledged");
    world.settle().await;

    assert_eq!(world.count("SELECT COUNT(*) FROM requests").await, 1);
    let request = world.newest_request(ADA).await;
    assert_eq!(world.trail(&request).await, ["requested"]);
    let cards = world.person(GRACE).messages();
    assert_eq!(cards.len(), 1, "one card for each who may answer");
}

/// F18: both click at the same moment, each at another replica. One approved it, and the other
/// reads who was first.
async fn two_approvers_click_at_once(base: Base) {
    let world = every_bot(Setup::on(base), base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    let mut clicks = Vec::new();
    for who in [GRACE, LINUS] {
        let card = world.card(who, ASKS).await;
        clicks.push(undelivered(&world, world.person(who).click(&card, "approve")).await);
    }
    world.settle().await;
    let (one, other) = (0, bots(base) - 1);
    let statuses = tokio::join!(
        world.deliver(one, &clicks[0]),
        world.deliver(other, &clicks[1])
    );
    assert_eq!(statuses, (200, 200));
    world.settle().await;

    world.the_promise_holds(&request).await;
    let winner = &world.grant_of(&request).await.approvers[0];
    let (loser, name) = match winner.id.as_str() {
        GRACE => (LINUS, "Grace Hopper"),
        _ => (GRACE, "Linus Torvalds"),
    };
    let told = world.whisper(loser).await;
    assert!(told.contains(name) && told.contains("approved"), "{told}");
    let winner = world.person(winner.id.as_str());
    assert!(winner.latest_ephemeral().is_none());
}

/// F18: again and again, without HTTP in between: always one winner, and the other learns who.
async fn two_approvers_race_many_times(base: Base) {
    let world = every_bot(Setup::on(base), base).await;
    nothing_is_carried_out(&world).await;
    let (one, other) = (world.replica(0), world.replica(bots(base) - 1));
    let races = std::env::var("LAPSE_TEST_RACES")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(RACES);
    let mut won = [0, 0];
    for race in 0..races {
        let request = ask(one, &format!("race-{race}")).await;
        let (graces, linuss) = tokio::join!(
            tokio::spawn(approve(one.clone(), GRACE, request.clone())),
            tokio::spawn(approve(other.clone(), LINUS, request.clone())),
        );
        let outcomes = [graces.expect("it ends"), linuss.expect("it ends")];
        let winner = match &outcomes {
            [Ok(_), Err(late)] => told_who_was_first(late, "Grace Hopper", 0),
            [Err(late), Ok(_)] => told_who_was_first(late, "Linus Torvalds", 1),
            _ => panic!("race {race}: {outcomes:?}"),
        };
        won[winner] += 1;
        let approvers = approvers_on_record(&world, &request).await;
        assert_eq!(approvers, [[GRACE, LINUS][winner]], "race {race}");
        if race % SWEPT_EVERY == 0 {
            forget_requests(&world).await;
        }
    }
    assert_eq!(won[0] + won[1], races);
}

fn told_who_was_first(late: &Failure, first: &str, winner: usize) -> usize {
    match late {
        Failure::Refused(Refusal::Settled { how, .. }) => assert!(how.contains(first), "{how}"),
        other => panic!("the loser reads {other}"),
    }
    winner
}

/// F19: approve, deny, cancel and the end of the request's life at once, spread over every
/// replica. One of them happened, the trail says which, and only that one was answered with yes.
async fn everything_happens_at_once(base: Base) {
    let profiles = PROFILES.replace("request_ttl = \"1h\"", "request_ttl = \"10m\"");
    let world = every_bot(Setup::on(base).profiles(&profiles), base).await;
    nothing_is_carried_out(&world).await;
    let (one, other) = (world.replica(0), world.replica(bots(base) - 1));
    for round in 0..ROUNDS {
        let mut dice = StdRng::seed_from_u64(round);
        let request = ask(one, &format!("round-{round}")).await;
        let its_time_ends = round % 2 == 0;
        let almost = Duration::from_secs(10 * 60 - 1);
        world.advance(almost);
        let (pauses, clocks) = (
            [(); 4].map(|()| dice.random_range(0..40)),
            world.clocks.clone(),
        );
        let (sweeping, id) = (other.clone(), request.id.clone());
        let (denying, cancelling) = (other.clone(), one.clone());
        let outcomes = tokio::join!(
            tokio::spawn(late_by(
                pauses[0],
                approve(one.clone(), GRACE, request.clone())
            )),
            tokio::spawn(late_by(pauses[1], deny(denying, LINUS, request.clone()))),
            tokio::spawn(late_by(pauses[2], async move {
                cancelling.cancel(&click(ADA), &id).await
            })),
            tokio::spawn(late_by(pauses[3], async move {
                if its_time_ends {
                    clocks.advance(SECOND);
                    sweeping.sweep().await.expect("it is swept");
                }
            })),
        );
        let answers = [
            ("approved", outcomes.0.expect("it ends")),
            ("denied", outcomes.1.expect("it ends")),
            ("cancelled", outcomes.2.expect("it ends")),
        ];
        outcomes.3.expect("it ends");
        let agreed: Vec<&str> = answers
            .iter()
            .filter(|(_, answer)| answer.is_ok())
            .map(|(word, _)| *word)
            .collect();
        for (word, answer) in &answers {
            if let Err(failure) = answer {
                assert!(matches!(failure, Failure::Refused(_)), "{word}: {failure}");
            }
        }
        let mut trail = world.trail(&request).await;
        trail.retain(|word| ["approved", "denied", "cancelled", "lapsed"].contains(word));
        let state = world.request(&request).await.state;
        assert_eq!(trail, [state.name()], "round {round}: one terminal state");
        match state.name() {
            "lapsed" => assert!(its_time_ends && agreed.is_empty(), "round {round}"),
            other_end => assert_eq!(agreed, [other_end], "round {round}"),
        }
        let grant = one.store.grant(&GrantId::of(&request.id)).await;
        let is_open = grant.expect("readable").is_some();
        assert_eq!(is_open, state.name() == "approved", "round {round}");
    }
}

/// Keeps the worker out of races that are about decisions.
async fn nothing_is_carried_out(world: &World) {
    let until = world.clocks.now() + Duration::from_hours(24 * 365);
    for lane in [Lane::slack(), Lane::tailscale()] {
        let paused = world.app().store.pause(&lane, until).await;
        paused.expect("it is paused");
    }
}

/// Only so that thousands of races do not slow each other down.
async fn forget_requests(world: &World) {
    for table in ["outbox", "cards", "reviews", "grants", "requests"] {
        world.tamper(&format!("DELETE FROM {table}")).await;
    }
}

async fn late_by<T>(turns: u32, act: impl Future<Output = T>) -> T {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    act.await
}

fn click(who: &str) -> Click {
    Click {
        by: PersonId::new(who),
        at: None,
        reply: None,
    }
}

async fn ask(app: &App, origin: &str) -> Request {
    let wish = Wish {
        person: PersonId::new(ADA),
        profile: ProfileId::new("prod-ssh"),
        device: NodeId::new(ADAS_MAC),
        duration: HOUR,
        justification: Some("INC-42 db failover".to_owned()),
        ask_first: None,
        origin: Origin::new(format!("view:{origin}")),
    };
    app.submit(&wish).await.expect("it is asked").request
}

async fn approve(app: App, who: &'static str, request: Request) -> Result<Case, Failure> {
    let facts = request.facts_number;
    app.review(&click(who), &request.id, Verdict::Approve, None, facts)
        .await
}

async fn deny(app: App, who: &'static str, request: Request) -> Result<Case, Failure> {
    let facts = request.facts_number;
    app.review(&click(who), &request.id, Verdict::Deny, None, facts)
        .await
}

async fn approvers_on_record(world: &World, request: &Request) -> Vec<String> {
    world.trail(request).await;
    let events = world.app().store.events_of(&request.id).await;
    let approved = events.expect("readable").into_iter().filter_map(|stored| {
        match (stored.event.kind, stored.event.actor) {
            (EventKind::Approved { .. }, Actor::Person(person)) => Some(person.id.to_string()),
            _ => None,
        }
    });
    approved.collect()
}
