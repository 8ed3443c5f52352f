//! Somebody asks for access. What the form sends is a wish: everything is looked up and judged
//! again here.

mod ask;
mod confirm;
mod judge;

pub(super) use judge::{judge_duration, judge_justification};

use super::decide::Click;
use super::gather::TO_DECIDE;
use super::patience::Patience;
use super::{ATTEMPTS, App, Failure};
use crate::domain::card::{Face, HowAsked};
use crate::domain::ids::{NodeId, Origin, PersonId, ProfileId};
use crate::domain::request::Request;
use crate::store::StoreError;
use std::time::Duration;

/// The form's own limit.
pub const LONGEST_JUSTIFICATION: usize = 500;

/// What somebody wishes for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who asks.
    pub person: PersonId,
    /// For which profile.
    pub profile: ProfileId,
    /// On which device.
    pub device: NodeId,
    /// For how long.
    pub duration: Duration,
    /// Why.
    pub justification: Option<String>,
    /// Whom to ask first.
    pub ask_first: Option<PersonId>,
    /// The delivery that it came with.
    pub origin: Origin,
}

/// The field of the form that a refusal stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The profile.
    Profile,
    /// The device.
    Device,
    /// The duration.
    Duration,
    /// The reason.
    Justification,
    /// Whom to ask first.
    Approver,
}

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// A field is wrong; the sentence stands under it.
    #[error("{sentence}")]
    Field {
        /// Which.
        field: Field,
        /// What is wrong and what to do.
        sentence: String,
    },
    /// Something else.
    #[error("{0}")]
    Failure(#[from] Failure),
}

impl From<StoreError> for NotAsked {
    fn from(error: StoreError) -> Self {
        Self::Failure(Failure::Store(error))
    }
}

/// A request that was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request.
    pub request: Request,
    /// Who gets a card.
    pub asked: Vec<PersonId>,
    /// How many others may answer.
    pub others: u32,
}

impl App {
    /// Judges a wish and, if nothing speaks against it, asks.
    pub async fn submit(&self, wish: &Wish) -> Result<Asked, NotAsked> {
        for _ in 0..ATTEMPTS {
            match self.submit_once(wish).await {
                Err(NotAsked::Failure(Failure::Store(StoreError::Conflict))) => {}
                other => return other,
            }
        }
        Err(NotAsked::Failure(Failure::Contended))
    }

    async fn submit_once(&self, wish: &Wish) -> Result<Asked, NotAsked> {
        if let Some(stored) = self.store.request_by_origin(&wish.origin).await? {
            return self.asked_before(wish, stored).await;
        }
        let click = Click::by(wish.person.clone());
        let patience = Patience::for_a_decision();
        let (who, gathered) = self.who_is(&wish.person, TO_DECIDE, patience).await?;
        let who = match who {
            Ok(who) => who,
            Err(unidentified) => {
                let refusal = unidentified.into();
                return Err(self.refuse(&click, None, "request", refusal).await.into());
            }
        };
        let roster = self.roster_to_decide(patience).await;
        match self.judge(wish, &who, &roster, patience).await? {
            Ok(judged) => self.ask(wish, &who, &gathered, &roster, judged).await,
            Err(wrong) => {
                let sentence = wrong.refusal.to_string();
                self.refuse(&click, Some(&who), "request", wrong.refusal)
                    .await;
                Err(NotAsked::Field {
                    field: wrong.field,
                    sentence,
                })
            }
        }
    }

    /// The request that this very form asked before. A form belongs to one person: nobody else
    /// learns what came of it.
    async fn asked_before(&self, wish: &Wish, request: Request) -> Result<Asked, NotAsked> {
        if request.requester.id != wish.person {
            let click = Click::by(wish.person.clone());
            return Err(self.refuse_unknown(&click, "request").await.into());
        }
        let asked: Vec<PersonId> = self
            .store
            .cards_of(&request.id)
            .await?
            .into_iter()
            .filter_map(|card| match card.face {
                Face::Approver {
                    person,
                    how: HowAsked::Asked,
                    ..
                } => Some(person),
                _ => None,
            })
            .collect();
        let others = match self.know_stored(&request.id).await? {
            Some(known) => known.others_able,
            None => 0,
        };
        Ok(Asked {
            request,
            asked,
            others,
        })
    }
}
