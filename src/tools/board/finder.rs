//! Log lines of a query around a place, for a list of any length: found in slices, kept while the query stays, extended as
//! time goes on. Counts by time, level and template in slices as well. Never decides what matches.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::lines::{Seek, Wanted, Window};
use crate::scenario::format::telemetry::Level;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::logql::ast::{Expr, LineFilter as LineStage, LineOp, LogExpr, Stage};
use crate::sim::logql::entries::{Entry, Run, Window as Span};
use crate::sim::logql::tallies::{ByName, Tally};
use crate::sim::logql::{ParseError, parse};
use crate::sim::promql::matcher::{MatchOp, Matcher};
use crate::sim::telemetry::lines::{Direction, LEVELS, LineFilter};
use crate::sim::telemetry::logs::{LineKey, LogId};
use crate::sim::telemetry::search::{Budget, Counting, LineQuery, Search};
use crate::sim::telemetry::store::Telemetry;
use crate::tools::logs::logql::is_logql;
use crate::tools::logs::page::{Line, as_line, word};

/// Work of one step that looks for lines, in units of about ten nanoseconds; a frame may take four of them.
const FIND: u64 = 60_000;
/// Work of one step that counts all matches.
const COUNT: u64 = 150_000;
/// Work of one step that counts the bars.
const BARS: u64 = 200_000;
/// Work of one step that looks whether kinds of lines are new, and that of beginning with one of them.
const KINDS: u64 = 100_000;
const KIND: u64 = 1_000;
/// After so much time what was counted once is counted anew.
const STALE_MS: i64 = 15_000;
/// Lines that are kept on one side of the place.
const MOST_KEPT: usize = 20_000;
/// Lines fetched beyond what is asked for.
const AHEAD: usize = 200;

/// A template with what it wrote in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Service.
    pub service: String,
    /// The kind of line.
    pub name: String,
    /// Level.
    pub level: Level,
    /// The text with its fields as `{name}`.
    pub pattern: String,
    /// Lines in the window.
    pub lines: u64,
    /// It had written none before the window, as far as lines are kept.
    pub is_new: bool,
}

/// A query's lines around a place.
pub struct Finder {
    wanted: Wanted,
    /// Lines older than the place, newest first, and what finds more of them.
    older: Vec<Entry>,
    older_run: Run,
    /// Lines from the place on, oldest first; what finds more of them up to where history was closed.
    newer: Vec<Entry>,
    newer_run: Option<Run>,
    /// Up to where newer lines have been looked for.
    until_ms: i64,
    /// The place; none for the newest line.
    place_ms: Option<i64>,
    bars: Option<Bars>,
    total: Option<(i64, Tally)>,
    /// Whether kinds had written lines before a window began, by service and name.
    before: BTreeMap<(String, String), Before>,
}

/// Whether a kind had written lines before an instant.
struct Before {
    until_ms: i64,
    /// Up to where history was closed when this was last looked for.
    closed_ms: i64,
    /// The answer so far: none, while it is looked for the first time.
    any: Option<bool>,
    /// What looks for it, until it is known.
    counting: Option<(Search, Counting)>,
}

impl Before {
    fn new(until_ms: i64) -> Self {
        Self {
            until_ms,
            closed_ms: i64::MIN,
            any: None,
            counting: None,
        }
    }

