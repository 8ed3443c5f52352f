//! Scenes for the tests: one request in every state that it can be in.

use super::story::{Asked, Reached, Story, Told};
use crate::domain::attribute::{Attribute, AttributeValue};
use crate::domain::audit::PersonRef;
use crate::domain::device::{Authorization, Device, DeviceOrigin, DeviceRefusal, Presence};
use crate::domain::facts::{DeviceFacts, FactChange, Facts};
use crate::domain::grant::{
    DeviceChange, EndReason, Ending, FailureCause, Grant, GrantState, HeldBy, Opened,
};
use crate::domain::ids::{ChannelId, ExecutionId, NodeId, Origin, PersonId, ProfileId, RequestId};
use crate::domain::number::RequestNumber;
use crate::domain::person::{Email, Login, Standing};
use crate::domain::policy::{
    Announcement, ApproverChoice, DeviceRule, JustificationRule, Profile, Risk, Selector,
    SelfApproval, WorkflowCheck, WorkflowRule,
};
use crate::domain::request::{CancelReason, Reminded, Request, RequestState, Review, Verdict};
use crate::domain::workflow::{DeviceChoice, Workflow};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;

/// What everybody and everything is called.
#[derive(Clone, Debug)]
pub struct Cast {
    pub ada: String,
    pub grace: String,
    pub linus: String,
    pub sam: String,
    pub device: String,
    pub os: String,
    pub owner: String,
    pub profile: String,
    pub description: String,
    pub environment: String,
    pub reason: String,
    pub note: String,
    pub failure: String,
    pub handle: String,
    pub workflow: String,
}

impl Default for Cast {
    fn default() -> Self {
        let own = |text: &str| text.to_owned();
        Self {
            ada: own("Ada"),
            grace: own("Grace"),
            linus: own("Linus"),
            sam: own("Sam"),
            device: own("ada-mbp"),
            os: own("macOS"),
            owner: own("ada@example.com"),
            profile: own("Production SSH"),
            description: own("tcp:22 on tag:prod"),
            environment: own("Production"),
            reason: own("db failover"),
            note: own("not during the freeze"),
            failure: own("the OAuth client lacks `devices:posture_attributes`."),
            handle: own("prod-approvers"),
            workflow: own("Deploy helper"),
        }
    }
}

impl Cast {
    /// Everything is called the same.
    pub fn all(text: &str) -> Self {
        let own = || text.to_owned();
        Self {
            ada: own(),
            grace: own(),
            linus: own(),
            sam: own(),
            device: own(),
            os: own(),
            owner: own(),
            profile: own(),
            description: own(),
            environment: own(),
            reason: own(),
            note: own(),
            failure: own(),
            handle: own(),
            workflow: own(),
        }
    }
}

/// 2027-01-15 08:00 UTC.
pub fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a moment")
}

pub fn after(minutes: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minutes)
}

pub fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

/// One state of one request, with everything around it.
#[derive(Clone, Debug)]
pub struct Scene {
    pub name: &'static str,
    pub cast: Cast,
    pub request: Request,
    pub grant: Option<Grant>,
    pub profile: Option<Profile>,
    pub device: Option<Device>,
    pub reached: Reached,
    pub nameless: bool,
    pub no_longer: Vec<PersonId>,
    pub others_able: u32,
    pub asked_lately: u32,
    pub told: Option<ChannelId>,
    pub changed: Option<(DateTime<Utc>, Vec<FactChange>)>,
    pub devices: Vec<Arc<Device>>,
    pub now: DateTime<Utc>,
}

pub const ADA: &str = "UADA";
pub const GRACE: &str = "UGRACE";
pub const LINUS: &str = "ULINUS";
pub const SAM: &str = "USAM";

pub fn group() -> Selector {
    Selector::UserGroup("prod-approvers".to_owned())
}

fn person(id: &str, name: &str) -> PersonRef {
    PersonRef {
        id: PersonId::new(id),
        name: name.to_owned(),
        email: Some(Email::new("somebody@example.com")),
    }
}

