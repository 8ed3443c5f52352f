//! A database URL, read once and strictly: what it names, and nothing that weakens it.

use super::error::{Result, StoreError};
use std::path::PathBuf;
use url::Url;

/// What a database URL names.
#[derive(Debug)]
pub(super) enum Target {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A server; the URL may hold a password and is never shown.
    Postgres(Url),
}

fn bad<T>(why: &str) -> Result<T> {
    Err(StoreError::BadUrl(why.to_owned()))
}

impl Target {
    /// Reads `sqlite:PATH`, `sqlite://PATH`, `postgres://…` or `postgresql://…`.
    pub(super) fn parse(url: &str) -> Result<Self> {
        if let Some(rest) = url.strip_prefix("sqlite:") {
            return sqlite(rest.strip_prefix("//").unwrap_or(rest));
        }
        match Url::parse(url) {
            Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => postgres(url),
            _ => bad("it has to begin with `sqlite:` or `postgres://`."),
        }
    }
}

fn sqlite(path: &str) -> Result<Target> {
    let (path, settings) = path.split_once('?').unwrap_or((path, ""));
    if settings.contains("synchronous") {
        return bad("`synchronous` cannot be lowered, a crash would lose decisions; leave it out.");
    }
    if !matches!(settings, "" | "mode=rwc" | "mode=rw") {
        return bad("what stands behind `?` is not for SQLite; leave it out.");
    }
    if path.is_empty() || path == ":memory:" {
        return bad("it names no file; decisions have to survive a restart.");
    }
    std::path::absolute(path).map_or_else(
        |_| bad("it names no file that could exist."),
        |path| Ok(Target::Sqlite(path)),
    )
}

fn postgres(url: Url) -> Result<Target> {
    let lowers = url.query_pairs().any(|(_, value)| {
        let value = value.to_lowercase();
        value.contains("synchronous_commit") || value.contains("fsync")
    });
    if lowers
        || url
            .query_pairs()
            .any(|(key, _)| key.contains("synchronous"))
    {
        return bad(
            "`synchronous_commit` cannot be set there, a crash would lose decisions; leave it out.",
        );
    }
    Ok(Target::Postgres(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        Target::parse(url).expect_err("refused").to_string()
    }

    #[test]
    fn both_ways_to_write_a_file_mean_the_same() {
        for url in ["sqlite:/var/lib/lapse.db", "sqlite:///var/lib/lapse.db"] {
            let Target::Sqlite(path) = Target::parse(url).expect("a file") else {
                panic!("a file was named");
            };
            assert_eq!(path, PathBuf::from("/var/lib/lapse.db"));
        }
        let Target::Sqlite(path) = Target::parse("sqlite://lapse.db").expect("a file") else {
            panic!("a file was named");
        };
        assert!(path.is_absolute() && path.ends_with("lapse.db"));
    }

    #[test]
    fn a_url_cannot_lower_what_survives_a_crash() {
        assert!(refusal("sqlite://lapse.db?synchronous=normal").contains("`synchronous`"));
        assert!(
            refusal("postgres://host/db?options=-c%20synchronous_commit%3Doff")
                .contains("`synchronous_commit`")
        );
        assert!(
            refusal("postgres://host/db?options[synchronous_commit]=off")
                .contains("`synchronous_commit`")
        );
        assert!(refusal("sqlite::memory:").contains("survive a restart"));
        assert!(refusal("sqlite://lapse.db?mode=memory").contains("leave it out"));
    }

    #[test]
    fn a_refusal_never_repeats_the_url() {
        let text = refusal("mysql://lapse:hunter2@host/db");
        assert!(!text.contains("hunter2") && text.contains("postgres://"));
    }
}
