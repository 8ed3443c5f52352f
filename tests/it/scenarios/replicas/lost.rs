//! A replica dies or is stopped while it holds a lease.

use super::{ASKS, HOUR, every_bot};
use crate::on_both_databases;
use crate::support::program::Program;
use crate::support::world::{ADA, ADAS_MAC, Base, GRACE, PROD_SSH, Setup, World};
use lapse::domain::grant::{FailureCause, GrantCommand, GrantState};
use lapse::lifecycle::GRACE as GRACE_PERIOD;
use lapse::sandbox::tailscale::{Fault, Route};
use lapse::store::outbox::Job;
use lapse::store::{Claimed, Fenced, Finished, Lane};
use lapse::worker::LEASE;
use std::time::Duration;

on_both_databases!(
    a_call_that_outlived_its_lease_changes_nothing,
    a_completion_under_an_old_claim_changes_nothing,
);

const CLAIMED: &str = "SELECT COUNT(*) FROM outbox WHERE kind = 'sync_key' AND owner IS NOT NULL";

fn keys(claimed: Vec<Claimed>) -> Vec<Claimed> {
    let is_key = |claimed: &Claimed| matches!(claimed.job, Job::SyncKey(_));
    claimed.into_iter().filter(is_key).collect()
}

async fn the_write_is_under_way(world: &World) {
    world
        .eventually("the write is under way", || {
            !world.tailnet.calls_of(Route::WriteAttribute).is_empty()
        })
        .await;
}

/// F25: one of two replicas dies in the middle of a write. Its work is nobody's until the lease
/// ends, and is done two seconds later at the latest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_replica_takes_over() {
    let mut world = every_bot(Setup::on(Base::Postgres), Base::Postgres).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(GRACE, ASKS).await;
    world.settle().await;
    let never = Fault::Latency(Duration::from_mins(1));
    world.tailnet.fault(Route::WriteAttribute, never, 1);
    world.click(GRACE, ASKS, "approve").await;
    the_write_is_under_way(&world).await;
    world.kill_bot().await;
    assert_eq!(world.count(CLAIMED).await, 1, "the dead one holds it");
    let (store, now) = (world.app().store.clone(), world.clocks.now());
    let early = store.claim("somebody else", now, LEASE, 100).await;
    assert_eq!(
        keys(early.expect("readable")),
        [],
        "not before the lease ends"
    );
    let given_back = store.release_all("somebody else").await;
    given_back.expect("what else there was is given back");
    let approved_at = world.grant_of(&request).await.approved_at;

    world.recover().await;
    let grant = world.the_promise_holds(&request).await;
    assert_eq!(grant.ends_at, approved_at + HOUR);
    assert!(world.tailnet.has_attribute(ADAS_MAC, PROD_SSH));
    assert_eq!(world.writes_of(&grant).len(), 1);
    world.nothing_was_refused();
}

