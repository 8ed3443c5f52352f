use super::*;
use crate::domain::comment::is_unprintable;
use proptest::prelude::*;

fn hours(hours: u64) -> Length {
    Length::Known(Duration::from_hours(hours))
}

fn minutes(minutes: u64) -> Length {
    Length::Known(Duration::from_mins(minutes))
}

fn asks(line: &str) -> Ask {
    match read(line) {
        Ok(Words::Request(ask)) => ask,
        other => panic!("{line:?} reads as {other:?}"),
    }
}

fn own(text: &str) -> String {
    text.to_owned()
}

/// A usage as somebody would type it.
fn typed(usage: &str) -> String {
    usage
        .replace(['[', ']'], "")
        .replace("<profile> or REQ-7F3K", "prod-ssh")
        .replace("<profile>", "prod-ssh")
        .replace("<device>", "ada-mbp")
        .replace("<reason>", "INC-42 db failover")
        .replace("<note>", "not during the freeze")
}

#[test]
fn every_form_of_every_word_is_understood() {
    for word in &TABLE {
        for form in word.forms {
            let line = typed(form.usage);
            assert!(!line.contains(['<', '>', '…']), "{line}");
            let read = read(&line).unwrap_or_else(|misread| panic!("{line}: {misread:?}"));
            let first = read.to_string();
            let first = first.split(' ').next().unwrap_or_default();
            assert_eq!(first, word.name, "{line} reads as {read:?}");
            assert!(form.usage.starts_with(word.name), "{}", form.usage);
        }
    }
    let full = typed(TABLE[1].forms[0].usage);
    let all = asks(&full);
    assert!(all.profile.is_some() && all.device.is_some(), "{all:?}");
    assert!(all.length.is_some() && all.because.is_some(), "{all:?}");
}

#[test]
fn a_request_is_read_however_it_is_said() {
    let whole = Ask {
        profile: Some(own("prod-ssh")),
        device: Some(own("ada-mbp")),
        length: Some(hours(2)),
        because: Some(own("INC-42: db failover")),
    };
    for line in [
        "request prod-ssh for 2h on ada-mbp because INC-42: db failover",
        "request prod-ssh on ada-mbp for 2h because INC-42: db failover",
        "REQUEST prod-ssh ON ada-mbp FOR 2H BECAUSE INC-42: db failover",
        "  request   for 2 hours on my ada-mbp prod-ssh  because: INC-42: db failover  ",
        "please request \u{201c}prod-ssh\u{201d}, for 2 h, on the device ada-mbp, because INC-42: db failover",
        "request prod-ssh 2h on `ada-mbp` because INC-42: db failover",
        "request for prod\u{2011}ssh for 120 minutes on ada-mbp please because INC-42: db failover",
        "request prod-ssh for 1 hour and 60 min on ada-mbp because INC-42: db failover",
    ] {
        if line.contains("and 60") {
            assert_eq!(asks(line).length, Some(hours(2)), "{line}");
        }
        assert_eq!(asks(line), whole, "{line}");
    }
}

#[test]
fn what_is_not_said_is_not_made_up() {
    assert_eq!(asks("request"), Ask::default());
    assert_eq!(asks("request for 30m").length, Some(minutes(30)));
    assert_eq!(
        asks("request prod-ssh for on because"),
        Ask {
            profile: Some(own("prod-ssh")),
            ..Ask::default()
        }
    );
    let unread = |text: &str| Some(Length::Unread(text.to_owned()));
    assert_eq!(
        asks("request prod-ssh for lunch on x").length,
        unread("lunch")
    );
    assert_eq!(asks("request prod-ssh for 1.5h").length, unread("1.5h"));
    assert_eq!(asks("request prod-ssh for 2").length, unread("2"));
    assert_eq!(asks("request prod-ssh for 0h").length, unread("0h"));
    assert_eq!(asks("request prod-ssh for an hour").length, Some(hours(1)));
}

#[test]
fn names_of_several_words_are_kept_together() {
    let ask = asks("request Staging, all ports for 2h");
    assert_eq!(ask.profile, Some(own("Staging all ports")));
    let ask = asks("request \"Read on demand\" on \"my box\" for 2h");
    assert_eq!(ask.profile, Some(own("Read on demand")));
    assert_eq!(ask.device, Some(own("my box")));
    assert_eq!(
        read("who has prod ssh"),
        Ok(Words::Who("has prod ssh".into()))
    );
    assert_eq!(
        read("who \"prod ssh"),
        Ok(Words::Who("prod ssh".into())),
        "a lonely mark"
    );
}

#[test]
fn the_reason_stands_as_it_was_typed() {
    let reason = "“db”  failover, for 2h on   ada-mbp; because *I* say `so`\nand <b> & more";
    let line = format!("request prod-ssh because {reason}");
    assert_eq!(asks(&line).because, Some(own(reason)));
    let escaped = "request prod-ssh because see <https://jira.example/INC-42> &amp; a &lt; b";
    assert_eq!(
        asks(escaped).because,
        Some(own("see https://jira.example/INC-42 & a < b"))
    );
    let linked = asks("request prod-ssh on <http://ada-mbp.tail1.ts.net|ada-mbp.tail1.ts.net>");
    assert_eq!(linked.device, Some(own("ada-mbp.tail1.ts.net")));
}

