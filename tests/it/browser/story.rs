//! One demo, one browser, and the people in its windows.

use super::chromium::Chromium;
use super::window::Window;
use futures_util::FutureExt;
use lapse::cli::demo::{ANYWHERE, House};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;
use tokio::sync::Semaphore;

pub const ADA: &str = "U0ADA";
pub const GRACE: &str = "U0GRACE";
pub const LINUS: &str = "U0LINUS";

/// A browser takes a core, so not all stories are told at once.
static SEATS: Semaphore = Semaphore::const_new(2);

/// How long a story may be told before the browser counts as stuck.
const LONGEST: Duration = Duration::from_mins(4);

/// A page, and a browser to look at it.
pub struct Story {
    url: String,
    browser: Chromium,
}

/// Tells a story of a demo, and clears the stage whether or not it ends well.
pub async fn tell(story: impl AsyncFnOnce(&Story)) {
    let _seat = SEATS.acquire().await.expect("never closed");
    let house = House::open(ANYWHERE).await.expect("the demo starts");
    let told = look_at(&house.url(), story).await;
    house.close().await;
    if let Err(panic) = told {
        resume_unwind(panic);
    }
}

/// Tells a story of a page that is there already.
pub async fn visit(url: &str, story: impl AsyncFnOnce(&Story)) {
    let _seat = SEATS.acquire().await.expect("never closed");
    if let Err(panic) = look_at(url, story).await {
        resume_unwind(panic);
    }
}

async fn look_at(url: &str, story: impl AsyncFnOnce(&Story)) -> std::thread::Result<()> {
    let stage = Story {
        url: url.to_owned(),
        browser: Chromium::start().await,
    };
    let told = AssertUnwindSafe(story(&stage)).catch_unwind();
    let told = tokio::time::timeout(LONGEST, told).await;
    if matches!(told, Ok(Err(_))) {
        stage.describe().await;
    }
    stage.browser.close().await;
    told.expect("a story comes to its end")
}

impl Story {
    /// A window of somebody's own, at their direct messages with Lapse.
    pub async fn window(&self, who: &str) -> Window {
        let client = self.browser.client.clone();
        let opened = client.new_window(false).await.expect("a window");
        let window = Window::new(client, opened.handle, self.url.clone());
        window.go(who, "dm").await;
        window
    }

    /// What stood in the windows when a story went wrong.
    async fn describe(&self) {
        let client = &self.browser.client;
        for handle in client.windows().await.unwrap_or_default() {
            if client.switch_to_window(handle).await.is_ok() {
                let script =
                    "const fields = [...document.querySelectorAll('input, select, textarea')];
                    const held = fields.map((field) => `${field.id}: ${field.value}`).join('\\n');
                    return `${document.title}\\n${document.body.innerText}\\n${held}`";
                let text = client.execute(script, Vec::new()).await.unwrap_or_default();
                eprintln!("---- {}", text.as_str().unwrap_or_default());
            }
        }
    }
}

/// What Ada wishes for.
pub struct Wish {
    pub profile: &'static str,
    pub duration: &'static str,
    pub why: &'static str,
}

/// The wish of most stories.
pub const AN_HOUR: Wish = Wish {
    profile: "Production SSH",
    duration: "1 h",
    why: "INC-42 database failover",
};

/// Fills in the form up to its last button.
pub async fn fill_in(ada: &Window, wish: &Wish) {
    ada.write("/access").await;
    ada.sees_dialog("Request access").await;
    ada.choose("What do you need?", wish.profile).await;
    ada.sees("Sets custom:prodSsh for at most 8 h").await;
    ada.choose("On which device?", "ada-mbp").await;
    ada.tick(wish.duration).await;
    ada.fill("Why?", wish.why).await;
    ada.holds("Why?", wish.why).await;
    ada.shows("What do you need?", wish.profile).await;
    ada.shows("On which device?", "ada-mbp").await;
}

/// Asks, and reads that it was asked.
pub async fn ask(ada: &Window, wish: &Wish) {
    fill_in(ada, wish).await;
    ada.press("Ask for access").await;
    ada.sees("You'll hear by DM").await;
    ada.press("Close").await;
    ada.sees_no_dialog().await;
    ada.sees("Asked for Production SSH on ada-mbp").await;
}

/// The card on which approvers decide.
pub async fn sees_request(approver: &Window) {
    approver.sees("Ada Lovelace asks for Production SSH").await;
    approver.sees_button("Approve").await;
}
