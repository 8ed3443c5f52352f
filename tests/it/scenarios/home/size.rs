//! A home among thousands of requests and grants.

use super::{HOUR, open_home};
use crate::on_both_databases;
use crate::support::world::{ADA, Base, GRACE, SAM, World};

const MANY: u32 = 5_000;
const REQUEST: &str = "id, number, version, origin, requester, requester_as, login, profile, node, \
    facts, facts_number, approvals_from, wished_seconds, justification, ask_first, device_as_of, \
    asked_at, answer_by, state, state_detail, reminders, reminded_at";
const GRANT: &str = "id, request, number, version, holder, holder_as, profile, node, attribute, \
    value, comment, approved_at, ends_at, approvers, write_mark, warned_at, late_since, held_by, \
    due_at, state, state_detail";

on_both_databases!(a_hundred_blocks_are_enough_for_thousands);

fn series() -> String {
    format!(
        "WITH RECURSIVE s(n) AS (SELECT CAST(1 AS BIGINT) UNION ALL \
         SELECT n + 1 FROM s WHERE n < {MANY})"
    )
}

/// Copies one request so often, each by somebody else on another device.
async fn copy_request(world: &World, id: &str, prefix: &str, first: u32) {
    let copies = world
        .tamper(&format!(
            "INSERT INTO requests ({REQUEST}) {} SELECT '{prefix}' || CAST(n AS TEXT), \
             {first} + n, t.version, '{prefix}:' || CAST(n AS TEXT), t.requester, t.requester_as, \
             t.login, t.profile, 'n{prefix}' || CAST(n AS TEXT), t.facts, t.facts_number, \
             t.approvals_from, t.wished_seconds, t.justification, t.ask_first, t.device_as_of, \
             t.asked_at + n, t.answer_by, t.state, t.state_detail, t.reminders, \
             t.reminded_at FROM s, requests AS t WHERE t.id = '{id}'",
            series()
        ))
        .await;
    assert_eq!(copies, u64::from(MANY));
}

async fn a_hundred_blocks_are_enough_for_thousands(base: Base) {
    let world = World::on(base).await;
    let open = world.ada_asks(HOUR, "INC-42").await;
    world
        .click(GRACE, "asks for Production SSH", "approve")
        .await;
    world.settle().await;
    let waiting = world.ada_asks(HOUR, "INC-43").await;
    world.settle().await;
    copy_request(&world, waiting.id.as_str(), "w", 10_000).await;
    copy_request(&world, open.id.as_str(), "o", 20_000).await;
    let copies = world
        .tamper(&format!(
            "INSERT INTO grants ({GRANT}) {} SELECT 'o' || CAST(n AS TEXT), \
             'o' || CAST(n AS TEXT), 20000 + n, t.version, \
             CASE WHEN n % 10 = 0 THEN t.holder ELSE 'U0X' || CAST(n AS TEXT) END, t.holder_as, \
             t.profile, 'no' || CAST(n AS TEXT), t.attribute, t.value, t.comment, t.approved_at, \
             t.ends_at + n, t.approvers, t.write_mark, t.warned_at, t.late_since, t.held_by, \
             t.due_at, t.state, t.state_detail FROM s, grants AS t WHERE t.id = '{}'",
            series(),
            open.id
        ))
        .await;
    assert_eq!(copies, u64::from(MANY));

    for who in [GRACE, SAM, ADA] {
        let home = open_home(&world, who).await;
        let blocks = home.blocks().len();
        assert!(blocks <= 100, "{who}: {blocks}");
        match who {
            GRACE => {
                assert!(home.says("more than 992 more"), "{home:#?}");
                assert!(home.says("/access status REQ-…"), "{home:#?}");
                assert!(home.says("more than 985 more"), "{home:#?}");
                assert!(home.says("/access list &lt;profile&gt;"), "{home:#?}");
                assert!(blocks > 60, "{blocks}");
            }
            SAM => assert!(home.says("more than 985 more"), "{home:#?}"),
            _ => {
                assert!(home.says("more than 92 more"), "{home:#?}");
                assert!(home.says("/access list"), "{home:#?}");
            }
        }
    }
    world.nothing_was_refused();
}
