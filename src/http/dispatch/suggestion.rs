//! Options for searches while typing, answered from memory.

use super::{Switchboard, as_json};
use crate::app::gather::TO_LOOK;
use crate::app::patience::Patience;
use crate::domain::device::Device;
use crate::domain::ids::ProfileId;
use crate::http::reply::Reply;
use crate::slack::parse::BlockSuggestion;
use crate::slack::view::form::{MOST_OPTIONS, found_approvers, found_devices};
use crate::slack::view::ids::action;
use serde_json::{Value, json};

impl Switchboard {
    pub(super) async fn suggest(&self, suggestion: BlockSuggestion) -> Reply {
        let options = self.options(&suggestion).await;
        Reply::Json(options.unwrap_or_else(|| json!({ "options": [] })))
    }

    async fn options(&self, suggestion: &BlockSuggestion) -> Option<Value> {
        let installation = self.app.installed.get()?;
        if !installation.admits(&suggestion.caller) {
            return None;
        }
        let (who, _) = self
            .app
            .who_is(
                &suggestion.caller.person,
                TO_LOOK,
                Patience::before_a_form(),
            )
            .await
            .ok()?;
        let who = who.ok()?;
        // The block names the profile that its options belong to; it is looked up, not believed.
        let profile = suggestion.block_id.as_str().split_once(':')?.1;
        let profile = ProfileId::new(profile);
        let profile = self
            .app
            .requestable(&who)
            .into_iter()
            .find(|known| known.id == profile)?;
        let typed = suggestion.typed.as_str();
        let found = match suggestion.action_id.as_str() {
            action::DEVICE => {
                let found = self.app.find_devices(typed, &who, profile, MOST_OPTIONS);
                let devices: Vec<&Device> = found.iter().map(|device| &**device).collect();
                found_devices(&devices)
            }
            action::APPROVER => {
                found_approvers(&self.app.named_approvers(&who, profile).await.ok()?, typed)
            }
            _ => return None,
        };
        Some(as_json(&found))
    }
}
