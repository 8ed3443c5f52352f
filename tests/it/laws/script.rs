//! Random stories: who is entitled to what, and what happens, in which order.

use super::cast::{CAST, id, identity};
use super::scene::{Scene, linus_by_address};
use lapse::domain::attribute::AttributeValue;
use lapse::domain::person::{IdentityRefusal, Login};
use lapse::domain::policy::{Selector, SelfApproval};
use lapse::domain::request::Verdict;
use lapse::domain::world::Unidentified;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::time::Duration;

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// Somebody clicks on a card that is this much behind (or ahead of) the facts.
    Review(&'static str, Verdict, i64),
    /// Somebody withdraws the request.
    Cancel(&'static str),
    /// Somebody has the approvers reminded.
    Remind(&'static str),
    /// The sweeper comes by.
    Lapse,
    /// The sweeper sees a new configuration.
    Withdraw,
    /// The worker marks, confirms, fails, removes.
    Worker(Work),
    /// Somebody gives the access back.
    Release(&'static str),
    /// Somebody takes it away, with a note.
    Revoke(&'static str, &'static str),
    /// Ada leaves the workspace.
    Leave,
    /// Somebody tries again.
    Retry(&'static str),
    /// The world changes.
    Change(Change),
    /// So many milliseconds from the grant's end, or from the request's while there is none.
    Near(i64),
}

/// What the worker and the clock do to a grant.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// A write is about to be sent.
    Sent,
    /// It was definitely refused.
    Untouched,
    /// The attribute was read back.
    Confirm,
    /// Tailscale refused for good.
    Fail,
    /// The end may have come.
    TimeUp,
    /// The warning may be due.
    Warn,
    /// It takes long.
    Late,
    /// The removal was answered.
    Removed,
}

/// What else can be different a moment later.
#[derive(Clone, Debug)]
pub enum Change {
    /// Seconds go by.
    Pass(i64),
    /// All groups are read again.
    Refresh,
    /// The approvers' group has these members now; it was read at this moment.
    Approvers(Vec<&'static str>),
    /// The tailnet's group of approvers.
    Ops(Vec<&'static str>),
    /// Somebody's account is read again, or cannot be.
    Account(&'static str, Option<Unidentified>),
    /// The requester's login is another one.
    NewLogin,
    /// Only staff may ask, or everybody.
    RequestersAre(Vec<Selector>),
    /// So many must agree.
    Approvals(u32),
    /// The requester's own review counts, or not.
    OwnReview(SelfApproval),
    /// The cap moves.
    Cap(u64),
    /// The profile is called something else.
    Rename(u8),
    /// The profile writes another value.
    Value(i64),
    /// The configuration has the profile no more, or again.
    ProfileGone(bool),
    /// The device is called something else.
    DeviceName(u8),
    /// The device belongs to somebody else, or again to Ada.
    DeviceOwner(&'static str),
    /// The index does not know the device.
    DeviceUnknown,
}

/// A policy, a request and a row of steps.
#[derive(Clone, Debug)]
pub struct Script {
    /// What holds when Ada asks.
    pub start: Scene,
    /// How long she asks for.
    pub wished: Duration,
    /// What happens then.
    pub steps: Vec<Step>,
}

/// Any story. Mostly people who may review look at the newest card within a minute; enough
/// goes wrong beside that. Every second story begins with an approval, so that it tells more
/// about the grant.
pub fn scripts() -> impl Strategy<Value = Script> {
    let steps = prop::collection::vec(steps(), 1..28);
    (scenes(), 600_u64..7200, steps, any::<bool>()).prop_map(
        |(mut start, seconds, mut steps, opens_at_once)| {
            if opens_at_once {
                start.with_profile(|profile| profile.approvals = 1);
                start.with_profile(|profile| profile.approvers.push(linus_by_address()));
                steps.insert(0, Step::Review("linus", Verdict::Approve, 0));
            }
            Script {
                start,
                wished: Duration::from_secs(seconds),
                steps,
            }
        },
    )
}

fn scenes() -> impl Strategy<Value = Scene> {
    let selectors = prop_oneof![
        4 => Just(vec![Selector::UserGroup("approvers".into())]),
        1 => Just(vec![Selector::UserGroup("approvers".into()), linus_by_address()]),
        1 => Just(vec![Selector::TailnetGroup("ops".into()), Selector::UserGroup("approvers".into())]),
        1 => Just(vec![Selector::Everyone]),
    ];
    (selectors, approvals(), own_review(), members(4), members(0)).prop_map(
        |(approvers, approvals, own_review, in_slack, in_tailnet)| {
            let mut scene = Scene::plain();
            scene.with_profile(|profile| {
                profile.approvers = approvers;
                profile.approvals = approvals;
                profile.self_approval = own_review;
            });
            scene.user_group("approvers", &in_slack);
            scene.tailnet_group("ops", &in_tailnet);
            scene
        },
    )
}

fn approvals() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(1), 3 => Just(2), 1 => Just(3)]
}

fn own_review() -> impl Strategy<Value = SelfApproval> {
    select(vec![SelfApproval::Never, SelfApproval::Allowed])
}

fn members(at_least: usize) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(CAST.to_vec(), at_least..=CAST.len())
}

fn anybody() -> impl Strategy<Value = &'static str> {
    select(CAST.to_vec())
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        7 => Just(Verdict::Approve),
        2 => (5_u64..5000).prop_map(|to| Verdict::Shorten(Duration::from_secs(to))),
        1 => Just(Verdict::Deny),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let behind = prop_oneof![12 => Just(0_i64), 1 => Just(-1), 1 => Just(1)];
    prop_oneof![
        12 => (anybody(), verdicts(), behind).prop_map(|(who, verdict, by)| Step::Review(who, verdict, by)),
        6 => changes().prop_map(Step::Change),
        8 => work().prop_map(Step::Worker),
        1 => anybody().prop_map(Step::Retry),
        2 => Just(Step::Retry("ada")),
        1 => (anybody(), select(vec!["too much", " "])).prop_map(|(who, note)| Step::Revoke(who, note)),
        1 => anybody().prop_map(Step::Release),
        1 => anybody().prop_map(Step::Cancel),
        1 => prop_oneof![Just("ada"), anybody()].prop_map(Step::Remind),
        1 => Just(Step::Lapse),
        2 => select(vec![-300_000_i64, -5001, -5000, -4999, -1, 0, 1]).prop_map(Step::Near),
        1 => Just(Step::Withdraw),
        1 => Just(Step::Leave),
    ]
}

fn work() -> impl Strategy<Value = Work> {
    select(vec![
        Work::Sent,
        Work::Sent,
        Work::Untouched,
        Work::Confirm,
        Work::Fail,
        Work::Fail,
        Work::TimeUp,
        Work::Warn,
        Work::Late,
        Work::Removed,
        Work::Removed,
    ])
}

fn changes() -> impl Strategy<Value = Change> {
    let unread = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Unidentified::Unread)),
        1 => Just(Some(Unidentified::Refused(IdentityRefusal::NotAMember))),
        1 => Just(Some(Unidentified::Refused(IdentityRefusal::Disputed))),
    ];
    let requesters = select(vec![
        vec![Selector::Everyone],
        vec![Selector::Everyone],
        vec![Selector::UserGroup("staff".into())],
        vec![Selector::Address(
            identity("bob").person.email.expect("Bob has one"),
        )],
    ]);
    prop_oneof![
        6 => (1_i64..45).prop_map(Change::Pass),
        1 => (45_i64..9000).prop_map(Change::Pass),
        6 => Just(Change::Refresh),
        2 => members(3).prop_map(Change::Approvers),
        1 => members(0).prop_map(Change::Ops),
        2 => (anybody(), unread).prop_map(|(who, how)| Change::Account(who, how)),
        1 => Just(Change::NewLogin),
        1 => requesters.prop_map(Change::RequestersAre),
        1 => approvals().prop_map(Change::Approvals),
        1 => own_review().prop_map(Change::OwnReview),
        2 => (300_u64..9000).prop_map(Change::Cap),
        1 => any::<u8>().prop_map(|n| Change::Rename(n % 2)),
        1 => (0_i64..2).prop_map(Change::Value),
        1 => any::<bool>().prop_map(Change::ProfileGone),
        1 => any::<u8>().prop_map(|n| Change::DeviceName(n % 2)),
        2 => select(vec!["ada@example.com", "bob@example.com"]).prop_map(Change::DeviceOwner),
        1 => Just(Change::DeviceUnknown),
    ]
}

