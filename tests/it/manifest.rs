//! Holds `slack-manifest.yaml` against the program: its scopes against the methods that the
//! client calls, its events against those that are parsed, its addresses against the routes.
//!
//! The program's side is read from its source, without tests, so that a method, an event or a
//! route that is added there fails here until the manifest follows.

use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Slack's methods and the bot scopes that each needs.
/// <https://docs.slack.dev/reference/methods>
const METHODS: &[(&str, &[&str])] = &[
    ("auth.test", &[]),
    // Its scope, connections:write, is the app-level token's and stands in no manifest.
    ("apps.connections.open", &[]),
    ("chat.getPermalink", &[]),
    ("chat.postMessage", &["chat:write"]),
    ("chat.update", &["chat:write"]),
    ("functions.completeError", &[]),
    ("functions.completeSuccess", &[]),
    ("usergroups.list", &["usergroups:read"]),
    // The second scope is for the field `profile.email`.
    ("users.info", &["users:read", "users:read.email"]),
    ("users.lookupByEmail", &["users:read", "users:read.email"]),
    ("views.open", &[]),
    ("views.publish", &[]),
    ("views.update", &[]),
];

/// Slack's events and the bot scopes that each needs.
/// <https://docs.slack.dev/reference/events>
const EVENTS: &[(&str, &[&str])] = &[
    ("app_home_opened", &[]),
    ("app_uninstalled", &[]),
    ("function_executed", &[]),
    ("subteam_created", &["usergroups:read"]),
    ("subteam_members_changed", &["usergroups:read"]),
    ("subteam_updated", &["usergroups:read"]),
    ("team_access_granted", &[]),
    ("team_access_revoked", &[]),
    ("tokens_revoked", &[]),
    ("user_change", &["users:read"]),
];

/// Posts to the events route that are no events.
const ENVELOPES: &[&str] = &["event_callback", "url_verification"];

/// Dotted names in the client that are no methods.
const HOSTS: &[&str] = &["slack.com"];

/// What the slash command and the shortcut need.
const COMMANDS: &str = "commands";

type Names = BTreeSet<String>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn manifest() -> Value {
    let text = fs::read_to_string(root().join("slack-manifest.yaml")).expect("the manifest");
    serde_yaml_ng::from_str(&text).expect("YAML")
}

fn text_at(pointer: &str) -> String {
    let manifest = manifest();
    let value = manifest.pointer(pointer).and_then(Value::as_str);
    value
        .unwrap_or_else(|| panic!("the manifest has no text at {pointer}"))
        .to_owned()
}

fn names_at(pointer: &str) -> Names {
    let manifest = manifest();
    let list = manifest.pointer(pointer).and_then(Value::as_array);
    let list = list.unwrap_or_else(|| panic!("the manifest has no list at {pointer}"));
    let names: Vec<String> = list
        .iter()
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect();
    let set: Names = names.iter().cloned().collect();
    assert_eq!(
        names.len(),
        set.len(),
        "something stands twice at {pointer}"
    );
    set
}

/// The bot scopes that the manifest asks for.
fn scopes() -> Names {
    names_at("/oauth_config/scopes/bot")
}

/// Every source file at or below `src/<name>.rs` and `src/<name>/`.
fn files(name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![
        root().join(format!("src/{name}.rs")),
        root().join(format!("src/{name}")),
    ];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.is_file() && path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    assert!(!found.is_empty(), "there is no src/{name}");
    found
}

/// What a module says in code: no comments, no tests.
fn code(name: &str) -> String {
    files(name)
        .iter()
        .filter(|path| !path.ends_with("samples.rs") && !path.ends_with("tests.rs"))
        .map(|path| {
            let text = fs::read_to_string(path).expect("a source file");
            let product = text.split("#[cfg(test)]\nmod tests").next();
            product
                .unwrap_or_default()
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .fold(String::new(), |code, line| code + line + "\n")
        })
        .collect()
}

fn found(pattern: &str, code: &str) -> Names {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern
        .captures_iter(code)
        .map(|captures| captures[1].to_owned())
        .collect()
}