    /// Looks for lines within a budget of work. Says what it has taken.
    fn step(&mut self, telemetry: &Arc<Telemetry>, kind: &(String, String), work: u64) -> u64 {
        let mut taken = 0;
        let stale = telemetry.closed_ms().saturating_sub(self.closed_ms) > STALE_MS;
        if self.counting.is_none() && stale {
            let filter = LineFilter {
                services: vec![kind.0.clone()],
                names: vec![kind.1.clone()],
                until_ms: self.until_ms,
                ..LineFilter::default()
            };
            let search = Search::new(Arc::clone(telemetry), filter, LineQuery::default());
            let counting = search.start_counting();
            self.closed_ms = telemetry.closed_ms();
            self.counting = Some((search, counting));
            taken += KIND;
        }
        if let Some((search, counting)) = &mut self.counting {
            taken += search.count(counting, Budget::work(work.saturating_sub(taken)));
            let found = counting.total() > 0;
            if found || counting.done {
                self.any = Some(found);
                self.counting = None;
            }
        }
        taken
    }
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Finder")
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

/// Counts of a window of time, and those that are shown until they are whole.
struct Bars {
    window: (i64, i64, usize),
    tally: Tally,
    shown: Option<(Vec<[u64; 5]>, ByName)>,
}

impl Bars {
    fn bars(&self) -> &[[u64; 5]] {
        match &self.shown {
            Some((bars, _)) if !self.tally.is_done() => bars,
            _ => self.tally.bars(),
        }
    }

    fn by_name(&self) -> &ByName {
        match &self.shown {
            Some((_, by_name)) if !self.tally.is_done() => by_name,
            _ => self.tally.by_name(),
        }
    }
}

/// Every stream, as LogQL selects it: a selector must not take what is empty.
const EVERY_STREAM: &str = "{service=~\".+\"} ";

/// Whether a text is a pipeline of LogQL whose selector was left out: `|= "x"`, `| json`, `!~ "y"`.
fn is_pipeline(text: &str) -> bool {
    let stage = |rest: &str| {
        let rest = rest.trim_start();
        rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
    };
    let filter = |rest: &str| rest.trim_start().starts_with(['"', '`']);
    let text = text.trim_start();
    let operators = ["|=", "|~", "!=", "!~"];
    let mut filters = operators.iter().filter_map(|word| text.strip_prefix(word));
    filters.any(filter) || text.strip_prefix('|').is_some_and(stage)
}

/// Reads LogQL, or a pipeline about every stream. A span of an error is one of the text as it was typed.
fn read(text: &str) -> Result<Option<Expr>, ParseError> {
    if is_logql(text) {
        return parse(text).map(Some);
    }
    if !is_pipeline(text) {
        return Ok(None);
    }
    let whole = parse(&format!("{EVERY_STREAM}{text}"));
    whole.map(Some).map_err(|mut error| {
        let back = |at: usize| at.saturating_sub(EVERY_STREAM.len());
        error.span = back(error.span.start)..back(error.span.end);
        error
    })
}

/// What a pane asks for as a query: a LogQL selector stands for itself, a pipeline without one is about every stream,
/// services and levels narrow both; any other text is looked for.
///
/// # Errors
/// When LogQL cannot be read, or gives numbers.
pub fn query(wanted: &Wanted) -> Result<LogExpr, (String, Option<Range<usize>>)> {
    let mut log = LogExpr {
        matchers: Vec::new(),
        stages: Vec::new(),
    };
    match read(&wanted.text) {
        Ok(Some(Expr::Log(found))) => log = found,
        Ok(Some(Expr::Metric(_))) => {
            let hint = "this query gives numbers; ask for lines here, or run it with logcli";
            return Err((hint.to_owned(), None));
        }
        Err(ParseError { message, span, .. }) => return Err((message, Some(span))),
        Ok(None) if wanted.text.is_empty() => {}
        Ok(None) => log.stages.push(Stage::Line(text_filter(&wanted.text))),
    }
    let alternatives = |words: Vec<String>| words.join("|");
    if !wanted.services.is_empty() {
        let names = wanted.services.iter().map(|name| regex::escape(name));
        log.matchers.extend(Matcher::new(
            "service",
            MatchOp::Regex,
            &alternatives(names.collect()),
        ));
    }
    if wanted.from_level > 0 {
        let words = LEVELS.iter().skip(wanted.from_level);
        let words = words.map(|level| word(*level).to_owned()).collect();
        log.matchers
            .extend(Matcher::new("level", MatchOp::Regex, &alternatives(words)));
    }
    Ok(log)
}

/// A text without capitals is found in any case.
fn text_filter(text: &str) -> LineStage {
    if text.chars().any(char::is_uppercase) {
        return LineStage {
            op: LineOp::Contains,
            values: vec![text.to_owned()],
        };
    }
    LineStage {
        op: LineOp::Matches,
        values: vec![format!("(?i){}", regex::escape(text))],
    }
}

impl Finder {
    /// Begins with a query; nothing is looked for yet.
    ///
    /// # Errors
    /// When the query cannot be read: the message, and the bytes that are meant.
    pub fn new(world: &World, wanted: &Wanted) -> Result<Self, (String, Option<Range<usize>>)> {
        let log = query(wanted)?;
        let telemetry = world.signals().telemetry().snapshot();
        let until_ms = telemetry.closed_ms();
        let window = Span {
            from_ms: i64::MIN,
            until_ms,
        };
        let older_run = Run::with_names(
            telemetry,
            &log,
            &wanted.names,
            window,
            Direction::Older,
            None,
        )
        .map_err(|error| (error.to_string(), None))?;
        Ok(Self {
            wanted: wanted.clone(),
            older: Vec::new(),
            older_run,
            newer: Vec::new(),
            newer_run: None,
            until_ms,
            place_ms: None,
            bars: None,
            total: None,
            before: BTreeMap::new(),
        })
    }

