//! The words of `/access`, from signed bytes to what the person sees.

mod asking;
mod ending;
mod looking;

use super::form::PROFILES;
use crate::support::world::{ADAS_PHONE, Base, Setup, World};
use lapse::domain::request::Request;
use lapse::sandbox::slack::{Reply, User};
use lapse::sandbox::tailscale::Device;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
/// A full member who has nothing to do with anything.
const BOB: &str = "U0BOB";
const WHY: &str = "INC-42: “db”  failover, *now* for 2h on <prod> & more";

/// The profiles of the form: Ada may ask for all but the wiki; Grace and Linus approve.
fn setup(base: Base) -> Setup {
    Setup::on(base)
        .profiles(PROFILES)
        .slack(|setup| setup.user(User::member(BOB, "Bob Bystander", "bob@example.com")))
}

async fn world(base: Base) -> World {
    setup(base).start().await
}

/// Ada has a phone, too.
async fn with_a_phone(base: Base) -> World {
    let phone = Device::new(ADAS_PHONE, "ada-phone", "ada@example.com", "iOS");
    setup(base)
        .tailnet(|setup| setup.with_device(phone))
        .start()
        .await
}

/// Types a line behind `/access`.
async fn types(world: &World, who: &str, line: &str) -> Reply {
    let person = world.person(who);
    let reply = person.command("/access", line).await.expect("answered");
    assert_eq!(reply.status, 200, "{line}: {:?}", reply.body);
    reply
}

/// Types a line and reads the answer that only they see.
async fn told(world: &World, who: &str, line: &str) -> String {
    let person = world.person(who);
    let before = person.ephemerals().len();
    types(world, who, line).await;
    let shown = person.ephemerals();
    let [answer] = &shown[before..] else {
        panic!(
            "{who} typed {line:?} and reads {:?}; {:?}",
            &shown[before..],
            person.open_view()
        );
    };
    assert!(person.open_view().is_none(), "{line}: a form is open");
    answer.texts().join(" ")
}

/// Ada asks in one line, Grace agrees, and it is open.
async fn ada_has(world: &World, line: &str) -> Request {
    let answer = told(world, crate::support::world::ADA, line).await;
    assert!(answer.contains("You'll hear by DM"), "{answer}");
    let request = world.newest_request(crate::support::world::ADA).await;
    let number = request.number.to_string();
    world
        .click(crate::support::world::LINUS, &number, "approve")
        .await;
    world.calm().await;
    assert!(
        matches!(
            world.grant_of(&request).await.state,
            lapse::domain::grant::GrantState::Active { .. }
        ),
        "{number} is not open"
    );
    request
}
