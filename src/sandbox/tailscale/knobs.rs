//! How a test makes Tailscale slow, broken, down, or merely different.

use std::time::Duration;

use super::TailscaleSandbox;
use super::attribute::ExpiryStyle;
use super::fault::{Fault, RateLimit};
use super::route::Route;
use super::tailnet::WriteAnswer;

impl TailscaleSandbox {
    /// The next so many calls of a route suffer this; `usize::MAX` means until cleared.
    /// Faults of one route come in the order in which they were planned.
    pub fn fault(&self, route: Route, fault: Fault, times: usize) {
        self.shared.record().plan.add(route, fault, times);
    }

    /// Nothing more goes wrong.
    pub fn clear_faults(&self) {
        self.shared.record().plan.clear();
    }

    /// Every connection is reset until [`up`](Self::up).
    pub fn down(&self) {
        self.shared.record().down = true;
    }

    /// Answers again.
    pub fn up(&self) {
        self.shared.record().down = false;
    }

    /// Answers 429 above this rate; `None` lifts the limit.
    pub fn limit_rate(&self, limit: Option<RateLimit>) {
        self.shared.record().rate_limit = limit;
    }

    /// Every token handed out so far is unknown from now on.
    pub fn forget_tokens(&self) {
        self.shared.tailnet().tokens.clear();
    }

    /// Every client has exactly these scopes from now on, tokens already handed out included.
    pub fn set_scopes<'s>(&self, scopes: impl IntoIterator<Item = &'s str>) {
        let scopes: std::collections::BTreeSet<String> =
            scopes.into_iter().map(str::to_owned).collect();
        for client in &mut self.shared.tailnet().clients {
            client.scopes.clone_from(&scopes);
        }
    }

    /// Replaces the secret of every client; tokens already handed out stay valid.
    pub fn rotate_secret(&self, secret: &str) {
        for client in &mut self.shared.tailnet().clients {
            secret.clone_into(&mut client.secret);
        }
    }

    /// How writes that were carried out are answered.
    pub fn answer_writes_with(&self, answer: WriteAnswer) {
        self.shared.tailnet().habits.write_answer = answer;
    }

    /// How expiries are printed.
    pub fn print_expiries_as(&self, style: ExpiryStyle) {
        self.shared.tailnet().habits.expiry_style = style;
    }

    /// How long an attribute stays beyond its expiry; Tailscale promises a few minutes.
    pub fn expire_late_by(&self, lag: Duration) {
        self.shared.tailnet().habits.expiry_lag = lag;
    }

    /// How long it takes until an audit log entry can be read.
    pub fn show_log_entries_after(&self, lag: Duration) {
        self.shared.tailnet().habits.log_lag = lag;
    }
}