/// F26: a call takes longer than the lease. Another run has finished the work when its answer
/// comes, and the answer changes nothing any more. On SQLite the other run is the same bot's.
async fn a_call_that_outlived_its_lease_changes_nothing(base: Base) {
    let world = every_bot(Setup::on(base), base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(GRACE, ASKS).await;
    world.settle().await;
    let slow = Fault::AppliedThenSlow(Duration::from_millis(800));
    world.tailnet.fault(Route::WriteAttribute, slow, 1);
    world.click(GRACE, ASKS, "approve").await;
    the_write_is_under_way(&world).await;
    world.a_lease_passes().await;
    world.advance(Duration::from_secs(1));
    world.card(ADA, "is open on").await;
    let grant = world.grant_of(&request).await;
    assert!(matches!(grant.state, GrantState::Active { .. }));

    world
        .eventually("the late answer comes", || {
            let writes = world.tailnet.calls_of(Route::WriteAttribute);
            writes.iter().all(|call| call.status == Some(200))
        })
        .await;
    world.advance(Duration::from_secs(2));
    world.settle().await;
    assert_eq!(world.the_promise_holds(&request).await, grant);
    assert_eq!(world.writes_of(&grant).len(), 1, "one look was enough");
    world.nothing_was_refused();
}

/// F26: a replica was stopped right after its claim and resumes a minute later. Whatever it
/// then reports is not stored.
async fn a_completion_under_an_old_claim_changes_nothing(base: Base) {
    const MINUTE: Duration = Duration::from_mins(1);
    let world = every_bot(Setup::on(base), base).await;
    let request = world.ada_asks(HOUR, "INC-42 db failover").await;
    world.card(GRACE, ASKS).await;
    world.settle().await;
    let (app, now) = (world.app().clone(), world.clocks.now());
    let paused = app.store.pause(&Lane::tailscale(), now + MINUTE).await;
    paused.expect("the bots leave it alone");
    world.click(GRACE, ASKS, "approve").await;
    // A minute ahead there is no pause: only this replica gets the row.
    let claimed = app.store.claim("stopped", now + MINUTE, LEASE, 100).await;
    let claimed = keys(claimed.expect("readable"));
    let [late] = claimed.as_slice() else {
        panic!("one key is to be synced: {claimed:?}");
    };
    world.a_lease_passes().await;
    if base == Base::Postgres {
        world.settle().await;
    }
    world.advance(MINUTE);
    world.advance(Duration::from_secs(1));
    world.settle().await;
    let grant = world.the_promise_holds(&request).await;
    assert!(matches!(grant.state, GrantState::Active { .. }));

    for command in [
        GrantCommand::Confirm,
        GrantCommand::MarkUntouched,
        GrantCommand::Fail(FailureCause::DeviceGone),
        GrantCommand::ConfirmRemoval,
    ] {
        let stored = app.settle(late, &[(grant.id.clone(), command)]).await;
        let stored = stored.expect("the database answers");
        assert_eq!(stored, lapse::app::settle::Settled::Fenced);
    }
    let later = world.clocks.now() + MINUTE;
    let put_off = app.store.retry_at(late, later, "late").await;
    assert_eq!(put_off.expect("an answer"), Fenced::Lost);
    let released = app.store.release(late).await;
    assert_eq!(released.expect("an answer"), Fenced::Lost);
    let finished = app.store.finish(late).await;
    assert_eq!(finished.expect("an answer"), Finished::Lost);
    assert_eq!(world.the_promise_holds(&request).await, grant);
    world.nothing_was_refused();
}

/// F26, with the real program: a process is stopped by its supervisor in the middle of a write
/// and resumed after another one has taken over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_process_finds_its_work_done() {
    let world = Setup::on(Base::Postgres).start_in_real_time().await;
    let mut stopped = Program::serve(&world).await;
    let reply = world
        .fill_and_submit(ADA, "prod-ssh", Some(ADAS_MAC), HOUR, "INC-42")
        .await;
    assert_eq!(reply.reply.status, 200);
    let slow = Fault::AppliedThenSlow(Duration::from_millis(300));
    world.tailnet.fault(Route::WriteAttribute, slow, 1);
    world.click(GRACE, ASKS, "approve").await;
    the_write_is_under_way(&world).await;
    stopped.signal("STOP");
    assert_eq!(world.count(CLAIMED).await, 1);

    let mut other = Program::serve(&world).await;
    world
        .tamper("UPDATE outbox SET leased_until = leased_until - 30000 WHERE owner IS NOT NULL")
        .await;
    world
        .until_stored("SELECT COUNT(*) FROM grants WHERE state = 'active'")
        .await;
    let version = world.count("SELECT version FROM grants").await;
    let looks = world.tailnet.calls_of(Route::ReadAttributes).len();
    stopped.signal("CONT");
    world
        .eventually("it resumes where it was, and looks", || {
            world.tailnet.calls_of(Route::ReadAttributes).len() > looks
        })
        .await;
    for program in [&mut stopped, &mut other] {
        program.signal("TERM");
        let status = program.ended_within(GRACE_PERIOD).await;
        assert_eq!(status.code(), Some(0), "{}", program.said());
    }
    assert_eq!(world.count("SELECT version FROM grants").await, version);
    let activated = "SELECT COUNT(*) FROM audit_events WHERE kind = 'activated'";
    assert_eq!(world.count(activated).await, 1);
    assert_eq!(world.tailnet.writes().len(), 1);
    world.nothing_was_refused();
}
