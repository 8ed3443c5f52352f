//! `lapse check` and `lapse schema`.

use super::{Call, FINE, folder_with, name};
use serde_json::Value;

/// One thing wrong in each part of the file, two of them in one profile.
const BAD: &str = r#"
[server]
listen = "nowhere"

[slack]
mode = "smoke"
tokn = "x"

[[profiles]]
id = "prod-ssh"
name = "Production SSH"
description = "tcp:22 on tag:prod"
attribute = "custom:prod-ssh"
durations = ["1h", "5s"]
max_duration = "30m"
requesters = ["*"]
approvers = []
justification_pattern = "("
"#;

#[test]
fn a_good_file_is_summed_up_and_costs_nothing() {
    let (_folder, path) = folder_with(FINE);
    let outcome = Call::new(&["check", "--config", name(&path)]).run();
    assert_eq!(outcome.status, 0, "{outcome:?}");
    assert!(
        outcome.out.contains("is fine: 1 profile, 2 selectors"),
        "{}",
        outcome.out
    );
    assert_eq!(outcome.errors, "");
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let (_folder, path) = folder_with(BAD);
    let outcome = Call::new(&["check", "--config", name(&path)]).run();
    assert_eq!(outcome.status, 1, "{outcome:?}");
    for place in [
        ":3:",  // listen
        ":6:",  // mode
        ":7:",  // tokn
        ":13:", // attribute
        ":14:", // durations
        ":17:", // approvers
        ":18:", // pattern
    ] {
        let at = format!("lapse.toml{place}");
        assert!(
            outcome.out.contains(&at),
            "nothing at {at}:\n{}",
            outcome.out
        );
    }
    assert!(
        outcome.out.contains("profiles[0].attribute"),
        "{}",
        outcome.out
    );
    assert!(outcome.out.contains("mode"), "{}", outcome.out);
    let last = outcome.out.lines().last().unwrap_or_default();
    assert!(last.contains("errors in "), "{last}");
}

#[test]
fn a_warning_is_a_problem_only_for_the_strict() {
    let loose = FINE.replace("usergroup:prod-approvers", "*");
    let (_folder, path) = folder_with(&loose);
    let tolerant = Call::new(&["check", "--config", name(&path)]).run();
    assert_eq!(tolerant.status, 0, "{tolerant:?}");
    assert!(tolerant.out.contains("warning:"), "{}", tolerant.out);
    let strict = Call::new(&["check", "--strict", "--config", name(&path)]).run();
    assert_eq!(strict.status, 1, "{strict:?}");
}

#[test]
fn a_missing_file_cannot_be_checked() {
    let (folder, _) = folder_with(FINE);
    let missing = folder.path().join("none.toml");
    for arguments in [
        vec!["check", "--config", name(&missing)],
        vec!["check", "--live", "--config", name(&missing)],
    ] {
        let outcome = Call::new(&arguments).run();
        assert_eq!(outcome.status, 2, "{outcome:?}");
        assert_eq!(outcome.out, "");
        assert!(
            outcome.errors.contains("none.toml cannot be read"),
            "{}",
            outcome.errors
        );
        assert!(
            outcome.errors.contains("--config"),
            "what to do: {}",
            outcome.errors
        );
    }
}

#[test]
fn the_file_is_named_by_the_environment_or_lies_here() {
    let (folder, path) = folder_with(FINE);
    let here = Call::new(&["check"]).inside(folder.path()).run();
    assert_eq!(here.status, 0, "{here:?}");
    let (elsewhere, bad) = folder_with(BAD);
    let named = Call::new(&["check"])
        .with("LAPSE_CONFIG", name(&path))
        .inside(elsewhere.path())
        .run();
    assert_eq!(
        named.status, 0,
        "LAPSE_CONFIG wins over ./lapse.toml: {named:?}"
    );
    let argued = Call::new(&["check", "--config", name(&bad)])
        .with("LAPSE_CONFIG", name(&path))
        .run();
    assert_eq!(
        argued.status, 1,
        "--config wins over LAPSE_CONFIG: {argued:?}"
    );
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    const SECRET: &str = "xoxb-000000000000-abcdefghijklmnop";
    let (_folder, path) = folder_with(&format!("[slack]\nbot_token = \"{SECRET}\"\n{FINE}"));
    for command in ["check", "serve", "grants"] {
        let outcome = Call::new(&[command, "--config", name(&path)]).run();
        assert_ne!(outcome.status, 0, "{outcome:?}");
        let told = format!("{}{}", outcome.out, outcome.errors);
        assert!(
            !told.contains(SECRET) && !told.contains("abcdefgh"),
            "{told}"
        );
    }
    let told = Call::new(&["check", "--config", name(&path)]).run().out;
    assert!(told.contains("SLACK_BOT_TOKEN"), "where it belongs: {told}");
}

#[test]
fn a_database_password_in_the_file_is_refused_and_not_repeated() {
    let url = "[database]\nurl = \"postgres://lapse:hunter2@db/lapse\"\n";
    let (_folder, path) = folder_with(&format!("{url}{FINE}"));
    let outcome = Call::new(&["check", "--config", name(&path)]).run();
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(!outcome.out.contains("hunter2"), "{}", outcome.out);
    assert!(
        outcome.out.contains("DATABASE_URL"),
        "where it belongs: {}",
        outcome.out
    );
}

#[test]
fn the_schema_takes_the_example_and_not_a_typo() {
    let printed = Call::new(&["schema"]).run();
    assert_eq!(printed.status, 0);
    let schema: Value = serde_json::from_str(&printed.out).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/lapse.toml");
    let text = std::fs::read_to_string(file).expect("the example");
    let mut example: Value = toml::from_str(&text).expect("TOML");
    let problems: Vec<String> = validator
        .iter_errors(&example)
        .map(|error| error.to_string())
        .collect();
    assert!(problems.is_empty(), "{problems:?}");
    let checked = Call::new(&["check", "--strict", "--config", file]).run();
    assert_eq!(checked.status, 0, "{checked:?}");

    example["profiles"][0]["requestor"] = "*".into();
    assert!(!validator.is_valid(&example), "an unknown key");
}
