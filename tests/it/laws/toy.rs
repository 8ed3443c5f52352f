//! One key: a toy Tailscale that holds one attribute, and a worker that is interrupted between
//! any two of its steps. The outbox row is asked for by the effects of the core, nothing else.

use super::cast::id;
use super::scene::Scene;
use chrono::{DateTime, Utc};
use lapse::domain::attribute::AttributeValue;
use lapse::domain::grant::{
    FailureCause, Grant, GrantCommand, GrantState, WORTH_WRITING, WriteMark,
};
use lapse::domain::ids::GrantId;
use lapse::domain::key::{Wanted, agrees, clashing, wanted};
use lapse::domain::request::{Request, RequestCommand, Verdict};
use lapse::domain::transition::{Effect, Transition};
use std::time::Duration;

/// How one remote call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It worked.
    Ok,
    /// Nobody knows; it was done.
    LostDone,
    /// Nobody knows; it was not done.
    LostUndone,
    /// Not now (429, an answered 5xx); certainly not done.
    Later,
    /// Never (403); certainly not done.
    Never,
}

/// Where the worker is. Each variant is what it knows before its next step.
#[derive(Clone, Debug)]
enum Job {
    Idle,
    Look(Run),
    Mark(Run),
    Write(Run, WriteMark),
    Remove(Run),
    Settle(Run),
}

/// One run over the key: the grants as they were loaded.
#[derive(Clone, Debug)]
struct Run {
    generation: u32,
    loaded: Vec<Grant>,
    target: Option<GrantId>,
}

/// The whole little world of one key.
pub struct Toy {
    /// The people and the clock.
    pub scene: Scene,
    requests: Vec<Request>,
    /// What is stored.
    pub grants: Vec<Grant>,
    attribute: Option<(AttributeValue, DateTime<Utc>)>,
    job: Job,
    asked: bool,
    generation: u32,
}

impl Toy {
    /// Nothing is open and nobody has asked.
    pub fn new() -> Self {
        Self {
            scene: Scene::plain(),
            requests: Vec::new(),
            grants: Vec::new(),
            attribute: None,
            job: Job::Idle,
            asked: false,
            generation: 0,
        }
    }

    /// What Tailscale shows at this moment: it ends attributes by itself.
    pub fn shown(&self) -> Option<&(AttributeValue, DateTime<Utc>)> {
        self.attribute
            .as_ref()
            .filter(|(_, end)| *end > self.scene.now)
    }

    /// Ada asks for so long, with a value of its own or the usual one, and Grace approves.
    pub fn open(&mut self, seconds: u64, value: i64) {
        self.scene.refresh_groups();
        self.scene
            .with_profile(|p| p.value = AttributeValue::Integer(value));
        let number = u32::try_from(self.requests.len()).unwrap_or_default() + 1;
        let request = self.scene.ask(number, Duration::from_secs(seconds));
        let command = RequestCommand::Review {
            by: id("grace"),
            verdict: Verdict::Approve,
            note: None,
            facts_seen: 1,
        };
        if let Ok(transition) = request.handle(&command, &self.scene.world()) {
            self.requests.push(transition.next);
            self.note(&transition.effects);
            self.grants.extend(transition.opens);
        }
    }

    /// A person does something to a grant.
    pub fn person(&mut self, which: usize, command: &GrantCommand) {
        let Some(grant) = self.grants.get(which) else {
            return;
        };
        if let Ok(transition) = grant.handle(command, &self.scene.world()) {
            self.store(transition);
        }
    }

    /// Ada tries again.
    pub fn retry(&mut self, which: usize) {
        let Some((grant, request)) = self.grants.get(which).zip(self.requests.get(which)) else {
            return;
        };
        self.scene.refresh_groups();
        let value = request.facts.value.clone();
        self.scene.with_profile(|p| p.value = value);
        if let Ok(transition) = grant.retry(&id("ada"), request, &self.scene.world()) {
            self.store(transition);
        }
    }

    /// The sweeper looks at every clock.
    pub fn sweep(&mut self) {
        for at in 0..self.grants.len() {
            for command in [
                GrantCommand::TimeUp,
                GrantCommand::Warn,
                GrantCommand::ReportLate,
            ] {
                self.advance(at, &command);
            }
        }
    }

    /// The process dies; what it knew is gone, what is stored stays.
    pub fn crash(&mut self) {
        self.job = Job::Idle;
    }

    /// The worker does one step. Remote calls end as told.
    pub fn work(&mut self, answer: Answer) {
        self.job = match std::mem::replace(&mut self.job, Job::Idle) {
            Job::Idle if self.asked => self.plan(),
            Job::Idle => Job::Idle,
            Job::Look(run) => self.look(run, answer),
            Job::Mark(run) => self.mark(run),
            Job::Write(run, before) => self.write(run, before, answer),
            Job::Remove(run) => self.remove(run, answer),
            Job::Settle(run) => self.settle(&run),
        };
    }

    /// Works without trouble until nothing changes any more.
    pub fn finish(&mut self) {
        self.sweep();
        for _ in 0..60 {
            self.work(Answer::Ok);
        }
    }

