//! *Check access*: only where the profile says so, and everything else is "not active".

use super::{HOUR, MINUTE, outputs, run};
use crate::on_both_databases;
use crate::support::world::{ADA, Base, GIL, GRACE, LINUS, PROFILES, Setup, World};
use serde_json::{Value, json};

on_both_databases!(
    a_workflow_learns_whether_somebody_has_access,
    a_workflow_learns_nothing_where_the_profile_does_not_say_so,
);

async fn check(world: &World, person: &str, profile: &str) -> Value {
    let asked = json!({ "person": person, "profile": profile });
    let execution = run(world, "check_access", asked).await;
    outputs(world, &execution).await
}

async fn a_workflow_learns_whether_somebody_has_access(base: Base) {
    let told = PROFILES.replace("request_ttl", "workflow_check = true\nrequest_ttl");
    let world = Setup::on(base).profiles(&told).start().await;
    let nobody = json!({ "active": false });
    assert_eq!(check(&world, ADA, "prod-ssh").await, nobody);
    world.ada_asks(HOUR, "INC-42").await;
    assert_eq!(check(&world, ADA, "prod-ssh").await, nobody, "only asked");
    let approved_at = world.clocks.now();
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let until = (approved_at + HOUR).timestamp();
    let open = json!({ "active": true, "ends_at": until });
    assert_eq!(check(&world, ADA, "prod-ssh").await, open);
    assert_eq!(
        check(&world, ADA, "production ssh").await,
        open,
        "by its name"
    );
    for (who, what) in [(LINUS, "prod-ssh"), (GIL, "prod-ssh"), (ADA, "no-such")] {
        assert_eq!(check(&world, who, what).await, nobody, "{who} {what}");
    }
    world.pass(61 * MINUTE).await;
    assert_eq!(check(&world, ADA, "prod-ssh").await, nobody);
    world.nothing_was_refused();
}

async fn a_workflow_learns_nothing_where_the_profile_does_not_say_so(base: Base) {
    let world = World::on(base).await;
    world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let nobody = json!({ "active": false });
    assert_eq!(check(&world, ADA, "prod-ssh").await, nobody);
    world.nothing_was_refused();
}
