//! Who is who: a Slack account, its standing in the workspace, and its Tailscale login.

use super::ids::PersonId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

macro_rules! folded {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Trims and lower-cases, because both platforms compare ignoring case.
            pub fn new(text: &str) -> Self {
                Self(text.trim().to_lowercase())
            }

            /// The folded text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

folded! {
    /// An e-mail address that Slack has confirmed, lower case.
    Email
}
folded! {
    /// A Tailscale login, lower case; need not be an e-mail address (`amelie@github`).
    Login
}

impl From<&Email> for Login {
    fn from(email: &Email) -> Self {
        Self(email.0.clone())
    }
}

/// What the workspace says an account is. Only [`Standing::Member`] may do anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A full member of the installed workspace (or of its organisation).
    Member,
    /// Single- or multi-channel guest.
    Guest,
    /// A bot user or a workflow.
    Bot,
    /// The account was switched off.
    Deactivated,
    /// Somebody of another workspace (Slack Connect).
    External,
    /// The account's e-mail address has never been confirmed.
    Unconfirmed,
}

impl Standing {
    /// Whether whoever had it as a full member is one no more. An address that waits to be
    /// confirmed keeps somebody from acting, but they are still who they were.
    pub fn has_left(self) -> bool {
        match self {
            Self::Member | Self::Unconfirmed => false,
            Self::Guest | Self::Bot | Self::Deactivated | Self::External => true,
        }
    }

    /// What became of somebody's account, to be said behind their name.
    pub fn departure(self) -> &'static str {
        match self {
            Self::Deactivated => "'s account was deactivated",
            Self::Guest => " became a guest of the workspace",
            Self::External => " left the workspace",
            Self::Bot => "'s account belongs to a bot now",
            Self::Member | Self::Unconfirmed => "'s account changed",
        }
    }
}

/// A Slack account as it was last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The Slack user id.
    pub id: PersonId,
    /// The name that people read; not escaped.
    pub name: String,
    /// Lower case; absent when Slack does not show it.
    pub email: Option<Email>,
    /// What the workspace says the account is.
    pub standing: Standing,
    /// When Slack said so.
    pub read_at: DateTime<Utc>,
}

/// Pairs of `[identity.logins]`: they win over e-mail and settle disputes.
pub type ExplicitLogins = BTreeMap<PersonId, Login>;

/// What earlier use has pinned for one person: their login, and who holds the login they claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    /// The login that this id used first.
    pub login_of_id: Option<Login>,
    /// The id that used this login first.
    pub id_of_login: Option<PersonId>,
}

/// A full member whose login is known and undisputed: the only thing that may act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The account.
    pub person: Person,
    /// The Tailscale login that belongs to it.
    pub login: Login,
}

/// Why an account may not act at all. The sentence is what the person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum IdentityRefusal {
    /// Guest, bot, deactivated, external or unconfirmed.
    #[error(
        "Access is for full members of this workspace, and your account is not one. Nothing changed. Ask a member of the security team to help."
    )]
    NotAMember,
    /// Slack shows no e-mail address and no explicit pair names a login.
    #[error(
        "Slack shows no e-mail address for your account, so it cannot be matched with a Tailscale login. Nothing changed. Tell whoever runs Lapse here: [identity.logins] needs a line for you."
    )]
    NoLogin,
    /// The login or the account behind it changed since its first use.
    #[error(
        "Your account and your Tailscale login no longer belong together the way they did before. Nothing changed. Tell whoever runs Lapse here: [identity.logins] needs a line that confirms you."
    )]
    Disputed,
}

/// The login that a person claims: the explicit pair, else the e-mail.
pub fn claimed_login(person: &Person, explicit: &ExplicitLogins) -> Option<Login> {
    explicit
        .get(&person.id)
        .cloned()
        .or_else(|| person.email.as_ref().map(Login::from))
}

/// Decides who somebody is. An ambiguous identity is an error, never a fall-back.
pub fn identify(
    person: &Person,
    explicit: &ExplicitLogins,
    pins: &Pins,
) -> Result<Identity, IdentityRefusal> {
    if person.standing != Standing::Member {
        return Err(IdentityRefusal::NotAMember);
    }
    let login = claimed_login(person, explicit).ok_or(IdentityRefusal::NoLogin)?;
    let settled = explicit.contains_key(&person.id);
    let named_for_another = explicit
        .iter()
        .any(|(id, named)| *id != person.id && *named == login);
    let moved = pins
        .login_of_id
        .as_ref()
        .is_some_and(|pinned| *pinned != login)
        || pins
            .id_of_login
            .as_ref()
            .is_some_and(|holder| *holder != person.id);
    if named_for_another || (moved && !settled) {
        return Err(IdentityRefusal::Disputed);
    }
    Ok(Identity {
        person: person.clone(),
        login,
    })
}