fn needed<'a>(table: &'a [(&str, &[&str])], name: &str) -> &'a [&'a str] {
    let row = table.iter().find(|(known, _)| *known == name);
    row.unwrap_or_else(|| panic!("{name} is not in the table of this test: add it with its scopes"))
        .1
}

fn path_of(url: &str) -> String {
    let host = "https://lapse.example.com";
    url.strip_prefix(host)
        .unwrap_or_else(|| panic!("{url} is not at {host}, the name that people replace"))
        .to_owned()
}

#[test]
fn it_asks_for_the_scopes_that_the_program_uses_and_no_others() {
    let mut methods = found(r#""([a-z]+(?:\.[a-zA-Z]+)+)""#, &code("slack/client"));
    methods.retain(|name| !HOSTS.contains(&name.as_str()));
    assert!(methods.contains("chat.postMessage"), "{methods:?}");

    let by_methods = methods.iter().flat_map(|name| needed(METHODS, name));
    let events = names_at("/settings/event_subscriptions/bot_events");
    let by_events = events.iter().flat_map(|name| needed(EVENTS, name));
    let mut used: Names = by_methods
        .chain(by_events)
        .map(|scope| (*scope).to_owned())
        .collect();
    used.insert(COMMANDS.to_owned());
    assert_eq!(scopes(), used);

    let called: BTreeSet<&str> = methods.iter().map(String::as_str).collect();
    let listed: BTreeSet<&str> = METHODS.iter().map(|(name, _)| *name).collect();
    assert_eq!(called, listed, "the table of this test names other methods");
}

#[test]
fn the_program_misses_the_same_scopes_that_the_manifest_asks_for() {
    let named = found(r#""([a-z]+:[a-z.]+|commands)""#, &code("cli/readiness"));
    assert_eq!(named, scopes());
}

#[test]
fn it_acts_for_the_bot_alone() {
    let manifest = manifest();
    let scopes = manifest.pointer("/oauth_config/scopes").expect("scopes");
    let kinds: Vec<&String> = scopes.as_object().expect("a table").keys().collect();
    assert_eq!(kinds, ["bot"]);
}

#[test]
fn it_subscribes_to_the_events_that_are_understood() {
    let understood = found(r#""([a-z_]+)"\s*(?:\||=>|if )"#, &code("slack/parse/event"));
    assert!(understood.contains("user_change"), "{understood:?}");
    let subscribed = names_at("/settings/event_subscriptions/bot_events");
    let left_out = |name: &&String| ENVELOPES.contains(&name.as_str());
    let expected: Names = understood
        .iter()
        .filter(|n| !left_out(n))
        .cloned()
        .collect();
    assert_eq!(subscribed, expected);
}

#[test]
fn its_addresses_are_the_routes_of_the_program() {
    let command = text_at("/features/slash_commands/0/url");
    let events = text_at("/settings/event_subscriptions/request_url");
    let clicks = text_at("/settings/interactivity/request_url");
    let searches = text_at("/settings/interactivity/message_menu_options_url");
    assert_eq!(path_of(&command), "/slack/commands");
    assert_eq!(path_of(&events), "/slack/events");
    assert_eq!(path_of(&clicks), "/slack/interactions");
    assert_eq!(searches, clicks);

    let routes = found(r#""(/slack/[a-z]+)""#, &code("http"));
    let named: Names = [command, events, clicks]
        .iter()
        .map(|url| path_of(url))
        .collect();
    assert_eq!(named, routes);
}

#[test]
fn it_offers_the_one_command_and_the_two_shortcuts_that_exist() {
    let manifest = manifest();
    let commands = manifest["features"]["slash_commands"].as_array();
    let commands = commands.expect("commands");
    assert_eq!(commands.len(), 1);
    assert_eq!(commands[0]["command"], "/access");

    let shortcuts = manifest["features"]["shortcuts"].as_array();
    let shortcuts = shortcuts.expect("shortcuts");
    let product: String = ["http", "slack"].into_iter().map(code).collect();
    let kinds: Vec<&Value> = shortcuts.iter().map(|one| &one["type"]).collect();
    assert_eq!(kinds, ["global", "message"]);
    for shortcut in shortcuts {
        let callback = shortcut["callback_id"].as_str().expect("an id");
        assert!(
            product.contains(&format!("\"{callback}\"")),
            "the program does not know the shortcut {callback}"
        );
    }
    assert!(product.contains("/access"));
}

/// The names under a pointer, such as the parameters of a function.
fn keys_at(pointer: &str) -> Names {
    let manifest = manifest();
    let object = manifest.pointer(pointer).and_then(Value::as_object);
    let object = object.unwrap_or_else(|| panic!("the manifest has no object at {pointer}"));
    object.keys().cloned().collect()
}

#[test]
fn it_declares_the_steps_that_the_program_takes() {
    let functions = keys_at("/functions");
    let steps = found(r#"=> "([a-z]+_access)""#, &code("domain/workflow"));
    let menus = found(
        r#"const LIST_[A-Z]+: &str = "([a-z_]+)""#,
        &code("http/dispatch/step"),
    );
    assert_eq!((steps.len(), menus.len()), (3, 2), "{steps:?} {menus:?}");
    let known: Names = steps.union(&menus).cloned().collect();
    assert_eq!(functions, known);

    let mut read = found(
        r#"inputs\s*\.(?:need|get)\(\s*"([a-z_]+)""#,
        &code("app/steps"),
    );
    read.extend(found(
        r#"inputs\.get\("([a-z_]+)"\)"#,
        &code("http/dispatch/step"),
    ));
    let inputs = functions
        .iter()
        .flat_map(|function| keys_at(&format!("/functions/{function}/input_parameters")));
    assert_eq!(inputs.collect::<Names>(), read);

    let code = code("slack/step");
    let mut written = found(r#"outputs\["([a-z_]+)"\]"#, &code);
    written.extend(found(r#""([a-z_]+)":"#, &code));
    let of_options = ["text", "type", "value"];
    written.retain(|name| !of_options.contains(&name.as_str()));
    let outputs = functions
        .iter()
        .flat_map(|function| keys_at(&format!("/functions/{function}/output_parameters")));
    assert_eq!(outputs.collect::<Names>(), written);

    let settings = &manifest()["settings"];
    assert_eq!(settings["org_deploy_enabled"], true, "steps need it");
    assert_eq!(settings["function_runtime"], "remote");
}

#[test]
fn its_hint_names_the_words_that_the_command_understands() {
    let hint = text_at("/features/slash_commands/0/usage_hint");
    let hinted: Vec<&str> = hint
        .split(" | ")
        .filter_map(|form| form.split(' ').next())
        .collect();
    let known = lapse::slack::words::TABLE.iter().map(|word| word.name);
    let known: Vec<&str> = known.filter(|name| !name.is_empty()).collect();
    assert_eq!(hinted, known);
}

#[test]
fn it_offers_nothing_that_is_not_built() {
    let manifest = manifest();
    for absent in ["workflows", "datastores", "types"] {
        assert_eq!(manifest.get(absent), None, "{absent}");
    }
    let tabs = &manifest["features"]["app_home"];
    assert_eq!(tabs["home_tab_enabled"], true);
    assert_eq!(
        tabs["messages_tab_enabled"], true,
        "cards are direct messages"
    );
    let settings = &manifest["settings"];
    assert_eq!(settings["interactivity"]["is_enabled"], true);
    assert_eq!(settings["socket_mode_enabled"], false);
    assert_eq!(settings["token_rotation_enabled"], false);
}

/// <https://docs.slack.dev/reference/app-manifest>
#[test]
fn its_texts_fit() {
    for (pointer, longest) in [
        ("/display_information/name", 35),
        ("/display_information/description", 140),
        ("/features/bot_user/display_name", 80),
        ("/features/slash_commands/0/command", 32),
        ("/features/slash_commands/0/description", 2_000),
        ("/features/slash_commands/0/usage_hint", 1_000),
        ("/features/shortcuts/0/name", 24),
        ("/features/shortcuts/0/description", 150),
        ("/features/shortcuts/0/callback_id", 255),
        ("/features/shortcuts/1/name", 24),
        ("/features/shortcuts/1/description", 150),
        ("/features/shortcuts/1/callback_id", 255),
    ] {
        let length = text_at(pointer).chars().count();
        assert!(
            (1..=longest).contains(&length),
            "{pointer} has {length} characters, {longest} are allowed"
        );
    }
}
