//! The edge under attack, and the database behind it in trouble.

mod database;
mod floods;
mod fuzz;
mod groups;
mod readiness;
mod served;
mod signatures;

use crate::support::world::World;

/// What the bot answers to a plain question of an operator.
async fn asked(world: &World, path: &str) -> (u16, String) {
    let url = format!("http://{}{path}", world.address());
    let answer = reqwest::get(url).await.expect("the bot answers");
    let status = answer.status().as_u16();
    (status, answer.text().await.expect("text"))
}
