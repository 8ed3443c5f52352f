//! The real program: killed by the kernel, stopped by a supervisor, started twice.
//!
//! These stories run in the machine's own time. On PostgreSQL the lease of a killed process is
//! ended by hand, because nobody should wait half a minute for a test.

use super::{ASKS, FOR_EVER, HOUR};
use crate::on_both_databases;
use crate::support::program::Program;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, LINUS, PROD_SSH, Setup, World};
use lapse::lifecycle::GRACE as GRACE_PERIOD;
use lapse::sandbox::tailscale::{Device, Fault, Route};
use lapse::store::Store;
use std::time::Duration;

on_both_databases!(
    a_killed_process_opens_it_after_its_restart,
    a_terminated_process_finishes_and_gives_back,
);

/// Ends every lease, as thirty seconds would.
const END_LEASES: &str = "UPDATE outbox SET leased_until = leased_until - 30000 \
    WHERE owner IS NOT NULL";
const LEASED: &str = "SELECT COUNT(*) FROM outbox WHERE owner IS NOT NULL";
const ACTIVE: &str = "SELECT COUNT(*) FROM grants WHERE state = 'active'";

async fn ask(world: &World, device: &str, why: &str) {
    let reply = world
        .fill_and_submit(ADA, "prod-ssh", Some(device), HOUR, why)
        .await;
    assert_eq!(reply.reply.status, 200, "{}", reply.reply.text());
}

/// F1: SIGKILL after the acknowledgement, while the write is under way; after the restart the
/// access opens, once, with the end that was promised.
async fn a_killed_process_opens_it_after_its_restart(base: Base) {
    let world = Setup::on(base).start_in_real_time().await;
    let program = Program::serve(&world).await;
    ask(&world, ADAS_MAC, "INC-42 db failover").await;
    let slow = Fault::Latency(FOR_EVER);
    world.tailnet.fault(Route::WriteAttribute, slow, 1);
    world.click(GRACE, ASKS, "approve").await;
    world
        .eventually("the write is under way", || {
            !world.tailnet.calls_of(Route::WriteAttribute).is_empty()
        })
        .await;
    program.kill();
    assert!(!world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert!(world.count(LEASED).await > 0, "nobody gave it back");

    let ends_at = "SELECT ends_at FROM grants";
    let told = world.count(ends_at).await;
    if base == Base::Postgres {
        world.tamper(END_LEASES).await;
    }
    let program = Program::serve(&world).await;
    world.until_stored(ACTIVE).await;
    let attribute = world.tailnet.attribute(ADAS_MAC, PROD_SSH);
    let expiry = attribute.and_then(|attribute| attribute.expiry);
    assert_eq!(expiry.map(|at| at.timestamp_millis()), Some(told));
    assert_eq!(world.count(ends_at).await, told, "the end did not move");
    assert_eq!(world.tailnet.writes().len(), 1);
    world.card(ADA, "is open on").await;
    for kind in ["approved", "activated"] {
        let events = format!("SELECT COUNT(*) FROM audit_events WHERE kind = '{kind}'");
        assert_eq!(world.count(&events).await, 1, "{kind} once");
    }
    assert!(!program.said().contains("panicked"));
    world.nothing_was_refused();
}

/// How many clicks are under way when the signal comes.
const LOAD: usize = 12;

/// F32: SIGTERM under load. What was acknowledged is stored and what was not can be clicked
/// again; nothing stays leased; the program ends by itself, in time, with 0.
async fn a_terminated_process_finishes_and_gives_back(base: Base) {
    let devices: Vec<String> = (0..LOAD)
        .map(|nth| format!("nADAload{nth:02}CNTRL"))
        .collect();
    let wanted = devices.clone();
    let world = Setup::on(base)
        .tailscale_keys("calls_per_second = 500")
        .tailnet(move |setup| {
            wanted.iter().enumerate().fold(setup, |setup, (nth, node)| {
                let name = format!("ada-{nth}");
                setup.with_device(Device::new(node, &name, "ada@example.com", "linux"))
            })
        })
        .start_in_real_time()
        .await;
    let mut program = Program::serve(&world).await;
    for (nth, device) in devices.iter().enumerate() {
        ask(&world, device, &format!("INC-{nth:02} load")).await;
    }
    let mut cards = Vec::new();
    for nth in 0..LOAD {
        // Cards go out at Slack's pace, one a second and person: both approvers share them.
        let who = if nth % 2 == 0 { GRACE } else { LINUS };
        let why = format!("INC-{nth:02} load");
        let person = world.person(who);
        if let Some(card) = person.latest_card_containing(&why) {
            cards.push((person, card));
        }
    }
    assert!(cards.len() >= 3, "there is something to click");
    let slow = Fault::AppliedThenSlow(Duration::from_millis(300));
    let times = usize::MAX;
    world.tailnet.fault(Route::WriteAttribute, slow, times);
    let clicks: Vec<_> = cards
        .into_iter()
        .map(|(person, card)| tokio::spawn(async move { person.click(&card, "approve").await }))
        .collect();
    world
        .eventually("writes are under way", || {
            !world.tailnet.calls_of(Route::WriteAttribute).is_empty()
        })
        .await;
    program.signal("TERM");
    let mut acknowledged = 0;
    for click in clicks {
        let reply = click.await.expect("the task ends");
        acknowledged += i64::from(reply.is_ok_and(|reply| reply.acknowledged()));
    }
    let status = program.ended_within(GRACE_PERIOD).await;
    assert_eq!(status.code(), Some(0), "{}", program.said());
    assert!(acknowledged > 0);
    assert_eq!(world.count(LEASED).await, 0, "every lease was given back");
    let approved = "SELECT COUNT(*) FROM requests WHERE state = 'approved'";
    assert!(world.count(approved).await >= acknowledged);
    assert!(!program.said().contains("panicked"));
    world.tailnet.clear_faults();

    let program = Program::serve(&world).await;
    let still = "SELECT CASE WHEN EXISTS (SELECT 1 FROM grants WHERE state <> 'active') \
        THEN 0 ELSE 1 END";
    world.until_stored(still).await;
    let (active, approved) = (world.count(ACTIVE).await, world.count(approved).await);
    assert_eq!(active, approved, "every approval opened");
    let open = devices
        .iter()
        .filter(|d| world.tailnet.has_attribute(d, PROD_SSH));
    assert_eq!(open.count(), usize::try_from(active).expect("a count"));
    drop(program);
    world.nothing_was_refused();
}

/// A second process on one SQLite file does not start, and says why in one sentence.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_on_one_file_refuses_to_start() {
    let world = Setup::on(Base::Sqlite).start_in_real_time().await;
    let first = Program::serve(&world).await;
    let mut second = Program::launch(&world);
    let status = second.ended_within(GRACE_PERIOD).await;
    assert_eq!(status.code(), Some(2));
    let said = second.said();
    assert_eq!(said.lines().count(), 1, "one sentence: {said}");
    assert!(said.starts_with("lapse: Another lapse is using "), "{said}");
    assert!(
        said.contains("use PostgreSQL to run more than one"),
        "{said}"
    );
    assert!(!said.contains("panicked") && !said.contains("backtrace"));

    // The first one goes on, and looking beside it is allowed.
    ask(&world, ADAS_MAC, "INC-42 db failover").await;
    let beside = Store::open_read_only(&world.database_url()).await;
    let pending = beside.expect("it opens").pending_profiles().await;
    assert_eq!(pending.expect("readable").len(), 1);

    // A killed one lets go at once.
    first.kill();
    let third = Program::serve(&world).await;
    drop(third);
    world.nothing_was_refused();
}
