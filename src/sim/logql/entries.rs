//! Queries of lines: pages in either direction, within a budget. Also what both kinds of query prepare: the part of a
//! pipeline that the search decides, and the part that needs lines. Never counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::QueryError;
use super::ast::{LineFilter as LineStage, LineOp, LogExpr, Stage};
use super::extract::pattern::Pattern;
use super::filter::LabelFilter;
use super::pipeline::Fields;
use crate::sim::promql::labels::Labels;
use crate::sim::promql::matcher::{Matcher, anchored_regex};
use crate::sim::telemetry::homes::{STREAM_LABELS, level_word};
use crate::sim::telemetry::lines::{Direction, LineFilter, LogLine};
use crate::sim::telemetry::logs::LineKey;
use crate::sim::telemetry::search::{
    Budget, Finding, LineQuery, Search, TextFilter, cost, is_too_large,
};
use crate::sim::telemetry::store::Telemetry;
use crate::sim::time::SimTime;

/// Line filters that the search takes; further ones see lines.
const MOST_SEARCHED: usize = 12;
/// Lines fetched at once while a pipeline drops some.
const FETCHED: usize = 256;

/// An unanchored expression as a line filter has it; the error is in the words of Go's `regexp` package.
pub(super) fn line_regex(text: &str) -> Result<Regex, String> {
    // Known without compiling, so that a letter typed costs nothing: neither this nor the anchored form fits.
    if is_too_large(text) && is_too_large(&format!("^(?s:{text})$")) {
        return Err("error parsing regexp: expression too large".to_owned());
    }
    RegexBuilder::new(text)
        .size_limit(1 << 20)
        .nest_limit(100)
        .build()
        .map_err(|_| match anchored_regex(text) {
            Err(error) => error,
            Ok(_) => format!("error parsing regexp: invalid syntax: `{text}`"),
        })
}

/// A line filter for the search.
fn searched(filter: &LineStage) -> TextFilter {
    let alternatives = |pieces: Vec<String>| {
        if let [one] = pieces.as_slice() {
            one.clone()
        } else {
            let pieces: Vec<String> = pieces.iter().map(|piece| format!("(?:{piece})")).collect();
            pieces.join("|")
        }
    };
    let mut text = match (filter.op, filter.values.as_slice()) {
        (LineOp::Contains | LineOp::Lacks, [one]) => TextFilter::containing(one),
        (LineOp::Contains | LineOp::Lacks, all) => TextFilter::matching(&alternatives(
            all.iter().map(|one| regex::escape(one)).collect(),
        )),
        (LineOp::Matches | LineOp::MatchesNot, all) => {
            TextFilter::matching(&alternatives(all.to_vec()))
        }
        (LineOp::Like | LineOp::Unlike, all) => {
            let patterns = all.iter().filter_map(|one| Pattern::parse_filter(one).ok());
            TextFilter::matching(&alternatives(patterns.map(|one| one.as_regex()).collect()))
        }
    };
    text.negated = filter.op.is_negated();
    text
}

/// A query's selector and pipeline, made ready: compiled, and decided when somebody asks for that. Copies share both.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) search: Search,
    telemetry: Arc<Telemetry>,
    /// The stages that the search does not do.
    pub(super) stages: Arc<[Stage]>,
    /// Line filters among them, by their place.
    later: Arc<BTreeMap<usize, LineQuery>>,
    /// Whether a stage asks for the trace that a line shows.
    needs_trace: bool,
}

impl Prepared {
    pub(super) fn new(
        telemetry: Arc<Telemetry>,
        log: &LogExpr,
        names: &[String],
        from_ms: i64,
        until_ms: i64,
    ) -> Result<Self, QueryError> {
        let mut filter = LineFilter {
            matchers: log.matchers.clone(),
            names: names.to_vec(),
            from_ms,
            until_ms,
            ..LineFilter::default()
        };
        let mut texts = Vec::new();
        let mut stages = Vec::new();
        let (mut same_line, mut same_labels) = (true, true);
        for stage in &log.stages {
            match stage {
                // What a line filter says does not depend on labels: it can go first while the text is the same.
                Stage::Line(line) if same_line && texts.len() < MOST_SEARCHED => {
                    texts.push(searched(line));
                    continue;
                }
                Stage::Label(label) if same_labels => {
                    let mut matchers = Vec::new();
                    if on_stream(label, &mut matchers) {
                        filter.matchers.extend(matchers);
                        continue;
                    }
                }
                Stage::LineFormat(_) | Stage::Unpack | Stage::Decolorize => same_line = false,
                Stage::LabelFormat(_) | Stage::Drop(_) | Stage::Keep(_) => same_labels = false,
                _ => {}
            }
            stages.push(stage.clone());
        }
        let unreadable = |error: crate::sim::telemetry::search::QueryError| {
            QueryError::Parse(super::ParseError {
                line: 0,
                column: 0,
                message: error.to_string(),
                span: 0..0,
            })
        };
        let query = LineQuery::new(&texts).map_err(unreadable)?;
        let mut later = BTreeMap::new();
        for (number, stage) in stages.iter().enumerate() {
            if let Stage::Line(line) = stage {
                later.insert(
                    number,
                    LineQuery::new(&[searched(line)]).map_err(unreadable)?,
                );
            }
        }
        Ok(Self {
            search: Search::begin(Arc::clone(&telemetry), filter, query),
            telemetry,
            needs_trace: stages.iter().any(|stage| {
                matches!(
                    stage,
                    Stage::Label(_) | Stage::LineFormat(_) | Stage::LabelFormat(_)
                )
            }),
            stages: stages.into(),
            later: Arc::new(later),
        })
    }

