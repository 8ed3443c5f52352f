//! What is known at one moment of a story, and how it comes to be that way.

use super::cast::{CAST, dawn, id, identity};
use chrono::{DateTime, TimeDelta, Utc};
use lapse::domain::attribute::{Attribute, AttributeValue};
use lapse::domain::audit::PersonRef;
use lapse::domain::device::{Authorization, Device, DeviceOrigin, Presence};
use lapse::domain::facts::{DeviceFacts, Facts};
use lapse::domain::ids::{NodeId, Origin, PolicyHash, ProfileId, RequestId};
use lapse::domain::number::RequestNumber;
use lapse::domain::person::{Email, Login};
use lapse::domain::policy::{
    Announcement, ApproverChoice, DeviceRule, JustificationRule, Policy, Profile, Risk, Security,
    Selector, SelfApproval, WorkflowCheck, WorkflowRule,
};
use lapse::domain::request::{Request, RequestState};
use lapse::domain::roster::{Members, Roster};
use lapse::domain::world::{People, World};
use std::time::Duration;

/// The one profile's id.
pub const PROFILE: &str = "prod-ssh";
/// How long a request waits for an answer, in seconds.
pub const TTL: u64 = 3600;

/// Everything that the core is told at one moment.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The configuration in force.
    pub policy: Policy,
    /// The groups as last read.
    pub roster: Roster,
    /// The accounts as last read.
    pub people: People,
    /// Ada's laptop as the index has it.
    pub device: Option<Device>,
    /// The time.
    pub now: DateTime<Utc>,
}

impl Scene {
    /// One approval of the approvers' group suffices; everybody is who they say they are.
    pub fn plain() -> Self {
        let mut scene = Self {
            policy: Policy {
                profiles: vec![profile()],
                security: Security {
                    selectors: vec![Selector::UserGroup("security".into())],
                    channel: None,
                },
                logins: std::collections::BTreeMap::new(),
                hash: PolicyHash::new("policy-1"),
            },
            roster: Roster::default(),
            people: CAST
                .iter()
                .map(|name| (id(name), Ok(identity(name))))
                .collect(),
            device: Some(laptop()),
            now: dawn(),
        };
        scene.user_group("approvers", &["grace", "linus", "margaret"]);
        scene.user_group("security", &["sam"]);
        scene.user_group("staff", &CAST);
        scene.tailnet_group("ops", &[]);
        scene
    }

    /// What the core sees.
    pub fn world(&self) -> World<'_> {
        World {
            policy: &self.policy,
            roster: &self.roster,
            people: &self.people,
            device: self.device.as_ref(),
            now: self.now,
        }
    }

    /// The profile, as long as the configuration has it.
    pub fn profile(&self) -> Option<&Profile> {
        self.policy.profiles.first()
    }

    /// The profile, to change it.
    pub fn with_profile(&mut self, change: impl FnOnce(&mut Profile)) {
        if let Some(profile) = self.policy.profiles.first_mut() {
            change(profile);
        }
    }

    /// Reads a Slack user group now.
    pub fn user_group(&mut self, name: &str, members: &[&str]) {
        let of = members.iter().map(|name| id(name)).collect();
        let group = Members {
            of,
            as_of: self.now,
        };
        self.roster.user_groups.insert(name.to_owned(), group);
    }

    /// Reads a group of the tailnet policy file now.
    pub fn tailnet_group(&mut self, name: &str, members: &[&str]) {
        let of = members.iter().map(|name| identity(name).login).collect();
        let group = Members {
            of,
            as_of: self.now,
        };
        self.roster.tailnet_groups.insert(name.to_owned(), group);
    }

    /// Reads every group anew, with the members it has.
    pub fn refresh_groups(&mut self) {
        for group in self.roster.user_groups.values_mut() {
            group.as_of = self.now;
        }
        for group in self.roster.tailnet_groups.values_mut() {
            group.as_of = self.now;
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    /// Ada asks for the profile on her laptop.
    pub fn ask(&self, number: u32, wished: Duration) -> Request {
        let ada = identity("ada");
        let profile = self.profile().expect("the story begins with a profile");
        let device = DeviceFacts::from(self.device.as_ref().expect("and with a device"));
        Request {
            id: RequestId::new(format!("request-{number}")),
            number: RequestNumber(number),
            version: 1,
            origin: Origin::new(format!("view:V{number}")),
            requester: PersonRef::from(&ada),
            login: ada.login,
            facts: Facts::new(id("ada"), profile, device, wished),
            facts_number: 1,
            approvals_from: 1,
            wished,
            justification: Some("INC-42 db failover".into()),
            ask_first: None,
            workflow: None,
            device_as_of: None,
            asked_at: self.now,
            answer_by: self.now + Duration::from_secs(TTL),
            reminded: None,
            reviews: Vec::new(),
            state: RequestState::Pending,
        }
    }
}

/// A profile that one member of `usergroup:approvers` opens.
fn profile() -> Profile {
    Profile {
        id: ProfileId::new(PROFILE),
        name: "Production SSH".into(),
        description: "tcp:22 on tag:prod".into(),
        environment: None,
        risk: Risk::Normal,
        attribute: Attribute::parse("custom:prodSsh").expect("a legal attribute"),
        value: AttributeValue::Bool(true),
        durations: vec![Duration::from_hours(1)],
        default_duration: Duration::from_hours(1),
        max_duration: Duration::from_hours(8),
        request_ttl: Duration::from_secs(TTL),
        justification: JustificationRule::Required,
        justification_pattern: None,
        justification_hint: None,
        requesters: vec![Selector::Everyone],
        approvers: vec![Selector::UserGroup("approvers".into())],
        approvals: 1,
        ask_at_most: 10,
        approver_choice: ApproverChoice::Lapse,
        self_approval: SelfApproval::Never,
        devices: DeviceRule::Own,
        notify_channel: None,
        announcement: Announcement::WithJustification,
        workflows: WorkflowRule::Confirm,
        workflow_check: WorkflowCheck::Silent,
    }
}

/// Ada's own device.
fn laptop() -> Device {
    Device {
        node: NodeId::new("nodeAda1CNTRL"),
        name: "ada-mbp".into(),
        owner: Login::new("ada@example.com"),
        os: "macOS".into(),
        client_version: "1.90.0".into(),
        tags: Vec::new(),
        presence: Presence::Online,
        authorization: Authorization::Authorized,
        origin: DeviceOrigin::Tailnet,
        key_expires: None,
    }
}

/// Linus, named by his own address.
pub fn linus_by_address() -> Selector {
    Selector::Address(Email::new("linus@example.com"))
}