#[test]
fn numbers_are_read_however_they_are_written() {
    let number: RequestNumber = "REQ-7F3K".parse().expect("a number");
    for typed in [
        "REQ-7F3K",
        "req-7f3k",
        "req7f3k",
        "7F3K",
        "req 7f3k",
        "REQ\u{2013}7F3K",
        "#7F3K",
        "REQ-7F3K.",
        "`REQ-7F3K`",
        "of REQ-7F3K",
        "request 7F3K",
    ] {
        assert_eq!(
            read(&format!("cancel {typed}")),
            Ok(Words::Cancel(number)),
            "{typed}"
        );
        assert_eq!(
            read(&format!("Status {typed}")),
            Ok(Words::Status(Some(number))),
            "{typed}"
        );
    }
    assert_eq!(
        read("revoke REQ-7F3K: too much, too long"),
        Ok(Words::Revoke {
            number,
            note: "too much, too long".to_owned()
        })
    );
    assert_eq!(
        read("revoke 7f3k"),
        Ok(Words::Revoke {
            number,
            note: String::new()
        })
    );
    assert_eq!(
        read("done req7f3k"),
        Ok(Words::Done(Some(Target::Request(number))))
    );
    let named = |name: &str| Ok(Words::Done(Some(Target::Named(name.to_owned()))));
    assert_eq!(read("done 7F3K"), named("7F3K"));
    assert_eq!(read("done wiki"), named("wiki"));
    assert_eq!(read("done requests-db"), named("requests-db"));
}

#[test]
fn a_list_is_ones_own_unless_something_is_named() {
    assert_eq!(read("list"), Ok(Words::List(Which::Mine)));
    assert_eq!(read("list mine"), Ok(Words::List(Which::Mine)));
    assert_eq!(read("LIST All"), Ok(Words::List(Which::All)));
    let profile = |name: &str| Ok(Words::List(Which::Profile(name.to_owned())));
    assert_eq!(read("list prod ssh"), profile("prod ssh"));
    assert_eq!(read("list \"all\""), profile("all"));
    assert_eq!(read("list all ports"), profile("all ports"));
}

#[test]
fn what_is_not_understood_says_what_is_wrong() {
    let typed = |text: &str| text.to_owned();
    for (line, misread) in [
        (
            "reqest prod-ssh",
            Misread::UnknownWord {
                typed: typed("reqest"),
                meant: Some("request"),
            },
        ),
        (
            "Profile",
            Misread::UnknownWord {
                typed: typed("Profile"),
                meant: Some("profiles"),
            },
        ),
        (
            "xylophone",
            Misread::UnknownWord {
                typed: typed("xylophone"),
                meant: None,
            },
        ),
        ("cancel", Misread::NumberMissing { word: "cancel" }),
        ("revoke", Misread::NumberMissing { word: "revoke" }),
        (
            "cancel it",
            Misread::NotANumber {
                word: "cancel",
                typed: typed("it"),
            },
        ),
        (
            "status REQ-UUUU",
            Misread::NotANumber {
                word: "status",
                typed: typed("REQ-UUUU"),
            },
        ),
        ("who", Misread::ProfileMissing { word: "who" }),
        (
            "request prod-ssh for 2h becuase db failover",
            Misread::Leftover {
                typed: typed("becuase"),
                meant: Some("because"),
            },
        ),
        (
            "request prod-ssh for 2h tomorrow",
            Misread::Leftover {
                typed: typed("tomorrow"),
                meant: None,
            },
        ),
        (
            "request prod-ssh for 2h for 1h",
            Misread::Twice { clause: "for" },
        ),
        (
            "request prod-ssh on a on b",
            Misread::Twice { clause: "on" },
        ),
    ] {
        assert_eq!(read(line), Err(misread), "{line}");
    }
    assert_eq!(read(" \u{200b} "), Ok(Words::Form));
    assert_eq!(read("?"), Ok(Words::Help));
}

// ---- for every line ------------------------------------------------------------------------

/// What a name may be once it is read.
fn a_name() -> impl Strategy<Value = String> {
    let odd = "[^\"`“”„‟«»＂\\p{C}]{1,20}".prop_map(|name| name.trim().to_owned());
    prop_oneof![
        "[a-z][a-z-]{0,12}",
        Just("for".to_owned()),
        Just("all".to_owned()),
        Just("because".to_owned()),
        Just("my".to_owned()),
        Just("2h".to_owned()),
        Just("req7f3k".to_owned()),
        Just("a & <b>".to_owned()),
        odd,
    ]
    .prop_filter("a name prints", |name| {
        !name.is_empty() && !name.chars().any(is_unprintable)
    })
}

/// What people type freely, as far as the ends are concerned.
fn free_text() -> impl Strategy<Value = String> {
    any::<String>()
        .prop_map(|text| text.replace('\0', "").trim().to_owned())
        .prop_filter("it says something", |text| {
            !text.chars().all(|c| c.is_whitespace() || is_unprintable(c))
        })
}

