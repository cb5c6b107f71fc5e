//! Runs files of Prometheus's PromQL test language against the evaluator.
//!
//! Our own files are in `tests/fixtures/promql`. `PROMQLTEST_DIR` names a folder with more `*.test` files, such as those
//! of the Prometheus project; without it the rest is skipped, and the test says so. Each failure is printed with file
//! and line; the last line is `promqltest: N passed, N failed, N skipped`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use firedrill::sim::promql::ast::Node;
use firedrill::sim::promql::labels::{BUCKET_BOUND, Labels, METRIC_NAME};
use firedrill::sim::promql::matcher::all_match;
use firedrill::sim::promql::memory::MemorySource;
use firedrill::sim::promql::numbers::{parse_duration_ms, parse_number};
use firedrill::sim::promql::source::stale_marker;
use firedrill::sim::promql::{Annotation, Expr, Level, Limits, Value, instant, parse, range};
use firedrill::sim::time::{SimTime, Span};
use regex::Regex;

/// How far results may be from what is expected, relative to their size.
const TOLERANCE: f64 = 1e-6;
/// Functions that the evaluator leaves out, and an aggregation whose choice of series is an accident of hashing.
const OUT_OF_SCOPE: [&str; 3] = ["limit_ratio", "info(", "histogram_quantiles("];

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
    /// Which cases passed, as `file:line`.
    passed_cases: BTreeSet<String>,
}

enum Outcome {
    Passed,
    Failed(String),
    Skipped,
}

#[test]
fn promqltest() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/promql");
    let mut tally = Tally::default();
    run_folder(&own, &mut tally);
    assert!(tally.passed > 0, "no test file in {}", own.display());
    match std::env::var_os("PROMQLTEST_DIR") {
        Some(folder) => {
            run_folder(Path::new(&folder), &mut tally);
            check_stable_cases(Path::new(&folder), &mut tally);
        }
        None => say("promqltest: PROMQLTEST_DIR is not set, only our own files are run"),
    }
    say(&format!(
        "promqltest: {} passed, {} failed, {} skipped",
        tally.passed, tally.failed, tally.skipped
    ));
    assert_eq!(tally.failed, 0, "some cases failed, see above");
}

/// Prints past the test harness, which would hide what a passing test prints.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn run_folder(folder: &Path, tally: &mut Tally) {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "test")
        })
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        run_file(&name, &text, tally);
    }
}

/// `stable-cases.json` lists cases on which all versions of Prometheus agree: none of them may be skipped.
fn check_stable_cases(folder: &Path, tally: &mut Tally) {
    let Ok(text) = std::fs::read_to_string(folder.join("stable-cases.json")) else {
        return;
    };
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut passed = 0;
    for case in &cases {
        let key = format!("{}:{}", case["file"].as_str().unwrap(), case["line"]);
        if tally.passed_cases.contains(&key) {
            passed += 1;
        } else {
            tally.failed += 1;
            say(&format!(
                "{key}: {}: a stable case did not pass",
                case["expr"]
            ));
        }
    }
    say(&format!(
        "promqltest: {passed} of {} stable cases passed",
        cases.len()
    ));
}

fn run_file(name: &str, text: &str, tally: &mut Tally) {
    let lines: Vec<&str> = text.lines().collect();
    let mut world = World::default();
    let mut at = 0;
    while at < lines.len() {
        let number = at + 1;
        let line = clean(lines[at]);
        at += 1;
        if line.is_empty() {
            continue;
        }
        let mut body = Vec::new();
        while at < lines.len() && (!starts_command(lines[at]) || line.is_empty()) {
            let inner = clean(lines[at]);
            if inner.is_empty() && lines[at].trim().is_empty() {
                break;
            }
            if !inner.is_empty() {
                body.push(inner);
            }
            at += 1;
        }
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match command {
            "clear" => world = World::default(),
            "load" | "load_with_nhcb" => world.load(rest.trim(), &body, command != "load"),
            _ if command.starts_with("eval") => {
                let outcome = Case::read(command, rest, &body)
                    .map_or_else(Outcome::Failed, |case| case.run(&world));
                match outcome {
                    Outcome::Passed => {
                        tally.passed += 1;
                        tally.passed_cases.insert(format!("{name}:{number}"));
                    }
                    Outcome::Skipped => tally.skipped += 1,
                    Outcome::Failed(reason) => {
                        tally.failed += 1;
                        say(&format!("{name}:{number}: {line}: {reason}"));
                    }
                }
            }
            other => panic!("{name}:{number}: unknown command {other:?}"),
        }
    }
}

