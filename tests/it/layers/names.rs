//! The proper names of the scenarios, collected from their files, and where the program's source has one of them.
//! Reads the files as text: what an author named must be found whether the file is sound or not.

use std::collections::BTreeMap;
use std::fs;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use super::source::{Source, files, root};
use super::{Finding, finding};

/// Maps of the format whose keys are names of an author's own.
const PROPER: &[&str] = &[
    "alerts",
    "channels",
    "databases",
    "flags",
    "groups",
    "incidents",
    "jobs",
    "journeys",
    "kafka",
    "namespaces",
    "nodes",
    "people",
    "postgres",
    "recordings",
    "repositories",
    "sentry",
    "series",
    "services",
    "teams",
    "tickets",
    "topics",
    "valkey",
];

/// Maps whose keys are ids; an id of one plain word (`lag`) is no name.
const IDS: &[&str] = &[
    "automations",
    "clues",
    "drivers",
    "facts",
    "faults",
    "messages",
    "red_herrings",
    "stocks",
];

/// Names of the scenarios that the program may have all the same: kinds of component, words of the trade, and words of
/// plain English. Each stands here because a scenario uses it as a name and the source uses it as a word.
const GENERIC: &[(&str, &str)] = &[
    ("kafka", "a kind of component"),
    ("postgres", "a kind of component"),
    ("postgresql", "a kind of component"),
    ("redis", "a kind of component"),
    ("valkey", "a kind of component"),
    ("default", "the namespace that every cluster has"),
    ("kube-system", "the namespace that every cluster has"),
    ("monitoring", "what instruments do"),
    ("platform", "where the program runs"),
    ("checkout", "a verb of git"),
    ("search", "what every list can do"),
    ("returns", "what a function does"),
    ("quote", "what a shell does with a word"),
    ("email", "a kind of message"),
    ("notification", "a kind of message"),
    ("ad", "as in ad hoc"),
    ("catalog", "a list of things"),
    ("currency", "what money is in"),
    ("data", "what programs work on"),
    ("edge", "what joins two nodes of a graph"),
    ("orders", "a verb: puts in order"),
    ("prometheus", "a kind of component"),
    ("alertmanager", "a kind of component"),
    ("recommendation", "what an autoscaler computes"),
    ("look around", "words of a message of git's"),
    ("env-file", "a flag of kubectl's"),
    ("management", "a word of kubectl's help"),
    ("shop", "a place that sells"),
    ("payment", "what a customer makes"),
    ("#support", "a channel that most companies have"),
    ("Bell", "a control character"),
    ("Lind", "a tree, and a surname in a test"),
    ("sre", "a trade"),
    ("ValkeyDown", "an alert that every Valkey server brings"),
    (
        "ValkeyMemoryHigh",
        "an alert that every Valkey server brings",
    ),
    ("support", "a verb"),
    ("#general", "the channel that every workspace has"),
    ("#alerts", "a channel that the tests' estate has too"),
    ("#deploys", "a channel that the tests' estate has too"),
    ("#incidents", "a channel that the tests' estate has too"),
    ("#platform", "a channel that the tests' estate has too"),
];

/// The names, each with the file that has it.
pub fn of_scenarios() -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for path in files("scenarios") {
        if let Some(name) = of_path(&path) {
            names.entry(name).or_insert_with(|| path.clone());
        }
        let Ok(text) = fs::read_to_string(root().join(&path)) else {
            continue;
        };
        let found = match path.rsplit('.').next() {
            Some("ron") => of_ron(&text),
            Some("patch") => of_patch(&text),
            _ => Vec::new(),
        };
        for name in found {
            names.entry(name).or_insert_with(|| path.clone());
        }
    }
    names.retain(|name, _| {
        name.len() > 1
            && !GENERIC
                .iter()
                .any(|(word, _)| word.eq_ignore_ascii_case(name))
    });
    names
}

/// Folders of estates and scenarios are named after them.
fn of_path(path: &str) -> Option<String> {
    let mut parts = path.split('/').skip(1);
    let first = parts.next()?;
    let name = if first == "estates" {
        parts.next()?
    } else {
        first
    };
    // A file beside the folders names nothing.
    (parts.next().is_some() && !name.contains('.')).then(|| name.to_owned())
}

/// Keys of the maps that hold names, and the names of people.
fn of_ron(text: &str) -> Vec<String> {
    let token = Regex::new(
        r#"(?s)//[^\n]*|r(#+)"|"((?:\\.|[^"\\])*)"|([A-Za-z_]\w*)|([(\[{])|([)\]}])|([:,])"#,
    )
    .unwrap();
    let mut names = Vec::new();
    // The field that each open bracket is the value of.
    let mut within: Vec<String> = Vec::new();
    let (mut field, mut string) = (String::new(), None::<String>);
    let mut at = 0;
    while let Some(found) = token.captures_at(text, at) {
        at = found.get(0).unwrap().end();
        if let Some(hashes) = found.get(1) {
            let end = format!("\"{}", hashes.as_str());
            at = text[at..]
                .find(&end)
                .map_or(text.len(), |length| at + length + end.len());
            string = None;
        } else if let Some(value) = found.get(2) {
            let value = value.as_str();
            if field == "name" && within.iter().any(|outer| outer == "people") {
                names.extend(of_person(value));
            }
            string = Some(value.to_owned());
        } else if let Some(word) = found.get(3) {
            word.as_str().clone_into(&mut field);
            string = None;
        } else if found.get(4).is_some() {
            within.push(std::mem::take(&mut field));
            string = None;
        } else if found.get(5).is_some() {
            within.pop();
            field.clear();
            string = None;
        } else if let Some(mark) = found.get(6) {
            if mark.as_str() == ":"
                && let Some(key) = string.take()
            {
                let map = within.last().map_or("", String::as_str);
                let is_name = key.contains(['-', ' '])
                    || key.contains(|letter: char| letter.is_ascii_digit());
                if PROPER.contains(&map) || (IDS.contains(&map) && is_name) {
                    names.push(key);
                }
            }
            if mark.as_str() == "," {
                field.clear();
            }
        }
    }
    names
}

