//! Who and what there is in the demo: people, channels, devices, the tailnet's policy.

use crate::sandbox::page::Destination;
use crate::sandbox::slack::{Channel, SlackSetup, User, Usergroup};
use crate::sandbox::tailscale::{Device, OauthClient, TailnetSetup};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// What the bot is configured with, apart from addresses.
pub const PROFILES: &str = include_str!("profiles.toml");

const ADA: &str = "U0ADA";
const GRACE: &str = "U0GRACE";
const LINUS: &str = "U0LINUS";
const SAM: &str = "U0SAM";
const GIL: &str = "U0GIL";
const PROD: &str = "C0PROD";

/// People and channels.
pub fn workspace(setup: SlackSetup) -> SlackSetup {
    setup
        .user(User::member(ADA, "Ada Lovelace", "ada@example.com"))
        .user(User::member(GRACE, "Grace Hopper", "grace@example.com"))
        .user(User::member(LINUS, "Linus Torvalds", "linus@example.com"))
        .user(User::member(SAM, "Sam Security", "sam@example.com"))
        .user(User::member(GIL, "Gil Guest", "gil@example.com").guest())
        .usergroup(Usergroup::new(
            "S0APPROVERS",
            "prod-approvers",
            &[GRACE, LINUS],
        ))
        .usergroup(Usergroup::new("S0ONCALL", "oncall", &[ADA, GRACE, LINUS]))
        .usergroup(Usergroup::new("S0SECURITY", "security", &[SAM]))
        .channel(Channel::public(PROD, "prod").with(&[ADA, GRACE, LINUS, SAM]))
        .channel(Channel::public("C0GENERAL", "general").with(&[ADA, GRACE, LINUS, SAM, GIL]))
        .channel(Channel::private("C0SECURITY", "security").with(&[SAM]))
}

/// What people have said before the demo begins: channel, person, words.
pub const SAID: [(&str, &str, &str); 2] = [
    (
        PROD,
        LINUS,
        "Checkout is slow for a few customers. Can somebody look?",
    ),
    (
        PROD,
        ADA,
        "On it. I need to get onto the machines, asking Lapse.",
    ),
];

/// Devices and their owners.
pub fn tailnet(setup: TailnetSetup, client: OauthClient, now: DateTime<Utc>) -> TailnetSetup {
    let device = Device::new;
    setup
        .with_client(client)
        .with_device(device(
            "nADAmbp11CNTRL",
            "ada-mbp",
            "ada@example.com",
            "macOS",
        ))
        .with_device(
            device("nADAphone1CNTRL", "ada-phone", "ada@example.com", "iOS")
                .offline(now - TimeDelta::hours(3)),
        )
        .with_device(device("nCIrunner1CNTRL", "ci-runner", "", "linux").tagged(["tag:ci"]))
        .with_device(device(
            "nGILmbp111CNTRL",
            "gil-air",
            "gil@example.com",
            "macOS",
        ))
        .with_device(device(
            "nGRACEtp11CNTRL",
            "grace-thinkpad",
            "grace@example.com",
            "linux",
        ))
        .with_device(device(
            "nLINUSbox1CNTRL",
            "linus-box",
            "linus@example.com",
            "linux",
        ))
        .with_policy(policy())
}

/// One posture a profile, and one grant that asks for it.
fn policy() -> Value {
    let people = ["ada@example.com", "grace@example.com", "linus@example.com"];
    let engineers = json!(["group:engineering"]);
    json!({
        "groups": { "group:engineering": people },
        "postures": {
            "posture:demo": ["custom:demoStreamer == true"],
            "posture:prodSsh": ["custom:prodSsh == true"],
            "posture:prodDb": ["custom:prodDb == 'admin'"],
            "posture:staging": ["custom:staging == 1"],
        },
        "grants": [
            {
                "src": engineers,
                "dst": ["tag:demo"],
                "ip": ["tcp:443"],
                "srcPosture": ["posture:demo"],
            },
            {
                "src": engineers,
                "dst": ["tag:prod"],
                "ip": ["tcp:22"],
                "srcPosture": ["posture:prodSsh"],
            },
            {
                "src": engineers,
                "dst": ["tag:prod-db"],
                "ip": ["tcp:5432"],
                "srcPosture": ["posture:prodDb"],
            },
            {
                "src": ["group:engineering", "tag:ci"],
                "dst": ["tag:staging"],
                "ip": ["*"],
                "srcPosture": ["posture:staging"],
            },
        ],
    })
}

/// What each profile opens.
pub fn destinations() -> Vec<Destination> {
    let all = [
        ("demo-streamer", "tag:demo:443", "Demo streamer"),
        ("prod-web", "tag:prod:22", "Production SSH"),
        ("prod-db", "tag:prod-db:5432", "Production database"),
        ("staging", "tag:staging:8080", "Staging"),
    ];
    all.iter()
        .map(|(name, at, profile)| Destination {
            name: (*name).to_owned(),
            at: (*at).to_owned(),
            profile: (*profile).to_owned(),
        })
        .collect()
}