/// A line without its comment and outer white space.
fn clean(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with('#') { "" } else { line }
}

fn starts_command(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    matches!(word, "clear" | "load" | "load_with_nhcb")
        || (word.starts_with("eval") && !line.starts_with([' ', '\t']))
}

/// What has been loaded.
#[derive(Default)]
struct World {
    source: MemorySource,
    /// Series with native histogram samples, which the evaluator has no samples for.
    histograms: BTreeSet<Labels>,
}

impl World {
    fn load(&mut self, interval: &str, lines: &[&str], with_native: bool) {
        let step = duration(interval);
        for line in lines {
            let (labels, points) =
                series_line(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            for (index, point) in points.iter().enumerate() {
                let at = SimTime(step * index as i64);
                match point {
                    Point::Gap => {}
                    Point::Stale => self.source.push(&labels, at, stale_marker()),
                    Point::Float(value) => self.source.push(&labels, at, *value),
                    Point::Histogram => {
                        self.histograms.insert(labels.clone());
                    }
                }
            }
            if with_native && let Some(base) = labels.metric_name().strip_suffix("_bucket") {
                let native = labels.with(METRIC_NAME, base).with(BUCKET_BOUND, "");
                self.histograms.insert(native);
            }
        }
    }

    fn touches_histograms(&self, expr: &Expr) -> bool {
        expr.selectors().iter().any(|selector| {
            self.histograms
                .iter()
                .any(|labels| all_match(&selector.matchers, labels))
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Point {
    Gap,
    Stale,
    Float(f64),
    Histogram,
}

fn duration(text: &str) -> i64 {
    let (sign, size) = match text.strip_prefix('-') {
        Some(size) => (-1, size),
        None => (1, text),
    };
    let millis = parse_duration_ms(size).ok().or_else(|| {
        size.parse::<f64>()
            .ok()
            .map(|seconds| (seconds * 1000.0) as i64)
    });
    sign * millis.unwrap_or_else(|| panic!("bad duration {text:?}"))
}

/// A series and its points: `name{label="value"} 0+1x5 _ stale`.
fn series_line(line: &str) -> Result<(Labels, Vec<Point>), String> {
    let end = labels_end(line);
    let (series, values) = line.split_at(end);
    Ok((series_labels(series.trim())?, points(values.trim())?))
}

fn labels_end(line: &str) -> usize {
    let brace = line
        .find('{')
        .filter(|brace| !line[..*brace].trim().contains(char::is_whitespace));
    let Some(brace) = brace.filter(|brace| !line[*brace..].starts_with("{{")) else {
        return line.find(char::is_whitespace).unwrap_or(line.len());
    };
    let mut quote = None;
    let mut escaped = false;
    for (offset, character) in line[brace..].char_indices() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some(mark), '\\') if mark != '`' => escaped = true,
            (Some(mark), _) if mark == character => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '}') => return brace + offset + 1,
            _ => {}
        }
    }
    line.len()
}

fn series_labels(text: &str) -> Result<Labels, String> {
    let text = text.replace(char::is_whitespace, " ");
    if text.replace(' ', "") == "{}" {
        return Ok(Labels::empty());
    }
    let plain = text.replace(' ', "");
    let text = plain.strip_suffix("{}").unwrap_or(&text);
    let expr = parse(text).map_err(|error| error.to_string())?;
    let Node::Vector(selector) = &expr.node else {
        return Err(format!("{text:?} is no series"));
    };
    Ok(Labels::new(selector.matchers.iter().map(|matcher| {
        (matcher.name().to_owned(), matcher.value().to_owned())
    })))
}

fn points(text: &str) -> Result<Vec<Point>, String> {
    let sequence = Regex::new(r"^([+-]?(?:[0-9.]+(?:e[+-]?[0-9]+)?|inf|nan))(?:([+-])([0-9.]+(?:e[+-]?[0-9]+)?))?(?:x([0-9]+))?$").unwrap();
    let histogram = Regex::new(r"^\{\{[^}]*\}\}(?:[+-]\{\{[^}]*\}\})?(?:x([0-9]+))?").unwrap();
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(matched) = histogram.captures(rest) {
            let repeats = matched
                .get(1)
                .map_or(0, |count| count.as_str().parse().unwrap());
            found.extend(std::iter::repeat_n(Point::Histogram, repeats + 1usize));
            rest = rest[matched[0].len()..].trim_start();
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after.trim_start();
        if word.starts_with('#') {
            break;
        }
        if let Some(gap) = word.strip_prefix('_') {
            let count = gap
                .strip_prefix('x')
                .map_or(Ok(1), str::parse)
                .map_err(|_| word.to_owned())?;
            found.extend(std::iter::repeat_n(Point::Gap, count));
            continue;
        }
        if word == "stale" {
            found.push(Point::Stale);
            continue;
        }
        let lower = word.to_ascii_lowercase();
        let matched = sequence
            .captures(&lower)
            .ok_or_else(|| format!("bad point {word:?}"))?;
        let first = signed(&matched[1])?;
        let step = matched
            .get(3)
            .map_or(Ok(0.0), |step| signed(step.as_str()))?;
        let step = if matched.get(2).is_some_and(|sign| sign.as_str() == "-") {
            -step
        } else {
            step
        };
        let repeats: usize = matched
            .get(4)
            .map_or(0, |count| count.as_str().parse().unwrap());
        let mut value = first;
        for _ in 0..=repeats {
            found.push(Point::Float(value));
            value += step;
        }
    }
    Ok(found)
}

fn signed(text: &str) -> Result<f64, String> {
    let (negative, size) = match text.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = size
        .parse::<f64>()
        .ok()
        .or_else(|| parse_number(size))
        .ok_or_else(|| format!("bad number {text:?}"))?;
    Ok(if negative { -value } else { value })
}

/// When a query is evaluated.
#[derive(Clone, Copy)]
enum When {
    Instant(SimTime),
    Range(SimTime, SimTime, Span),
}

/// What an annotation or error must look like.
enum Text {
    Any,
    Exactly(String),
    Matching(Regex),
}

impl Text {
    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if let Some(message) = text.strip_prefix("msg:") {
            return Ok(Self::Exactly(unquoted(message.trim()).to_owned()));
        }
        if let Some(pattern) = text.strip_prefix("regex:") {
            return Regex::new(unquoted(pattern.trim()))
                .map(Self::Matching)
                .map_err(|error| error.to_string());
        }
        Err(format!("bad expectation {text:?}"))
    }

    fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(expected) => expected == text,
            Self::Matching(regex) => regex.is_match(text),
        }
    }
}

fn unquoted(text: &str) -> &str {
    ['"', '`']
        .iter()
        .find_map(|mark| text.strip_prefix(*mark)?.strip_suffix(*mark))
        .unwrap_or(text)
}

struct Case {
    query: String,
    when: When,
    fails: Option<Text>,
    warnings: Vec<Text>,
    infos: Vec<Text>,
    no_warnings: bool,
    no_infos: bool,
    ordered: bool,
    text: Option<String>,
    matrix: Option<(i64, i64)>,
    scalar: Option<f64>,
    series: Vec<(Labels, Vec<Point>)>,
}

impl Case {
    fn read(command: &str, rest: &str, body: &[&str]) -> Result<Self, String> {
        let (when, query) = read_when(rest)?;
        let mut case = Self {
            query,
            when,
            fails: (command == "eval_fail").then_some(Text::Any),
            warnings: if command == "eval_warn" {
                vec![Text::Any]
            } else {
                Vec::new()
            },
            infos: if command == "eval_info" {
                vec![Text::Any]
            } else {
                Vec::new()
            },
            no_warnings: false,
            no_infos: false,
            ordered: command == "eval_ordered",
            text: None,
            matrix: None,
            scalar: None,
            series: Vec::new(),
        };
        for line in body {
            case.read_line(line)?;
        }
        Ok(case)
    }

