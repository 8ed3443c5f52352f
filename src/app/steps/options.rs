//! What Workflow Builder offers for a step's inputs.
//!
//! Nobody says who builds the workflow. So only what everybody in the workspace may know is
//! offered: profiles that everybody may ask for. Others can be asked for by their id.

use crate::app::App;
use crate::domain::duration::{spoken, written};
use crate::domain::policy::{Profile, Selector, WorkflowRule};
use std::collections::BTreeSet;
use std::time::Duration;

/// As many options Slack takes.
const MOST: usize = 100;

/// One choice in Workflow Builder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepOption {
    /// What the author reads.
    pub text: String,
    /// What the step gets.
    pub value: String,
}

impl App {
    /// Profiles that everybody may ask for, also by a workflow.
    pub fn profile_options(&self) -> Vec<StepOption> {
        self.offered_to_everybody()
            .take(MOST)
            .map(|profile| StepOption {
                text: profile.name.clone(),
                value: profile.id.to_string(),
            })
            .collect()
    }

    /// The durations of one profile; while none is chosen, those of all of them. A profile that
    /// is not offered has none, whether or not it exists.
    pub fn duration_options(&self, profile: Option<&str>) -> Vec<StepOption> {
        let chosen = profile.map(|text| self.profile_meant(text));
        let durations: BTreeSet<Duration> = self
            .offered_to_everybody()
            .filter(|profile| {
                chosen.is_none_or(|chosen| chosen.is_some_and(|chosen| chosen.id == profile.id))
            })
            .flat_map(|profile| profile.durations.iter().copied())
            .collect();
        durations
            .into_iter()
            .take(MOST)
            .map(|duration| StepOption {
                text: spoken(duration),
                value: written(duration),
            })
            .collect()
    }

    fn offered_to_everybody(&self) -> impl Iterator<Item = &Profile> {
        self.policy.profiles.iter().filter(|profile| {
            profile.workflows == WorkflowRule::Confirm
                && profile.requesters.contains(&Selector::Everyone)
        })
    }
}
