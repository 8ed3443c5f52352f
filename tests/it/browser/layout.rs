//! Narrow and wide, light and dark: nothing sticks out, everything can be read, and every
//! control is reached with the Tab key.

use super::pictures::Picture;
use super::story::{ADA, GRACE, Story, Wish, ask, fill_in, sees_request, tell};
use super::window::Window;

const SIZES: [(u32, u32); 3] = [(375, 812), (768, 1024), (1280, 900)];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// A word that does not fit any line.
const WORDY: Wish = Wish {
    profile: "Production SSH",
    duration: "1 h",
    why: "INC-42 https://example.com/a-very-long-address/that-has-no-place-where-a-line-could-end/at-all",
};

async fn nothing_sticks_out(window: &Window, what: &str) {
    let wide = window
        .run(include_str!("layout/sticks_out.js"), Vec::new())
        .await;
    assert_eq!(wide, serde_json::json!([]), "{what}");
}

async fn everything_can_be_read(window: &Window, what: &str) {
    let faint = window
        .run(include_str!("layout/faint.js"), Vec::new())
        .await;
    assert_eq!(faint, serde_json::json!([]), "{what}");
}

/// In every size and either scheme.
pub async fn looks_well(window: &Window, what: &str) {
    for scheme in SCHEMES {
        window.prefer(scheme).await;
        for (width, height) in SIZES {
            window.resize(width, height).await;
            let what = format!("{what}, {scheme}, {width} px");
            nothing_sticks_out(window, &what).await;
            everything_can_be_read(window, &what).await;
        }
    }
}

/// Walks with the Tab key until everything was reached.
pub async fn tab_reaches_everything(window: &Window, what: &str) {
    let wanted = window
        .run(include_str!("layout/tab_wanted.js"), Vec::new())
        .await;
    let wanted = wanted.as_u64().expect("a number");
    assert!(wanted > 0, "{what}");
    let mut missing = serde_json::Value::Null;
    for _ in 0..2 * wanted + 10 {
        window.press_tab().await;
        missing = window
            .run(include_str!("layout/tab_reached.js"), Vec::new())
            .await;
        if missing == serde_json::json!([]) {
            return;
        }
    }
    panic!("{what}: Tab does not reach {missing}");
}

async fn form_with_everything(story: &Story) -> Window {
    let ada = story.window(ADA).await;
    fill_in(&ada, &WORDY).await;
    ada.tick("Custom…").await;
    ada.fill("How long exactly?", "9 days").await;
    ada.holds("Why?", WORDY.why).await;
    ada.press("Ask for access").await;
    ada.sees_in("dialog[open] .field-error", "Write it like 45m")
        .await;
    ada
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_fits_can_be_read_and_is_reached_by_keyboard() {
    tell(async |story| {
        let ada = form_with_everything(story).await;
        looks_well(&ada, "the form with an error").await;
        tab_reaches_everything(&ada, "the form").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conversations_fit_can_be_read_and_are_reached_by_keyboard() {
    tell(async |story| {
        let ada = story.window(ADA).await;
        looks_well(&ada, "an empty conversation").await;
        ada.resize(1280, 900).await;
        ask(&ada, &WORDY).await;
        let grace = story.window(GRACE).await;
        sees_request(&grace).await;
        looks_well(&grace, "a card that waits").await;
        grace.prefer("light").await;
        grace.photo(Picture::Phone).await;
        grace.resize(375, 812).await;
        tab_reaches_everything(&grace, "a card that waits, on a phone").await;
        grace.resize(1280, 900).await;
        tab_reaches_everything(&grace, "a card that waits").await;
        grace.press("Approve").await;
        grace.sees_in(Window::NEWEST, "active until").await;
        grace.prefer("dark").await;
        grace.photo(Picture::Dark).await;
        looks_well(&grace, "an active card").await;
        grace.go(GRACE, "C0PROD").await;
        grace.sees("Ada Lovelace has Production SSH").await;
        looks_well(&grace, "a channel").await;
        ada.sees("is open on").await;
        looks_well(&ada, "the requester's messages").await;
    })
    .await;
}