    /// What it looks for.
    pub const fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Begins anew at a place; none is the newest line.
    fn go_to(&mut self, telemetry: &Arc<Telemetry>, place_ms: Option<i64>) {
        let closed = telemetry.closed_ms();
        self.place_ms = place_ms;
        self.until_ms = closed;
        self.older.clear();
        self.newer.clear();
        let end = place_ms.map_or(closed, |at| at.min(closed));
        let window = |from_ms, until_ms| Span { from_ms, until_ms };
        self.older_run.restart(
            Arc::clone(telemetry),
            window(i64::MIN, end),
            Direction::Older,
        );
        self.newer_run = place_ms
            .filter(|at| *at < closed)
            .map(|at| self.newer(telemetry, window(at, closed)));
    }

    fn newer(&self, telemetry: &Arc<Telemetry>, window: Span) -> Run {
        let telemetry = Arc::clone(telemetry);
        self.older_run.another(telemetry, window, Direction::Newer)
    }

    /// Looks for lines that were written since the last time.
    fn extend(&mut self, telemetry: &Arc<Telemetry>) {
        let closed = telemetry.closed_ms();
        let settled = self.newer_run.as_ref().is_none_or(Run::is_done);
        if closed <= self.until_ms || !settled {
            return;
        }
        let window = Span {
            from_ms: self.until_ms,
            until_ms: closed,
        };
        match &mut self.newer_run {
            Some(run) => run.restart(Arc::clone(telemetry), window, Direction::Newer),
            None => self.newer_run = Some(self.newer(telemetry, window)),
        }
        self.until_ms = closed;
    }

    /// Looks for more lines on either side until there are enough, within a budget; says whether it must go on.
    fn fill(&mut self, older: usize, newer: usize) -> bool {
        let mut open = false;
        if self.older.len() < older.min(MOST_KEPT) && !self.older_run.is_done() {
            let more = older + AHEAD - self.older.len();
            self.older.extend(self.older_run.next_for(more, FIND));
            open |= self.older.len() < older.min(MOST_KEPT) && !self.older_run.is_done();
        }
        // Lines after the newest one come first: who follows wants them all.
        let follows = self.place_ms.is_none();
        if let Some(run) = self.newer_run.as_mut().filter(|run| !run.is_done()) {
            let more = if follows {
                MOST_KEPT
            } else {
                (newer + AHEAD).saturating_sub(self.newer.len())
            };
            if more > 0 {
                self.newer.extend(run.next_for(more, FIND));
            }
            open |= self.newer.len() < newer && !run.is_done();
        }
        open
    }

    /// The line at a place among all that were found, the oldest first.
    fn at(&self, index: usize) -> Option<&Entry> {
        let older = self.older.len();
        if index < older {
            self.older.get(older - 1 - index)
        } else {
            self.newer.get(index - older)
        }
    }

