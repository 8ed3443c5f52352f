//! What operators see of the connections.

use super::world;
use crate::support::world::{Base, Setup, World};
use lapse::sandbox::slack::{Fault, Times};
use std::time::Duration;

/// What the bot answers to a plain question of an operator.
async fn page(world: &World, path: &str) -> (u16, String) {
    let url = format!("http://{}{path}", world.address());
    let answer = reqwest::get(url).await.expect("the bot answers");
    let status = answer.status().as_u16();
    (status, answer.text().await.expect("text"))
}

async fn ready_page_says(world: &World, status: u16, words: &str) {
    let began = std::time::Instant::now();
    loop {
        let (now, page) = page(world, "/readyz").await;
        if now == status && page.contains(words) {
            return;
        }
        assert!(
            began.elapsed() < crate::support::world::PATIENCE,
            "{now}: {page}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Not ready while it never connected; then ready, and it says how many connections there are;
/// without any it says so and stays ready, because the next one is a matter of seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_ready_once_it_has_connected() {
    let mut world = Setup::on(Base::Sqlite)
        .over_sockets()
        .start_without_a_bot()
        .await;
    let refused = Fault::error("internal_error");
    world
        .slack
        .fail("apps.connections.open", refused, Times::Always);
    world.launch_bot().await;
    ready_page_says(&world, 503, r#""blocked_by":["socket_not_connected"]"#).await;
    ready_page_says(&world, 503, r#""socket":{"open":0,"wanted":2}"#).await;
    assert_eq!(page(&world, "/healthz").await.0, 200);

    world.slack.clear_faults();
    world.advance(Duration::from_secs(90));
    world.connected().await;
    ready_page_says(&world, 200, r#""socket":{"open":2,"wanted":2}"#).await;
    let (_, counts) = page(&world, "/metrics").await;
    assert!(counts.contains("lapse_socket_connections"), "{counts}");

    world.slack.refuse_sockets();
    for socket in world.slack.sockets() {
        world.slack.cut_socket(socket.number);
    }
    ready_page_says(&world, 200, r#"{"what":"socket_disconnected"}"#).await;
    ready_page_says(&world, 200, r#""socket":{"open":0,"wanted":2}"#).await;
    world.slack.accept_sockets();
    world.advance(Duration::from_secs(90));
    ready_page_says(&world, 200, r#""notes":[],"socket":{"open":2,"wanted":2}"#).await;
}

/// Somebody switches Socket Mode off in the app's settings: not ready, and why; switched on
/// again, it recovers without a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn switched_off_is_not_ready_and_says_why() {
    let world = world().await;
    ready_page_says(&world, 200, r#""blocked_by":[]"#).await;
    world.slack.switch_socket_mode_off();
    ready_page_says(&world, 503, r#""blocked_by":["socket_switched_off"]"#).await;
    assert_eq!(page(&world, "/healthz").await.0, 200);
    for _ in 0..30 {
        world.advance(Duration::from_secs(2));
        world.settle().await;
    }
    assert!(world.slack.calls_of("apps.connections.open").len() < 20);
    world.slack.switch_socket_mode_on();
    world.advance(Duration::from_secs(90));
    world.connected().await;
    ready_page_says(&world, 200, r#""blocked_by":[]"#).await;
}

/// What Slack would post to does not exist.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_no_routes_to_post_to() {
    let world = world().await;
    let http = lapse::cli::wiring::http_client("http://127.0.0.1").expect("a client");
    for route in ["commands", "interactions", "events"] {
        let url = format!("http://{}/slack/{route}", world.address());
        let answer = http.post(&url).body("x=1").send().await.expect("answered");
        assert_eq!(answer.status().as_u16(), 404, "{route}");
    }
}
