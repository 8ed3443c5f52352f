//! Background reading: groups, addresses, the installation. Each loop ends with the process.

use super::App;
use crate::clock::Breath;
use crate::domain::seconds;
use crate::store::StoreError;
use crate::store::outbox::{Depth, Job};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// Three calls a minute of the twenty that Slack allows.
const USER_GROUPS_EVERY: Duration = Duration::from_secs(20);
/// The policy file is small; a membership must not be older than a minute when it decides.
const TAILNET_GROUPS_EVERY: Duration = Duration::from_secs(25);
/// Scopes change when an operator installs the app anew.
const INSTALLATION_EVERY: Duration = Duration::from_hours(1);
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// Slack repeats an event for at most an hour or so.
const DELIVERIES_KEPT: TimeDelta = TimeDelta::days(2);
/// A home tab that nobody opened for so long is no longer kept up to date.
const HOMES_KEPT: TimeDelta = TimeDelta::days(30);
/// What a step asked is in the audit trail; the run itself is needed only for its answer.
const EXECUTIONS_KEPT: TimeDelta = TimeDelta::days(7);
/// A burst leaves a thousand pages in between, some ten milliseconds of writing.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(250);
const GAUGES_EVERY: Duration = Duration::from_secs(5);
/// Addresses change rarely; an unresolved one is asked for again after this.
const ADDRESSES_EVERY: Duration = Duration::from_mins(5);

impl App {
    /// Loads what was known before the last stop, and closes what the configuration no longer has.
    pub async fn remember(&self) -> Result<(), StoreError> {
        self.remember_memberships().await?;
        let (devices, as_of) = self.store.devices().await?;
        if let Some(as_of) = as_of {
            self.devices.replace(devices, as_of);
        }
        self.answer_again().await?;
        self.withdraw_orphans().await
    }

    /// Learns where the token is installed, and asks again now and then: scopes change.
    pub async fn keep_installed(self) {
        loop {
            self.learn_installation().await;
            self.clock.sleep(INSTALLATION_EVERY).await;
            match self.slack.auth_test().await {
                Ok(installation) => self.installed.set(installation),
                Err(error) => tracing::warn!(%error, "Slack did not confirm the bot token"),
            }
        }
    }

    /// Forgets what is only needed for a while.
    pub async fn keep_tidy(self) {
        loop {
            self.clock.sleep(TIDY_EVERY).await;
            let before = self.clock.now() - DELIVERIES_KEPT;
            if let Err(error) = self.store.forget_deliveries(before).await {
                tracing::warn!(%error, "old deliveries could not be forgotten");
            }
            let before = self.clock.now() - HOMES_KEPT;
            if let Err(error) = self.store.forget_homes(before).await {
                tracing::warn!(%error, "home tabs that nobody opens could not be forgotten");
            }
            let before = self.clock.now() - EXECUTIONS_KEPT;
            if let Err(error) = self.store.forget_executions(before).await {
                tracing::warn!(%error, "old runs of steps could not be forgotten");
            }
        }
    }

    /// Measures what nobody asks for in passing: how much waits, and for how long.
    pub async fn keep_gauges(self) {
        loop {
            self.clock.sleep(GAUGES_EVERY).await;
            let now = self.clock.now();
            match self.store.outbox_depth().await {
                Ok(depths) => measure(&depths, now),
                Err(error) => tracing::warn!(%error, "the outbox could not be measured"),
            }
            let age = self
                .devices
                .age(now)
                .map_or(f64::NAN, |age| age.as_secs_f64());
            metrics::gauge!("lapse_device_index_age_seconds").set(age);
        }
    }

    /// Keeps the Slack user groups fresh.
    pub async fn keep_user_groups_fresh(self) {
        // The token of a whole organisation has to name the workspace whose groups it wants.
        let mut installed = self.installed.subscribe();
        if installed.wait_for(Option::is_some).await.is_err() {
            return;
        }
        loop {
            self.read_user_groups().await;
            self.clock.sleep(USER_GROUPS_EVERY).await;
        }
    }

    /// Keeps the groups of the tailnet policy fresh, and finds out who is behind their logins.
    pub async fn keep_tailnet_groups_fresh(self) {
        let mut installed = self.installed.subscribe();
        loop {
            self.read_tailnet_groups().await;
            self.meet_approvers().await;
            tokio::select! {
                () = self.clock.sleep(TAILNET_GROUPS_EVERY) => {}
                // Before that nobody can be asked who is behind a login.
                Ok(()) = installed.changed() => {}
            }
        }
    }

    /// Finds out whose the addresses of the configuration are.
    pub async fn keep_addresses_resolved(self) {
        if self
            .installed
            .subscribe()
            .wait_for(Option::is_some)
            .await
            .is_err()
        {
            return;
        }
        loop {
            if let Err(error) = self.resolve_addresses().await {
                tracing::warn!(%error, "whose the configuration's addresses are could not be stored; trying again");
            }
            self.clock.sleep(ADDRESSES_EVERY).await;
        }
    }

    /// Stores the device index after each reading, so that a restart with Tailscale down still
    /// offers devices, with their age.
    pub async fn keep_devices_stored(self) {
        let mut readings = self.refresher.refreshed();
        while readings.changed().await.is_ok() {
            let snapshot = self.devices.snapshot();
            let Some(as_of) = snapshot.as_of() else {
                continue;
            };
            if let Err(error) = self.store.save_devices(snapshot.devices(), as_of).await {
                tracing::warn!(%error, "the device index could not be kept for a restart");
            }
        }
    }

    /// Moves SQLite's log into its file now and then, so that commits have little of that to do.
    pub async fn keep_checkpointed(self) {
        let mut worked = true;
        loop {
            self.clock.sleep(CHECKPOINT_EVERY).await;
            let outcome = self.store.checkpoint().await;
            if let Err(error) = &outcome
                && worked
            {
                tracing::warn!(%error, "the database's log could not be moved into its file; it grows until that works again");
            }
            worked = outcome.is_ok();
        }
    }

    /// Sweeps whenever something is due.
    pub async fn keep_sweeping(self) {
        const POLL: Duration = Duration::from_secs(1);
        // A burst of decisions says often that something new is due, and seldom that it is now.
        const BREATH: Duration = Duration::from_millis(50);
        let mut breath = Breath::of(BREATH);
        loop {
            let began = breath.taken().await;
            self.due.hush();
            // The next look is counted from this one, so that no time falls between the two.
            let looked = self.clock.now();
            let next = match self.sweep().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "what is due could not be done; trying again");
                    None
                }
            };
            breath.looked_since(began);
            let poll = looked + POLL;
            let wake = next.map_or(poll, |next| next.min(poll));
            tokio::select! {
                () = self.due.rung() => {}
                () = self.clock.nap_until(wake, POLL) => {}
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "gauges are floats, and counts stay small"
)]
fn measure(depths: &[Depth], now: DateTime<Utc>) {
    for kind in Job::KINDS {
        let depth = depths.iter().find(|depth| depth.kind == kind);
        let waiting = depth.map_or(0, |depth| depth.count);
        let oldest = depth.map_or(Duration::ZERO, |depth| seconds::until(now, depth.oldest));
        metrics::gauge!("lapse_outbox_depth", "kind" => kind).set(waiting as f64);
        metrics::gauge!("lapse_outbox_age_seconds", "kind" => kind).set(oldest.as_secs_f64());
    }
}
