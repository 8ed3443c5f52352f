//! Steps of workflows: remembered and left to the worker, but for the menus of Workflow Builder,
//! which Slack wants filled before the acknowledgement.

use super::Switchboard;
use crate::app::Failure;
use crate::app::steps::StepOption;
use crate::domain::ids::ExecutionId;
use crate::domain::workflow::{Inputs, Step};
use crate::slack::ids::CallbackId;
use crate::slack::step;
use std::time::Duration;
use tokio::time::timeout;

/// Functions that fill the menus of Workflow Builder, by their callback ids.
const LIST_PROFILES: &str = "list_profiles";
const LIST_DURATIONS: &str = "list_durations";
/// Slack waits three seconds for the acknowledgement.
const PATIENCE: Duration = Duration::from_secs(2);

impl Switchboard {
    pub(super) async fn take_step(
        &self,
        callback_id: &CallbackId,
        execution: &ExecutionId,
        inputs: &Inputs,
    ) -> Result<(), Failure> {
        if let Some(step) = Step::named(callback_id.as_str()) {
            return self.app.step_began(execution, step, inputs).await;
        }
        let options = match callback_id.as_str() {
            LIST_PROFILES => self.app.profile_options(),
            LIST_DURATIONS => self.app.duration_options(inputs.get("profile")),
            _ => {
                tracing::info!("ignored a step that this version does not know");
                return Ok(());
            }
        };
        self.fill_menu(execution, &options).await;
        Ok(())
    }

    /// A menu that cannot be filled stays empty; whoever builds the workflow opens it again.
    async fn fill_menu(&self, execution: &ExecutionId, options: &[StepOption]) {
        let listed = options.iter();
        let listed = listed.map(|option| (option.text.as_str(), option.value.as_str()));
        let outputs = step::options(listed);
        let filling = self.app.slack.step_succeeded(execution, &outputs);
        match timeout(PATIENCE, filling).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "a menu of Workflow Builder could not be filled");
            }
            Err(_) => tracing::warn!("Slack took too long to fill a menu of Workflow Builder"),
        }
    }
}