    fn read_line(&mut self, line: &str) -> Result<(), String> {
        if let Some(message) = line.strip_prefix("expected_fail_message ") {
            self.fails = Some(Text::Exactly(message.trim().to_owned()));
        } else if let Some(pattern) = line.strip_prefix("expected_fail_regexp ") {
            self.fails = Some(Text::read(&format!("regex:{pattern}"))?);
        } else if let Some(expectation) = line.strip_prefix("expect ") {
            self.read_expectation(expectation.trim())?;
        } else if let Ok(value) = signed(&line.to_ascii_lowercase()) {
            self.scalar = Some(value);
        } else {
            self.series.push(series_line(line)?);
        }
        Ok(())
    }

    fn read_expectation(&mut self, text: &str) -> Result<(), String> {
        let (kind, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match kind {
            "fail" => self.fails = Some(Text::read(rest)?),
            "warn" => self.warnings.push(Text::read(rest)?),
            "info" => self.infos.push(Text::read(rest)?),
            "no_warn" => self.no_warnings = true,
            "no_info" => self.no_infos = true,
            "ordered" => self.ordered = true,
            "string" => self.text = Some(unquoted(rest.trim()).to_owned()),
            "range" => {
                let words: Vec<&str> = rest.split_whitespace().collect();
                let ["vector", "from", start, "to", _, "step", step] = words.as_slice() else {
                    return Err(format!("bad expectation {text:?}"));
                };
                self.matrix = Some((duration(start), duration(step)));
            }
            _ => return Err(format!("bad expectation {text:?}")),
        }
        Ok(())
    }

    fn run(&self, world: &World) -> Outcome {
        let lower = self.query.to_ascii_lowercase();
        let native = self
            .series
            .iter()
            .any(|(_, points)| points.contains(&Point::Histogram));
        let left_out = OUT_OF_SCOPE.iter().any(|word| lower.contains(word));
        if native || (left_out && self.fails.is_none()) {
            return Outcome::Skipped;
        }
        let expr = match parse(&self.query) {
            Ok(expr) => expr,
            Err(error) => return self.judge_failure(&error.to_string()),
        };
        match self.evaluate(world, &expr) {
            Ok(()) => Outcome::Passed,
            // Float results of a query that also meets native histograms: their samples are not there.
            Err(_) if world.touches_histograms(&expr) => Outcome::Skipped,
            Err(reason) => Outcome::Failed(reason),
        }
    }

    fn judge_failure(&self, message: &str) -> Outcome {
        match &self.fails {
            Some(expected) if expected.accepts(message) => Outcome::Passed,
            Some(_) => Outcome::Failed(format!("failed in another way: {message}")),
            None => Outcome::Failed(message.to_owned()),
        }
    }

    fn evaluate(&self, world: &World, expr: &Expr) -> Result<(), String> {
        let limits = Limits {
            delayed_name_removal: true,
            ..Limits::default()
        };
        let result = match self.when {
            When::Instant(at) => instant(&world.source, expr, at, &limits),
            When::Range(start, end, step) => range(&world.source, expr, start, end, step, &limits)
                .map(|(matrix, notes)| (Value::Matrix(matrix.series()), notes)),
        };
        let (value, annotations) = match result {
            Ok(result) => result,
            Err(error) => {
                return match self.judge_failure(&error.to_string()) {
                    Outcome::Failed(reason) => Err(reason),
                    _ => Ok(()),
                };
            }
        };
        if self.fails.is_some() {
            return Err("should have failed".to_owned());
        }
        if !world.touches_histograms(expr) {
            self.check_annotations(&annotations)?;
        }
        self.check_value(&value)?;
        self.check_as_range(world, expr, &value, &limits)
    }

    fn check_annotations(&self, annotations: &[Annotation]) -> Result<(), String> {
        for (level, expected, none) in [
            (Level::Warning, &self.warnings, self.no_warnings),
            (Level::Info, &self.infos, self.no_infos),
        ] {
            let found: Vec<String> = annotations
                .iter()
                .filter(|annotation| annotation.level == level)
                .map(ToString::to_string)
                .collect();
            let unmatched = expected
                .iter()
                .any(|text| !found.iter().any(|one| text.accepts(one)));
            let unexpected = !expected.is_empty()
                && found
                    .iter()
                    .any(|one| !expected.iter().any(|text| text.accepts(one)));
            if unmatched || unexpected || (none && !found.is_empty()) {
                return Err(format!("{level:?} annotations are {found:?}"));
            }
        }
        Ok(())
    }

    fn check_value(&self, value: &Value) -> Result<(), String> {
        match value {
            Value::Scalar { value, .. } => match self.scalar {
                Some(expected) if same(expected, *value) => Ok(()),
                _ => Err(format!("is the scalar {value}")),
            },
            Value::Text { text, .. } => match &self.text {
                Some(expected) if expected == text => Ok(()),
                _ => Err(format!("is the string {text:?}")),
            },
            Value::Vector(samples) => {
                let found: Vec<(Labels, f64)> = samples
                    .iter()
                    .map(|one| (one.labels.clone(), one.value))
                    .collect();
                self.check_vector(&found)
            }
            Value::Matrix(series) => {
                let (start, step) = match (self.when, self.matrix) {
                    (_, Some((start, step))) => (start, step),
                    (When::Range(start, _, step), None) => (start.millis(), step.millis()),
                    (When::Instant(_), None) => return Err("is a range vector".to_owned()),
                };
                let found: Vec<(Labels, Vec<(i64, f64)>)> = series
                    .iter()
                    .map(|one| {
                        let points = one
                            .points
                            .iter()
                            .map(|(at, value)| (at.millis(), *value))
                            .collect();
                        (one.labels.clone(), points)
                    })
                    .collect();
                self.check_matrix(&found, start, step)
            }
        }
    }

    fn check_vector(&self, found: &[(Labels, f64)]) -> Result<(), String> {
        let expected: Vec<(&Labels, f64)> = self
            .series
            .iter()
            .map(|(labels, points)| match points.as_slice() {
                [Point::Float(value)] => Ok((labels, *value)),
                _ => Err(format!("{labels}: an instant query has one value")),
            })
            .collect::<Result<_, _>>()?;
        if expected.len() != found.len() || self.scalar.is_some() {
            return Err(format!("is {found:?}"));
        }
        for (index, (labels, value)) in expected.iter().enumerate() {
            let place = found.iter().position(|(own, _)| own == *labels);
            let Some(place) = place else {
                return Err(format!("has no {labels}: {found:?}"));
            };
            if !same(*value, found[place].1) {
                return Err(format!("{labels} is {} instead of {value}", found[place].1));
            }
            if self.ordered && place != index {
                return Err(format!(
                    "{labels} is number {} instead of {}",
                    place + 1,
                    index + 1
                ));
            }
        }
        Ok(())
    }

    fn check_matrix(
        &self,
        found: &[(Labels, Vec<(i64, f64)>)],
        start: i64,
        step: i64,
    ) -> Result<(), String> {
        let expected: Vec<(&Labels, Vec<(i64, f64)>)> = self
            .series
            .iter()
            .map(|(labels, points)| {
                let points = points
                    .iter()
                    .enumerate()
                    .filter_map(|(index, point)| match point {
                        Point::Float(value) => Some((start + step * index as i64, *value)),
                        _ => None,
                    });
                (labels, points.collect::<Vec<_>>())
            })
            .filter(|(_, points)| !points.is_empty())
            .collect();
        if expected.len() != found.len() {
            return Err(format!("is {found:?}"));
        }
        for (labels, points) in expected {
            let Some((_, own)) = found.iter().find(|(own, _)| own == labels) else {
                return Err(format!("has no {labels}: {found:?}"));
            };
            let equal = own.len() == points.len()
                && own
                    .iter()
                    .zip(&points)
                    .all(|(a, b)| a.0 == b.0 && same(b.1, a.1));
            if !equal {
                return Err(format!("{labels} is {own:?} instead of {points:?}"));
            }
        }
        Ok(())
    }

    /// An instant query is the middle of a range query.
    fn check_as_range(
        &self,
        world: &World,
        expr: &Expr,
        value: &Value,
        limits: &Limits,
    ) -> Result<(), String> {
        let (When::Instant(at), Value::Vector(samples)) = (self.when, value) else {
            return Ok(());
        };
        let of_query = ["start()", "end()", "step()", "range()"]
            .iter()
            .any(|word| self.query.contains(word));
        if self.ordered || of_query {
            return Ok(());
        }
        let step = Span::from_mins(1);
        let Ok((matrix, _)) = range(&world.source, expr, at - step, at + step, step, limits) else {
            // The neighbouring instants may fail where this one does not.
            return Ok(());
        };
        let present = matrix
            .columns
            .iter()
            .filter(|column| column.get(1).is_some())
            .count();
        if present != samples.len() {
            return Err(format!(
                "has {present} series as a range query instead of {}",
                samples.len()
            ));
        }
        for sample in samples {
            let own = matrix
                .columns
                .iter()
                .find(|column| column.labels == sample.labels);
            if own
                .and_then(|column| column.get(1))
                .is_none_or(|value| !same(sample.value, value))
            {
                return Err(format!("{} differs as a range query", sample.labels));
            }
        }
        Ok(())
    }
}

fn read_when(rest: &str) -> Result<(When, String), String> {
    let rest = rest.trim();
    let words: Vec<&str> = rest.split_whitespace().collect();
    match words.as_slice() {
        ["instant", "at", at, ..] => {
            let query = after_words(rest, 3);
            Ok((When::Instant(SimTime(duration(at))), query))
        }
        ["range", "from", start, "to", end, "step", step, ..] => {
            let when = When::Range(
                SimTime(duration(start)),
                SimTime(duration(end)),
                Span(duration(step)),
            );
            Ok((when, after_words(rest, 7)))
        }
        _ => Err(format!("bad eval {rest:?}")),
    }
}

/// What follows the first words of a text.
fn after_words(text: &str, count: usize) -> String {
    let mut rest = text;
    for _ in 0..count {
        rest = rest.trim_start();
        rest = &rest[rest.find(char::is_whitespace).unwrap_or(rest.len())..];
    }
    rest.trim().to_owned()
}

#[expect(clippy::float_cmp, reason = "infinities are equal without a tolerance")]
fn same(expected: f64, found: f64) -> bool {
    if expected.is_nan() || found.is_nan() {
        return expected.is_nan() && found.is_nan();
    }
    if expected == found {
        return true;
    }
    let size = expected.abs() + found.abs();
    let difference = (expected - found).abs();
    if expected == 0.0 || found == 0.0 || size < f64::MIN_POSITIVE {
        return difference < TOLERANCE;
    }
    difference / size.min(f64::MAX) < TOLERANCE
}