impl Scene {
    pub fn pending(cast: &Cast) -> Self {
        let profile = profile(cast);
        let device = device(cast);
        let requester = person(ADA, &cast.ada);
        let request = Request {
            id: RequestId::new("0192aaaa-0000-7000-8000-000000000001"),
            number: RequestNumber(244_851),
            version: 1,
            origin: Origin::new("view:V1"),
            requester: requester.clone(),
            login: Login::new("ada@example.com"),
            facts: Facts::new(
                requester.id.clone(),
                &profile,
                DeviceFacts::from(&device),
                hours(2),
            ),
            facts_number: 1,
            approvals_from: 1,
            wished: hours(2),
            justification: Some(cast.reason.clone()),
            ask_first: None,
            workflow: None,
            device_as_of: None,
            asked_at: start(),
            answer_by: after(60),
            reminded: None,
            reviews: Vec::new(),
            state: RequestState::Pending,
        };
        Self {
            name: "pending",
            cast: cast.clone(),
            request,
            grant: None,
            profile: Some(profile),
            device: Some(device),
            reached: Reached::Yes,
            nameless: false,
            no_longer: Vec::new(),
            others_able: 30,
            asked_lately: 3,
            told: None,
            changed: None,
            devices: Vec::new(),
            now: after(5),
        }
    }

    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn needing(self, approvals: u32) -> Self {
        self.with(|scene| {
            scene.request.facts.approvals = approvals;
            if let Some(profile) = &mut scene.profile {
                profile.approvals = approvals;
            }
        })
    }

    pub fn reviewed(self, who: &str, verdict: Verdict, minute: i64) -> Self {
        self.with(|scene| {
            let name = scene.called(who);
            let note = (verdict == Verdict::Deny).then(|| scene.cast.note.clone());
            scene.request.reviews.push(Review {
                by: person(who, &name),
                login: Login::new(who),
                verdict,
                facts_number: scene.request.facts_number,
                note,
                because: group(),
                at: after(minute),
            });
            if let Verdict::Shorten(to) = verdict {
                scene.request.facts.duration = to;
                scene.request.facts_number += 1;
            }
        })
    }

    fn called(&self, who: &str) -> String {
        match who {
            ADA => &self.cast.ada,
            GRACE => &self.cast.grace,
            LINUS => &self.cast.linus,
            _ => &self.cast.sam,
        }
        .clone()
    }

    /// Approved by Grace in the fifth minute.
    pub fn approved(cast: &Cast) -> Self {
        Self::pending(cast)
            .reviewed(GRACE, Verdict::Approve, 5)
            .with(|scene| {
                let by = vec![person(GRACE, &scene.cast.grace)];
                let at = after(5);
                let ends_at = at + TimeDelta::hours(2);
                scene.grant = Some(Grant::open(&scene.request, &by, ends_at, at));
                scene.request.state = RequestState::Approved { by, at };
                scene.now = after(6);
            })
            .named("applying")
    }

    pub fn granted(cast: &Cast, name: &'static str, state: GrantState) -> Self {
        Self::approved(cast).named(name).with(|scene| {
            if let Some(grant) = &mut scene.grant {
                grant.state = state;
            }
        })
    }

    fn with_opened(self, known: Opened) -> Self {
        self.with(|scene| {
            if let Some(GrantState::Ended { ending, .. }) =
                scene.grant.as_mut().map(|grant| &mut grant.state)
            {
                ending.opened = known;
            }
        })
    }

    pub fn late(self) -> Self {
        self.with(|scene| {
            if let Some(grant) = &mut scene.grant {
                grant.late_since = Some(after(6));
            }
        })
    }

    pub fn held_by(self, by: HeldBy) -> Self {
        self.with(|scene| {
            if let Some(grant) = &mut scene.grant {
                grant.held_by = Some(by);
            }
        })
    }

    pub fn at(self, minute: i64) -> Self {
        self.with(|scene| scene.now = after(minute))
    }

