//! Who is looking, and at what: each window says so in its own address, so that two windows
//! are two people at once.

use serde::Deserialize;

use super::House;
use crate::sandbox::slack::{Channel, ChannelKind, Person, Standing, User};

/// What a window's address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The person.
    #[serde(default, rename = "as")]
    pub(super) who: String,
    /// The conversation: `dm`, `home` or a channel's id.
    #[serde(default)]
    pub(super) at: String,
}

/// One window.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) user: User,
    pub(super) place: Place,
}

/// Where in Slack somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The direct messages with the app.
    Direct,
    /// The app's home tab.
    Home,
    /// A channel that this person is in.
    Channel {
        /// `C…`
        id: String,
        /// Without `#`.
        name: String,
    },
}

impl Place {
    /// How an address names it.
    pub(super) fn word(&self) -> &str {
        match self {
            Self::Direct => "dm",
            Self::Home => "home",
            Self::Channel { id, .. } => id,
        }
    }
}

impl Window {
    /// What the address asks for, as far as it exists; else the first person's messages.
    /// Nobody is there: nobody can look.
    pub(super) fn open(house: &House, asked: &Asked) -> Option<Self> {
        let people = people(house);
        let user = people
            .iter()
            .find(|user| user.id == asked.who)
            .or_else(|| people.first())?
            .clone();
        let place = match asked.at.as_str() {
            "home" if has_home(house, &user.id) => Place::Home,
            id => channels(house, &user.id)
                .into_iter()
                .find(|channel| channel.id == id)
                .map_or(Place::Direct, |channel| Place::Channel {
                    id: channel.id,
                    name: channel.name,
                }),
        };
        Some(Self { user, place })
    }

    /// The person who acts in it.
    pub(super) fn person(&self, house: &House) -> Person {
        house.slack.person(&self.user.id)
    }

    /// The conversation that stands in it.
    pub(super) fn channel(&self, house: &House) -> String {
        match &self.place {
            Place::Direct | Place::Home => self.person(house).direct_channel(),
            Place::Channel { id, .. } => id.clone(),
        }
    }
}

/// Everybody whom one can be: full members first, by name.
pub(super) fn people(house: &House) -> Vec<User> {
    let mut people = house.slack.users();
    people.retain(|user| user.standing != Standing::Bot && !user.deleted);
    people.sort_by_key(|user| (user.standing != Standing::Member, user.id.clone()));
    people
}

/// The channels that somebody is in.
pub(super) fn channels(house: &House, user: &str) -> Vec<Channel> {
    let mut channels = house.slack.channels();
    channels.retain(|channel| {
        !matches!(channel.kind, ChannelKind::Direct(_)) && channel.members.contains(user)
    });
    channels
}

/// Whether there is a home tab to look at.
pub(super) fn has_home(house: &House, user: &str) -> bool {
    house.home_tab || house.slack.person(user).home().is_some()
}