    fn len(&self) -> usize {
        self.older.len() + self.newer.len()
    }

    /// Where a key is among what was found, if it lies within.
    fn find(&self, key: LineKey) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.at(middle)?.source.key < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (self.at(low)?.source.key == key).then_some(low)
    }

    /// Lines around a place.
    pub fn window(&mut self, world: &World, seek: &Seek, before: usize, after: usize) -> Window {
        let telemetry = world.signals().telemetry().snapshot();
        let origin = telemetry.grid().origin_ms();
        match seek {
            Seek::Newest if self.place_ms.is_some() || self.newer.len() > MOST_KEPT => {
                self.go_to(&telemetry, None);
            }
            Seek::Oldest if self.place_ms != Some(origin) => self.go_to(&telemetry, Some(origin)),
            Seek::Time(at) if self.place_ms != Some(*at) => self.go_to(&telemetry, Some(*at)),
            Seek::Fraction(share) => {
                let span = telemetry.closed_ms() - origin;
                let at = origin + (span as f64 * share.clamp(0.0, 1.0)) as i64;
                if self.place_ms != Some(at) {
                    self.go_to(&telemetry, Some(at));
                }
            }
            Seek::At(cursor) => {
                if let Some(key) = LineKey::parse(cursor)
                    && self.find(key).is_none()
                {
                    self.go_to(&telemetry, Some(key.at_ms));
                }
            }
            _ => {}
        }
        self.extend(&telemetry);
        let mut open = false;
        let mut at = 0;
        // Once to find the place, once more for what lies around it.
        for _ in 0..2 {
            let place = match seek {
                Seek::At(cursor) => LineKey::parse(cursor).and_then(|key| self.find(key)),
                _ => None,
            };
            at = match (place, seek) {
                (Some(place), _) => place,
                (None, Seek::Newest) => self.len().saturating_sub(1),
                (None, _) => self.older.len(),
            };
            let behind = self.older.len().saturating_sub(at.min(self.older.len()));
            let past = at.saturating_sub(self.older.len());
            let wants = if matches!(seek, Seek::Newest) {
                before + after
            } else {
                before
            };
            let needs_older = (wants + behind).saturating_sub(past);
            open = self.fill(needs_older, past + after + 1);
        }
        if matches!(seek, Seek::Newest) {
            at = self.len().saturating_sub(1);
        }
        let first = at.saturating_sub(if matches!(seek, Seek::Newest) {
            before + after
        } else {
            before
        });
        let last = (at + after.max(1)).min(self.len());
        let rows: Vec<&Entry> = (first..last).filter_map(|index| self.at(index)).collect();
        let mut window = Window {
            at: at - first,
            is_start: first == 0 && self.older_run.is_done(),
            is_end: last == self.len() && self.newer_run.as_ref().is_none_or(Run::is_done),
            artifacts: rows
                .iter()
                .map(|entry| Shown::line(&entry.source).id())
                .collect(),
            lines: rows.iter().map(|entry| row(entry)).collect(),
            ..Window::default()
        };
        let start_ms = rows
            .first()
            .map_or(self.until_ms, |entry| entry.source.key.at_ms);
        let span = (telemetry.closed_ms() - origin).max(1) as f64;
        window.fraction = (start_ms - origin) as f64 / span;
        window.searched = if open {
            let reached = self.older_run.cursor().map_or(origin, |key| key.at_ms);
            let from = self.place_ms.unwrap_or(self.until_ms);
            let share = (from - reached) as f64 / (from - origin).max(1) as f64;
            share.clamp(0.0, 0.99)
        } else {
            1.0
        };
        window.count = self.count(&telemetry);
        window
    }