    fn plan(&mut self) -> Job {
        for at in 0..self.grants.len() {
            self.advance(at, &GrantCommand::TimeUp);
        }
        loop {
            let clashes = clashing(&self.grants);
            if clashes.is_empty() {
                break;
            }
            for grant in clashes {
                self.advance_id(&grant, &GrantCommand::Fail(FailureCause::ValueClash));
            }
        }
        let run = |target| Run {
            generation: self.generation,
            loaded: self.grants.clone(),
            target,
        };
        match wanted(&self.grants, self.scene.now) {
            Wanted::Open(grant) => Job::Look(run(Some(grant.id.clone()))),
            Wanted::Absent(_) => Job::Remove(run(None)),
            Wanted::Nothing => {
                self.asked = false;
                Job::Idle
            }
        }
    }

    fn look(&mut self, run: Run, answer: Answer) -> Job {
        let Some(target) = run.target() else {
            return Job::Idle;
        };
        match answer {
            Answer::Ok => {}
            Answer::Never => return self.give_up(&run),
            _ => return Job::Idle,
        }
        let as_wanted = self
            .shown()
            .is_some_and(|(value, end)| agrees(target, value, Some(*end)));
        if as_wanted {
            Job::Settle(run)
        } else {
            Job::Mark(run)
        }
    }

    /// Marks the write before it is sent, if the grant is still as it was loaded.
    fn mark(&mut self, mut run: Run) -> Job {
        let Some(target) = run.target().cloned() else {
            return Job::Idle;
        };
        if !self.is_unchanged(&target) {
            return Job::Idle;
        }
        self.advance_id(&target.id, &GrantCommand::MarkSent);
        let marked = self.grants.iter().find(|grant| grant.id == target.id);
        for loaded in &mut run.loaded {
            if let Some(marked) = marked.filter(|marked| marked.id == loaded.id) {
                loaded.clone_from(marked);
            }
        }
        Job::Write(run, target.write)
    }

    fn write(&mut self, run: Run, before: WriteMark, answer: Answer) -> Job {
        let Some(target) = run.target() else {
            return Job::Idle;
        };
        if target.ends_at < self.scene.now + WORTH_WRITING {
            return Job::Idle;
        }
        if matches!(answer, Answer::Ok | Answer::LostDone) {
            self.attribute = Some((target.value.clone(), target.ends_at));
        }
        let refused = matches!(answer, Answer::Later | Answer::Never);
        if refused && before == WriteMark::Untouched {
            self.advance_id(&target.id.clone(), &GrantCommand::MarkUntouched);
        }
        match answer {
            Answer::Ok => Job::Look(run),
            Answer::Never => self.give_up(&run),
            _ => Job::Idle,
        }
    }

    /// Tailscale refuses for good: what is still applying fails.
    fn give_up(&mut self, run: &Run) -> Job {
        let refused = FailureCause::Refused {
            status: 403,
            sentence: "the OAuth client lacks a scope".into(),
        };
        for grant in &run.loaded {
            self.advance_id(&grant.id, &GrantCommand::Fail(refused.clone()));
        }
        Job::Idle
    }

    fn remove(&mut self, run: Run, answer: Answer) -> Job {
        if matches!(answer, Answer::Ok | Answer::LostDone) {
            self.attribute = None;
        }
        match answer {
            Answer::Ok => Job::Settle(run),
            _ => Job::Idle,
        }
    }

    /// Tells the grants as they were loaded; if anybody asked meanwhile it runs once more.
    fn settle(&mut self, run: &Run) -> Job {
        for grant in &run.loaded {
            let command = match grant.state {
                GrantState::Applying { .. } => GrantCommand::Confirm,
                GrantState::Ending { .. } => GrantCommand::ConfirmRemoval,
                _ => continue,
            };
            self.advance_id(&grant.id, &command);
        }
        self.asked = run.generation != self.generation;
        Job::Idle
    }

    fn is_unchanged(&self, loaded: &Grant) -> bool {
        self.grants
            .iter()
            .any(|now| now.id == loaded.id && now.version == loaded.version)
    }

    fn advance_id(&mut self, grant: &GrantId, command: &GrantCommand) {
        if let Some(at) = self.grants.iter().position(|g| g.id == *grant) {
            self.advance(at, command);
        }
    }

    fn advance(&mut self, at: usize, command: &GrantCommand) {
        if let Some(transition) = self.grants[at].advance(command, self.scene.now) {
            self.store(transition);
        }
    }

    fn store(&mut self, transition: Transition<Grant>) {
        self.note(&transition.effects);
        let next = transition.next;
        if let Some(stored) = self.grants.iter_mut().find(|grant| grant.id == next.id) {
            *stored = next;
        }
    }

    fn note(&mut self, effects: &[Effect]) {
        if effects.iter().any(|e| matches!(e, Effect::SyncKey(_))) {
            self.asked = true;
            self.generation += 1;
        }
    }
}

impl Run {
    fn target(&self) -> Option<&Grant> {
        let target = self.target.as_ref()?;
        self.loaded.iter().find(|grant| grant.id == *target)
    }
}
