//! News for an open window: the panes that changed, drawn anew, by server-sent events.
//!
//! Whatever happens while one drawing is made is told with the next. A window that connects is
//! told everything, so a connection that was lost costs nothing.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    convert::Infallible,
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::time;

use super::{
    House,
    panes::Pane,
    window::{Asked, Window},
};

/// Some things change because time passes.
const AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// What a window is told.
#[derive(Serialize)]
struct News {
    /// The demo's time in Unix milliseconds.
    now: i64,
    /// Fragments by the name of their pane.
    panes: BTreeMap<&'static str, String>,
}

/// Somebody who watches.
struct Watcher {
    house: Arc<House>,
    asked: Asked,
    shown: [u64; Pane::ALL.len()],
    told_at: Option<i64>,
}

/// Tells a window what changes for as long as it listens.
pub(super) fn live(
    house: Arc<House>,
    asked: Asked,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let watcher = Watcher {
        house,
        asked,
        shown: [0; Pane::ALL.len()],
        told_at: None,
    };
    let events = stream::unfold(watcher, |mut watcher| async {
        let news = watcher.next().await?;
        let event = Event::default().json_data(news).ok()?;
        Some((Ok(event), watcher))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Watcher {
    /// Waits for something to tell; `None` when there is nobody to look as.
    async fn next(&mut self) -> Option<News> {
        loop {
            // Begins to listen before it looks, so that nothing falls between.
            let slack = self.house.slack.changed();
            let tailnet = self.house.tailnet.called();
            let mut stage = self.house.news.subscribe();
            let window = Window::open(&self.house, &self.asked)?;
            if let Some(news) = self.look(&window) {
                return Some(news);
            }
            tokio::select! {
                () = slack => {}
                () = tailnet => {}
                _ = stage.changed() => {}
                () = time::sleep(AT_LEAST_EVERY) => {}
            }
            // Changes come in flocks: whoever is in the middle of one goes on first.
            tokio::task::yield_now().await;
        }
    }

    /// What is not yet told.
    fn look(&mut self, window: &Window) -> Option<News> {
        let mut panes = BTreeMap::new();
        for (pane, shown) in Pane::ALL.into_iter().zip(&mut self.shown) {
            let drawn = pane.draw(&self.house, window);
            let print = fingerprint(&drawn);
            if *shown != print {
                *shown = print;
                panes.insert(pane.name(), drawn);
            }
        }
        let now = self.house.backstage.now().timestamp_millis();
        // A jump of the clock is news even where nothing else changed.
        let jumped = self.told_at.is_none_or(|told| (now - told).abs() > 30_000);
        if panes.is_empty() && !jumped {
            return None;
        }
        self.told_at = Some(now);
        Some(News { now, panes })
    }
}

fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
