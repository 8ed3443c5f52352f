//! A message or a view as a person reads it, for snapshots.

use serde_json::Value;
use std::fmt::Write;

/// All of it, one line a block; `*` and `!` mark primary and dangerous buttons.
pub fn read(json: &Value) -> String {
    let mut out = String::new();
    for part in ["title", "submit", "callback_id", "private_metadata"] {
        if let Some(value) = json.get(part) {
            let _ = writeln!(out, "{part}: {}", words(value));
        }
    }
    if let Some(text) = json.get("text").and_then(Value::as_str) {
        let _ = writeln!(out, "text: {text}");
    }
    for block in json["blocks"].as_array().into_iter().flatten() {
        out.push_str(&read_block(block));
    }
    out
}

fn read_block(block: &Value) -> String {
    let many = |key: &str| -> Vec<String> {
        let items = block[key].as_array().into_iter().flatten();
        items.map(words).collect()
    };
    match block["type"].as_str().unwrap_or_default() {
        "section" if block.get("fields").is_some() => {
            let title = match words(&block["text"]) {
                title if title.is_empty() => String::new(),
                title => format!("  {}\n", title.replace('\n', "⏎")),
            };
            many("fields").iter().fold(title, |out, field| {
                out + "  | " + &field.replace('\n', " ") + "\n"
            })
        }
        "section" => format!(
            "  {} {}\n",
            words(&block["text"]),
            words(&block["accessory"])
        )
        .replace(" \n", "\n"),
        "divider" => "  ----\n".to_owned(),
        "header" => format!("  # {}\n", words(&block["text"])),
        "context" => format!("  ~ {}\n", many("elements").join(" / ")),
        "rich_text" => {
            let element = &block["elements"][0];
            let mark = match element["type"].as_str() {
                Some("rich_text_quote") => "  > ",
                _ => "  rich: ",
            };
            let runs = element["elements"].as_array().into_iter().flatten();
            let runs: String = runs.map(words).collect();
            format!("{mark}{}\n", runs.replace('\n', "⏎"))
        }
        "actions" => format!("  {}\n", many("elements").join(" ")),
        "input" => format!(
            "  {}{} ({}): {}{}\n",
            words(&block["label"]),
            if block["optional"] == true {
                " (optional)"
            } else {
                ""
            },
            block["block_id"].as_str().unwrap_or_default(),
            words(&block["element"]),
            block
                .get("hint")
                .map_or_else(String::new, |hint| format!(" -- {}", words(hint))),
        ),
        other => panic!("no view has a {other} block"),
    }
}

fn words(part: &Value) -> String {
    let text = |key: &str| words(&part[key]);
    match part["type"].as_str() {
        Some("button") => {
            let style = part["style"].as_str().map_or("", |style| match style {
                "primary" => "*",
                _ => "!",
            });
            let confirm = part.get("confirm").map_or_else(String::new, |confirm| {
                format!(
                    " ? {} {}",
                    words(&confirm["title"]),
                    words(&confirm["text"])
                )
            });
            let label = part["accessibility_label"].as_str().unwrap_or_default();
            format!("[{style}{} = {label}{confirm}]", text("text"))
        }
        Some("static_select" | "radio_buttons") => {
            let initial = &part["initial_option"]["value"];
            let option = |option: &Value| {
                let mark = if option["value"] == *initial {
                    "(x) "
                } else {
                    ""
                };
                let description = option
                    .get("description")
                    .map_or_else(String::new, |d| format!(" – {}", words(d)));
                format!("{mark}{}{description}", words(&option["text"]))
            };
            let list = |options: &Value| -> String {
                let options = options.as_array().into_iter().flatten();
                options.map(option).collect::<Vec<_>>().join("; ")
            };
            match part.get("option_groups").and_then(Value::as_array) {
                Some(groups) => groups.iter().fold(String::new(), |out, group| {
                    let label = words(&group["label"]);
                    out + "{" + &label + ": " + &list(&group["options"]) + "}"
                }),
                None => format!("{{{}}}", list(&part["options"])),
            }
        }
        Some("external_select") => format!("{{search {}}}", text("placeholder")),
        Some("plain_text_input") => {
            format!("[{}]", part["initial_value"].as_str().unwrap_or_default())
        }
        Some("date") => format!("<{}>", part["fallback"].as_str().unwrap_or_default()),
        Some("channel") => format!("<#{}>", part["channel_id"].as_str().unwrap_or_default()),
        _ => match part {
            Value::String(text) => text.clone(),
            Value::Object(_) => text("text"),
            _ => String::new(),
        },
    }
}
