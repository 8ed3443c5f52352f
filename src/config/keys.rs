//! Every key of the configuration file, described once. The reader checks names, kinds and
//! sizes against this description and the JSON Schema is printed from it, so neither knows a
//! key that the other does not.

mod profile;

use profile::PROFILE;

/// One key of a table.
pub(super) struct Key {
    /// Its name in the file.
    pub(super) name: &'static str,
    /// Whether it may be left out.
    pub(super) presence: Presence,
    /// What it holds.
    pub(super) kind: Kind,
    /// A good value, as it is written in the file.
    pub(super) example: &'static str,
    /// What it is for.
    pub(super) about: &'static str,
}

/// Whether a key may be left out.
pub(super) enum Presence {
    /// It may not.
    Required,
    /// Then it has this value, as it is written in the file.
    Default(&'static str),
    /// Then there is none, or it follows from other keys.
    Optional,
}

/// What a key holds.
pub(super) enum Kind {
    /// At least one visible character; `form` is the regular expression of the schema, the
    /// reader judges the form with better words than a pattern has.
    Text {
        longest: usize,
        form: Option<&'static str>,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// True or false.
    Flag,
    /// A whole number between these two, both included.
    Whole { least: i64, most: i64 },
    /// A length of time.
    Duration,
    /// What a posture attribute can be: true or false, a whole number, text.
    AttributeValue,
    /// Several of one kind.
    List {
        of: &'static Kind,
        least: usize,
        most: usize,
    },
    /// A table with these keys and no others.
    Table(&'static Table),
    /// A table of the reader's own keys, each with text.
    Pairs { key_form: &'static str },
}

/// A table with a fixed set of keys.
pub(super) struct Table {
    /// What messages call it.
    pub(super) name: &'static str,
    /// Its keys, in the order in which people write them.
    pub(super) keys: &'static [Key],
}

const fn required(
    name: &'static str,
    kind: Kind,
    example: &'static str,
    about: &'static str,
) -> Key {
    Key {
        name,
        presence: Presence::Required,
        kind,
        example,
        about,
    }
}

/// The example of a key with a default is the default.
const fn default(name: &'static str, kind: Kind, value: &'static str, about: &'static str) -> Key {
    Key {
        name,
        presence: Presence::Default(value),
        kind,
        example: value,
        about,
    }
}

const fn optional(
    name: &'static str,
    kind: Kind,
    example: &'static str,
    about: &'static str,
) -> Key {
    Key {
        name,
        presence: Presence::Optional,
        kind,
        example,
        about,
    }
}

const fn text(longest: usize) -> Kind {
    Kind::Text {
        longest,
        form: None,
    }
}

const fn formed(longest: usize, form: &'static str) -> Kind {
    Kind::Text {
        longest,
        form: Some(form),
    }
}

/// The most selectors that one list may hold; each one is resolved against Slack.
const MOST_SELECTORS: usize = 100;
const ANY_NUMBER: usize = usize::MAX;

const SELECTOR: Kind = formed(
    254,
    r"^(\*|usergroup:@*[^\s@]\S*|group:\S+|[^\s@,:]+@[^\s@,]+\.[^\s@,]*)$",
);
const TAG: Kind = formed(60, r"^tag:[A-Za-z][A-Za-z0-9-]*$");
const CHANNEL: Kind = formed(32, r"^[CG][A-Z0-9]{2,}$");
const HTTP_URL: Kind = formed(500, r"^https?://");

const fn selectors(least: usize) -> Kind {
    Kind::List {
        of: &SELECTOR,
        least,
        most: MOST_SELECTORS,
    }
}

/// The whole file.
pub(super) static FILE: Table = Table {
    name: "this file",
    keys: &[
        optional("server", Kind::Table(&SERVER), "", "The HTTP server."),
        optional(
            "database",
            Kind::Table(&DATABASE),
            "",
            "Where Lapse keeps its records.",
        ),
        optional("slack", Kind::Table(&SLACK), "", "How Slack is reached."),
        optional(
            "tailscale",
            Kind::Table(&TAILSCALE),
            "",
            "How Tailscale is reached.",
        ),
        optional(
            "security",
            Kind::Table(&SECURITY),
            "",
            "Who is told of failures, drift and break-glass, and may revoke anything.",
        ),
        optional(
            "identity",
            Kind::Table(&IDENTITY),
            "",
            "Who is who, where the e-mail address does not say it.",
        ),
        required(
            "profiles",
            Kind::List {
                of: &Kind::Table(&PROFILE),
                least: 1,
                most: ANY_NUMBER,
            },
            "",
            "What can be asked for.",
        ),
    ],
};

static SERVER: Table = Table {
    name: "[server]",
    keys: &[default(
        "listen",
        formed(64, r"^.+:[0-9]+$"),
        r#""127.0.0.1:8080""#,
        "The address and port that the HTTP server listens on.",
    )],
};

static DATABASE: Table = Table {
    name: "[database]",
    keys: &[default(
        "url",
        formed(1_000, r"^(sqlite|postgres|postgresql):"),
        r#""sqlite://lapse.db""#,
        "sqlite: or postgres: URL without a password; DATABASE_URL wins over it.",
    )],
};

static SLACK: Table = Table {
    name: "[slack]",
    keys: &[
        default(
            "mode",
            Kind::Choice(&["http", "socket"]),
            r#""http""#,
            "How Slack reaches Lapse: http posts to it, socket needs no public address.",
        ),
        default(
            "api_url",
            HTTP_URL,
            r#""https://slack.com/api""#,
            "The address of Slack's Web API; http:// is accepted on loopback only.",
        ),
        default(
            "connections",
            // While each is replaced there are twice as many, and Slack allows an app ten.
            Kind::Whole { least: 1, most: 5 },
            "2",
            "How many Socket Mode connections each replica keeps open.",
        ),
    ],
};

static TAILSCALE: Table = Table {
    name: "[tailscale]",
    keys: &[
        default(
            "tailnet",
            formed(253, r"^(-|[A-Za-z0-9][A-Za-z0-9._@-]*)$"),
            r#""-""#,
            "The tailnet; - is the one that the OAuth client belongs to.",
        ),
        default(
            "api_url",
            HTTP_URL,
            r#""https://api.tailscale.com""#,
            "The origin of Tailscale's API, without a path; http:// is accepted on loopback only.",
        ),
        default(
            "calls_per_second",
            Kind::Whole {
                least: 1,
                most: 1_000,
            },
            "10",
            "The most calls a second that all replicas together make.",
        ),
    ],
};

static SECURITY: Table = Table {
    name: "[security]",
    keys: &[
        default("selectors", selectors(0), "[]", "The people."),
        optional(
            "channel",
            CHANNEL,
            r#""C0SECURITY""#,
            "The id of the Slack channel in which failures are told.",
        ),
    ],
};

static IDENTITY: Table = Table {
    name: "[identity]",
    keys: &[optional(
        "logins",
        Kind::Pairs {
            key_form: r"^[UW][A-Z0-9]{2,}$",
        },
        r#"{ U012ABCDEF = "amelie@github" }"#,
        "Slack user id = Tailscale login. A pair here wins over the e-mail address.",
    )],
};

impl Table {
    /// The key with this name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// Every table of the file that has a fixed set of keys.
pub(super) fn tables() -> Vec<&'static Table> {
    fn below(kind: &'static Kind, found: &mut Vec<&'static Table>) {
        match kind {
            Kind::Table(table) => {
                found.push(table);
                for key in table.keys {
                    below(&key.kind, found);
                }
            }
            Kind::List { of, .. } => below(of, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for key in FILE.keys {
        below(&key.kind, &mut found);
    }
    found
}
