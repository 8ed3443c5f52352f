//! Unknown and missing keys, wrong kinds, broken text, and a file with everything at once.

use super::{GOOD, SECOND, but, only, report, told, with};
use proptest::prelude::*;

#[test]
fn an_unknown_key_is_an_error_with_the_nearest_known_one() {
    assert_eq!(
        only(&with("aprovals = 2")),
        "lapse.toml:12:1: profiles[0].aprovals: `aprovals` is not a key of a profile\n    did you \
         mean `approvals`?"
    );
    assert_eq!(
        only(&with("request-ttl = \"1h\"")),
        "lapse.toml:12:1: profiles[0].request-ttl: `request-ttl` is not a key of a profile\n    \
         did you mean `request_ttl`?"
    );
    assert_eq!(
        only(&but("[server]\n", "[server]\ntailnet = \"-\"\n")),
        "lapse.toml:2:1: server.tailnet: `tailnet` is not a key of [server]\n    `tailnet` belongs \
         to [tailscale]"
    );
    assert_eq!(
        only(&but("[server]\n", "[server]\nworkers = 4\n")),
        "lapse.toml:2:1: server.workers: `workers` is not a key of [server]\n    remove it; the \
         keys here are `listen`"
    );
    assert_eq!(
        only(&but("[server]", "[sever]")),
        "lapse.toml:1:2: sever: `sever` is not a key of this file\n    did you mean `server`?"
    );
}

#[test]
fn a_required_key_with_a_slip_is_told_once() {
    assert_eq!(
        only(&but("approvers =", "aprovers =")),
        "lapse.toml:11:1: profiles[0].aprovers: `aprovers` is not a key of a profile\n    did you \
         mean `approvers`?"
    );
}

#[test]
fn a_missing_key_is_told_where_its_table_begins() {
    for line in GOOD.lines().skip(4) {
        let (key, _) = line.split_once(" =").expect("a key");
        let told = only(&but(&format!("{line}\n"), ""));
        let expected =
            format!("lapse.toml:4:1: profiles[0].{key}: `{key}` is missing\n    add {key} = ");
        assert!(told.starts_with(&expected), "{told}");
    }
}

#[test]
fn a_wrong_kind_of_value_is_told_with_a_good_one() {
    assert_eq!(
        only(&with("choose_approver = \"yes\"")),
        "lapse.toml:12:19: profiles[0].choose_approver: expected `true` or `false`, found \
         text\n    write choose_approver = false: The form lets the requester name one approver \
         to ask first."
    );
    assert_eq!(
        only(&but(
            "[\"usergroup:prod-approvers\"]",
            "\"usergroup:prod-approvers\""
        )),
        "lapse.toml:11:13: profiles[0].approvers: expected a list in brackets, found text\n    \
         write approvers = [\"usergroup:prod-approvers\"]: Who may review."
    );
    assert_eq!(
        only(&with("approvals = true")),
        "lapse.toml:12:13: profiles[0].approvals: expected a whole number, found `true`\n    write \
         approvals = 1: How many different people must agree."
    );
    assert_eq!(
        only(&format!("tailscale = 1\n{GOOD}")),
        "lapse.toml:1:13: tailscale: expected a table, found a whole number\n    see `tailscale` \
         in examples/lapse.toml: How Tailscale is reached."
    );
    assert_eq!(
        only(&GOOD.replace("[[profiles]]", "[profiles]")),
        "lapse.toml:4:1: profiles: expected a list in brackets, found a table\n    see \
         `profiles` in examples/lapse.toml: What can be asked for."
    );
}

#[test]
fn a_word_is_one_of_a_few() {
    assert_eq!(
        only(&with("risk = \"High\"")),
        "lapse.toml:12:8: profiles[0].risk: `High` is none of \"normal\", \"high\"\n    did you \
         mean \"high\"?"
    );
    assert_eq!(
        only(&with("workflows = \"always\"")),
        "lapse.toml:12:13: profiles[0].workflows: `always` is none of \"confirm\", \
         \"never\"\n    write \"confirm\" or \"never\""
    );
}

#[test]
fn broken_text_is_told_with_the_other_problems() {
    let text = format!(
        "{}environment = Production\nrisk = \"hihg\"\n",
        but("custom:prodSsh", "prodSsh")
    );
    let told = told(&text);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("lapse.toml:8:13: profiles[0].attribute: "));
    assert!(
        told[1].starts_with("lapse.toml:12:15: not TOML: "),
        "{told:?}"
    );
    assert!(told[2].starts_with("lapse.toml:13:8: profiles[0].risk: "));
}

