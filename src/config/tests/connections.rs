//! Where Lapse listens, and the addresses of the database and both platforms.

use super::{GOOD, but, config, only};
use crate::config::SlackMode;
use secrecy::ExposeSecret;

/// The good file with a section in front; the first key of it is in line 2.
fn section(name: &str, lines: &str) -> String {
    format!("[{name}]\n{lines}\n{GOOD}")
}

#[test]
fn what_is_left_out_has_a_default() {
    let config = config(&but("[server]\nlisten = \"127.0.0.1:8080\"\n", ""));
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database.url.expose_secret(), "sqlite://lapse.db");
    assert_eq!(config.slack.api_url.as_str(), "https://slack.com/api");
    assert_eq!(config.tailscale.tailnet, "-");
    assert_eq!(
        config.tailscale.api_url.as_str(),
        "https://api.tailscale.com/"
    );
    assert_eq!(config.tailscale.calls_per_second, 10);
}

#[test]
fn the_server_listens_on_an_ip_address() {
    let config = config(&but("127.0.0.1:8080", "[::1]:9000"));
    assert_eq!(config.server.listen.to_string(), "[::1]:9000");
    assert_eq!(
        only(&but("127.0.0.1:8080", "localhost:8080")),
        "lapse.toml:2:10: server.listen: `localhost:8080` is no IP address with a port\n    write \
         \"127.0.0.1:8080\", or \"0.0.0.0:8080\" for all interfaces"
    );
}

#[test]
fn plain_http_stays_on_this_machine() {
    for good in [
        "http://127.0.0.1:4000",
        "http://127.8.8.8",
        "http://[::1]:4000",
        "http://localhost:4000",
        "https://proxy.example.com",
    ] {
        config(&section("tailscale", &format!("api_url = \"{good}\"")));
        config(&section("slack", &format!("api_url = \"{good}/api\"")));
    }
    for bad in [
        "http://slack.com/api",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://0.0.0.0",
        "ftp://localhost",
    ] {
        assert_eq!(
            only(&section("slack", &format!("api_url = \"{bad}\""))),
            "lapse.toml:2:11: slack.api_url: everything sent to this address carries a token, so \
             it has to be https://\n    write \"https://slack.com/api\"; http:// is accepted for \
             localhost, 127.0.0.0/8 and [::1] only"
        );
    }
}

#[test]
fn an_address_is_an_address_and_nothing_more() {
    for (bad, message) in [
        ("slack.com", "this is no address"),
        (
            "https://a:hunter2@slack.com/api",
            "a user name or password does not belong in this address",
        ),
        (
            "https://slack.com/api?x=1",
            "the address has something behind its path",
        ),
        ("https://slack.com/a b", "the address contains a space"),
    ] {
        assert_eq!(
            only(&section("slack", &format!("api_url = \"{bad}\""))),
            format!(
                "lapse.toml:2:11: slack.api_url: {message}\n    write \"https://slack.com/api\""
            )
        );
    }
    assert_eq!(
        only(&section(
            "tailscale",
            "api_url = \"https://api.tailscale.com/api/v2\""
        )),
        "lapse.toml:2:11: tailscale.api_url: this address ends after the host and port\n    \
         write \"https://api.tailscale.com\""
    );
}

#[test]
fn slack_posts_unless_socket_mode_is_asked_for() {
    assert_eq!(config(GOOD).slack.mode, SlackMode::Http);
    let mode = |lines: &str| config(&section("slack", lines)).slack.mode;
    assert_eq!(mode("mode = \"http\""), SlackMode::Http);
    assert_eq!(
        mode("mode = \"socket\""),
        SlackMode::Socket { connections: 2 }
    );
    assert_eq!(
        mode("mode = \"socket\"\nconnections = 4"),
        SlackMode::Socket { connections: 4 }
    );
}

#[test]
fn connections_are_few_and_for_socket_mode_only() {
    for bad in ["0", "6", "-1"] {
        let lines = format!("mode = \"socket\"\nconnections = {bad}");
        assert_eq!(
            only(&section("slack", &lines)),
            format!(
                "lapse.toml:3:15: slack.connections: `connections` is between 1 and 5, not \
                 {bad}\n    write connections = 2: How many Socket Mode connections each replica \
                 keeps open."
            )
        );
    }
    assert_eq!(
        only(&section("slack", "connections = 2")),
        "lapse.toml:2:15: warning: slack.connections: only Socket Mode opens connections to \
         Slack\n    remove it, or set mode = \"socket\""
    );
}

