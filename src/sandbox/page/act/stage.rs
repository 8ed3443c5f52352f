//! Moving the clock, making things go wrong, ending the bot.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde::Deserialize;

use super::{
    super::{House, devices, faults},
    Declined, Done, silence, surely,
};

type Theirs = State<Arc<House>>;

/// Nobody waits longer than this at once.
const LONGEST_JUMP: u64 = 7 * 24 * 3600;

#[derive(Deserialize)]
pub(in super::super) struct Forward {
    seconds: u64,
}

#[derive(Deserialize)]
pub(in super::super) struct Wrong {
    fault: faults::Fault,
}

pub(super) async fn clock(State(house): Theirs, Json(forward): Json<Forward>) -> Done {
    if forward.seconds > LONGEST_JUMP {
        return Err(Declined::because("The clock jumps a week at most."));
    }
    house
        .backstage
        .advance(Duration::from_secs(forward.seconds));
    house.tell();
    Ok(silence())
}

pub(super) async fn next_end(State(house): Theirs) -> Done {
    let end = devices::next_end(&house)
        .ok_or_else(|| Declined::because("Nothing is open, so nothing ends."))?;
    if let Ok(left) = (end - house.backstage.now()).to_std() {
        house.backstage.advance(left);
    }
    house.tell();
    Ok(silence())
}

pub(super) async fn fault(State(house): Theirs, Json(wrong): Json<Wrong>) -> Done {
    faults::plan(&house, wrong.fault);
    house.tell();
    Ok(silence())
}

pub(super) async fn clear(State(house): Theirs) -> Done {
    faults::clear(&house);
    house.tell();
    Ok(silence())
}

pub(super) async fn kill(State(house): Theirs) -> Done {
    surely(async move {
        let killed = house.backstage.kill().await;
        house.tell();
        killed.map_err(Declined::because)?;
        Ok(silence())
    })
    .await
}

pub(super) async fn restart(State(house): Theirs) -> Done {
    surely(async move {
        let started = house.backstage.restart().await;
        house.tell();
        started.map_err(Declined::because)?;
        Ok(silence())
    })
    .await
}
