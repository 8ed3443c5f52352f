//! What goes wrong on purpose.

use std::time::Duration;

/// One way in which a call can go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done; this HTTP status without a Slack answer.
    Status(u16),
    /// Nothing is done; Slack's own `{"ok": false, "error": …}`.
    Error(String),
    /// Nothing is done; 429, and every call of that kind gets one until the time has passed
    /// on the sandbox's clock.
    RateLimited {
        /// Seconds.
        retry_after: u64,
    },
    /// The call is served this much later, in real time; combines with another fault.
    Latency(Duration),
    /// Nothing is done; the connection is closed without an answer.
    Reset,
    /// The call is served, and then the connection is closed without an answer.
    AppliedThenLost,
    /// The call is served, and then this HTTP status is answered.
    AppliedThenStatus(u16),
    /// The call is served at once, and answered this much later, in real time.
    AppliedThenSlow(Duration),
}

impl Fault {
    /// Slack's own refusal, such as `invalid_auth`.
    pub fn error(code: &str) -> Self {
        Self::Error(code.to_owned())
    }
}

/// How often it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The next time.
    Once,
    /// The next so many times.
    N(u32),
    /// Until the faults are cleared.
    Always,
}

#[derive(Debug)]
struct Planned {
    method: String,
    channel: Option<String>,
    fault: Fault,
    left: Option<u32>,
}

/// Everything that is planned to go wrong, first planned first.
#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Vec<Planned>,
    pub(super) down: bool,
    /// Whether the next interaction is delivered twice.
    pub(super) twice: bool,
}

/// What happens to one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) delay: Duration,
    pub(super) fault: Option<Fault>,
    /// The channel that the fault was planned for.
    pub(super) channel: Option<String>,
}

impl Faults {
    pub(super) fn plan(&mut self, method: &str, channel: Option<&str>, fault: Fault, times: Times) {
        let left = match times {
            Times::Once => Some(1),
            Times::N(times) => Some(times),
            Times::Always => None,
        };
        self.planned.push(Planned {
            method: method.to_owned(),
            channel: channel.map(str::to_owned),
            fault,
            left,
        });
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Draws what happens to a call of `method` that concerns these channels (a direct
    /// message is known by the person's id as well as by its own).
    pub(super) fn draw(&mut self, method: &str, channels: &[String]) -> Fate {
        let mut fate = Fate::default();
        if self.down {
            fate.fault = Some(Fault::Reset);
            return fate;
        }
        for planned in &mut self.planned {
            let for_method = planned.method == method || planned.method == "*";
            let for_channel = match &planned.channel {
                Some(channel) => channels.contains(channel),
                None => true,
            };
            if !for_method || !for_channel || planned.left == Some(0) {
                continue;
            }
            let delays = matches!(planned.fault, Fault::Latency(_));
            if !delays && fate.fault.is_some() {
                continue;
            }
            if let Some(left) = &mut planned.left {
                *left -= 1;
            }
            match &planned.fault {
                Fault::Latency(delay) => fate.delay += *delay,
                fault => {
                    fate.fault = Some(fault.clone());
                    fate.channel.clone_from(&planned.channel);
                }
            }
        }
        self.planned.retain(|planned| planned.left != Some(0));
        fate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_drawn_in_order_and_run_out() {
        let mut faults = Faults::default();
        faults.plan("chat.update", None, Fault::Reset, Times::Once);
        faults.plan("chat.update", None, Fault::Status(500), Times::N(2));
        let mut draw = || faults.draw("chat.update", &[]).fault;
        assert_eq!(draw(), Some(Fault::Reset));
        assert_eq!(draw(), Some(Fault::Status(500)));
        assert_eq!(draw(), Some(Fault::Status(500)));
        assert_eq!(draw(), None);
    }

    #[test]
    fn a_fault_can_be_for_one_channel_only() {
        let mut faults = Faults::default();
        faults.plan("*", Some("D0ADA"), Fault::Reset, Times::Always);
        let ada = ["U0ADA".to_owned(), "D0ADA".to_owned()];
        let bob = ["D0BOB".to_owned()];
        assert_eq!(faults.draw("chat.update", &ada).fault, Some(Fault::Reset));
        assert_eq!(faults.draw("chat.update", &bob).fault, None);
        assert_eq!(faults.draw("users.info", &[]).fault, None);
    }

    #[test]
    fn latency_combines_with_another_fault() {
        let mut faults = Faults::default();
        let late = Duration::from_millis(5);
        faults.plan("auth.test", None, Fault::Latency(late), Times::Always);
        faults.plan("auth.test", None, Fault::error("invalid_auth"), Times::Once);
        let fate = faults.draw("auth.test", &[]);
        assert_eq!(fate.delay, late);
        assert_eq!(fate.fault, Some(Fault::error("invalid_auth")));
        assert_eq!(faults.draw("auth.test", &[]).delay, late);
    }
}