    /// The same over another snapshot and window.
    pub(super) fn renew(&mut self, telemetry: Arc<Telemetry>, window: Window) {
        self.search
            .renew(Arc::clone(&telemetry), window.from_ms, window.until_ms);
        self.telemetry = telemetry;
    }

    /// Goes on deciding templates, and takes off a budget of work what that took. Says whether all are decided.
    pub(super) fn decide(&mut self, left: &mut u64) -> bool {
        *left = left.saturating_sub(self.search.decide(Budget::work(*left)));
        self.search.is_decided()
    }

    /// Sends a line through the stages; `then` sees it if it comes out.
    pub(super) fn run<T>(
        &self,
        line: &LogLine,
        then: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let pod = line.pod.as_deref().unwrap_or("");
        let stream = stream_labels(&self.telemetry, &line.service, line.level, pod);
        let mut fields = Fields::new(&stream, &line.text, SimTime(line.key.at_ms));
        if self.needs_trace
            && let Some(trace) = self.telemetry.trace_shown(line.key)
        {
            fields.set_trace(format!("{trace:032x}"));
        }
        let lines = |number: usize, text: &str| {
            self.later
                .get(&number)
                .is_none_or(|query| query.matches(text))
        };
        if fields.run(&self.stages, &lines) {
            then(&mut fields)
        } else {
            None
        }
    }

    /// The labels of a stream.
    pub(super) fn stream(
        &self,
        service: &str,
        level: crate::scenario::format::telemetry::Level,
        pod: &str,
    ) -> Labels {
        let stream = stream_labels(&self.telemetry, service, level, pod);
        Labels::new(stream.into_iter().filter(|(_, value)| !value.is_empty()))
    }
}

/// A stream's labels, sorted by name.
fn stream_labels<'a>(
    telemetry: &'a Telemetry,
    service: &'a str,
    level: crate::scenario::format::telemetry::Level,
    pod: &'a str,
) -> [(&'static str, &'a str); 7] {
    STREAM_LABELS.map(|name| {
        let value = match name {
            "pod" => pod,
            "level" => level_word(level),
            name => telemetry.stream_label(name, service, level),
        };
        (name, value)
    })
}

/// Whether a filter asks for nothing but labels of streams, all at once; collects what it asks.
fn on_stream(filter: &LabelFilter, matchers: &mut Vec<Matcher>) -> bool {
    match filter {
        LabelFilter::Text(matcher) if STREAM_LABELS.contains(&matcher.name()) => {
            matchers.push(matcher.clone());
            true
        }
        LabelFilter::And(left, right) => on_stream(left, matchers) && on_stream(right, matchers),
        _ => false,
    }
}

/// A line that a query gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The line as it was written.
    pub source: LogLine,
    /// Its labels after the pipeline.
    pub labels: Labels,
    /// Its text after the pipeline.
    pub line: String,
}

/// Which lines of which time are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From this instant, in ms since the Unix epoch.
    pub from_ms: i64,
    /// To before this one.
    pub until_ms: i64,
}

/// A query of lines, as far as it has come.
pub struct Run {
    prepared: Prepared,
    direction: Direction,
    cursor: Option<LineKey>,
    finding: Finding,
    done: bool,
}

impl Run {
    /// Begins at a cursor, or at the newest (or oldest) line.
    ///
    /// # Errors
    /// When a filter grows too large.
    pub fn new(
        telemetry: Arc<Telemetry>,
        log: &LogExpr,
        window: Window,
        direction: Direction,
        cursor: Option<LineKey>,
    ) -> Result<Self, QueryError> {
        Self::with_names(telemetry, log, &[], window, direction, cursor)
    }

    /// The same for lines of some kinds only, by name; of all kinds when there are none.
    ///
    /// # Errors
    /// When a filter grows too large.
    pub fn with_names(
        telemetry: Arc<Telemetry>,
        log: &LogExpr,
        names: &[String],
        window: Window,
        direction: Direction,
        cursor: Option<LineKey>,
    ) -> Result<Self, QueryError> {
        Ok(Self {
            prepared: Prepared::new(telemetry, log, names, window.from_ms, window.until_ms)?,
            direction,
            cursor,
            finding: Finding::default(),
            done: false,
        })
    }

