//! Who may do what, one line a person: every command of a person, against everybody there is.

use super::cast::id;
use super::reviews::click;
use super::scene::Scene;
use lapse::domain::grant::{FailureCause, Grant, GrantCommand};
use lapse::domain::ids::PersonId;
use lapse::domain::person::{IdentityRefusal, Standing, identify};
use lapse::domain::policy::SelfApproval;
use lapse::domain::refusal::Refusal;
use lapse::domain::request::{Request, RequestCommand, Verdict};
use lapse::domain::world::Unidentified;
use std::time::Duration;

/// `yes`, or the stable word of the refusal. `stale` is a member of the approvers' group as it
/// was last read, too long ago; `approver` is one by their own address, which never gets old.
const WHO_MAY_DO_WHAT: &str = "
    who                    approve            shorten            deny               cancel      remind      release     revoke             retry
    requester              not_an_approver    not_an_approver    not_an_approver    yes         yes         yes         not_an_approver    yes
    requester_approver     own_request        own_request        cancel_instead     yes         yes         yes         yes                yes
    requester_second       own_request        own_request        cancel_instead     not_yours   not_yours   not_yours   yes                yes
    requester_allowed      yes                yes                cancel_instead     yes         yes         yes         yes                yes
    requester_unread       clicker_unread     clicker_unread     clicker_unread     yes         yes         yes         clicker_unread     clicker_unread
    approver               yes                yes                yes                not_yours   not_yours   not_yours   yes                yes
    stale                  group_too_old      group_too_old      yes                not_yours   not_yours   not_yours   yes                group_too_old
    other                  not_an_approver    not_an_approver    not_an_approver    not_yours   not_yours   not_yours   not_an_approver    not_an_approver
    security               not_an_approver    not_an_approver    not_an_approver    not_yours   not_yours   not_yours   yes                not_an_approver
    guest                  not_a_member       not_a_member       not_a_member       not_yours   not_yours   not_yours   not_a_member       not_a_member
    bot                    not_a_member       not_a_member       not_a_member       not_yours   not_yours   not_yours   not_a_member       not_a_member
    deactivated            not_a_member       not_a_member       not_a_member       not_yours   not_yours   not_yours   not_a_member       not_a_member
    external               not_a_member       not_a_member       not_a_member       not_yours   not_yours   not_yours   not_a_member       not_a_member
    unconfirmed            not_a_member       not_a_member       not_a_member       not_yours   not_yours   not_yours   not_a_member       not_a_member
    disputed               identity_disputed  identity_disputed  identity_disputed  not_yours   not_yours   not_yours   identity_disputed  identity_disputed
    no_login               no_login           no_login           no_login           not_yours   not_yours   not_yours   no_login           no_login
    unread                 clicker_unread     clicker_unread     clicker_unread     not_yours   not_yours   not_yours   clicker_unread     clicker_unread
    unheard_of             clicker_unread     clicker_unread     clicker_unread     not_yours   not_yours   not_yours   clicker_unread     clicker_unread
";

/// The same, when somebody has decided already and the access is gone: nothing is left to do,
/// and whoever may not review it does not learn how it went.
const WHEN_ALL_IS_OVER: &str = "
    who                    approve            shorten            deny               cancel      remind      release     revoke             retry
    requester              not_an_approver    not_an_approver    not_an_approver    settled     settled     repeated    not_an_approver    not_failed
    approver               settled            settled            settled            not_yours   not_yours   not_yours   not_open           not_failed
    stale                  settled            settled            settled            not_yours   not_yours   not_yours   not_open           group_too_old
    other                  not_an_approver    not_an_approver    not_an_approver    not_yours   not_yours   not_yours   not_an_approver    not_an_approver
    security               not_an_approver    not_an_approver    not_an_approver    not_yours   not_yours   not_yours   not_open           not_an_approver
    guest                  not_a_member       not_a_member       not_a_member       not_yours   not_yours   not_yours   not_a_member       not_a_member
    unread                 clicker_unread     clicker_unread     clicker_unread     not_yours   not_yours   not_yours   clicker_unread     clicker_unread
";

/// One person before one request, one active grant and one failed grant.
struct Stage {
    scene: Scene,
    who: &'static str,
    pending: Request,
    decided: Request,
    open: Grant,
    failed: Grant,
}

/// Grace approved by her address a minute and a half ago; the groups are read now.
fn stage(actor: &str) -> Stage {
    let mut scene = Scene::plain();
    let by_address = lapse::domain::policy::Selector::Address(lapse::domain::person::Email::new(
        "grace@example.com",
    ));
    scene.with_profile(|profile| profile.approvers.push(by_address));
    let who = cast_as(actor, &mut scene);
    let pending = scene.ask(1, Duration::from_hours(1));
    let yes = click(&scene, &pending, "grace", Verdict::Approve).expect("she may");
    let applying = yes.opens.expect("one suffices");
    let step = |grant: &Grant, command| grant.advance(&command, scene.now).expect("it may").next;
    let open = step(&applying, GrantCommand::Confirm);
    let failed = step(&applying, GrantCommand::Fail(FailureCause::DeviceGone));
    Stage {
        scene,
        who,
        pending,
        decided: yes.next,
        open,
        failed,
    }
}

