//! The home tab: what is open, what waits for its reader, what they asked for.
//!
//! The buttons are those of the cards, with the same values, and are judged by the same functions.
//! Requests stand there as facts with the requester's words below them, as on a card.
//! <https://docs.slack.dev/surfaces/app-home>

use super::View;
use super::approver;
use super::buttons;
use super::channel;
use super::facts;
use super::fingerprint;
use super::ids::action;
use super::kit;
use super::requester;
use super::sentence::{Sentence, say};
use super::stage::{Pace, Stage};
use super::story::{Story, names, spoken};
use crate::domain::card::HowAsked;
use crate::domain::ids::PersonId;
use crate::domain::policy::Selector;
use chrono::{DateTime, Utc};
use slack_morphism::prelude::{
    SlackAccessibilityLabel, SlackActionId, SlackActionsBlock, SlackBlock, SlackBlockButtonElement,
    SlackBlockButtonStyle, SlackBlockId, SlackHomeView,
};
use std::time::Duration;

/// Everything that a home tab shows.
#[derive(Clone, Debug)]
pub struct HomeModel<'a> {
    /// Whose it is.
    pub reader: &'a PersonId,
    /// Whether there is anything that they may ask for.
    pub asking: Asking,
    /// What is open for them.
    pub access: List<'a>,
    /// What waits for their review; nothing when they review nothing.
    pub waiting: Option<Waiting<'a>>,
    /// What they asked for, as far as it is not open, the newest first.
    pub asked: Vec<Story<'a>>,
    /// What is open for others; nothing when they may not see that.
    pub open: Option<List<'a>>,
    /// What ails Lapse; nothing when that is not for them.
    pub health: Option<&'a [Ailment]>,
    /// When all this was read.
    pub as_of: DateTime<Utc>,
}

/// Whether somebody may ask for anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// There is a profile for them.
    Possible,
    /// There is none.
    NoProfile,
}

/// Requests or grants, and how many of them are not shown.
#[derive(Clone, Debug)]
pub struct List<'a> {
    /// Those that are shown.
    pub stories: Vec<Story<'a>>,
    /// The rest.
    pub further: Further,
}

/// Requests that wait, each with what lets the reader review it.
#[derive(Clone, Debug)]
pub struct Waiting<'a> {
    /// Those that are shown.
    pub stories: Vec<(Story<'a>, &'a Selector)>,
    /// The rest.
    pub further: Further,
}

/// How many more there are than are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Further {
    /// None.
    Nothing,
    /// So many.
    Exactly(u32),
    /// More than so many; nobody counted further.
    MoreThan(u32),
}

/// What ails Lapse without keeping it from working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ailment {
    /// Tailscale does not answer, or refuses.
    TailscaleDown,
    /// No connection of Socket Mode is open.
    SocketDisconnected,
    /// Who is in which group has not been read for too long.
    GroupsStale {
        /// When it was read last; nothing if never.
        since: Option<DateTime<Utc>>,
    },
    /// Slack granted fewer scopes than Lapse asks for.
    ScopesMissing {
        /// The ones that are missing.
        scopes: Vec<String>,
    },
    /// The machine's clock is off.
    ClockSkew {
        /// By how much.
        by: Duration,
        /// Which way.
        direction: Clock,
    },
}

/// Which way a clock is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// It shows a later time.
    Ahead,
    /// It shows an earlier time.
    Behind,
}

/// A home tab, and a fingerprint of what it says that does not change with the time of day.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// As `views.publish` takes it.
    pub view: View,
    /// Equal for homes that say the same.
    pub digest: String,
}

impl Further {
    /// Of so many that were counted, no further than `counted_to`, so many are shown.
    pub fn of(count: usize, shown: usize, counted_to: u32) -> Self {
        let more = |count: usize| u32::try_from(count.saturating_sub(shown)).unwrap_or(u32::MAX);
        if count > counted_to as usize {
            Self::MoreThan(more(counted_to as usize))
        } else {
            match more(count) {
                0 => Self::Nothing,
                n => Self::Exactly(n),
            }
        }
    }

    /// "and 12 more".
    fn words(self) -> Option<Sentence> {
        match self {
            Self::Nothing => None,
            Self::Exactly(n) => Some(say(format!("… and {n} more"))),
            Self::MoreThan(n) => Some(say(format!("… and more than {n} more"))),
        }
    }
}

/// The home tab of somebody who may see it.
pub fn home(model: &HomeModel<'_>) -> Drawn {
    let mut blocks = vec![kit::header("Access to the tailnet"), asking(model)];
    blocks.extend(model.health.into_iter().flat_map(health));
    blocks.extend(access(&model.access));
    if let Some(waiting) = &model.waiting {
        blocks.extend(waits(waiting, model.reader));
    }
    blocks.extend(asked(&model.asked));
    if let Some(list) = &model.open {
        blocks.extend(open(list));
    }
    let digest = fingerprint::of(&blocks);
    blocks.push(kit::context(say("As of ").date(model.as_of).mrkdwn()));
    Drawn {
        view: as_view(blocks),
        digest,
    }
}