#[test]
fn the_mode_is_known_also_when_something_else_is_wrong() {
    let broken = section("slack", "mode = \"socket\"\nmood = \"good\"");
    let report = super::report(&broken);
    assert!(report.config.is_none());
    assert_eq!(report.slack_mode, SlackMode::Socket { connections: 2 });
}

#[test]
fn a_tailnet_fits_into_a_path() {
    for good in ["-", "example.com", "amelie@gmail.com", "T1234CNTRL"] {
        config(&section("tailscale", &format!("tailnet = \"{good}\"")));
    }
    for bad in ["..", "a/b", "a b", "@x", "-x"] {
        assert_eq!(
            only(&section("tailscale", &format!("tailnet = \"{bad}\""))),
            format!(
                "lapse.toml:2:11: tailscale.tailnet: `{bad}` is no tailnet\n    write \"-\" for \
                 the one that the OAuth client belongs to, or its name as the admin console \
                 shows it, e.g. \"example.com\""
            )
        );
    }
}

#[test]
fn calls_a_second_are_at_least_one() {
    for bad in ["0", "1001", "-1"] {
        assert_eq!(
            only(&section("tailscale", &format!("calls_per_second = {bad}"))),
            format!(
                "lapse.toml:2:20: tailscale.calls_per_second: `calls_per_second` is between 1 \
                 and 1000, not {bad}\n    write calls_per_second = 10: The most calls a second \
                 that all replicas together make."
            )
        );
    }
}

#[test]
fn a_database_keeps_what_it_is_told() {
    for good in [
        "sqlite:lapse.db",
        "sqlite:///var/lib/lapse/lapse.db?mode=rwc",
        "postgres://lapse@db.example.com/lapse",
        "postgresql:///lapse?host=/run/postgresql",
    ] {
        let config = config(&section("database", &format!("url = \"{good}\"")));
        assert_eq!(config.database.url.expose_secret(), good);
    }
    let in_file = "records must outlive a restart: name a file, as in \"sqlite://lapse.db\"";
    let in_memory = "this database would live in memory";
    let read_only = "this database would be read-only";
    let writable = "nothing could be granted: remove it, or write mode=rwc";
    let good = "write \"sqlite://lapse.db\" or \"postgres://user@host/database\"";
    for (bad, message, advice) in [
        ("sqlite::memory:", in_memory, in_file),
        ("sqlite://%3Amemory%3A", in_memory, in_file),
        ("sqlite://", in_memory, in_file),
        ("sqlite://a.db?mode=memory", in_memory, in_file),
        ("sqlite://a.db?mode=ro", read_only, writable),
        ("sqlite://a.db?immutable=1", read_only, writable),
        (
            "sqlite://a.db?mode=rwc&synchronous=off",
            "`synchronous` is always full, so that no decision is lost with the power",
            "remove it from the URL",
        ),
        (
            "sqlite://a.db?vfs=unix-none",
            "`vfs` is no setting for this",
            "remove it; mode=rw and mode=rwc are accepted",
        ),
        (
            "sqlite://file:a.db",
            "the name of the file is written without file:",
            good,
        ),
        (
            "mysql://root@localhost/x",
            "the database is neither sqlite: nor postgres:",
            good,
        ),
        (
            "lapse.db",
            "the database is neither sqlite: nor postgres:",
            good,
        ),
        (
            "postgres://u@h/d?options=-c%20synchronous_commit=off",
            "`synchronous_commit` is the server's to decide, so that no decision is lost",
            "remove it from the URL",
        ),
        (
            "postgres://u@h:port/d",
            "this is no URL",
            "percent-encode what is special in it, as in \"postgres://user@host/database\"",
        ),
    ] {
        assert_eq!(
            only(&section("database", &format!("url = \"{bad}\""))),
            format!("lapse.toml:2:7: database.url: {message}\n    {advice}"),
            "{bad}"
        );
    }
}

#[test]
fn a_database_password_stays_out_of_the_file() {
    for bad in [
        "postgres://lapse:hunter2@db/lapse",
        "postgres://lapse:hunt@er2:@db:x/lapse",
        "postgres://db/lapse?user=lapse&password=hunter2",
        "postgres://lapse@db/lapse?sslpassword=hunter2",
    ] {
        assert_eq!(
            only(&section("database", &format!("url = \"{bad}\""))),
            "lapse.toml:2:7: database.url: a database password does not belong in this \
             file\n    put it into DATABASE_URL, and change it",
            "{bad}"
        );
    }
}