    pub fn tell<R>(&self, tell: impl FnOnce(&Story<'_>) -> R) -> R {
        let people = [
            (PersonId::new(GRACE), self.cast.grace.as_str()),
            (PersonId::new(LINUS), self.cast.linus.as_str()),
        ];
        let because = Selector::UserGroup(self.cast.handle.clone());
        let asked: Vec<Asked<'_>> = people
            .iter()
            .map(|(person, name)| Asked {
                person,
                name: (!self.nameless).then_some(*name),
                because: &because,
                reached: self.reached,
            })
            .collect();
        tell(&Story {
            request: &self.request,
            grant: self.grant.as_ref(),
            profile: self.profile.as_ref(),
            device: self.device.as_ref(),
            asked: &asked,
            others_able: self.others_able,
            asked_lately: self.asked_lately,
            no_longer: &self.no_longer,
            security_told: self.told.as_ref().map_or(Told::NotYet, Told::In),
            changed: self
                .changed
                .as_ref()
                .map(|(at, changes)| (*at, &changes[..])),
            devices: &self.devices,
            now: self.now,
        })
    }
}

pub fn profile(cast: &Cast) -> Profile {
    Profile {
        id: ProfileId::new("prod-ssh"),
        name: cast.profile.clone(),
        description: cast.description.clone(),
        environment: Some(cast.environment.clone()),
        risk: Risk::Normal,
        attribute: Attribute::parse("custom:prodSsh").expect("a legal key"),
        value: AttributeValue::Bool(true),
        durations: vec![Duration::from_mins(30), hours(1), hours(2)],
        default_duration: hours(1),
        max_duration: hours(8),
        request_ttl: hours(1),
        justification: JustificationRule::Required,
        justification_pattern: None,
        justification_hint: None,
        requesters: vec![Selector::Everyone],
        approvers: vec![Selector::UserGroup(cast.handle.clone())],
        approvals: 1,
        ask_at_most: 10,
        approver_choice: ApproverChoice::Lapse,
        self_approval: SelfApproval::Never,
        devices: DeviceRule::Own,
        notify_channel: Some(ChannelId::new("CPROD")),
        announcement: Announcement::WithJustification,
        workflows: WorkflowRule::Confirm,
        workflow_check: WorkflowCheck::Silent,
    }
}

pub fn device(cast: &Cast) -> Device {
    Device {
        node: NodeId::new("n292kg92CNTRL"),
        name: cast.device.clone(),
        owner: Login::new(&cast.owner),
        os: cast.os.clone(),
        client_version: "1.90.1".to_owned(),
        tags: Vec::new(),
        presence: Presence::Online,
        authorization: Authorization::Authorized,
        origin: DeviceOrigin::Tailnet,
        key_expires: None,
    }
}

fn ending(cast: &Cast, why: EndReason, minute: i64) -> Ending {
    let opened = match why {
        EndReason::NeverOpened { .. } => Opened::Never,
        EndReason::Failed { .. } => Opened::Perhaps,
        EndReason::Expired
        | EndReason::Released
        | EndReason::Revoked
        | EndReason::PersonLeft { .. } => Opened::At(after(5)),
    };
    let (by, note) = match why {
        EndReason::Released => (Some(person(ADA, &cast.ada)), None),
        EndReason::Revoked => (Some(person(SAM, &cast.sam)), Some(cast.note.clone())),
        _ => (None, None),
    };
    Ending {
        why,
        by,
        note,
        at: after(minute),
        opened,
    }
}

pub fn refused(cast: &Cast) -> FailureCause {
    FailureCause::Refused {
        status: 403,
        sentence: cast.failure.clone(),
    }
}

/// Every state that the domain can reach.
pub fn all(cast: &Cast) -> Vec<Scene> {
    let mut scenes = undecided(cast);
    scenes.extend(by_workflow(cast));
    scenes.extend(opened(cast));
    scenes.extend(over(cast));
    scenes.extend(failed_otherwise(cast));
    scenes
}

fn undecided(cast: &Cast) -> Vec<Scene> {
    let pending = || Scene::pending(cast);
    vec![
        pending(),
        pending().named("pending, risky").with(|scene| {
            if let Some(profile) = &mut scene.profile {
                profile.risk = Risk::High;
            }
        }),
        pending()
            .named("pending, own approval counts")
            .with(|scene| {
                if let Some(profile) = &mut scene.profile {
                    profile.self_approval = SelfApproval::Allowed;
                }
            }),
        pending().named("pending, device as of").with(|scene| {
            scene.request.device_as_of = Some(after(-10));
            scene.request.justification = None;
            scene.request.facts.device.tags = vec!["tag:ci".to_owned()];
            scene.device = None;
        }),
        pending()
            .named("pending, nobody reached")
            .with(|scene| scene.reached = Reached::No),
        pending().named("pending, reminded").with(|scene| {
            let (times, at) = (2, after(20));
            scene.request.reminded = Some(Reminded { times, at });
            scene.now = after(21);
        }),
        pending()
            .named("pending, names unknown")
            .with(|scene| scene.nameless = true),
        pending()
            .named("pending, Linus left the group")
            .with(|scene| scene.no_longer = vec![PersonId::new(LINUS)]),
        pending().named("profile gone from the file").with(|scene| {
            scene.profile = None;
        }),
        pending()
            .needing(2)
            .reviewed(GRACE, Verdict::Approve, 3)
            .named("partly approved"),
        pending()
            .needing(2)
            .reviewed(GRACE, Verdict::Shorten(Duration::from_mins(30)), 3)
            .named("partly approved and shortened"),
        pending()
            .needing(2)
            .reviewed(GRACE, Verdict::Shorten(Duration::from_mins(30)), 3)
            .named("set aside")
            .with(|scene| {
                scene.request.facts_number += 1;
                scene.request.approvals_from = scene.request.facts_number;
                scene.changed = Some((after(4), vec![FactChange::Device]));
            }),
        pending()
            .reviewed(GRACE, Verdict::Deny, 5)
            .named("denied")
            .with(|scene| {
                scene.request.state = RequestState::Denied {
                    by: person(GRACE, &scene.cast.grace),
                    at: after(5),
                    note: Some(scene.cast.note.clone()),
                };
            }),
        pending().named("lapsed, not swept yet").at(60),
        pending().named("lapsed").at(61).with(|scene| {
            scene.request.state = RequestState::Lapsed { at: after(61) };
        }),
        pending()
            .needing(2)
            .reviewed(GRACE, Verdict::Approve, 3)
            .named("lapsed, partly approved")
            .at(61)
            .with(|scene| scene.request.state = RequestState::Lapsed { at: after(61) }),
        pending().named("cancelled").with(|scene| {
            scene.request.state = RequestState::Cancelled {
                why: CancelReason::Requester,
                at: after(4),
            };
        }),
        pending().named("profile gone").with(|scene| {
            scene.profile = None;
            scene.request.state = RequestState::Cancelled {
                why: CancelReason::ProfileGone,
                at: after(4),
            };
        }),
        pending().named("requester left").with(|scene| {
            scene.request.state = RequestState::Cancelled {
                why: CancelReason::PersonLeft {
                    standing: Standing::Deactivated,
                },
                at: after(4),
            };
        }),
    ]
}

fn by_workflow(cast: &Cast) -> Vec<Scene> {
    vec![
        asked_by_workflow(cast).named("to confirm"),
        asked_by_workflow(cast)
            .named("to confirm, several devices")
            .with(|scene| {
                let other = Device {
                    node: NodeId::new("nOTHERCNTRL"),
                    ..device(&scene.cast)
                };
                scene.devices = vec![Arc::new(device(&scene.cast)), Arc::new(other)];
            }),
        asked_by_workflow(cast).named("not confirmed").at(16),
        asked_by_workflow(cast).named("declined").with(|scene| {
            scene.request.state = RequestState::Cancelled {
                why: CancelReason::Requester,
                at: after(4),
            };
        }),
        asked_by_workflow(cast).named("confirmed").with(|scene| {
            scene.request.state = RequestState::Pending;
            scene.request.answer_by = after(62);
            if let Some(workflow) = &mut scene.request.workflow {
                workflow.confirmed_at = Some(after(2));
            }
        }),
    ]
}

/// A workflow asked in Ada's name.
fn asked_by_workflow(cast: &Cast) -> Scene {
    Scene::pending(cast).with(|scene| {
        scene.request.state = RequestState::Unconfirmed;
        scene.request.answer_by = after(15);
        scene.request.workflow = Some(Workflow {
            execution: ExecutionId::new("Fx1"),
            name: Some(scene.cast.workflow.clone()),
            device: DeviceChoice::Named,
            confirmed_at: None,
        });
    })
}

fn opened(cast: &Cast) -> Vec<Scene> {
    let active = |minute| GrantState::Active {
        since: after(minute),
    };
    vec![
        Scene::approved(cast),
        Scene::approved(cast)
            .late()
            .held_by(HeldBy::Silence)
            .named("delayed"),
        Scene::approved(cast).late().named("delayed, not tried yet"),
        Scene::approved(cast)
            .late()
            .held_by(HeldBy::ToldToWait { until: after(9) })
            .named("delayed, told to wait"),
        Scene::approved(cast)
            .late()
            .held_by(HeldBy::ClientRefused { status: 401 })
            .with(|scene| scene.told = Some(ChannelId::new("C0SECURITY")))
            .named("delayed, client refused"),
        Scene::approved(cast)
            .late()
            .held_by(HeldBy::NotShown)
            .named("delayed, not shown"),
        Scene::granted(cast, "active", active(5)),
        Scene::granted(cast, "active, opened late", active(9)).at(10),
        Scene::granted(cast, "active, one approval uncounted", active(5)).with(|scene| {
            let mut extra = scene.request.reviews[0].clone();
            extra.by = person(LINUS, &scene.cast.linus);
            scene.request.reviews.insert(0, extra);
        }),
        Scene::granted(cast, "active, time up", active(5)).at(125),
    ]
}

fn over(cast: &Cast) -> Vec<Scene> {
    let failed = || EndReason::Failed {
        cause: refused(cast),
    };
    let missed = || EndReason::NeverOpened { cause: None };
    let failed_for_good = || EndReason::NeverOpened {
        cause: Some(refused(cast)),
    };
    let left = |standing| EndReason::PersonLeft { standing };
    let closing = |name, why, minute| {
        let ending = ending(cast, why, minute);
        Scene::granted(cast, name, GrantState::Ending { ending }).at(minute + 1)
    };
    let closed = |name, why, minute| {
        let state = GrantState::Ended {
            ending: ending(cast, why, minute),
            at: after(minute),
        };
        Scene::granted(cast, name, state).at(minute + 1)
    };
    vec![
        closing("time up, not confirmed", EndReason::Expired, 125),
        closing("given back, closing", EndReason::Released, 39),
        closing("given back, not confirmed", EndReason::Released, 39).late(),
        closing("revoked, closing", EndReason::Revoked, 39),
        closing("revoked, not confirmed", EndReason::Revoked, 39).late(),
        closing("revoked, client refused", EndReason::Revoked, 39)
            .late()
            .held_by(HeldBy::ClientRefused { status: 401 }),
        closing("holder left, closing", left(Standing::External), 39),
        closing(
            "holder left, not confirmed",
            left(Standing::Deactivated),
            39,
        )
        .late(),
        closed("holder left", left(Standing::Guest), 39),
        closing("never opened, not confirmed", missed(), 125),
        closing("failed, unclear", failed(), 8),
        closed("expired", EndReason::Expired, 125),
        closed("released", EndReason::Released, 39),
        closed("revoked", EndReason::Revoked, 39),
        closed("never opened", missed(), 125).held_by(HeldBy::Silence),
        closed("never opened, not tried", missed(), 125),
        closed("never opened, client refused", missed(), 125)
            .held_by(HeldBy::ClientRefused { status: 401 }),
        closed("never opened, told to wait", missed(), 125)
            .held_by(HeldBy::ToldToWait { until: after(130) }),
        closed("never opened, refused", failed_for_good(), 125),
        Scene::granted(
            cast,
            "failed",
            GrantState::Failed {
                cause: refused(cast),
                at: after(6),
                opened: Opened::Never,
            },
        )
        .with(|scene| scene.told = Some(ChannelId::new("C0SECURITY"))),
        closed("released, not opened", EndReason::Released, 39).with_opened(Opened::Never),
        closed("revoked, not confirmed open", EndReason::Revoked, 39).with_opened(Opened::Perhaps),
        closed("never opened, unclear", missed(), 125).with_opened(Opened::Perhaps),
        closed("never opened, refused, unclear", failed_for_good(), 125)
            .with_opened(Opened::Perhaps),
    ]
}

fn failed_otherwise(cast: &Cast) -> Vec<Scene> {
    vec![
        Scene::granted(
            cast,
            "failed, removed",
            GrantState::Failed {
                cause: refused(cast),
                at: after(8),
                opened: Opened::Perhaps,
            },
        ),
        Scene::granted(
            cast,
            "failed, device gone",
            GrantState::Failed {
                cause: FailureCause::DeviceGone,
                at: after(6),
                opened: Opened::Never,
            },
        ),
        Scene::granted(
            cast,
            "failed, time up",
            GrantState::Failed {
                cause: refused(cast),
                at: after(6),
                opened: Opened::Never,
            },
        )
        .at(126),
        Scene::granted(
            cast,
            "failed, key expired",
            GrantState::Failed {
                cause: FailureCause::DeviceChanged {
                    what: DeviceChange::Unusable(DeviceRefusal::KeyExpired),
                },
                at: after(6),
                opened: Opened::Never,
            },
        ),
    ]
}
