//! Who may use whom: reads `src/` and compares every path into another module with the table.
//!
//! It looks at text, not at types: comments and strings are left out, and so are everything
//! after a file's `#[cfg(test)]` and the files that are compiled for tests alone. What is named
//! by a path of ours is found; what arrives as a value is not, and need not be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use; `a::b` allows only that part of `a`. `clock`, `telemetry` and
/// `lifecycle` use nothing of ours and are open to all but `domain` and `sandbox`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain", "likeness"]),
    ("store", &["domain"]),
    ("slack", &["domain", "likeness"]),
    ("tailscale", &["domain"]),
    ("app", &["domain", "config", "store", "slack", "tailscale"]),
    ("worker", &["app", "domain", "slack", "store", "tailscale"]),
    ("dispatch", &["slack"]),
    ("http", &["app", "config", "dispatch", "domain", "slack"]),
    ("socket", &["app", "config", "dispatch", "domain", "slack"]),
    ("sandbox", &[]),
    ("clock", &[]),
    ("telemetry", &[]),
    ("lifecycle", &[]),
    ("likeness", &[]),
];

/// Parts of an allowed module that stay closed all the same.
const MUST_NOT_USE: &[(&str, &[&str])] = &[
    (
        "app",
        &["slack::client", "slack::verify", "tailscale::client"],
    ),
    (
        "worker",
        &[
            "app::submit",
            "app::review",
            "app::end",
            "slack::client",
            "slack::parse",
            "slack::verify",
            "tailscale::client",
        ],
    ),
    ("dispatch", &["slack::client"]),
    ("http", &["slack::client"]),
    ("socket", &["slack::client"]),
];

/// Open to every module but these.
const COMMON: &[&str] = &["clock", "telemetry", "lifecycle"];
const WITHOUT_COMMON: &[&str] = &["domain", "sandbox", "clock", "telemetry", "lifecycle"];

/// What makes a module impure.
const IMPURE: &[&str] = &[
    "tokio",
    "sqlx",
    "axum",
    "reqwest",
    "hyper",
    "tracing",
    "metrics",
    "uuid",
    "rand",
    "getrandom",
    "async fn",
    "async move",
    ".await",
    "Utc::now",
    "Local::now",
    "SystemTime",
    "Instant",
    "std::env",
    "std::fs",
    "std::net",
    "std::io",
    "std::process",
    "std::thread",
    "println!",
    "eprintln!",
];

/// A source file with everything blanked that is no code, and without its tests.
struct Source {
    path: PathBuf,
    /// `["slack", "view", "card"]`.
    module: Vec<String>,
    code: String,
}

impl Source {
    /// The top-level module that it belongs to.
    fn layer(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("src is there") {
        let path = entry.expect("a folder's entry can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files(&src)
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source file can be read");
            let inside = path
                .strip_prefix(&src)
                .expect("it was found there")
                .with_extension("");
            let module = inside
                .components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            Source {
                path,
                module,
                code: code_of(&text),
            }
        })
        .collect()
}

/// Leaves out what is compiled for tests alone: `mod name;` and everything from an inline
/// module on, which stands last.
fn without_tests(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = Vec::new();
    let mut place = 0;
    while let Some(line) = lines.get(place) {
        if *line == "#[cfg(test)]" {
            if !lines.get(place + 1).is_some_and(|next| next.ends_with(';')) {
                break;
            }
            kept.extend(["", ""]);
            place += 2;
        } else {
            kept.push(line);
            place += 1;
        }
    }
    kept.join("\n")
}

/// The modules that are compiled for tests alone, by their path.
fn test_modules() -> BTreeSet<Vec<String>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for source in sources() {
        let text = fs::read_to_string(&source.path).expect("a source file can be read");
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]") {
            let name = pair[1].trim_end_matches(';').rsplit(' ').next();
            let top = source.path == src.join("lib.rs");
            let parent = if top {
                Vec::new()
            } else {
                source.module.clone()
            };
            found.extend(name.map(|name| [parent, vec![name.to_owned()]].concat()));
        }
    }
    found
}

/// The files that are part of the program.
fn sources_without_tests() -> Vec<Source> {
    let tests = test_modules();
    let is_test = |source: &Source| {
        (1..=source.module.len()).any(|depth| tests.contains(&source.module[..depth]))
    };
    let mut sources = sources();
    sources.retain(|source| !is_test(source));
    sources
}

