//! Trigger ids: each opens one view, once, within three seconds.
//! <https://docs.slack.dev/interactivity/handling-user-interaction>

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

const LIFE: TimeDelta = TimeDelta::seconds(3);

#[derive(Debug)]
struct Trigger {
    user: String,
    issued_at: DateTime<Utc>,
    exchanged: bool,
}

/// All triggers handed out so far.
#[derive(Debug, Default)]
pub(super) struct Triggers(BTreeMap<String, Trigger>);

impl Triggers {
    /// Remembers a trigger that is about to be sent to the app.
    pub(super) fn issue(&mut self, id: &str, user: &str, now: DateTime<Utc>) {
        let trigger = Trigger {
            user: user.to_owned(),
            issued_at: now,
            exchanged: false,
        };
        self.0.insert(id.to_owned(), trigger);
    }

    /// Who a trigger belongs to, if it may still be used; using it up is [`Self::exchange`].
    pub(super) fn owner(&self, id: &str, now: DateTime<Utc>) -> Result<String, &'static str> {
        let trigger = self.0.get(id).ok_or("invalid_trigger_id")?;
        if trigger.exchanged {
            return Err("exchanged_trigger_id");
        }
        if now - trigger.issued_at > LIFE {
            return Err("expired_trigger_id");
        }
        Ok(trigger.user.clone())
    }

    /// Uses a trigger up.
    pub(super) fn exchange(&mut self, id: &str) {
        if let Some(trigger) = self.0.get_mut(id) {
            trigger.exchanged = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_trigger_works_once_and_for_three_seconds() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut triggers = Triggers::default();
        triggers.issue("1.2.a", "U0ADA", start);
        triggers.issue("1.2.b", "U0ADA", start);

        let in_time = start + Duration::from_secs(3);
        let late = start + Duration::from_millis(3001);
        assert_eq!(triggers.owner("1.2.a", in_time).unwrap(), "U0ADA");
        triggers.exchange("1.2.a");
        assert_eq!(
            triggers.owner("1.2.a", in_time),
            Err("exchanged_trigger_id")
        );
        assert_eq!(triggers.owner("1.2.b", late), Err("expired_trigger_id"));
        assert_eq!(triggers.owner("1.2.c", start), Err("invalid_trigger_id"));
    }
}
