//! A line on its way through a pipeline: its labels, its text, its error. Knows nothing of where lines come from.

use std::borrow::Cow;

use super::ast::{Conversion, LabelChoice, LabelValue, Stage, Unwrap};
use super::extract::{json, label_name, logfmt};
use super::units;
use crate::sim::promql::labels::Labels;
use crate::sim::time::SimTime;

/// The label that names what went wrong on a line.
pub const ERROR: &str = "__error__";
/// The label that says more of it.
const DETAILS: &str = "__error_details__";
/// What is put behind a name that a stream's label has already.
const EXTRACTED: &str = "_extracted";
/// Most labels that one line may have.
const MOST_LABELS: usize = 256;

/// A line's labels and text.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    /// The stream's labels first.
    labels: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// How many of them are the stream's.
    of_stream: usize,
    line: Cow<'a, str>,
    at: SimTime,
    /// The trace that the line shows: a label that is not listed with the others, as it would part every series.
    trace: Option<String>,
    error: Option<(String, String)>,
}

impl<'a> Fields<'a> {
    /// A line of a stream.
    pub fn new(stream: &[(&'a str, &'a str)], line: &'a str, at: SimTime) -> Self {
        let given = stream.iter().filter(|(_, value)| !value.is_empty());
        let labels: Vec<_> = given
            .map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value)))
            .collect();
        Self {
            of_stream: labels.len(),
            labels,
            line: Cow::Borrowed(line),
            at,
            trace: None,
            error: None,
        }
    }

    /// The trace that the line shows.
    pub fn set_trace(&mut self, trace: String) {
        self.trace = Some(trace);
    }

    /// A label's value; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        if let Some((_, value)) = self.labels.iter().find(|(own, _)| own == name) {
            return value;
        }
        match (name, &self.error) {
            (ERROR, Some((kind, _))) => kind,
            (DETAILS, Some((_, details))) => details,
            ("trace_id", _) => self.trace.as_deref().unwrap_or(""),
            _ => "",
        }
    }

    /// The text as it is now.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// When it was written, RFC 3339 with as many decimals as needed.
    pub fn time(&self) -> String {
        self.at.format("%Y-%m-%dT%H:%M:%S%.fZ")
    }

    /// When it was written, in seconds.
    pub fn epoch_seconds(&self) -> i64 {
        self.at.secs()
    }

    /// Whether a stage failed on it.
    pub const fn has_error(&self) -> bool {
        self.error.is_some()
    }

    /// What failed.
    pub fn error(&self) -> Option<&str> {
        self.error.as_ref().map(|(kind, _)| kind.as_str())
    }

    /// Marks the line; the first mark stays.
    pub fn set_error(&mut self, kind: &str, details: &str) {
        if self.error.is_none() {
            self.error = Some((kind.to_owned(), details.to_owned()));
        }
    }

    /// Adds a label that a parser found; a stream's label of that name stays and the new one is renamed.
    fn extract(&mut self, name: &str, value: &str) {
        let taken = |(own, _): &(Cow<'_, str>, Cow<'_, str>)| own == name;
        if self.labels.iter().take(self.of_stream).any(taken) {
            self.set(&format!("{name}{EXTRACTED}"), value);
        } else {
            self.set(name, value);
        }
    }

    /// Sets a label; an empty value takes it away.
    fn set(&mut self, name: &str, value: &str) {
        match name {
            ERROR => {
                self.error = (!value.is_empty()).then(|| (value.to_owned(), String::new()));
                return;
            }
            DETAILS | "" => return,
            _ => {}
        }
        let place = self.labels.iter().position(|(own, _)| own == name);
        match (place, value.is_empty()) {
            (Some(place), true) => self.remove(place),
            (Some(place), false) => {
                if let Some((_, own)) = self.labels.get_mut(place) {
                    *own = Cow::Owned(value.to_owned());
                }
            }
            (None, false) if self.labels.len() < MOST_LABELS => self
                .labels
                .push((Cow::Owned(name.to_owned()), Cow::Owned(value.to_owned()))),
            _ => {}
        }
    }

    fn remove(&mut self, place: usize) {
        self.labels.remove(place);
        if place < self.of_stream {
            self.of_stream -= 1;
        }
    }

    /// All labels as a set, the error's among them, but for one.
    pub fn labels(&self, but_for: Option<&str>) -> Labels {
        let own = self
            .labels
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_ref()))
            .filter(|(name, _)| Some(*name) != but_for);
        let error = self.error.iter().flat_map(|(kind, details)| {
            [(ERROR, kind.as_str()), (DETAILS, details.as_str())].into_iter()
        });
        Labels::new(own.chain(error).filter(|(_, value)| !value.is_empty()))
    }

    /// Sends the line through stages; says whether it comes out.
    pub fn run(&mut self, stages: &[Stage], lines: &dyn Fn(usize, &str) -> bool) -> bool {
        stages
            .iter()
            .enumerate()
            .all(|(number, stage)| self.stage(number, stage, lines))
    }

    fn stage(&mut self, number: usize, stage: &Stage, lines: &dyn Fn(usize, &str) -> bool) -> bool {
        match stage {
            Stage::Line(_) => lines(number, &self.line),
            Stage::Json(paths) => {
                self.json(paths);
                true
            }
            Stage::Logfmt {
                strict,
                keep_empty,
                fields,
            } => {
                self.logfmt(*strict, *keep_empty, fields);
                true
            }
            Stage::Pattern(pattern) => {
                let line = self.line.clone();
                pattern.each(&line, &mut |name, value| self.extract(name, value));
                true
            }
            Stage::Regexp(named) => {
                let line = self.line.clone();
                if let Some(found) = named.regex.captures(&line) {
                    for name in named.regex.capture_names().flatten() {
                        if let Some(group) = found.name(name) {
                            self.extract(&label_name(name), group.as_str());
                        }
                    }
                }
                true
            }
            Stage::Unpack => {
                self.unpack();
                true
            }
            Stage::Label(filter) => filter.holds(self),
            Stage::LineFormat(template) => {
                match template.write(self) {
                    Ok(text) => self.line = Cow::Owned(text),
                    Err(details) => self.set_error("TemplateFormatErr", &details),
                }
                true
            }
            Stage::LabelFormat(formats) => {
                for (name, format) in formats {
                    self.label_format(name, format);
                }
                true
            }
            Stage::Drop(choices) => {
                for choice in choices {
                    self.drop_label(choice);
                }
                true
            }
            Stage::Keep(choices) => {
                let keeps = |name: &str, value: &str| {
                    choices.iter().any(|choice| match choice {
                        LabelChoice::Name(own) => own == name,
                        LabelChoice::Match(matcher) => {
                            matcher.name() == name && matcher.matches(value)
                        }
                    })
                };
                let stream = self.labels.iter().take(self.of_stream);
                self.of_stream = stream.filter(|(name, value)| keeps(name, value)).count();
                self.labels.retain(|(name, value)| keeps(name, value));
                true
            }
            Stage::Decolorize => {
                if self.line.contains('\u{1b}') {
                    self.line = Cow::Owned(decolorized(&self.line));
                }
                true
            }
        }
    }

    fn json(&mut self, paths: &[(String, String)]) {
        let line = self.line.clone();
        if paths.is_empty() {
            let read = json::each(&line, &mut |name, value| self.extract(name, &value));
            if let Err(details) = read {
                self.set_error("JSONParserErr", &details);
            }
            return;
        }
        for (name, path) in paths {
            // The parser of queries has refused what is no path.
            let Some(steps) = json::path(path) else {
                continue;
            };
            match json::at_path(&line, &steps) {
                Ok(value) => self.extract(name, &value),
                Err(details) => {
                    self.set_error("JSONParserErr", &details);
                    return;
                }
            }
        }
    }

    fn logfmt(&mut self, strict: bool, keep_empty: bool, fields: &[(String, String)]) {
        let line = self.line.clone();
        let read = logfmt::each(&line, strict, &mut |key, value| {
            if fields.is_empty() {
                if keep_empty || !value.is_empty() {
                    self.extract(&label_name(key), &value);
                }
                return;
            }
            for (name, wanted) in fields {
                if wanted == key {
                    self.extract(name, &value);
                }
            }
        });
        if let Err(details) = read {
            self.set_error("LogfmtParserErr", &details);
        }
    }

    fn unpack(&mut self) {
        let line = self.line.clone();
        let mut entry = None;
        let read = json::each(&line, &mut |name, value| {
            if name == "_entry" {
                entry = Some(value.into_owned());
            } else {
                self.extract(name, &value);
            }
        });
        match (read, entry) {
            (Err(details), _) => self.set_error("JSONParserErr", &details),
            (Ok(()), Some(entry)) => self.line = Cow::Owned(entry),
            (Ok(()), None) => {}
        }
    }

    fn label_format(&mut self, name: &str, format: &LabelValue) {
        match format {
            LabelValue::Rename(from) => {
                let value = self.get(from).to_owned();
                if let Some(place) = self.labels.iter().position(|(own, _)| own == from) {
                    self.remove(place);
                }
                self.set(name, &value);
            }
            LabelValue::Format(template) => match template.write(self) {
                Ok(text) => self.set(name, &text),
                Err(details) => self.set_error("TemplateFormatErr", &details),
            },
        }
    }

    fn drop_label(&mut self, choice: &LabelChoice) {
        let name = match choice {
            LabelChoice::Name(name) => name.as_str(),
            LabelChoice::Match(matcher) if matcher.matches(self.get(matcher.name())) => {
                matcher.name()
            }
            LabelChoice::Match(_) => return,
        };
        if name == ERROR || name == DETAILS {
            self.error = None;
        }
        if let Some(place) = self.labels.iter().position(|(own, _)| own == name) {
            self.remove(place);
        }
    }

    /// The number that a line gives to an aggregation; none where a filter after it drops the line.
    pub fn unwrap(&mut self, unwrap: &Unwrap) -> Option<f64> {
        let text = self.get(&unwrap.label);
        if text.is_empty() {
            return None;
        }
        let value = match unwrap.conversion {
            Conversion::Plain => text.parse().ok(),
            Conversion::Duration | Conversion::DurationSeconds => units::duration_seconds(text),
            Conversion::Bytes => units::bytes(text),
        };
        let value = value.unwrap_or_else(|| {
            self.set_error("SampleExtractionErr", "could not be read as a number");
            0.0
        });
        let kept = unwrap.filters.iter().all(|filter| filter.holds(self));
        kept.then_some(value)
    }
}

/// A text without terminals' colour codes.
fn decolorized(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' && letters.peek() == Some(&'[') {
            letters.next();
            while letters
                .next_if(|letter| letter.is_ascii_digit() || matches!(letter, ';' | ':' | '?'))
                .is_some()
            {}
            letters.next();
        } else {
            out.push(letter);
        }
    }
    out
}
