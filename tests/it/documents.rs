//! Holds the documents against what they tell of: files, metrics, the configuration.

use lapse::config;
use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder whose name ends like this.
fn below(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
    found
}

fn documents() -> Vec<PathBuf> {
    let mut documents = below("docs", "md");
    documents.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    documents
}

fn matches(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern
        .captures_iter(text)
        .map(|captures| captures[1].to_owned())
        .collect()
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    let mut links = 0;
    for document in documents() {
        let folder = document.parent().expect("a folder");
        for link in matches(r"\]\(([^)#:]+)(?:#[^)]*)?\)", &read(&document)) {
            links += 1;
            assert!(
                folder.join(&link).exists(),
                "{} links to {link}, which does not exist",
                document.display()
            );
        }
    }
    assert!(links > 10, "{links} links");
}

#[test]
fn every_source_file_that_is_named_exists() {
    let walk = read("docs/architecture.md");
    let named = matches(r"`([a-z_/]+\.rs)`", &walk);
    assert!(named.len() > 20, "{named:?}");
    for file in named {
        assert!(root().join("src").join(&file).is_file(), "src/{file}");
    }
    for document in documents() {
        for file in matches(r"`((?:src|tests)/[a-z_/]+\.rs)`", &read(&document)) {
            assert!(
                root().join(&file).is_file(),
                "{} names {file}",
                document.display()
            );
        }
    }
}

#[test]
fn operations_lists_exactly_the_metrics_that_exist() {
    let named = r#"(?:counter|gauge|histogram)!\(\s*"(lapse_[a-z_]+)""#;
    let counted: BTreeSet<String> = below("src", "rs")
        .iter()
        .filter(|path| !path.starts_with(root().join("src/sandbox")))
        .flat_map(|path| {
            let text = read(path);
            let product = text.split("#[cfg(test)]\nmod tests").next();
            matches(named, product.unwrap_or_default())
        })
        .collect();
    let listed = matches(r"(?m)^\| `(lapse_[a-z_]+)` \|", &read("docs/operations.md"));
    // The table of alarms names metrics too, but none that the first table does not have.
    assert_eq!(listed, counted);
}

#[test]
fn the_configuration_of_the_readme_is_good() {
    let readme = read("README.md");
    let begin = "```toml\n";
    let block = readme
        .split(begin)
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a configuration in the README");
    let report = config::read(block, "README.md", &|_| None);
    assert!(report.problems.is_empty(), "{:#?}", report.problems);
}