/// Gives the part to somebody and makes the world fit it.
fn cast_as(actor: &str, scene: &mut Scene) -> &'static str {
    let standing = |scene: &mut Scene, standing: Standing| {
        let mut bob = super::cast::identity("bob").person;
        bob.standing = standing;
        let known = identify(
            &bob,
            &scene.policy.logins,
            &lapse::domain::person::Pins::default(),
        );
        scene
            .people
            .insert(id("bob"), known.map_err(Unidentified::Refused));
    };
    let refused = |scene: &mut Scene, why| {
        scene
            .people
            .insert(id("bob"), Err(Unidentified::Refused(why)));
    };
    scene.user_group("approvers", &["linus", "bob"]);
    let mut who = "bob";
    match actor {
        "requester" => who = "ada",
        "requester_approver" => {
            who = "ada";
            scene.user_group("approvers", &["ada"]);
        }
        "requester_second" => {
            who = "ada2";
            scene.user_group("approvers", &["ada2"]);
        }
        "requester_allowed" => {
            who = "ada";
            scene.user_group("approvers", &["ada"]);
            scene.with_profile(|profile| profile.self_approval = SelfApproval::Allowed);
        }
        "requester_unread" => {
            who = "ada";
        }
        "approver" => who = "margaret",
        "stale" => {
            who = "linus";
            scene.pass(61);
        }
        "other" => scene.user_group("approvers", &["linus"]),
        "security" => who = "sam",
        "guest" => standing(scene, Standing::Guest),
        "bot" => standing(scene, Standing::Bot),
        "deactivated" => standing(scene, Standing::Deactivated),
        "external" => standing(scene, Standing::External),
        "unconfirmed" => standing(scene, Standing::Unconfirmed),
        "disputed" => refused(scene, IdentityRefusal::Disputed),
        "no_login" => refused(scene, IdentityRefusal::NoLogin),
        "unread" => {
            scene.people.insert(id("bob"), Err(Unidentified::Unread));
        }
        "unheard_of" => {
            scene.people.remove(&id("bob"));
        }
        other => panic!("nobody is called {other}"),
    }
    if who == "margaret" {
        let margaret = lapse::domain::person::Email::new("margaret@example.com");
        let named = lapse::domain::policy::Selector::Address(margaret);
        scene.with_profile(|profile| profile.approvers.push(named));
    }
    who
}

fn word<T>(outcome: Result<T, Refusal>) -> &'static str {
    outcome.map_or_else(|refusal| refusal.reason(), |_| "yes")
}

fn attempt(stage: &Stage, command: &str, over: bool) -> &'static str {
    let by = id(stage.who);
    let request = if over { &stage.decided } else { &stage.pending };
    let review = |verdict| word(click(&stage.scene, request, stage.who, verdict));
    let open = if over {
        removed(&stage.open)
    } else {
        stage.open.clone()
    };
    let failed = if over { &open } else { &stage.failed };
    let world = stage.scene.world();
    let on_grant = |command: &GrantCommand| word(open.handle(command, &world));
    match command {
        "approve" => review(Verdict::Approve),
        "shorten" => review(Verdict::Shorten(Duration::from_mins(5))),
        "deny" => review(Verdict::Deny),
        "cancel" => word(request.handle(&RequestCommand::Cancel { by }, &world)),
        "remind" => {
            let mut scene = stage.scene.clone();
            scene.pass(360);
            let asked = vec![id("grace"), id("linus")];
            let command = RequestCommand::Remind { by, asked };
            word(request.handle(&command, &scene.world()))
        }
        "release" => on_grant(&GrantCommand::Release { by }),
        "revoke" => on_grant(&revoke(by)),
        "retry" => word(failed.retry(&by, &stage.decided, &world)),
        other => panic!("nobody can {other}"),
    }
}

fn revoke(by: PersonId) -> GrantCommand {
    GrantCommand::Revoke {
        by,
        note: "too much".into(),
    }
}

/// Ada gave it back, and the removal was answered.
fn removed(open: &Grant) -> Grant {
    let scene = Scene::plain();
    let ending = open
        .handle(&GrantCommand::Release { by: id("ada") }, &scene.world())
        .expect("it is hers");
    let confirmed = ending
        .next
        .advance(&GrantCommand::ConfirmRemoval, scene.now);
    confirmed.expect("it is ending").next
}

fn check(table: &str, over: bool) {
    let mut lines = table.lines().filter(|line| !line.trim().is_empty());
    let commands: Vec<&str> = lines
        .next()
        .expect("a head")
        .split_whitespace()
        .skip(1)
        .collect();
    let mut wrong = Vec::new();
    for line in lines {
        let mut cells = line.split_whitespace();
        let actor = cells.next().expect("an actor");
        let mut stage = stage(actor);
        if actor == "requester_unread" {
            stage
                .scene
                .people
                .insert(id("ada"), Err(Unidentified::Unread));
        }
        for (command, wanted) in commands.iter().zip(cells) {
            let came = attempt(&stage, command, over);
            if came != wanted {
                wrong.push(format!("{actor} × {command}: {came}, not {wanted}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn everybody_may_do_exactly_what_the_table_says() {
    check(WHO_MAY_DO_WHAT, false);
}

#[test]
fn nothing_is_left_to_do_when_all_is_over() {
    check(WHEN_ALL_IS_OVER, true);
}