fn an_ask() -> impl Strategy<Value = Ask> {
    let length = prop_oneof![
        (1_u64..1_000_000).prop_map(|s| Length::Known(Duration::from_secs(s))),
        "[a-z]{3,8}"
            .prop_filter("no word of the grammar", |word| {
                !["for", "because", "one", "and"].contains(&word.as_str())
            })
            .prop_map(Length::Unread),
    ];
    (
        proptest::option::of(a_name()),
        proptest::option::of(a_name()),
        proptest::option::of(length),
        proptest::option::of(free_text()),
    )
        .prop_map(|(profile, device, length, because)| {
            // Without a profile, `for` and what is no length are read as one.
            let length = length.filter(|l| profile.is_some() || matches!(l, Length::Known(_)));
            Ask {
                profile,
                device,
                length,
                because,
            }
        })
}

fn words() -> impl Strategy<Value = Words> {
    let number = || any::<u32>().prop_map(RequestNumber);
    prop_oneof![
        Just(Words::Form),
        Just(Words::Profiles),
        Just(Words::Help),
        Just(Words::List(Which::Mine)),
        Just(Words::List(Which::All)),
        Just(Words::Done(None)),
        an_ask().prop_map(Words::Request),
        proptest::option::of(number()).prop_map(Words::Status),
        a_name().prop_map(|name| Words::List(Which::Profile(name))),
        a_name().prop_map(|name| Words::Done(Some(Target::Named(name)))),
        number().prop_map(|number| Words::Done(Some(Target::Request(number)))),
        number().prop_map(Words::Cancel),
        (number(), free_text()).prop_map(|(number, note)| Words::Revoke { number, note }),
        a_name().prop_map(Words::Who),
    ]
}

/// One slip of the finger in a word.
fn slips(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut slips = Vec::new();
    for at in 0..=letters.len() {
        for letter in 'a'..='z' {
            let mut more = letters.clone();
            more.insert(at, letter);
            slips.push(more);
            if at < letters.len() {
                let mut other = letters.clone();
                other[at] = letter;
                slips.push(other);
            }
        }
        if at < letters.len() {
            let mut less = letters.clone();
            less.remove(at);
            slips.push(less);
        }
        if at + 1 < letters.len() {
            let mut exchanged = letters.clone();
            exchanged.swap(at, at + 1);
            slips.push(exchanged);
        }
    }
    slips.into_iter().map(String::from_iter).collect()
}

#[test]
fn one_slip_of_the_finger_in_any_word_is_seen_through() {
    for word in TABLE.iter().filter(|word| !word.name.is_empty()) {
        for slip in slips(word.name) {
            if TABLE.iter().any(|other| other.name == slip) {
                continue;
            }
            match read(&slip) {
                Err(Misread::UnknownWord { meant, .. }) => {
                    assert_eq!(meant, Some(word.name), "{slip}");
                }
                other => panic!("{slip} reads as {other:?}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(line in any::<String>()) {
        let _ = read(&line);
    }

    #[test]
    fn no_line_that_begins_well_makes_it_panic(
        word in 1..TABLE.len(),
        rest in "( ?(for|on|because|\"|“|<|&amp;|2h|an|and|req|REQ-7F3K|prod-ssh|\\PC{0,4})){0,8}",
    ) {
        let _ = read(&format!("{} {rest}", TABLE[word].name));
    }

    #[test]
    fn what_is_written_reads_back_the_same(words in words()) {
        let line = words.to_string();
        prop_assert_eq!(read(&line), Ok(words), "{}", line);
    }

    #[test]
    fn order_and_case_do_not_matter(
        ask in an_ask(),
        backwards in any::<bool>(),
        shout in any::<bool>(),
    ) {
        let on = ask.device.clone().map(|device| Ask { device: Some(device), ..Ask::default() });
        let long = ask.length.clone().map(|length| Ask { length: Some(length), ..Ask::default() });
        let mut clauses = [on, long];
        if backwards {
            clauses.reverse();
        }
        let keyword = |clause: &Ask| {
            let text = clause.to_string();
            let (word, rest) = text.trim().split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a clause");
            if shout { format!(" {} {rest}", word.to_uppercase()) } else { format!(" {word} {rest}") }
        };
        let profile = Ask { profile: ask.profile.clone(), ..Ask::default() };
        let because = Ask { because: ask.because.clone(), ..Ask::default() };
        let clauses: String = clauses.iter().flatten().map(keyword).collect();
        let request = if shout { "ReQuEsT" } else { "request" };
        prop_assert_eq!(read(&format!("{request}{profile}{clauses}{because}")), Ok(Words::Request(ask)));
    }

    #[test]
    fn the_reason_survives_verbatim(reason in free_text()) {
        let made_by_slack = ["&amp;", "&lt;", "&gt;", "<http", "<mailto:", "<@", "<#"];
        prop_assume!(!made_by_slack.iter().any(|made| reason.contains(made)));
        let line = format!("request prod-ssh for 2h because {reason}");
        prop_assert_eq!(asks(&line).because, Some(reason));
    }
}