/// The ids and people of commits.
fn of_patch(text: &str) -> Vec<String> {
    let id = Regex::new(r"(?m)^commit ([0-9a-z]{7,40})\b").unwrap();
    let person = Regex::new(r"(?m)^(?:Author|\s+[A-Z][a-z]+-by): ([^<\n]+?) <([\w.+-]+)@").unwrap();
    let mut names: Vec<String> = id
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect();
    for found in person.captures_iter(text) {
        names.extend(of_person(&found[1]));
        names.push(found[2].to_owned());
    }
    names
}

/// A person's name and its parts.
fn of_person(name: &str) -> Vec<String> {
    let parts = name.split(' ').filter(|part| part.chars().count() > 2);
    std::iter::once(name)
        .chain(parts)
        .map(str::to_owned)
        .collect()
}

/// Where a source has a name as a whole word.
pub fn check(source: &Source, names: &BTreeMap<String, String>) -> Vec<Finding> {
    let patterns: Vec<&String> = names.keys().collect();
    let search = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(&patterns)
        .unwrap();
    search
        .find_overlapping_iter(&source.text)
        .filter(|found| is_whole_word(&source.text, found.start(), found.end()))
        .map(|found| {
            let name = patterns[found.pattern().as_usize()];
            let line = source.line_of(found.start());
            finding(
                source,
                line,
                format!(
                    "`{name}` is a name of {}: use one of the test's own",
                    names[name]
                ),
            )
        })
        .collect()
}

fn is_whole_word(text: &str, start: usize, end: usize) -> bool {
    let joins = |letter: char| letter.is_alphanumeric();
    !text[..start].chars().next_back().is_some_and(joins)
        && !text[end..].chars().next().is_some_and(joins)
}

#[test]
fn names_are_collected_from_files_of_the_format() {
    let ron = r##"(
        // "comment": x
        title: "Not a name",
        services: { "zeta": (calls: { "omega": "5/s" }, env: { "ZETA_ADDR": "x" }), "eta-api": () },
        kafka: { "main": (topics: { "parcels": (partitions: 3) }) },
        people: { "wilma": (name: "Wilma Ek", team: "core"), "otto": (name: "Otto Berg") },
        faults: { "lag": (says: r#"a "raw": text"#), "zeta-stuck": (when: All([Active("lag")])) },
        channels: { "#zeta-help": (topic: "x") },
    )"##;
    let mut names = of_ron(ron);
    names.sort();
    assert_eq!(
        names,
        [
            "#zeta-help",
            "Berg",
            "Otto",
            "Otto Berg",
            "Wilma",
            "Wilma Ek",
            "eta-api",
            "main",
            "otto",
            "parcels",
            "wilma",
            "zeta",
            "zeta-stuck"
        ]
    );
}

#[test]
fn names_are_collected_from_commits_and_folders() {
    let patch = "commit ab12cd3\nAuthor: Wilma Ek <wilma@zeta.example>\n\n    Fix it\n\n    Reviewed-by: Otto Berg <otto@zeta.example>\n";
    assert_eq!(
        of_patch(patch),
        [
            "ab12cd3",
            "Wilma Ek",
            "Wilma",
            "wilma",
            "Otto Berg",
            "Otto",
            "Berg",
            "otto"
        ]
    );
    assert_eq!(
        of_path("scenarios/zeta-down/scenario.ron").as_deref(),
        Some("zeta-down")
    );
    assert_eq!(
        of_path("scenarios/estates/zeta/estate.ron").as_deref(),
        Some("zeta")
    );
    assert_eq!(of_path("scenarios/README.md"), None);
}

#[test]
fn a_name_is_found_as_a_whole_word_in_any_spelling() {
    let names = BTreeMap::from([
        ("zeta".to_owned(), "a file".to_owned()),
        ("eta-api".to_owned(), "a file".to_owned()),
    ]);
    let lines = |text: &str| -> Vec<usize> {
        check(&Source::new("src/a.rs", text), &names)
            .iter()
            .map(|finding| finding.line)
            .collect()
    };
    assert_eq!(
        lines("// zeta\nlet zeta_pods = \"Zeta-5f\";\n\"eta-api\""),
        [1, 2, 2, 3]
    );
    assert_eq!(
        lines("zetas rezeta theta-api eta-apis"),
        Vec::<usize>::new()
    );
}
