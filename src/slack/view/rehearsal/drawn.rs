//! Everything that people can be shown, as the demo's page draws it: nothing is left out,
//! nothing is unknown, and no text becomes markup.

use super::super::scene::Cast;
use super::hostile::corpus;
use super::{everything, walk};
use crate::sandbox::page::render::{self, Reader};
use serde_json::Value;
use std::collections::BTreeMap;

fn drawn(json: &Value) -> String {
    let reader = Reader { names: &|_| None };
    if json.get("title").is_some() || json["type"] == "home" {
        render::view(json, &Value::Null, &BTreeMap::new(), &reader)
    } else {
        render::message(json, &reader)
    }
}

/// Everything that the markup says, attributes included: the dialog of a button waits there.
fn said_by(html: &str) -> String {
    html.replace("<br>", "\n")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[test]
fn the_page_knows_everything_that_is_sent() {
    for json in everything(&Cast::default()) {
        let html = drawn(&json);
        assert!(!html.contains("not-rendered"), "{json:#}\n{html}");
        assert!(html.len() > 20, "{json:#}");
    }
}

#[test]
fn the_page_shows_a_block_that_it_does_not_know() {
    let mut card = everything(&Cast::default()).swap_remove(0);
    card["blocks"]
        .as_array_mut()
        .expect("blocks")
        .push(serde_json::json!({ "type": "hologram" }));
    assert!(drawn(&card).contains("not rendered: hologram"));
}

#[test]
fn the_page_leaves_no_word_out() {
    let mut words = 0;
    for json in everything(&Cast::default()) {
        let shown = said_by(&drawn(&json));
        walk(&json["blocks"], &mut |part| {
            let said = match part["type"].as_str() {
                Some("plain_text" | "text") => part["text"].as_str(),
                Some("date") => part["fallback"].as_str(),
                _ => None,
            };
            // A placeholder gives way to what was chosen.
            let placeholders = ["Choose a profile", "Choose a device", "Anybody"];
            for said in said.into_iter().filter(|said| !placeholders.contains(said)) {
                assert!(shown.contains(said), "{said}\nis not in\n{shown}");
                words += 1;
            }
        });
    }
    assert!(words > 1000, "{words}");
}

#[test]
fn no_name_and_no_text_becomes_markup() {
    for text in corpus() {
        for json in everything(&Cast::all(&text)) {
            let html = drawn(&json);
            assert!(!html.contains("not-rendered"), "{json:#}\n{html}");
            crate::sandbox::page::render::tests::tags_are_ours(&html);
        }
    }
}
