//! The people of the stories: eight accounts, six human beings.

use chrono::{DateTime, Utc};
use lapse::domain::ids::PersonId;
use lapse::domain::person::{Email, Identity, Login, Person, Standing};

/// Everybody. `ada2` has Ada's e-mail, `grace2` has Grace's login: the same people twice.
pub const CAST: [&str; 8] = [
    "ada", "ada2", "grace", "grace2", "linus", "margaret", "sam", "bob",
];

/// The Slack account of somebody.
pub fn id(name: &str) -> PersonId {
    PersonId::new(format!("U{}", name.to_uppercase()))
}

/// The moment at which every story begins; not on a whole second.
pub fn dawn() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_123).expect("a time in range")
}

/// Somebody in good standing.
pub fn identity(name: &str) -> Identity {
    let (email, login) = match name {
        "ada2" => ("ada@example.com", "ada.admin@example.com".to_owned()),
        "grace" => ("grace@example.com", "grace@github".to_owned()),
        "grace2" => ("grace.oncall@example.com", "grace@github".to_owned()),
        "linus" => ("linus@example.com", "linus@example.com".to_owned()),
        "margaret" => ("margaret@example.com", "margaret@example.com".to_owned()),
        "sam" => ("sam@example.com", "sam@example.com".to_owned()),
        "bob" => ("bob@example.com", "bob@example.com".to_owned()),
        _ => ("ada@example.com", "ada@example.com".to_owned()),
    };
    Identity {
        person: Person {
            id: id(name),
            name: name.to_owned(),
            email: Some(Email::new(email)),
            standing: Standing::Member,
            read_at: dawn(),
        },
        login: Login::new(&login),
    }
}

/// Which human being an account belongs to.
pub fn human(account: &PersonId) -> String {
    account.as_str().trim_end_matches('2').to_owned()
}
