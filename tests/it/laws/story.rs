//! Plays a script and keeps every moment of it, so that a law can look back.

use super::cast::id;
use super::scene::Scene;
use super::script::{Script, Step, Work, scripts};
use chrono::TimeDelta;
use lapse::domain::grant::{FailureCause, Grant, GrantCommand};
use lapse::domain::ids::PersonId;
use lapse::domain::person::Standing;
use lapse::domain::refusal::Refusal;
use lapse::domain::request::{Request, RequestCommand, RequestState, Verdict};
use lapse::domain::transition::Transition;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// What somebody or something tried.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// On the request.
    Request(RequestCommand),
    /// On the grant.
    Grant(GrantCommand),
    /// *Try again* on the grant.
    Retry(PersonId),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a story holds a few of them, and both are about as large"
)]
pub enum Outcome {
    /// On the request.
    Request(Result<Transition<Request>, Refusal>),
    /// On the grant.
    Grant(Result<Transition<Grant>, Refusal>),
}

/// One attempt with everything that was known and stored before it.
#[derive(Clone, Debug)]
pub struct Moment {
    /// What the core was told.
    pub scene: Scene,
    /// The request before.
    pub request: Request,
    /// The grant before, if there was one.
    pub grant: Option<Grant>,
    /// What was tried.
    pub attempt: Attempt,
    /// What came of it.
    pub outcome: Outcome,
}

/// A whole story.
#[derive(Clone, Debug)]
pub struct Story {
    /// Every attempt, in order.
    pub moments: Vec<Moment>,
}

/// A review, taken apart.
pub struct ReviewOf<'a> {
    /// Who clicked.
    pub by: &'a PersonId,
    /// What they said.
    pub verdict: Verdict,
    /// On which facts.
    pub seen: u32,
}

impl Moment {
    /// The next state of the request, where this moment changed it.
    pub fn changed_request(&self) -> Option<&Transition<Request>> {
        match &self.outcome {
            Outcome::Request(Ok(transition)) => Some(transition),
            _ => None,
        }
    }

    /// The next state of the grant, where this moment changed it.
    pub fn changed_grant(&self) -> Option<(&Grant, &Transition<Grant>)> {
        match (&self.grant, &self.outcome) {
            (Some(before), Outcome::Grant(Ok(transition))) => Some((before, transition)),
            _ => None,
        }
    }

    /// The review that was tried, if it was one.
    pub fn review(&self) -> Option<ReviewOf<'_>> {
        match &self.attempt {
            Attempt::Request(RequestCommand::Review {
                by,
                verdict,
                facts_seen,
                ..
            }) => Some(ReviewOf {
                by,
                verdict: *verdict,
                seen: *facts_seen,
            }),
            _ => None,
        }
    }

    /// The review that this moment stored, if it stored one.
    pub fn stored_review(&self) -> Option<ReviewOf<'_>> {
        let next = self.changed_request()?;
        (next.next.reviews.len() > self.request.reviews.len())
            .then(|| self.review())
            .flatten()
    }

    /// The grant that this moment opened.
    pub fn opened(&self) -> Option<&Grant> {
        self.changed_request()
            .and_then(|transition| transition.opens.as_ref())
    }

    /// Whether the request still waited, in its time.
    pub fn waits(&self) -> bool {
        self.request.state == RequestState::Pending && self.scene.now < self.request.answer_by
    }

    /// Asks the core once more.
    pub fn again(&self) -> Outcome {
        perform(
            &self.attempt,
            &self.request,
            self.grant.as_ref(),
            &self.scene,
        )
        .unwrap_or_else(|| self.outcome.clone())
    }
}

