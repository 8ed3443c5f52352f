//! A window: somebody looks into it, reads what is visible and presses what has a name.

use super::chromium::Devtools;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How long a story waits for something before it fails.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(40);

/// One window of the browser, as one person.
pub struct Window {
    client: Client,
    handle: WindowHandle,
    url: String,
}

impl Window {
    pub fn new(client: Client, handle: WindowHandle, url: String) -> Self {
        Self {
            client,
            handle,
            url,
        }
    }

    /// Becomes somebody, somewhere: `dm`, `home` or a channel's id.
    pub async fn go(&self, who: &str, place: &str) {
        let address = format!("{}?as={who}&at={place}", self.url);
        self.look()
            .await
            .goto(&address)
            .await
            .expect("the page opens");
    }

    async fn look(&self) -> &Client {
        let handle = self.handle.clone();
        let looked = self.client.switch_to_window(handle).await;
        looked.expect("the window is there");
        &self.client
    }

    // ---- Reading ---------------------------------------------------------------------------

    /// Everything that is visible in this part of the page, in one line.
    pub async fn text_of(&self, part: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let text = self.run(script, vec![json!(part)]).await;
        let words: Vec<&str> = text
            .as_str()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        words.join(" ")
    }

    /// Waits until this is visible somewhere.
    pub async fn sees(&self, text: &str) {
        self.sees_in("body", text).await;
    }

    /// Waits until this is visible in a part of the page.
    pub async fn sees_in(&self, part: &str, text: &str) {
        let what = format!("{text:?} is visible in {part}");
        self.eventually(&what, async || {
            self.text_of(part).await.contains(text).then_some(())
        })
        .await;
    }

    /// The newest message.
    pub const NEWEST: &str = "#pane-messages > .post:last-of-type";

    /// Waits until a dialog with this title is on top.
    pub async fn sees_dialog(&self, title: &str) {
        self.sees_in("dialog[open] h2", title).await;
    }

    /// Waits until no dialog is open.
    pub async fn sees_no_dialog(&self) {
        self.eventually("no dialog is open", async || {
            let open = "return document.querySelector('dialog[open]') === null";
            (self.run(open, Vec::new()).await == true).then_some(())
        })
        .await;
    }

    /// Waits until a button with this name can be pressed.
    pub async fn sees_button(&self, name: &str) {
        let what = format!("there is a button {name:?}");
        self.eventually(&what, async || self.button(name).await)
            .await;
    }

    /// Waits until no button has this name.
    pub async fn sees_no_button(&self, name: &str) {
        let what = format!("there is no button {name:?}");
        self.eventually(&what, async || match self.button(name).await {
            Some(_) => None,
            None => Some(()),
        })
        .await;
    }

    /// Waits until the menu with this label shows an option that begins like this.
    pub async fn shows(&self, label: &str, option: &str) {
        let what = format!("{option:?} is shown under {label:?}");
        let path = format!(
            ".//option[starts-with(normalize-space(.), {})]",
            quoted(option)
        );
        self.eventually(&what, async || {
            let menu = self.field(label).await?;
            let option = menu.find(Locator::XPath(&path)).await.ok()?;
            option.is_selected().await.ok()?.then_some(())
        })
        .await;
    }

    /// Waits until the field with this label holds this, also after the page was drawn anew.
    pub async fn holds(&self, label: &str, text: &str) {
        let what = format!("{label:?} holds {text:?}");
        self.eventually(&what, async || {
            let field = self.field(label).await?;
            let held = field.prop("value").await.ok()??;
            (held == text).then_some(())
        })
        .await;
    }

    /// Whether a device can reach a place now, in the page's words.
    pub async fn sees_access(&self, device: &str, place: &str, access: &str) {
        let door = format!("[data-device={device}] [data-destination={place}] .access");
        self.sees_in(&door, access).await;
    }

    // ---- Acting ----------------------------------------------------------------------------

    /// Presses the button that has this name; of several, the last: it stands on top or newest.
    pub async fn press(&self, name: &str) {
        let what = format!("a button {name:?} can be pressed");
        self.eventually(&what, async || {
            let button = self.button(name).await?;
            button.click().await.ok()
        })
        .await;
    }