    /// Begins anew over another snapshot and window, what was made ready kept.
    pub fn restart(&mut self, telemetry: Arc<Telemetry>, window: Window, direction: Direction) {
        self.prepared.renew(telemetry, window);
        self.direction = direction;
        self.cursor = None;
        self.finding = Finding::default();
        self.done = false;
    }

    /// Another run of the same query, over a snapshot and window of its own; what was made ready is shared.
    #[must_use]
    pub fn another(&self, telemetry: Arc<Telemetry>, window: Window, direction: Direction) -> Self {
        let mut prepared = self.prepared.clone();
        prepared.renew(telemetry, window);
        Self {
            prepared,
            direction,
            cursor: None,
            finding: Finding::default(),
            done: false,
        }
    }

    pub(super) const fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Whether everything has been seen.
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Where to go on; none when everything has been seen, or nothing has.
    pub fn cursor(&self) -> Option<LineKey> {
        self.cursor.filter(|_| !self.done)
    }

    /// Whether all templates are decided, which comes before anything is found.
    pub const fn is_decided(&self) -> bool {
        self.prepared.search.is_decided()
    }

    /// Whether a filter's program is so large that lines are read whole.
    pub fn is_large(&self) -> bool {
        self.prepared.search.is_large()
    }

    /// Goes on deciding templates within a budget of work (see [`Budget::work`]). Says whether all are decided.
    pub fn decide(&mut self, mut work: u64) -> bool {
        self.prepared.decide(&mut work)
    }

    /// The next lines, at most `limit`, within a budget of lines looked at. Decides all templates before.
    pub fn next(&mut self, limit: usize, mut budget: u64) -> Vec<Entry> {
        self.prepared.search.finish();
        let mut entries = Vec::new();
        while !self.done && entries.len() < limit {
            let slice = budget.min(1 << 16);
            let wanted = limit - entries.len();
            let fetched = self.slice(
                wanted,
                self.fetch(wanted),
                Budget::lines(slice),
                &mut entries,
            );
            let Some((_, fetched)) = fetched else {
                break;
            };
            budget = budget.saturating_sub(slice.max(fetched).max(1));
            if budget == 0 {
                break;
            }
        }
        entries
    }

    /// The next lines, at most `limit`, within a budget of work (see [`Budget::work`]).
    pub fn next_for(&mut self, limit: usize, work: u64) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut left = work;
        if !self.prepared.decide(&mut left) {
            return entries;
        }
        while !self.done && entries.len() < limit && left > 0 {
            let wanted = limit - entries.len();
            let mut fetch = self.fetch(wanted);
            if !self.prepared.stages.is_empty() {
                fetch = fetch.min((left / cost::PIPELINE) as usize + 1);
            }
            let Some((spent, fetched)) =
                self.slice(wanted, fetch, Budget::work(left), &mut entries)
            else {
                break;
            };
            let piped = if self.prepared.stages.is_empty() {
                0
            } else {
                fetched * cost::PIPELINE
            };
            left = left.saturating_sub((spent + piped).max(1));
        }
        entries
    }

    /// How many lines to fetch for so many wanted ones.
    fn fetch(&self, wanted: usize) -> usize {
        if self.prepared.stages.is_empty() {
            wanted
        } else {
            wanted.max(FETCHED)
        }
    }

    /// Fetches some lines and adds those that come through, at most so many. Says what finding them took, and how many they
    /// were; nothing when there are enough or no more.
    fn slice(
        &mut self,
        wanted: usize,
        fetch: usize,
        budget: Budget,
        entries: &mut Vec<Entry>,
    ) -> Option<(u64, u64)> {
        let search = &self.prepared.search;
        let finding = &mut self.finding;
        let found = search.find_on(finding, self.cursor, self.direction, fetch, budget);
        let more = found.next.is_some();
        let fetched = found.lines.len() as u64;
        let enough = entries.len() + wanted;
        for line in found.lines {
            self.cursor = Some(line.key);
            entries.extend(self.prepared.run(&line, |fields| {
                Some(Entry {
                    labels: fields.labels(None),
                    line: fields.line().to_owned(),
                    source: line.clone(),
                })
            }));
            if entries.len() >= enough {
                // There may be more behind this one.
                return None;
            }
        }
        if !more {
            self.done = true;
            return None;
        }
        self.cursor = found.next.or(self.cursor);
        Some((found.work, fetched))
    }

    /// Whether the query as a whole takes a line.
    pub fn takes(&self, line: &LogLine) -> bool {
        self.prepared.search.matches_text(&line.text)
            && self.prepared.run(line, |_| Some(())).is_some()
    }
}