    /// Lines that match in all, as far as counted; counted anew every quarter of a minute.
    fn count(&mut self, telemetry: &Arc<Telemetry>) -> u64 {
        let closed = telemetry.closed_ms();
        let due = self
            .total
            .as_ref()
            .is_none_or(|(at, tally)| tally.is_done() && closed - at > STALE_MS);
        if due {
            let span = Span {
                from_ms: i64::MIN,
                until_ms: closed,
            };
            let telemetry = Arc::clone(telemetry);
            let tally = match self.total.take() {
                Some((_, tally)) => tally.restarted(telemetry, span, 1),
                None => Tally::of(&self.older_run, telemetry, span, 1),
            };
            self.total = Some((closed, tally));
        }
        self.total.as_mut().map_or(0, |(_, tally)| {
            tally.step(COUNT);
            tally.total()
        })
    }

    /// Lines by level in equal parts of a window of time, as far as counted.
    pub fn histogram(
        &mut self,
        world: &World,
        start_ms: i64,
        end_ms: i64,
        parts: usize,
    ) -> Vec<[u64; 5]> {
        self.bars(world, start_ms, end_ms, parts)
            .map_or_else(|| vec![[0; 5]; parts], |bars| bars.bars().to_vec())
    }

    fn bars(
        &mut self,
        world: &World,
        start_ms: i64,
        end_ms: i64,
        parts: usize,
    ) -> Option<&mut Bars> {
        let telemetry = world.signals().telemetry().snapshot();
        let until_ms = end_ms.min(telemetry.closed_ms());
        let window = (start_ms, until_ms, parts);
        if self
            .bars
            .as_ref()
            .is_none_or(|bars| bars.window != window && bars.tally.is_done())
        {
            let span = Span {
                from_ms: start_ms,
                until_ms: end_ms,
            };
            let before = self.bars.take();
            let shown = before
                .as_ref()
                .filter(|bars| bars.window.2 == parts)
                .map(|bars| (bars.tally.bars().to_vec(), bars.tally.by_name().clone()));
            let tally = match before {
                Some(bars) => bars.tally.restarted(telemetry, span, parts),
                None => Tally::of(&self.older_run, telemetry, span, parts),
            };
            self.bars = Some(Bars {
                window,
                tally,
                shown,
            });
        }
        let bars = self.bars.as_mut()?;
        bars.tally.step(BARS);
        Some(bars)
    }

    /// What wrote lines in a window, most lines first.
    pub fn groups(
        &mut self,
        world: &World,
        start_ms: i64,
        end_ms: i64,
        parts: usize,
    ) -> Vec<Group> {
        let telemetry = world.signals().telemetry().snapshot();
        let Some(bars) = self.bars(world, start_ms, end_ms, parts) else {
            return Vec::new();
        };
        let by_name = bars.by_name().clone();
        self.look_before(&telemetry, &by_name, start_ms);
        let before = &self.before;
        let patterns: BTreeMap<(&str, &str), (LogId, Level)> = telemetry
            .log_defs()
            .map(|(id, def)| ((&*def.service, &*def.name), (id, def.level)))
            .collect();
        let flat = by_name.into_iter().flat_map(|(service, kinds)| {
            let kinds = kinds.into_iter();
            kinds.map(move |(name, lines)| (service.clone(), name, lines))
        });
        let mut groups: Vec<Group> = flat
            .map(|(service, name, lines)| {
                let known = patterns.get(&(service.as_str(), name.as_str()));
                let def = known.and_then(|(id, _)| telemetry.log_def(*id));
                // What containers write at single instants has no template: the kind says it, a line has the level.
                let of_line = || telemetry.newest_scripted(&service, &name);
                Group {
                    level: known
                        .map(|(_, level)| *level)
                        .or_else(of_line)
                        .unwrap_or(Level::Info),
                    pattern: def.map_or_else(|| name.clone(), |def| def.template.pattern()),
                    is_new: before
                        .get(&(service.clone(), name.clone()))
                        .is_some_and(|before| before.any == Some(false)),
                    service,
                    name,
                    lines,
                }
            })
            .collect();
        groups.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.name.cmp(&b.name)));
        groups
    }
}