    async fn button(&self, name: &str) -> Option<Element> {
        let name = quoted(name);
        let path = format!(
            "//*[(self::button or self::summary or self::a[@data-act]) and normalize-space(.)={name}]"
        );
        let found = self
            .look()
            .await
            .find_all(Locator::XPath(&path))
            .await
            .ok()?;
        for button in found.into_iter().rev() {
            let ready = async || {
                Ok::<_, CmdError>(button.is_displayed().await? && button.is_enabled().await?)
            };
            if ready().await.unwrap_or(false) {
                return Some(button);
            }
        }
        None
    }

    /// Writes into the conversation.
    pub async fn write(&self, words: &str) {
        let client = self.look().await;
        let field = client.find(Locator::Id("words")).await.expect("a composer");
        field.send_keys(words).await.expect("it can be typed into");
        self.press("Send").await;
    }

    /// Chooses an option of the menu with this label, by what it begins with.
    pub async fn choose(&self, label: &str, option: &str) {
        let what = format!("{option:?} can be chosen under {label:?}");
        let path = format!(
            ".//option[starts-with(normalize-space(.), {})]",
            quoted(option)
        );
        self.eventually(&what, async || {
            let menu = self.field(label).await?;
            menu.select_by(Locator::XPath(&path)).await.ok()
        })
        .await;
    }

    /// Ticks the choice with this label.
    pub async fn tick(&self, choice: &str) {
        let what = format!("{choice:?} can be ticked");
        let path = format!("//label[normalize-space(.)={}]", quoted(choice));
        self.eventually(&what, async || {
            let label = self.look().await.find(Locator::XPath(&path)).await.ok()?;
            label.click().await.ok()
        })
        .await;
    }

    /// Types into the field with this label, replacing what was there.
    pub async fn fill(&self, label: &str, text: &str) {
        let what = format!("{label:?} can be filled in");
        self.eventually(&what, async || {
            let field = self.field(label).await?;
            field.clear().await.ok()?;
            field.send_keys(text).await.ok()
        })
        .await;
    }

    async fn field(&self, label: &str) -> Option<Element> {
        let client = self.look().await;
        let named = client.execute(include_str!("window/named.js"), vec![json!(label)]);
        let found = named.await.ok()?;
        let id = found.as_object()?.values().next()?.as_str()?;
        let element = ElementRef::from(id.to_owned());
        Some(Element::from_element_id(client.clone(), element))
    }

    /// Presses the Tab key, wherever the focus is.
    pub async fn press_tab(&self) {
        self.press_key(char::from(Key::Tab)).await;
    }

    /// Presses a key, wherever the focus is.
    pub async fn press_key(&self, value: char) {
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        let pressed = self.look().await.perform_actions(keys).await;
        pressed.expect("the key can be pressed");
    }

    // ---- What the driver does not know ------------------------------------------------------

    /// Runs a script in the page.
    pub async fn run(&self, script: &str, with: Vec<Value>) -> Value {
        let ran = self.look().await.execute(script, with).await;
        ran.expect("the script runs")
    }

    /// Has another size from now on.
    pub async fn resize(&self, width: u32, height: u32) {
        let parameters = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.emulate("Emulation.setDeviceMetricsOverride", parameters)
            .await;
    }

    /// Prefers light or dark colours from now on.
    pub async fn prefer(&self, scheme: &str) {
        let parameters = json!({
            "features": [{ "name": "prefers-color-scheme", "value": scheme }],
        });
        self.emulate("Emulation.setEmulatedMedia", parameters).await;
    }

    async fn emulate(&self, command: &'static str, parameters: Value) {
        let command = Devtools {
            command,
            parameters,
        };
        let done = self.look().await.issue_cmd(command).await;
        done.expect("the browser does it");
    }

    /// A picture of a part of the page, as PNG.
    pub async fn photograph(&self, part: &str) -> Vec<u8> {
        let part = self.look().await.find(Locator::Css(part)).await;
        let picture = part.expect("it is there").screenshot().await;
        picture.expect("a picture")
    }

    /// Looks again and again until there is something to see.
    pub async fn eventually<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "never: {what}");
            tokio::time::sleep(GLANCE).await;
        }
    }
}

impl Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Window").field(&self.handle).finish()
    }
}

/// A text inside of a path; no name on this page has a double quotation mark.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