/// The home tab of somebody who may not use Lapse.
pub fn refused(sentence: &str) -> Drawn {
    let blocks = vec![
        kit::header("Access to the tailnet"),
        kit::plain_section(sentence),
    ];
    let digest = fingerprint::of(&blocks);
    Drawn {
        view: as_view(blocks),
        digest,
    }
}

/// A dialog on top of the home tab that says one thing, in mrkdwn.
pub fn dialog(words: String) -> View {
    View::Modal(kit::modal(
        "About your click",
        None,
        vec![kit::section(words)],
    ))
}

fn as_view(blocks: Vec<SlackBlock>) -> View {
    View::Home(SlackHomeView::new(blocks))
}

fn asking(model: &HomeModel<'_>) -> SlackBlock {
    let button = SlackBlockButtonElement::new(kit::plain("Request access", 75))
        .with_action_id(SlackActionId(action::REQUEST_ACCESS.to_owned()))
        .with_style(SlackBlockButtonStyle::Primary)
        .with_accessibility_label(SlackAccessibilityLabel(
            "Request access to the tailnet".to_owned(),
        ));
    match model.asking {
        Asking::Possible => kit::section_with(
            "Ask for what you need, for as long as you need it. It ends by itself.".to_owned(),
            button,
        )
        .into(),
        Asking::NoProfile => kit::section(
            "There is nothing that you may ask for. Tell whoever runs Lapse what you need."
                .to_owned(),
        ),
    }
}

fn access(list: &List<'_>) -> Vec<SlackBlock> {
    let mut blocks = vec![kit::header("Your access")];
    if list.stories.is_empty() {
        blocks.push(kit::context("Nothing is open for you.".to_owned()));
    }
    for story in &list.stories {
        let stage = Stage::of(story);
        let mut line = own_line(story, &stage).say("\n");
        if let Stage::Active { .. } = stage {
            line = line
                .say("approved by ")
                .names(&names(story.approvers()), "and")
                .say(format!(" · for {} · ", spoken(story.granted())));
        }
        let line = line.code(&story.request.number.to_string());
        let buttons = requester::buttons_of(story, &stage);
        blocks.extend(item("access", story, &line, buttons));
    }
    let how = || {
        Sentence::default()
            .say(": ")
            .code("/access list")
            .say(" shows fifteen.")
    };
    blocks.extend(further(list.further, how));
    blocks
}

fn waits(waiting: &Waiting<'_>, reader: &PersonId) -> Vec<SlackBlock> {
    let mut blocks = vec![kit::header("Waiting for you")];
    if waiting.stories.is_empty() {
        blocks.push(kit::context("Nobody waits for you.".to_owned()));
    }
    for (nth, (story, because)) in waiting.stories.iter().enumerate() {
        if nth > 0 {
            blocks.push(kit::divider());
        }
        let stage = Stage::of(story);
        let mut title = approver::title(story, &stage);
        if let Some(head) = super::head::pending(story, Some(reader)) {
            title = title.say("\n").then(head);
        }
        blocks.push(facts::titled(story, &title));
        blocks.push(kit::quotation(story.request.justification.as_deref()));
        let mut print = approver::why(story, &stage, reader, because, HowAsked::Asked).mrkdwn();
        if story.request.workflow.is_some() {
            print.push_str(
                "\nAsked by a workflow, which also wrote the reason above; its card says more.",
            );
        }
        for notice in facts::notices(story, &stage) {
            print.push('\n');
            print.push_str(&notice.mrkdwn());
        }
        print.push('\n');
        print.push_str(&facts::signature(story).mrkdwn());
        blocks.push(kit::context(print));
        blocks.extend(row(
            block_id("waiting", story),
            approver::review_buttons(story, reader),
        ));
    }
    let how = || {
        say(". Answer these and the next ones follow; ")
            .code("/access status REQ-…")
            .say(" fetches the card of one.")
    };
    blocks.extend(further(waiting.further, how));
    blocks
}

