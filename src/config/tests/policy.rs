//! Rules that show when parts of the file are compared.

use super::{GOOD, SECOND, config, only, told};
use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::person::Login;
use crate::domain::policy::Selector;

fn two(old: &str, new: &str) -> String {
    assert!(SECOND.contains(old), "{old}");
    format!("{GOOD}{}", SECOND.replace(old, new))
}

#[test]
fn profiles_keep_the_order_of_the_file() {
    let policy = config(&format!("{GOOD}{SECOND}")).policy;
    let ids: Vec<&str> = policy.profiles.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["prod-ssh", "prod-db"]);
}

#[test]
fn the_hash_is_that_of_the_bytes() {
    let hash = |text: &str| config(text).policy.hash;
    let known = "e772e99aa3a9c4f64f4cf5d7ae5df410569809a0b73eccbf872c3c3446b70f90";
    assert_eq!(hash(GOOD).as_str(), known);
    assert_ne!(hash(GOOD), hash(&format!("{GOOD}# a comment\n")));
}

#[test]
fn an_id_names_one_profile() {
    assert_eq!(
        only(&two("\"prod-db\"", "\"prod-ssh\"")),
        "lapse.toml:13:6: profiles[1].id: another profile has this id\n    it is in line 5 too: \
         rename one of them"
    );
}

#[test]
fn an_attribute_belongs_to_one_profile() {
    let message = "two profiles write this attribute, and ending one would end the other";
    assert_eq!(
        only(&two("custom:prodDb", "custom:prodSsh")),
        format!(
            "lapse.toml:16:13: profiles[1].attribute: {message}\n    it is in line 8 too: give each \
             profile an attribute of its own"
        )
    );
    assert_eq!(
        only(&two("custom:prodDb", "custom:PRODSSH")),
        format!(
            "lapse.toml:16:13: profiles[1].attribute: {message}\n    `custom:prodSsh` is in line 8, \
             and case makes no difference: give each profile an attribute of its own"
        )
    );
}

#[test]
fn two_profiles_with_one_name_are_a_warning_unless_their_environments_differ() {
    let same = two("Production database", "Production SSH");
    assert_eq!(
        only(&same),
        "lapse.toml:14:8: warning: profiles[1].name: another profile has this name, and people \
         cannot tell them apart\n    it is in line 6 too: rename one of them"
    );
    assert_eq!(told(&format!("{same}environment = \"Staging\"\n")), [""; 0]);
}

#[test]
fn without_profiles_there_is_nothing_to_ask_for() {
    let missing = "lapse.toml:1:1: profiles: `profiles` is missing\n    add at least one \
                   [[profiles]]: What can be asked for.";
    assert_eq!(only(""), missing);
    assert_eq!(
        only("profiles = []"),
        "lapse.toml:1:12: profiles: the list is empty\n    see `profiles` in \
         examples/lapse.toml: What can be asked for."
    );
}

#[test]
fn security_names_people_and_a_channel() {
    let security = |lines: &str| format!("[security]\n{lines}\n{GOOD}");
    let good = config(&security(
        "selectors = [\"group:sec\", \"ada@example.com\"]\nchannel = \"C0SECURITY\"",
    ));
    let found = good.policy.security;
    assert_eq!(found.channel, Some(ChannelId::new("C0SECURITY")));
    assert_eq!(found.selectors[0], Selector::TailnetGroup("sec".into()));
    assert_eq!(found.selectors.len(), 2);
    assert_eq!(
        only(&security("selectors = [\"*\"]")),
        "lapse.toml:2:14: warning: security.selectors[0]: every member of the workspace may \
         revoke anything\n    name a group, e.g. \"usergroup:prod-approvers\", unless you mean it"
    );
    assert_eq!(
        only(&security("channel = \"D012345\"")),
        "lapse.toml:2:11: security.channel: `D012345` is no id of a channel\n    copy the id (C… \
         or G…) from the bottom of the channel's details in Slack"
    );
}

#[test]
fn a_login_is_one_person_s() {
    let logins = |lines: &str| format!("[identity.logins]\n{lines}\n{GOOD}");
    let good = config(&logins(
        "\"U012ABCDEF\" = \"Amelie@GitHub\"\nU0TOKEN12 = \"b@passkey\"",
    ));
    assert_eq!(
        good.policy.logins.get(&PersonId::new("U012ABCDEF")),
        Some(&Login::new("amelie@github"))
    );
    assert_eq!(good.policy.logins.len(), 2);
    assert_eq!(
        only(&logins(
            "U012ABCDEF = \"amelie@github\"\nW0345 = \"AMELIE@github\""
        )),
        "lapse.toml:3:9: identity.logins.W0345: U012ABCDEF has this login too, and a login is one \
         person's\n    remove one of the two pairs"
    );
    assert_eq!(
        only(&logins("amelie = \"amelie@github\"")),
        "lapse.toml:2:1: identity.logins.amelie: `amelie` is no Slack user id\n    copy the \
         member id (U… or W…) from the person's profile in Slack"
    );
    assert_eq!(
        only(&logins("U012ABCDEF = \"amelie at github\"")),
        "lapse.toml:2:14: identity.logins.U012ABCDEF: `amelie at github` is no Tailscale \
         login\n    write it as the admin console shows it, e.g. \"amelie@github\""
    );
    assert_eq!(
        only(&logins("U012ABCDEF = 5")),
        "lapse.toml:2:14: identity.logins.U012ABCDEF: expected text in quotes, found a whole \
         number\n    write logins = { U012ABCDEF = \"amelie@github\" }: Slack user id = \
         Tailscale login. A pair here wins over the e-mail address."
    );
}