#[test]
fn a_key_that_stands_twice_is_broken_text() {
    let told = told(&with("name = \"Again\""));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("lapse.toml:12:1: not TOML: duplicate key"),
        "{told:?}"
    );
}

#[test]
fn columns_count_characters_not_bytes() {
    let told = told(&GOOD.replace("\"30m\"", "\"ä\", \"5\""));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains(":9:14: profiles[0].durations[0]: `ä`"),
        "{told:?}"
    );
    assert!(
        told[1].contains(":9:19: profiles[0].durations[1]: `5`"),
        "{told:?}"
    );
}

#[test]
fn columns_count_characters_behind_wide_ones() {
    let text = format!("\u{feff}server = {{ liste = \"ä\", \"ö\" = 1 }}\n{SECOND}");
    let told = told(&text);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("lapse.toml:1:12: server.liste: "),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("lapse.toml:1:25: server.`ö`: "),
        "{told:?}"
    );
}

#[test]
fn a_file_with_many_problems_tells_them_all() {
    let text = r##"
[server]
listen = "localhost:8080"
port = 80

[database]
url = "postgres://lapse:hunter2@db/lapse"

[slack]
mode = "sockets"
bot_token = "xoxb-1234567890-abcdefghij"
api_url = "http://slack.com/api"

[tailscale]
api_url = "https://api.tailscale.com/api/v2"
calls_per_second = 0

[security]
selectors = ["*", "security"]
channel = "#security"

[identity.logins]
U012ABCDEF = "amelie@github"
U0345 = "amelie@github"
grace = "grace@example.com"

[[profiles]]
id = "Prod SSH"
name = ""
description = "tcp:22 on tag:prod"
risk = "hihg"
attribute = "custom:prod-ssh"
value = 1.5
durations = ["5s", "1h", "60m", "1w"]
default_duration = "2h"
request_ttl = 3600
justification_pattern = "(INC"
requesters = ["grace@example.com"]
approvers = ["grace@example.com"]
notify_chanel = "C06TH49GKHC"

[[profiles]]
id = "prod-db"
name = "Production database"
attribute = "custom:prodDb"
durations = ["1h"]
max_duration = "30m"
requesters = ["*"]
approvers = []
approvals = 0
devices = "own-and-tagged"

[[profiles]]
id = "prod-db"
name = "Production database"
description = "tcp:5432"
attribute = "custom:PRODDB"
durations = ["1h"]
requesters = ["*"]
approvers = ["ada@example.com", "usergroup:@dba"]
device_tags = ["ci"]
"##;
    insta::assert_snapshot!(told(text).join("\n"));
}

#[test]
fn no_depth_exhausts_the_stack() {
    for deep in [
        format!("a = {}", "[".repeat(50_000)),
        format!("a = {}", "{a = ".repeat(50_000)),
        format!("{}a = 1", "a.".repeat(50_000)),
        format!("[{}a]", "a.".repeat(50_000)),
    ] {
        assert!(report(&deep).config.is_none());
    }
}

fn fragment() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "[",
        "]",
        "[[profiles]]\n",
        "[server]\n",
        "[slack]\n",
        "[identity.logins]\n",
        "{",
        "}",
        "=",
        "\n",
        "\"",
        "'",
        "\"\"\"",
        ",",
        ".",
        "#",
        " ",
        "profiles",
        "id",
        "durations",
        "attribute",
        "value",
        "approvers",
        "listen",
        "\"custom:a\"",
        "\"1h\"",
        "[\"*\"]",
        "1",
        "1.5",
        "true",
        "1979-05-27",
        "-",
        "ä",
        "\u{202e}",
        "\u{feff}",
        "\r",
        "\0",
        "xoxb-",
        "0x1F",
        "99999999999999999999",
        "url",
        "\"sqlite://%\"",
        "\\",
        "\\u00",
        "U012ABCDEF",
    ]);
    prop_oneof![
        9 => known.prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(parts in prop::collection::vec(fragment(), 0..60)) {
        let text = parts.concat();
        let report = report(&text);
        prop_assert_eq!(report.config.is_none(), report.count(crate::config::Severity::Error) > 0);
    }

    #[test]
    fn no_damage_to_a_good_file_makes_the_reader_panic(
        at in 0..GOOD.len(), cut in 0..40_usize, part in fragment()
    ) {
        let mut text = GOOD.to_owned();
        let end = (at + cut).min(text.len());
        text.replace_range(at..end, &part);
        let report = report(&text);
        for problem in &report.problems {
            prop_assert!(!problem.advice.is_empty() && !problem.message.is_empty());
        }
    }
}