impl Script {
    /// Plays it from the beginning.
    pub fn play(&self) -> Story {
        let mut scene = self.start.clone();
        let mut request = scene.ask(7, self.wished);
        let mut grant: Option<Grant> = None;
        let mut moments = Vec::new();
        for step in &self.steps {
            if let Step::Change(change) = step {
                change.apply(&mut scene, &self.start);
                continue;
            }
            if let Step::Near(millis) = step {
                let end = grant
                    .as_ref()
                    .map_or(request.answer_by, |grant| grant.ends_at);
                scene.now = scene.now.max(end + TimeDelta::milliseconds(*millis));
                continue;
            }
            let attempt = attempt(step, &request, grant.as_ref());
            let Some(outcome) = perform(&attempt, &request, grant.as_ref(), &scene) else {
                continue;
            };
            moments.push(Moment {
                scene: scene.clone(),
                request: request.clone(),
                grant: grant.clone(),
                attempt,
                outcome: outcome.clone(),
            });
            match outcome {
                Outcome::Request(Ok(transition)) => {
                    request = transition.next;
                    grant = transition.opens.or(grant);
                }
                Outcome::Grant(Ok(transition)) => grant = Some(transition.next),
                Outcome::Request(Err(_)) | Outcome::Grant(Err(_)) => {}
            }
        }
        Story { moments }
    }
}

fn perform(
    attempt: &Attempt,
    request: &Request,
    grant: Option<&Grant>,
    scene: &Scene,
) -> Option<Outcome> {
    let world = scene.world();
    Some(match attempt {
        Attempt::Request(command) => Outcome::Request(request.handle(command, &world)),
        Attempt::Grant(command) => Outcome::Grant(grant?.handle(command, &world)),
        Attempt::Retry(by) => Outcome::Grant(grant?.retry(by, request, &world)),
    })
}

fn attempt(step: &Step, request: &Request, grant: Option<&Grant>) -> Attempt {
    match step {
        Step::Review(who, verdict, behind) => Attempt::Request(RequestCommand::Review {
            by: id(who),
            verdict: *verdict,
            note: None,
            facts_seen: u32::try_from(i64::from(request.facts_number) + behind).unwrap_or(0),
        }),
        Step::Cancel(who) => Attempt::Request(RequestCommand::Cancel { by: id(who) }),
        Step::Remind(who) => Attempt::Request(RequestCommand::Remind {
            by: id(who),
            asked: ["ada", "grace", "linus"].map(id).into(),
        }),
        Step::Lapse => Attempt::Request(RequestCommand::Lapse),
        Step::Withdraw | Step::Change(_) | Step::Near(_) => {
            Attempt::Request(RequestCommand::Withdraw)
        }
        Step::Leave => {
            let standing = Standing::Deactivated;
            match grant {
                Some(_) => Attempt::Grant(GrantCommand::PersonLeft { standing }),
                None => Attempt::Request(RequestCommand::PersonLeft { standing }),
            }
        }
        Step::Release(who) => Attempt::Grant(GrantCommand::Release { by: id(who) }),
        Step::Revoke(who, note) => Attempt::Grant(GrantCommand::Revoke {
            by: id(who),
            note: (*note).to_owned(),
        }),
        Step::Retry(who) => Attempt::Retry(id(who)),
        Step::Worker(work) => Attempt::Grant(match work {
            Work::Sent => GrantCommand::MarkSent,
            Work::Untouched => GrantCommand::MarkUntouched,
            Work::Confirm => GrantCommand::Confirm,
            Work::Fail => GrantCommand::Fail(FailureCause::DeviceGone),
            Work::TimeUp => GrantCommand::TimeUp,
            Work::Warn => GrantCommand::Warn,
            Work::Late => GrantCommand::ReportLate,
            Work::Removed => GrantCommand::ConfirmRemoval,
        }),
    }
}

/// The runner's settings: `PROPTEST_CASES` wins over the number that suits this law.
pub fn config(cases: u32) -> Config {
    let given = std::env::var_os("PROPTEST_CASES").is_some();
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if given {
        config
    } else {
        Config { cases, ..config }
    }
}

/// Holds a law against many stories.
pub fn law(holds: impl Fn(&Story) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(config(160));
    if let Err(broken) = runner.run(&scripts(), |script| holds(&script.play())) {
        panic!("{broken}");
    }
}

/// Says that something does come to pass in some story: a law about it is not empty.
pub fn happens(what: &str, seen: impl Fn(&Moment) -> bool) {
    let mut runner = TestRunner::deterministic();
    let anywhere = (0..3000).any(|_| {
        let script = scripts()
            .new_tree(&mut runner)
            .expect("scripts are never rejected")
            .current();
        script.play().moments.iter().any(&seen)
    });
    assert!(anywhere, "in none of 3000 stories: {what}");
}
