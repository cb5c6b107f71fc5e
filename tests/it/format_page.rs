//! The page of the scenario format: its reference is what the types, the checks and valid examples say; the scenario of
//! its introduction is loaded, checked and played.

mod examples;
mod types;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use firedrill::diag::render::{Colour, render};
use firedrill::scenario::format::alerting::{AlertRoute, Alerting};
use firedrill::scenario::format::estate::Estate;
use firedrill::scenario::format::infrastructure::Namespace;
use firedrill::scenario::format::records::Repository;
use firedrill::scenario::format::scenario::Knowledge;
use firedrill::scenario::format::service::{Capacity, Resources, Route, Service};
use firedrill::scenario::format::systems::{
    Infrastructure, Instruments, StatusPage, SupplierPage, Tracing,
};
use firedrill::scenario::format::telemetry::TrafficShape;
use firedrill::scenario::ids;
use firedrill::scenario::loader::Source;
use firedrill::session::content::inspect;

use examples::Examples;
use types::{Default_, Field, Item, Kind, Shape, Type, Types};

/// Where the written part of the page ends and the generated one begins.
const MARK: &str =
    "<!-- From here on written by a test from src/scenario; see tests/it/format_page.rs. -->\n";
/// Values that are written as texts with their units; `values.rs` says how.
const VALUES: [&str; 6] = ["Duration", "Instant", "Moment", "Rate", "Size", "Delay"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn sources(folder: &str) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect();
    paths.sort();
    paths.iter().map(read).collect()
}

fn types() -> Types {
    let mut types = Types::default();
    for source in sources("src/scenario/format") {
        types.read(&source);
    }
    types
}

/// Examples from the introduction, then from the scenarios of tests, then from those that ship.
fn examples(types: &Types) -> Examples {
    let mut examples = Examples::default();
    for (path, text) in introduced() {
        if path.ends_with(".ron") {
            examples.add(types, "Scenario", &text);
        }
    }
    let tests = "tests/fixtures/scenarios";
    for folder in [
        format!("{tests}/small"),
        format!("{tests}/estates/small"),
        format!("{tests}/full"),
        format!("{tests}/estates/full"),
        "scenarios/carts-emptying".to_owned(),
        "scenarios/estates/shop".to_owned(),
    ] {
        let kind = if folder.contains("/estates/") {
            "Estate"
        } else {
            "Scenario"
        };
        let mut paths: Vec<_> = std::fs::read_dir(root().join(&folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "ron"))
            .collect();
        paths.sort();
        for path in paths {
            examples.add(types, kind, &read(path));
        }
    }
    examples
}

/// The page's own scenario: code blocks whose first line names their file, as `ron scenario.ron`.
fn introduced() -> BTreeMap<String, String> {
    let page = read("docs/scenario-format.md");
    let (written, _) = page.split_once(MARK).unwrap_or((&page, ""));
    let mut files = BTreeMap::new();
    for block in written.split("\n```").skip(1).step_by(2) {
        let (head, body) = block.split_once('\n').unwrap();
        if let Some((_, path)) = head.split_once(' ') {
            files.insert(path.to_owned(), format!("{body}\n"));
        }
    }
    files
}

#[test]
fn the_page_is_what_the_types_say() {
    let path = root().join("docs/scenario-format.md");
    let page = read(&path);
    let (written, _) = page
        .split_once(MARK)
        .expect("the page has no mark between its two parts");
    let wanted = format!("{written}{MARK}{}", Reference::new().write());
    if std::env::var_os("FIREDRILL_BLESS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert!(
        read(&path) == wanted,
        "docs/scenario-format.md is not what the types say; write it anew with FIREDRILL_BLESS=1 cargo test format_page"
    );
}

