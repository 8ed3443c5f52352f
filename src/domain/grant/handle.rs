//! The one handler of grants.

use super::{
    DELAYED_AFTER, EndReason, Ending, FailureCause, Grant, GrantCommand, GrantState, HeldBy,
    WriteMark,
};
use crate::domain::audit::{Actor, AuditEvent, EventKind, Subject};
use crate::domain::refusal::Refusal;
use crate::domain::seconds;
use crate::domain::transition::{Audience, Effect, Transition};
use crate::domain::world::World;
use chrono::{DateTime, Utc};

impl Grant {
    /// Judges a command of a person. Ending needs no profile, no fresh fact and no Slack.
    pub fn handle(
        &self,
        command: &GrantCommand,
        world: &World<'_>,
    ) -> Result<Transition<Self>, Refusal> {
        match command {
            GrantCommand::Release { by } => self.release(by, world),
            GrantCommand::Revoke { by, note } => self.revoke(by, note, world),
            other => self
                .advance(other, world.now)
                .ok_or_else(|| self.not_open()),
        }
    }

    /// What the clock or Tailscale's answer does; `None` when it no longer applies.
    pub fn advance(&self, command: &GrantCommand, now: DateTime<Utc>) -> Option<Transition<Self>> {
        match (command, &self.state) {
            (GrantCommand::MarkSent, GrantState::Applying { .. }) => self.marked(WriteMark::Sent),
            (GrantCommand::MarkUntouched, GrantState::Applying { .. }) => {
                self.marked(WriteMark::Untouched)
            }
            (GrantCommand::Confirm, GrantState::Applying { .. }) => Some(
                self.moves(GrantState::Active { since: now })
                    .recording(self.event(
                        EventKind::Activated {
                            ends_at: self.ends_at,
                        },
                        now,
                    ))
                    .causing(Effect::RefreshCards(Audience::Involved))
                    .causing(Effect::ShowInChannel),
            ),
            (GrantCommand::ReportLate, _) => self.report_late(None, now),
            (GrantCommand::Hold(by), _) => self.report_late(Some(by), now),
            (GrantCommand::Fail(cause), GrantState::Applying { .. }) => Some(self.fail(cause, now)),
            (GrantCommand::TimeUp, _) => self.time_up(now),
            (GrantCommand::Warn, GrantState::Active { .. }) => self.warn(now),
            (GrantCommand::ConfirmRemoval, GrantState::Ending { ending }) => {
                Some(self.removed(ending, now))
            }
            (
                GrantCommand::PersonLeft { standing },
                GrantState::Applying { .. } | GrantState::Active { .. },
            ) => Some(self.person_left(*standing, now)),
            (
                GrantCommand::EndByWorkflow { execution },
                GrantState::Applying { .. } | GrantState::Active { .. },
            ) => Some(self.ended_by_workflow(execution, now)),
            _ => None,
        }
    }

    fn marked(&self, write: WriteMark) -> Option<Transition<Self>> {
        (self.write != write).then(|| {
            let next = Self {
                write,
                version: self.version + 1,
                ..self.clone()
            };
            Transition::to(next)
        })
    }

    fn fail(&self, cause: &FailureCause, now: DateTime<Utc>) -> Transition<Self> {
        match self.write {
            WriteMark::Untouched => self
                .moves(GrantState::Failed {
                    cause: cause.clone(),
                    at: now,
                    opened: self.opened(),
                })
                .recording(self.event(
                    EventKind::Failed {
                        cause: cause.clone(),
                    },
                    now,
                ))
                .causing(Effect::RefreshCards(Audience::Everyone))
                .causing(Effect::ShowInChannel),
            WriteMark::Sent => {
                let why = EndReason::Failed {
                    cause: cause.clone(),
                };
                self.ending(
                    Ending {
                        why,
                        by: None,
                        note: None,
                        at: now,
                        opened: self.opened(),
                    },
                    Actor::Lapse,
                )
            }
        }
    }

    fn time_up(&self, now: DateTime<Utc>) -> Option<Transition<Self>> {
        let left = seconds::until(self.ends_at, now);
        let ending = |why| Ending {
            why,
            by: None,
            note: None,
            at: now,
            opened: self.opened(),
        };
        match &self.state {
            GrantState::Active { .. } if left.is_zero() => {
                Some(self.ending(ending(EndReason::Expired), Actor::Lapse))
            }
            GrantState::Applying { .. } if left < super::WORTH_WRITING => {
                let ending = ending(EndReason::NeverOpened { cause: None });
                match self.write {
                    WriteMark::Sent => Some(self.ending(ending, Actor::Lapse)),
                    WriteMark::Untouched => {
                        let mut ended = self.ended(&ending, now);
                        ended.next.held_by.clone_from(&self.held_by);
                        Some(ended)
                    }
                }
            }
            GrantState::Failed { cause, .. } if left.is_zero() => {
                let cause = Some(cause.clone());
                Some(self.ended(&ending(EndReason::NeverOpened { cause }), now))
            }
            _ => None,
        }
    }

    fn warn(&self, now: DateTime<Utc>) -> Option<Transition<Self>> {
        let in_time = self.warns_at() <= now && now < self.ends_at;
        if self.warned_at.is_some() || !in_time {
            return None;
        }
        let next = Self {
            warned_at: Some(now),
            version: self.version + 1,
            ..self.clone()
        };
        let left = seconds::until(self.ends_at, now);
        let kind = EventKind::EndingSoon {
            ends_at: self.ends_at,
            left,
        };
        Some(Transition::to(next).recording(self.event(kind, now)))
    }

    /// Notes what the last try was held by, and makes it known once it has been late for long
    /// enough; what an operator has to mend is made known at once.
    fn report_late(&self, by: Option<&HeldBy>, now: DateTime<Utc>) -> Option<Transition<Self>> {
        let since = match &self.state {
            GrantState::Applying { since } => *since,
            GrantState::Ending { ending } => ending.at,
            _ => return None,
        };
        let was_stuck = self.is_stuck();
        let next = Self {
            held_by: by.or(self.held_by.as_ref()).cloned(),
            version: self.version + 1,
            ..self.clone()
        };
        let is_stuck = next.is_stuck() && !was_stuck;
        let is_late = now.signed_duration_since(since).to_std().ok()? >= DELAYED_AFTER;
        if is_stuck || (is_late && self.late_since.is_none()) {
            let next = Self {
                late_since: Some(since),
                ..next
            };
            let held_by = next.held_by.clone();
            let kind = match self.state {
                GrantState::Applying { .. } => EventKind::Delayed { since, held_by },
                _ => EventKind::RemovalDelayed { since, held_by },
            };
            return Some(
                Transition::to(next)
                    .recording(self.event(kind, now))
                    .causing(Effect::RefreshCards(Audience::Involved)),
            );
        }
        if next.held_by == self.held_by {
            return None;
        }
        let noted = Transition::to(next);
        Some(match self.late_since {
            Some(_) => noted.causing(Effect::RefreshCards(Audience::Involved)),
            None => noted,
        })
    }

    /// Whether an operator has to mend something before it can go on.
    fn is_stuck(&self) -> bool {
        matches!(self.held_by, Some(HeldBy::ClientRefused { .. }))
    }

    pub(super) fn event(&self, kind: EventKind, at: DateTime<Utc>) -> AuditEvent {
        self.event_by(Actor::Lapse, kind, at)
    }

    pub(super) fn event_by(&self, actor: Actor, kind: EventKind, at: DateTime<Utc>) -> AuditEvent {
        AuditEvent {
            subject: Subject::Request(self.request.clone()),
            actor,
            at,
            kind,
        }
    }
}
