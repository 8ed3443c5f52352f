//! The *Check access* step: whether somebody has access now.

use super::{Next, Stop};
use crate::app::App;
use crate::domain::grant::{Grant, GrantState};
use crate::domain::ids::PersonId;
use crate::domain::policy::WorkflowCheck;
use crate::domain::workflow::StepAnswer;
use crate::store::{Execution, OpenGrants};

/// Nobody holds more than this.
const MOST: u32 = 500;

impl App {
    /// Only where the profile says so; everything else answers that nobody has it, so that a
    /// workflow cannot find out what exists or who is who.
    pub(super) async fn take_check(&self, execution: &Execution) -> Result<Next, Stop> {
        let inputs = &execution.inputs;
        let person = PersonId::new(inputs.need("person", "Person")?);
        let profile = self.profile_meant(inputs.need("profile", "Profile")?);
        let told = profile.filter(|profile| profile.workflow_check == WorkflowCheck::Told);
        let Some(profile) = told else {
            return Ok(Next::Answer(StepAnswer::Checked { until: None }));
        };
        let now = self.clock.now();
        let held = OpenGrants::HeldBy(person);
        let grants = self.store.open_grants(&held, None, MOST).await?;
        let is_open = |grant: &&Grant| {
            grant.profile == profile.id
                && matches!(grant.state, GrantState::Active { .. })
                && grant.ends_at > now
        };
        let until = grants.iter().filter(is_open).map(|g| g.ends_at).max();
        Ok(Next::Answer(StepAnswer::Checked { until }))
    }
}
