//! Which database the records live in. A grant is only as good as its record, so a URL that
//! would keep records in memory, read-only or without waiting for the disk is refused.
//!
//! Parameters: <https://docs.rs/sqlx/latest/sqlx/sqlite/struct.SqliteConnectOptions.html>,
//! <https://docs.rs/sqlx/latest/sqlx/postgres/struct.PgConnectOptions.html>.

use url::Url;

/// What is wrong with a database URL, and what to do. The URL itself is never repeated.
pub(super) struct Objection {
    pub(super) message: String,
    pub(super) advice: &'static str,
}

const GOOD: &str = "write \"sqlite://lapse.db\" or \"postgres://user@host/database\"";
const IN_FILE: &str = "records must outlive a restart: name a file, as in \"sqlite://lapse.db\"";

fn objection(message: impl Into<String>, advice: &'static str) -> Result<(), Objection> {
    Err(Objection {
        message: message.into(),
        advice,
    })
}

/// Judges a URL wherever it came from.
pub(super) fn judge(url: &str) -> Result<(), Objection> {
    if url.contains(|c: char| c.is_control() || c == ' ') {
        return objection("the URL contains a space or an invisible character", GOOD);
    }
    match url.split_once(':') {
        Some(("sqlite", rest)) => judge_sqlite(rest),
        Some(("postgres" | "postgresql", _)) => judge_postgres(url),
        _ => objection("the database is neither sqlite: nor postgres:", GOOD),
    }
}

/// Whether a URL carries a password, which has no place in a file.
pub(super) fn carries_password(url: &str) -> bool {
    let by_hand = || {
        // `user:pass@word@host` and the like are no URL, and hold a password all the same.
        let authority = url.split_once("://").map_or("", |(_, rest)| rest);
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
    };
    let in_authority = match Url::parse(url) {
        Ok(url) => url.password().is_some(),
        Err(_) => by_hand(),
    };
    in_authority || parameters(url).any(|(key, _)| key.to_lowercase().contains("password"))
}

fn parameters(url: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
}

fn judge_sqlite(rest: &str) -> Result<(), Objection> {
    let path = rest.trim_start_matches("//").split('?').next();
    let decoded: String = form_urlencoded::parse(
        format!("p={}", path.unwrap_or_default().replace('+', "%2B")).as_bytes(),
    )
    .map(|(_, value)| value.into_owned())
    .collect();
    if decoded.is_empty() || decoded.contains(":memory:") {
        return objection("this database would live in memory", IN_FILE);
    }
    if decoded.starts_with("file:") {
        return objection("the name of the file is written without file:", GOOD);
    }
    for (key, value) in parameters(rest) {
        match (key.as_str(), value.as_str()) {
            ("mode", "rw" | "rwc") | ("cache", "private") => {}
            ("mode", "ro") | ("immutable", _) => {
                return objection(
                    "this database would be read-only",
                    "nothing could be granted: remove it, or write mode=rwc",
                );
            }
            ("mode", "memory") => {
                return objection("this database would live in memory", IN_FILE);
            }
            ("synchronous", _) => {
                return objection(
                    "`synchronous` is always full, so that no decision is lost with the power",
                    "remove it from the URL",
                );
            }
            (key, _) => {
                let message = format!("{} is no setting for this", super::problem::shown(key));
                return objection(message, "remove it; mode=rw and mode=rwc are accepted");
            }
        }
    }
    Ok(())
}

fn judge_postgres(url: &str) -> Result<(), Objection> {
    if Url::parse(url).is_err() {
        return objection(
            "this is no URL",
            "percent-encode what is special in it, as in \"postgres://user@host/database\"",
        );
    }
    for (key, value) in parameters(url) {
        if [&key, &value]
            .iter()
            .any(|t| t.contains("synchronous_commit"))
        {
            return objection(
                "`synchronous_commit` is the server's to decide, so that no decision is lost",
                "remove it from the URL",
            );
        }
    }
    Ok(())
}