impl Change {
    /// Makes it so. `spare` is the profile for the time when the configuration has none.
    pub fn apply(&self, scene: &mut Scene, spare: &Scene) {
        match self {
            Self::Pass(seconds) => scene.pass(*seconds),
            Self::Refresh => scene.refresh_groups(),
            Self::Approvers(members) => scene.user_group("approvers", members),
            Self::Ops(members) => scene.tailnet_group("ops", members),
            Self::Account(name, problem) => {
                let known = problem.map_or_else(|| Ok(identity(name)), Err);
                scene.people.insert(id(name), known);
            }
            Self::NewLogin => {
                let mut ada = identity("ada");
                ada.login = Login::new("lovelace@example.com");
                scene.people.insert(id("ada"), Ok(ada));
            }
            Self::RequestersAre(selectors) => {
                scene.with_profile(|profile| profile.requesters.clone_from(selectors));
            }
            Self::Approvals(n) => scene.with_profile(|profile| profile.approvals = *n),
            Self::OwnReview(rule) => scene.with_profile(|profile| profile.self_approval = *rule),
            Self::Cap(seconds) => {
                scene.with_profile(|profile| profile.max_duration = Duration::from_secs(*seconds));
            }
            Self::Rename(n) => {
                scene.with_profile(|profile| profile.name = format!("Production SSH {n}"));
            }
            Self::Value(n) => {
                scene.with_profile(|profile| profile.value = AttributeValue::Integer(*n));
            }
            Self::ProfileGone(true) => scene.policy.profiles.clear(),
            Self::ProfileGone(false) => {
                scene.policy.profiles.clone_from(&spare.policy.profiles);
            }
            Self::DeviceName(n) => {
                scene.device.clone_from(&spare.device);
                if let Some(device) = &mut scene.device {
                    device.name = format!("ada-mbp-{n}");
                }
            }
            Self::DeviceOwner(login) => {
                scene.device.clone_from(&spare.device);
                if let Some(device) = &mut scene.device {
                    device.owner = Login::new(login);
                }
            }
            Self::DeviceUnknown => scene.device = None,
        }
    }
}
