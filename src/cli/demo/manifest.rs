//! What the app's own manifest says of it, so that the demo offers what Slack would offer.

use crate::sandbox::page::Shortcut;
use anyhow::Context;
use serde::Deserialize;

/// The manifest that people paste into Slack.
pub const TEXT: &str = include_str!("../../../slack-manifest.yaml");

/// The part that the page needs.
pub struct Features {
    /// The shortcuts that can be used anywhere.
    pub shortcuts: Vec<Shortcut>,
    /// The shortcuts in the menu of each message.
    pub message_shortcuts: Vec<Shortcut>,
    /// Whether the app has a home tab.
    pub home_tab: bool,
}

#[derive(Deserialize)]
struct Manifest {
    features: Given,
}

#[derive(Deserialize)]
struct Given {
    app_home: Tabs,
    #[serde(default)]
    shortcuts: Vec<Declared>,
}

#[derive(Deserialize)]
struct Tabs {
    home_tab_enabled: bool,
}

#[derive(Deserialize)]
struct Declared {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    callback_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Global,
    Message,
}

/// Reads the manifest.
pub fn features() -> anyhow::Result<Features> {
    let manifest: Manifest =
        serde_yaml_ng::from_str(TEXT).context("the app's manifest cannot be read")?;
    let given = manifest.features;
    let of_kind = |kind: Kind| {
        let declared = given.shortcuts.iter().filter(move |one| one.kind == kind);
        let shortcuts = declared.map(|one| Shortcut {
            callback_id: one.callback_id.clone(),
            label: one.name.clone(),
        });
        shortcuts.collect()
    };
    Ok(Features {
        shortcuts: of_kind(Kind::Global),
        message_shortcuts: of_kind(Kind::Message),
        home_tab: given.app_home.home_tab_enabled,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_offers_the_shortcuts_of_the_manifest() {
        let features = features().expect("a manifest");
        let ids = |shortcuts: &[Shortcut]| -> Vec<String> {
            let ids = shortcuts.iter().map(|one| one.callback_id.clone());
            ids.collect()
        };
        assert_eq!(ids(&features.shortcuts), ["request_access"]);
        assert_eq!(ids(&features.message_shortcuts), ["request_access_for"]);
    }
}