impl Identity {
    /// The Slack user id.
    pub fn id(&self) -> &PersonId {
        &self.person.id
    }

    /// Two ids are the same person when their login or e-mail are equal.
    pub fn is_same_person(&self, other: &Self) -> bool {
        self.person.id == other.person.id
            || self.login == other.login
            || (self.person.email.is_some() && self.person.email == other.person.email)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, email: Option<&str>) -> Person {
        Person {
            id: PersonId::new(id),
            name: id.to_owned(),
            email: email.map(Email::new),
            standing: Standing::Member,
            read_at: DateTime::UNIX_EPOCH,
        }
    }

    fn ada() -> Person {
        person("UADA", Some("Ada@Example.com "))
    }

    fn named(pairs: &[(&str, &str)]) -> ExplicitLogins {
        pairs
            .iter()
            .map(|(id, login)| (PersonId::new(*id), Login::new(login)))
            .collect()
    }

    fn pins(login_of_id: Option<&str>, id_of_login: Option<&str>) -> Pins {
        Pins {
            login_of_id: login_of_id.map(Login::new),
            id_of_login: id_of_login.map(PersonId::new),
        }
    }

    fn login(
        who: &Person,
        explicit: &ExplicitLogins,
        pins: &Pins,
    ) -> Result<String, IdentityRefusal> {
        identify(who, explicit, pins).map(|identity| identity.login.to_string())
    }

    #[test]
    fn a_login_is_the_explicit_one_else_the_folded_address() {
        let nothing = Pins::default();
        assert_eq!(
            login(&ada(), &named(&[]), &nothing),
            Ok("ada@example.com".into())
        );
        let explicit = named(&[("UADA", "Ada@GitHub")]);
        assert_eq!(login(&ada(), &explicit, &nothing), Ok("ada@github".into()));
        let nameless = person("UADA", None);
        assert_eq!(
            login(&nameless, &named(&[]), &nothing),
            Err(IdentityRefusal::NoLogin)
        );
        assert_eq!(
            login(&nameless, &explicit, &nothing),
            Ok("ada@github".into())
        );
    }

    #[test]
    fn only_full_members_act() {
        for standing in [
            Standing::Guest,
            Standing::Bot,
            Standing::Deactivated,
            Standing::External,
            Standing::Unconfirmed,
        ] {
            let who = Person { standing, ..ada() };
            let explicit = named(&[("UADA", "ada@example.com")]);
            let refused = login(&who, &explicit, &Pins::default());
            assert_eq!(refused, Err(IdentityRefusal::NotAMember), "{standing:?}");
        }
    }

    #[test]
    fn what_first_use_pinned_is_disputed_until_the_configuration_settles_it() {
        let disputed = [
            pins(Some("old@example.com"), None),
            pins(None, Some("UOTHER")),
            pins(Some("ada@example.com"), Some("UOTHER")),
        ];
        let settled = named(&[("UADA", "ada@example.com")]);
        for pins in disputed {
            assert_eq!(
                login(&ada(), &named(&[]), &pins),
                Err(IdentityRefusal::Disputed),
                "{pins:?}"
            );
            assert!(login(&ada(), &settled, &pins).is_ok(), "{pins:?}");
        }
        let her_own = pins(Some("ada@example.com"), Some("UADA"));
        assert!(login(&ada(), &named(&[]), &her_own).is_ok());
    }

    #[test]
    fn nobody_claims_a_login_that_the_configuration_gives_to_somebody_else() {
        let eves = named(&[("UEVE", "ada@example.com")]);
        assert_eq!(
            login(&ada(), &eves, &Pins::default()),
            Err(IdentityRefusal::Disputed)
        );
        let both = named(&[("UEVE", "ada@example.com"), ("UADA", "ada@example.com")]);
        assert_eq!(
            login(&ada(), &both, &Pins::default()),
            Err(IdentityRefusal::Disputed)
        );
    }

    #[test]
    fn accounts_are_one_person_by_id_login_or_address() {
        let identity = |id, email: Option<&str>, login| Identity {
            person: person(id, email),
            login: Login::new(login),
        };
        let ada = identity("UADA", Some("ada@example.com"), "ada@github");
        let same = [
            identity("UADA", None, "elsewhere"),
            identity("UTWO", None, "Ada@GitHub"),
            identity("UTWO", Some("ADA@example.com"), "elsewhere"),
        ];
        for other in same {
            assert!(
                ada.is_same_person(&other) && other.is_same_person(&ada),
                "{other:?}"
            );
        }
        assert!(!ada.is_same_person(&identity("UBOB", Some("bob@example.com"), "bob@github")));
        let nameless = |id, login| identity(id, None, login);
        assert!(!nameless("U1", "one").is_same_person(&nameless("U2", "two")));
    }
}