/// The code alone: no tests, no comments, nothing inside of strings. Lines stay lines.
fn code_of(text: &str) -> String {
    let before_tests = without_tests(text);
    let mut code = String::with_capacity(before_tests.len());
    let mut rest = before_tests.as_str();
    while let Some(next) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest) {
            length
        } else if next == '"' {
            quoted(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("'\\\"'") {
            4
        } else {
            code.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        rest = &rest[skipped..];
    }
    code
}

fn raw_string(text: &str) -> Option<usize> {
    let body = text.strip_prefix('r')?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let body = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    body.find(&end).map(|at| 1 + hashes + 1 + at + end.len())
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Every path into the crate that this file names, from the crate's root on: `store::outbox`.
fn uses(source: &Source) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in source.code.match_indices("crate::") {
        found.extend(expanded(&source.code[at + "crate::".len()..]));
    }
    let climb = "super::".repeat(source.module.len());
    for (at, _) in source.code.match_indices(&climb) {
        let begins = !source.code[..at].ends_with("super::");
        let rest = &source.code[at + climb.len()..];
        if begins && !rest.starts_with("super::") {
            found.extend(expanded(rest));
        }
    }
    found
}

/// The first names of a path, with every name of a `{…}`.
fn expanded(path: &str) -> Vec<String> {
    let path = path.trim_start();
    if let Some(group) = path.strip_prefix('{') {
        return branches(group)
            .iter()
            .flat_map(|branch| expanded(branch))
            .collect();
    }
    let first = name(path);
    let rest = path[first.len()..].strip_prefix("::").unwrap_or_default();
    let seconds = match rest.strip_prefix('{') {
        Some(group) => branches(group).iter().map(|branch| name(branch)).collect(),
        None => vec![name(rest)],
    };
    seconds
        .into_iter()
        .map(|second| {
            if second.is_empty() {
                first.clone()
            } else {
                format!("{first}::{second}")
            }
        })
        .collect()
}

fn name(path: &str) -> String {
    let path = path.trim_start();
    path.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// What stands between the commas of a `{…}`, as far as this level goes.
fn branches(group: &str) -> Vec<String> {
    let mut depth = 1;
    let mut branches = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                branches.push(String::new());
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if let Some(branch) = branches.last_mut() {
            branch.push(character);
        }
    }
    branches.retain(|branch| !branch.trim().is_empty());
    branches
}

fn row<'a>(table: &[(&str, &'a [&'a str])], layer: &str) -> Option<&'a [&'a str]> {
    table
        .iter()
        .find(|(name, _)| *name == layer)
        .map(|(_, row)| *row)
}

fn within(path: &str, part: &str) -> bool {
    path == part
        || path
            .strip_prefix(part)
            .is_some_and(|rest| rest.starts_with("::"))
}

fn is_allowed(layer: &str, used: &str) -> bool {
    let own = within(used, layer);
    let common = !WITHOUT_COMMON.contains(&layer) && COMMON.iter().any(|part| within(used, part));
    let listed = row(MAY_USE, layer).unwrap_or_default();
    let closed = row(MUST_NOT_USE, layer).unwrap_or_default();
    own || common
        || (listed.iter().any(|part| within(used, part))
            && !closed.iter().any(|part| within(used, part)))
}

#[test]
fn every_module_uses_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for source in sources_without_tests() {
        let layer = source.layer();
        if ["main", "lib", "cli"].contains(&layer) {
            continue;
        }
        if row(MAY_USE, layer).is_none() {
            wrong.push(format!(
                "{} is in no row of the table",
                source.path.display()
            ));
        }
        for used in uses(&source) {
            if !is_allowed(layer, &used) {
                wrong.push(format!("{} uses {used}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_core_is_pure() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.layer() == "domain") {
        for (number, line) in source.code.lines().enumerate() {
            let begins =
                |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let ends =
                |at: usize| !line[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
            for word in IMPURE {
                let found = line
                    .match_indices(word)
                    .any(|(at, _)| (begins(at) || word.starts_with('.')) && ends(at + word.len()));
                if found {
                    wrong.push(format!(
                        "{}:{} says {word}",
                        source.path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_file_does_one_thing_in_at_most_400_lines_of_code() {
    for source in sources_without_tests() {
        let lines = source
            .code
            .lines()
            .filter(|line| !line.trim().is_empty())
            .count();
        assert!(
            lines <= 400,
            "{} has {lines} lines of code",
            source.path.display()
        );
        assert!(
            !source.path.ends_with("mod.rs"),
            "{}",
            source.path.display()
        );
    }
}

#[test]
fn the_test_finds_what_it_looks_for() {
    let text = "
        // use crate::http::router;
        use crate::{store::outbox, domain::{ids::PersonId, key}};
        use super::super::worker::Worker;
        fn f() { let s = \"crate::cli\"; crate::slack::client::new(s); }
        #[cfg(feature = \"demo\")]
        use crate::clock;
#[cfg(test)]
mod tests { use crate::tailscale; }
";
    let source = Source {
        path: PathBuf::from("src/app/submit.rs"),
        module: vec!["app".into(), "submit".into()],
        code: code_of(text),
    };
    let found: Vec<String> = uses(&source).into_iter().collect();
    let wanted = [
        "clock",
        "domain::ids",
        "domain::key",
        "slack::client",
        "store::outbox",
        "worker::Worker",
    ];
    assert_eq!(found, wanted);
    assert!(is_allowed("app", "store::outbox") && is_allowed("app", "clock"));
    assert!(!is_allowed("app", "slack::client") && !is_allowed("app", "worker::Worker"));
    assert!(!is_allowed("domain", "clock") && !is_allowed("sandbox", "domain::ids"));
    assert!(is_allowed("slack", "slack::view") && !is_allowed("store", "slackish::x"));
}