fn asked(stories: &[Story<'_>]) -> Vec<SlackBlock> {
    if stories.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![kit::header("Your last requests")];
    for story in stories {
        let stage = Stage::of(story);
        let mut line = own_line(story, &stage)
            .say("\n")
            .then(facts::signature(story));
        if stage == Stage::Pending {
            line = line.say(" · closes ").date(story.request.answer_by);
        }
        let mut buttons = requester::buttons_of(story, &stage);
        // Nobody confirms what they have not read: the reason, the workflow, what it opens.
        if stage == Stage::Unconfirmed {
            line = line
                .say(" · closes ")
                .date(story.request.answer_by)
                .say(" · read and confirm it on its card");
            buttons = vec![buttons::decline(story)];
        }
        blocks.extend(item("asked", story, &line, buttons));
    }
    blocks
}

fn open(list: &List<'_>) -> Vec<SlackBlock> {
    let mut blocks = vec![kit::header("Open now")];
    if list.stories.is_empty() {
        blocks.push(kit::context("Nothing is open for others.".to_owned()));
    }
    for story in &list.stories {
        let stage = Stage::of(story);
        let line = channel::line(story, &stage)
            .say(format!("\nfor {} · ", spoken(story.granted())))
            .code(&story.request.number.to_string());
        let buttons = match stage {
            Stage::Active { .. } => vec![buttons::revoke(story)],
            Stage::Closing {
                pace: Pace::Late | Pace::Stuck { .. },
                ..
            } => buttons::open_device(story).into_iter().collect(),
            _ => Vec::new(),
        };
        blocks.extend(item("open", story, &line, buttons));
    }
    let how = || {
        Sentence::default()
            .say(": ")
            .code("/access list <profile>")
            .say(" shows fifteen of one profile.")
    };
    blocks.extend(further(list.further, how));
    blocks
}

fn health(ailments: &[Ailment]) -> Vec<SlackBlock> {
    if ailments.is_empty() {
        let well = "✅ Lapse is well: Tailscale answers, groups are up to date, no Slack \
                    scope is missing, the clocks agree.";
        return vec![kit::context(well.to_owned())];
    }
    ailments
        .iter()
        .map(|ailment| kit::section(say("⚠ ").then(told(ailment)).mrkdwn()))
        .collect()
}

fn told(ailment: &Ailment) -> Sentence {
    match ailment {
        Ailment::TailscaleDown => say(
            "Tailscale could not be read for a while: it does not answer, or refuses. What is approved waits; what is open still ends by itself.",
        ),
        Ailment::SocketDisconnected => say(
            "Slack is not connected over Socket Mode. Clicks and commands do not arrive until it is; access still ends by itself.",
        ),
        Ailment::GroupsStale { since: None } => say(
            "Who is in which group could not be read yet. Nobody can approve through a group until it is.",
        ),
        Ailment::GroupsStale { since: Some(since) } => say("Who is in which group was last read ")
            .date(*since)
            .say(". Nobody can approve through a group until it is read again."),
        Ailment::ScopesMissing { scopes } => say("Slack did not grant every scope. Missing: ")
            .names(scopes, "and")
            .say(". Install the app again with the manifest."),
        Ailment::ClockSkew { by, direction } => say("The clock of this machine is ")
            .say(spoken(*by))
            .say(match direction {
                Clock::Ahead => {
                    " ahead. Access may end that much before the time on its card. Set it right."
                }
                Clock::Behind => {
                    " behind. Access may be that much shorter than approved. Set it right."
                }
            }),
    }
}

/// What the requester reads of their own, with what it is about.
fn own_line(story: &Story<'_>, stage: &Stage<'_>) -> Sentence {
    let head = requester::head_of(story, stage);
    if requester::names_its_object(stage) {
        head
    } else {
        head.say(" · ").then(story.what())
    }
}

/// One line with its buttons: beside it where there is one, else below.
fn item(
    place: &str,
    story: &Story<'_>,
    line: &Sentence,
    mut buttons: Vec<SlackBlockButtonElement>,
) -> Vec<SlackBlock> {
    let id = block_id(place, story);
    if buttons.len() == 1
        && !line.has_theirs()
        && let Some(button) = buttons.pop()
    {
        return vec![
            kit::section_with(line.mrkdwn(), button)
                .with_block_id(id)
                .into(),
        ];
    }
    let mut blocks = vec![line.block()];
    blocks.extend(row(id, buttons));
    blocks
}

fn row(id: SlackBlockId, buttons: Vec<SlackBlockButtonElement>) -> Option<SlackBlock> {
    let elements: Vec<_> = buttons.into_iter().map(Into::into).collect();
    (!elements.is_empty()).then(|| SlackActionsBlock::new(elements).with_block_id(id).into())
}

/// Names the item's buttons; on a home tab they need that, because there are many of one kind.
fn block_id(place: &str, story: &Story<'_>) -> SlackBlockId {
    SlackBlockId(format!("{place}:{}", story.request.number))
}

fn further(further: Further, how: impl Fn() -> Sentence) -> Option<SlackBlock> {
    let words = further.words()?;
    Some(kit::context(words.then(how()).mrkdwn()))
}