#[test]
fn what_the_page_says_by_hand_names_all_there_is() {
    let page = read("docs/scenario-format.md");
    let (written, _) = page.split_once(MARK).unwrap();
    let parse = read("src/sim/telemetry/template/parse.rs");
    let texts = read("src/scenario/checks/texts.rs");
    let mut missing = Vec::new();
    for (source, start, end) in [
        (&parse, "const KINDS:", "];"),
        (&parse, "const EVERY_LINE:", "];"),
        (&texts, "const FIGURES:", "];"),
    ] {
        let (_, rest) = source.split_once(start).unwrap();
        let (list, _) = rest.split_once(end).unwrap();
        for name in list.split('"').skip(1).step_by(2) {
            if !written.contains(&format!("`{{{name}}}`"))
                && !written.contains(&format!("`{name}`"))
                && !written.contains(&format!("`{name}("))
            {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(
        missing.is_empty(),
        "the page does not say what these are: {missing:?}"
    );
}

#[test]
fn the_scenario_of_the_introduction_has_no_problem() {
    let mut files: BTreeMap<String, Vec<u8>> = introduced()
        .into_iter()
        .map(|(path, text)| (format!("mine/{path}"), text.into_bytes()))
        .collect();
    assert!(
        files.contains_key("mine/scenario.ron"),
        "{:?}",
        files.keys()
    );
    assert!(files.contains_key("mine/brief.md"), "{:?}", files.keys());
    let lines = String::from_utf8(files["mine/scenario.ron"].clone()).unwrap();
    assert!(lines.lines().count() <= 110, "two screens, and no more");
    files.retain(|path, _| path.starts_with("mine/"));
    let source = Source::Stack(vec![
        Source::memory(files),
        Source::folder(root().join("scenarios")),
    ]);
    let said = inspect(&source, "mine").diagnostics;
    let drawn: Vec<String> = said
        .iter()
        .map(|problem| render(problem, Colour::Never))
        .collect();
    assert!(said.is_empty(), "{}", drawn.join("\n"));
}

#[test]
fn the_scenario_with_every_field_has_no_problem() {
    let source = Source::folder(root().join("tests/fixtures/scenarios"));
    let said = inspect(&source, "full").diagnostics;
    let drawn: Vec<String> = said
        .iter()
        .map(|problem| render(problem, Colour::Never))
        .collect();
    assert!(said.is_empty(), "{}", drawn.join("\n"));
}

/// The generated part of the page.
struct Reference {
    types: Types,
    examples: Examples,
    out: String,
    bare: Vec<String>,
}

impl Reference {
    fn new() -> Self {
        let types = types();
        let examples = examples(&types);
        Self {
            types,
            examples,
            out: String::new(),
            bare: Vec::new(),
        }
    }

    fn write(mut self) -> String {
        self.line("\n## Values with units\n");
        self.line("A value that has a unit is a text that carries it.\n");
        self.line("| value | how it is written |\n| --- | --- |");
        for name in VALUES {
            let docs = self.types.items[name].docs.clone();
            self.line(&format!("| {} | {} |", name.to_lowercase(), cell(&docs)));
        }
        let mut done: BTreeSet<String> = VALUES.iter().map(|name| (*name).to_owned()).collect();
        for (root, title) in [("Scenario", "The scenario"), ("Estate", "The estate")] {
            self.line(&format!("\n## {title}"));
            let mut open = VecDeque::from([root.to_owned()]);
            while let Some(name) = open.pop_front() {
                let Some(item) = self.types.items.get(&name).cloned() else {
                    continue;
                };
                if done.insert(name) {
                    open.extend(self.item(&item));
                }
            }
        }
        self.metrics();
        self.limits();
        self.problems();
        assert!(
            self.bare.is_empty(),
            "no example of {:?}: add one to tests/fixtures/scenarios/full or its estate",
            self.bare
        );
        self.out
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Writes a type; answers the types that it names.
    fn item(&mut self, item: &Item) -> Vec<String> {
        self.line(&format!("\n### {}\n\n{}\n", item.name, item.docs));
        let mut named = Vec::new();
        match &item.kind {
            Kind::Struct(fields) => {
                self.line("| field | is | if left out | meaning |\n| --- | --- | --- | --- |");
                let defaults = defaults_of(&item.name);
                for field in fields {
                    let example = self.example(&format!("{}.{}", item.name, field.name));
                    let default = self.default(item, field, defaults.as_ref());
                    let row = format!(
                        "| `{}` | {} | {default} | {}<br>`{}` |",
                        field.name,
                        words(&field.ty),
                        cell(&field.docs),
                        cell(&example),
                    );
                    self.line(&row);
                    named.extend(field.ty.names().into_iter().map(str::to_owned));
                }
            }
            Kind::Enum(variants) => {
                self.line("| is written | meaning |\n| --- | --- |");
                for variant in variants {
                    let place = format!("{}.{}", item.name, variant.name);
                    let example = self.example(&place);
                    let mut meaning = cell(&variant.docs);
                    if variant.is_default {
                        meaning.push_str(" If nothing is said, it is this.");
                    }
                    match &variant.shape {
                        Shape::Unit => {}
                        Shape::Values(values) => {
                            let list: Vec<String> = values.iter().map(words).collect();
                            let _ = write!(meaning, "<br>In brackets: {}.", list.join(", "));
                            named.extend(values.iter().flat_map(Type::names).map(str::to_owned));
                        }
                        Shape::Fields(fields) => {
                            for field in fields {
                                self.example(&format!("{place}.{}", field.name));
                                let default = match &field.default {
                                    Default_::Required => String::new(),
                                    _ => {
                                        format!("; if left out {}", self.default(item, field, None))
                                    }
                                };
                                let _ = write!(
                                    meaning,
                                    "<br>`{}`: {} ({}{default})",
                                    field.name,
                                    cell(&field.docs),
                                    words(&field.ty),
                                );
                                named.extend(field.ty.names().into_iter().map(str::to_owned));
                            }
                        }
                    }
                    self.line(&format!("| `{}` | {meaning} |", cell(&example)));
                }
            }
        }
        named
    }

    fn example(&mut self, place: &str) -> String {
        if let Some(example) = self.examples.of(place) {
            example.to_owned()
        } else {
            self.bare.push(place.to_owned());
            String::new()
        }
    }

    /// What stands for a field that is left out, in words.
    fn default(&self, item: &Item, field: &Field, whole: Option<&serde_json::Value>) -> String {
        match &field.default {
            Default_::Required => "must be given".to_owned(),
            Default_::Function(name) => format!("`{}`", body_value(&self.types.functions[name])),
            Default_::OfType => {
                if let Some(value) = whole.and_then(|whole| whole.get(&field.name)) {
                    shown(&self.of_type(&field.ty), &field.ty, value)
                } else {
                    assert!(!item.has_default, "no defaults of {}", item.name);
                    self.of_type(&field.ty)
                }
            }
        }
    }

    fn of_type(&self, ty: &Type) -> String {
        match ty {
            Type::Option(_) | Type::List(_) | Type::Map(_) => "none".to_owned(),
            Type::Tuple(_) => "nothing".to_owned(),
            Type::Named(name) => match name.as_str() {
                "String" => "empty".to_owned(),
                "bool" => "`false`".to_owned(),
                "f64" => "`0.0`".to_owned(),
                "Duration" | "Delay" => "`\"0s\"`".to_owned(),
                "Rate" => "`\"0/s\"`".to_owned(),
                number if is_whole(number) => "`0`".to_owned(),
                other => match &self.types.items[other].kind {
                    Kind::Enum(variants) => {
                        let default = variants.iter().find(|variant| variant.is_default);
                        format!("`{}`", default.unwrap().name)
                    }
                    Kind::Struct(_) => "as its own fields say".to_owned(),
                },
            },
        }
    }

    fn metrics(&mut self) {
        use firedrill::scenario::checks::Judge as _;
        self.line("\n## Series that come by themselves\n");
        self.line(
            "Services, containers, nodes, Kafka, Valkey and PostgreSQL bring these. A metric that is in none of them, in no\n\
             `series` and in no `recordings` is a mistake.\n",
        );
        let mut all = firedrill::sim::judge::SimJudge.metrics().unwrap();
        all.sort();
        let list: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
        self.line(&list.join(", "));
    }

    fn limits(&mut self) {
        self.line("\n## Limits\n");
        self.line("Scenario files come from strangers: what they can ask for is bounded, and `check` says when it is too much.\n");
        self.line("| limit | at most |\n| --- | --- |");
        let mut constants = Types::default();
        for path in [
            "src/scenario/loader/source.rs",
            "src/scenario/loader/files.rs",
            "src/scenario/loader/tree.rs",
            "src/scenario/loader/walk.rs",
            "src/scenario/checks/limits.rs",
            "src/scenario/checks/calls.rs",
            "src/scenario/checks/conditions.rs",
            "src/scenario/checks/texts.rs",
            "src/sim/telemetry/template.rs",
        ] {
            constants.read_constants(&read(path));
        }
        for constant in constants.constants {
            let is_limit = constant.name.starts_with("MAX_")
                || constant.name.starts_with("LONGEST_")
                || constant.name.starts_with("MOST_")
                || constant.name.starts_with("REGEX_");
            if is_limit && !constant.docs.is_empty() && !constant.docs.contains("problems") {
                let value = quantity(
                    &constant.value,
                    constant.docs.contains("byte") || constant.name.contains("BYTES"),
                );
                let docs = constant.docs.trim_end_matches('.');
                self.line(&format!("| {} | {value} |", cell(docs)));
            }
        }
        let counts = read("src/scenario/checks/limits.rs");
        let each =
            regex::Regex::new(r#"\("(\w+)", (estate|scenario)\.\w+\.len\(\), ([\d_]+)\)"#).unwrap();
        for found in each.captures_iter(&counts) {
            self.line(&format!(
                "| Entries of the {}'s `{}` | {} |",
                &found[2],
                &found[1],
                grouped(&found[3])
            ));
        }
    }

    fn problems(&mut self) {
        self.line("\n## What `check` says\n");
        self.line("| id | meaning |\n| --- | --- |");
        for (id, meaning) in ids::ALL {
            self.line(&format!("| {id} | {} |", cell(meaning.trim())));
        }
    }
}

fn is_whole(name: &str) -> bool {
    matches!(name, "u8" | "u16" | "u32" | "u64" | "i32" | "i64")
}

/// A type in words.
fn words(ty: &Type) -> String {
    match ty {
        Type::Option(inner) => words(inner),
        Type::List(inner) => format!("list of {}", words(inner)),
        Type::Map(inner) => format!("map from names to {}", words(inner)),
        Type::Tuple(parts) => {
            let parts: Vec<String> = parts.iter().map(words).collect();
            format!("({})", parts.join(", "))
        }
        Type::Named(name) => match name.as_str() {
            "String" => "text".to_owned(),
            "bool" => "`true` or `false`".to_owned(),
            "f64" => "number".to_owned(),
            name if is_whole(name) => "whole number".to_owned(),
            name if VALUES.contains(&name) => {
                format!("[{}](#values-with-units)", name.to_lowercase())
            }
            name => format!("[{name}](#{})", name.to_lowercase()),
        },
    }
}

/// The defaults of a type that has one of its own.
fn defaults_of(name: &str) -> Option<serde_json::Value> {
    fn json<T: Default + serde::Serialize>() -> Option<serde_json::Value> {
        serde_json::to_value(T::default()).ok()
    }
    match name {
        "Estate" => json::<Estate>(),
        "Namespace" => json::<Namespace>(),
        "Repository" => json::<Repository>(),
        "Knowledge" => json::<Knowledge>(),
        "Service" => json::<Service>(),
        "Resources" => json::<Resources>(),
        "Route" => json::<Route>(),
        "Capacity" => json::<Capacity>(),
        "TrafficShape" => json::<TrafficShape>(),
        "Alerting" => json::<Alerting>(),
        "AlertRoute" => json::<AlertRoute>(),
        "StatusPage" => json::<StatusPage>(),
        "SupplierPage" => json::<SupplierPage>(),
        "Tracing" => json::<Tracing>(),
        "Infrastructure" => json::<Infrastructure>(),
        "Instruments" => json::<Instruments>(),
        _ => None,
    }
}

/// A default that a type's own default gives, where it is another than that of the field's type.
fn shown(of_type: &str, ty: &Type, value: &serde_json::Value) -> String {
    use serde_json::Value;
    match (ty, value) {
        (Type::Named(name), Value::String(text)) if name == "Size" => {
            let bytes: f64 = text.parse().unwrap();
            if bytes >= 1_048_576.0 {
                format!("`\"{}MiB\"`", bytes / 1_048_576.0)
            } else {
                format!("`\"{text}\"`")
            }
        }
        (Type::Named(name), Value::Number(number)) if name == "f64" => format!("`{number}`"),
        (Type::Named(_), Value::Bool(value)) => format!("`{value}`"),
        (Type::Named(name), Value::String(text)) if name == "Duration" => format!("`\"{text}\"`"),
        (Type::List(_), Value::Array(items)) if !items.is_empty() => {
            let same = items.iter().all(|item| Some(item) == items.first());
            assert!(same, "a default that the page has no words for: {items:?}");
            format!("{} times `{}`", items.len(), items[0])
        }
        _ => of_type.to_owned(),
    }
}

/// What a function without arguments gives, as a file would write it.
fn body_value(body: &str) -> String {
    let product = |text: &str| -> i64 {
        text.split('*')
            .map(|factor| factor.trim().replace('_', "").parse::<i64>().unwrap())
            .product()
    };
    let seconds = regex::Regex::new(r"Duration::from_secs\(([\d_* ]+)\)").unwrap();
    let durations: Vec<String> = seconds
        .captures_iter(body)
        .map(|found| {
            firedrill::scenario::format::values::Duration::from_secs(product(&found[1])).to_string()
        })
        .collect();
    match durations.as_slice() {
        [one] => format!("\"{one}\""),
        [least, most] => format!("\"{least}..{most}\""),
        _ => {
            if let Some(text) = body.strip_suffix(".to_owned()") {
                text.to_owned()
            } else {
                let plain = body
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '.');
                assert!(plain, "a default that the page has no words for: {body}");
                body.to_owned()
            }
        }
    }
}

/// A constant's value for people.
fn quantity(expression: &str, bytes: bool) -> String {
    let parse = |text: &str| text.trim().replace('_', "").parse::<f64>().unwrap();
    let value = match (expression.split_once("<<"), expression.split_once('*')) {
        (Some((number, by)), _) => parse(number) * 2_f64.powf(parse(by)),
        (None, Some((a, b))) => parse(a) * parse(b),
        (None, None) => parse(expression),
    };
    if bytes && value >= 1_048_576.0 {
        format!("{} MiB", value / 1_048_576.0)
    } else if bytes && value >= 10_240.0 {
        format!("{} KiB", value / 1024.0)
    } else {
        grouped(&format!("{value}"))
    }
}

fn grouped(digits: &str) -> String {
    let digits = digits.replace('_', "");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text as a table's cell can hold it.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