impl Finder {
    /// Looks whether kinds of lines were written before an instant, as far as a step's work reaches.
    fn look_before(&mut self, telemetry: &Arc<Telemetry>, kinds: &ByName, until_ms: i64) {
        self.before.retain(|_, before| before.until_ms == until_ms);
        let mut left = KINDS;
        for (service, names) in kinds {
            for name in names.keys() {
                let kind = (service.clone(), name.clone());
                let before = self.before.entry(kind.clone());
                let before = before.or_insert_with(|| Before::new(until_ms));
                left = left.saturating_sub(before.step(telemetry, &kind, left));
                if left == 0 {
                    return;
                }
            }
        }
    }
}

fn row(entry: &Entry) -> Line {
    Line {
        text: entry.line.clone(),
        ..as_line(entry.source.clone())
    }
}

/// The trace that a line shows, as a query for its lines; none for a line without one.
pub fn trace_query(world: &World, cursor: &str) -> Option<String> {
    let key = LineKey::parse(cursor)?;
    let trace = world.signals().telemetry().trace_shown(key)?;
    Some(format!("{{app=~\".+\"}} |= \"{trace:032x}\""))
}

/// A line's pod as a query for its lines.
pub fn pod_query(world: &World, cursor: &str) -> Option<String> {
    let key = LineKey::parse(cursor)?;
    let line = world.signals().telemetry().line(key)?;
    Some(match line.pod {
        Some(pod) => format!("{{pod=\"{pod}\"}}"),
        None => format!("{{app=\"{}\"}}", line.service),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;
    use crate::sim::time::Span as Length;

    fn wanted(text: &str) -> Wanted {
        Wanted {
            text: text.to_owned(),
            ..Wanted::default()
        }
    }

    /// Asks until the search is through.
    fn settled(
        finder: &mut Finder,
        world: &World,
        seek: &Seek,
        before: usize,
        after: usize,
    ) -> Window {
        for _ in 0..2_000 {
            let window = finder.window(world, seek, before, after);
            if window.searched >= 1.0 {
                return window;
            }
        }
        panic!("the search does not end");
    }

    fn texts(window: &Window) -> Vec<String> {
        window.lines.iter().map(|line| line.text.clone()).collect()
    }

    #[test]
    fn windows_around_places_hang_together() {
        let world = small_world();
        for text in [
            "",
            "queue is full",
            "{app=\"gate\"} | json | status=\"502\"",
            "QUEUE",
        ] {
            let mut finder = Finder::new(&world, &wanted(text)).unwrap();
            let newest = settled(&mut finder, &world, &Seek::Newest, 20, 20);
            assert!(
                newest.is_end && newest.lines.is_sorted_by(|a, b| a.at <= b.at),
                "{text}"
            );
            if text == "QUEUE" {
                assert!(
                    newest.lines.is_empty() && newest.is_start,
                    "capitals count when they are typed"
                );
                continue;
            }
            assert!((40..=41).contains(&newest.lines.len()), "{text}");
            // Around one of these lines the same lines are found.
            let place = &newest.lines[20];
            let around = settled(&mut finder, &world, &Seek::At(place.cursor.clone()), 10, 10);
            assert_eq!(around.lines[around.at], *place);
            assert_eq!(texts(&around), texts(&newest)[10..30]);
            // A fresh look at the instant finds them as well.
            let mut other = Finder::new(&world, &wanted(text)).unwrap();
            let again = settled(&mut other, &world, &Seek::At(place.cursor.clone()), 10, 10);
            assert_eq!(texts(&again), texts(&around));
            let at = settled(&mut other, &world, &Seek::Time(place.at.millis()), 5, 5);
            assert!(at.lines[at.at].at >= place.at);
        }
    }

    #[test]
    fn new_lines_are_seen_as_time_goes_on() {
        let mut world = small_world();
        let mut finder = Finder::new(&world, &wanted("status")).unwrap();
        let before = settled(&mut finder, &world, &Seek::Newest, 10, 10);
        let later = world.now() + Length::from_secs(20);
        world.advance_to(later);
        let after = settled(&mut finder, &world, &Seek::Newest, 10, 10);
        let mut fresh = Finder::new(&world, &wanted("status")).unwrap();
        assert_eq!(
            texts(&after),
            texts(&settled(&mut fresh, &world, &Seek::Newest, 10, 10))
        );
        assert_ne!(texts(&after), texts(&before));
    }

    #[test]
    fn bars_and_kinds_count_the_lines() {
        let world = small_world();
        let end = world.now().millis();
        let mut finder = Finder::new(&world, &wanted("")).unwrap();
        let mut bars = Vec::new();
        for _ in 0..200 {
            bars = finder.histogram(&world, end - 600_000, end, 60);
        }
        let filter = LineFilter {
            from_ms: end - 600_000,
            until_ms: end,
            ..LineFilter::default()
        };
        let telemetry = world.signals().telemetry();
        let counted = telemetry.count_lines_by_level(&filter);
        for (level, count) in counted.into_iter().enumerate() {
            assert_eq!(bars.iter().map(|bar| bar[level]).sum::<u64>(), count);
        }
        let mut groups = Vec::new();
        for _ in 0..200 {
            groups = finder.groups(&world, end - 600_000, end, 60);
        }
        assert_eq!(
            groups.iter().map(|group| group.lines).sum::<u64>(),
            counted.iter().sum::<u64>()
        );
        assert!(groups.is_sorted_by(|a, b| a.lines >= b.lines));
        assert!(groups.iter().any(|group| !group.is_new));
    }

    #[test]
    fn queries_that_cannot_be_read_say_where() {
        let world = small_world();
        let (message, at) = Finder::new(&world, &wanted("{app=gate}")).unwrap_err();
        assert_eq!(
            (message.as_str(), at),
            (
                "syntax error: unexpected IDENTIFIER, expecting STRING",
                Some(5..9)
            )
        );
        assert!(Finder::new(&world, &wanted("rate({app=\"gate\"}[5m])")).is_err());
    }

    #[test]
    fn a_pipeline_without_a_selector_is_about_every_stream() {
        let world = small_world();
        let found = |text: &str| {
            let mut finder = Finder::new(&world, &wanted(text)).unwrap();
            texts(&settled(&mut finder, &world, &Seek::Newest, 20, 0))
        };
        assert_eq!(
            found("|= \"trace_id\""),
            found("{service=~\".+\"} |= \"trace_id\"")
        );
        assert_eq!(
            found("| json | status=\"502\""),
            found("{service=~\".+\"} | json | status=\"502\"")
        );
        assert!(!found("|= \"trace_id\"").is_empty());
        let (message, at) = Finder::new(&world, &wanted("|~ \"(\"")).unwrap_err();
        let (same, whole) = Finder::new(&world, &wanted("{service=~\".+\"} |~ \"(\"")).unwrap_err();
        let back = whole.map(|span| span.start - EVERY_STREAM.len()..span.end - EVERY_STREAM.len());
        assert_eq!((message, at), (same, back));
        for text in ["| 5 |", "|", "!", "a | b", "|=", "!= x"] {
            assert!(!is_pipeline(text), "{text} is a text to look for");
        }
    }

    #[test]
    fn a_line_leads_to_its_pod_and_trace() {
        let world = small_world();
        let mut finder = Finder::new(&world, &wanted("{app=\"gate\"} |= \"trace_id\"")).unwrap();
        let line = settled(&mut finder, &world, &Seek::Newest, 1, 0)
            .lines
            .remove(0);
        let trace = trace_query(&world, &line.cursor).unwrap();
        let mut of_trace = Finder::new(&world, &wanted(&trace)).unwrap();
        let found = settled(&mut of_trace, &world, &Seek::Newest, 10, 0);
        assert!(found.lines.contains(&line));
        assert_eq!(
            pod_query(&world, &line.cursor).unwrap(),
            format!("{{pod=\"{}\"}}", line.pod)
        );
    }
}
