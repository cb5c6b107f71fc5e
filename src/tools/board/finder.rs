//! Log lines of a query around a place, for a list of any length: found in slices, kept while the query stays, extended as
//! time goes on. Counts by time, level and template in slices as well. Never decides what matches.

mod kinds;

use std::ops::Range;
use std::sync::Arc;

pub use self::kinds::Group;
use super::lines::{Seek, Wanted, Window};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::logql::ast::{Expr, LineFilter as LineStage, LineOp, LogExpr, Stage};
use crate::sim::logql::entries::{Entry, Run, Window as Span};
use crate::sim::logql::tallies::{ByName, Tally};
use crate::sim::logql::{ParseError, parse};
use crate::sim::promql::matcher::{MatchOp, Matcher};
use crate::sim::telemetry::lines::{Direction, LEVELS};
use crate::sim::telemetry::logs::LineKey;
use crate::sim::telemetry::store::Telemetry;
use crate::tools::logs::logql::is_logql;
use crate::tools::logs::page::{Line, as_line, word};

/// Work of one step that decides what the filter says of templates; a frame may take three of them, and little else before
/// all are decided.
const DECIDE: u64 = 250_000;
/// Work of one step that looks for lines, in units of about ten nanoseconds; a frame may take four of them.
const FIND: u64 = 60_000;
/// Work of one step that counts all matches.
const COUNT: u64 = 150_000;
/// Work of one step that counts the bars.
const BARS: u64 = 200_000;
/// After so much time what was counted once is counted anew.
const STALE_MS: i64 = 15_000;
/// Lines that are kept on one side of the place.
const MOST_KEPT: usize = 20_000;
/// Lines fetched beyond what is asked for.
const AHEAD: usize = 200;

/// A query's lines around a place.
pub struct Finder {
    wanted: Wanted,
    /// Lines older than the place, newest first, and what finds more of them.
    older: Vec<Entry>,
    older_run: Run,
    /// Lines from the place on, oldest first; what finds more of them up to where history was closed.
    newer: Vec<Entry>,
    newer_run: Option<Run>,
    /// Work of a step that decides: [`DECIDE`].
    deciding: u64,
    /// Up to where newer lines have been looked for.
    until_ms: i64,
    /// The place; none for the newest line.
    place_ms: Option<i64>,
    bars: Option<Bars>,
    /// What kinds of lines are counted by, over a window of their own.
    kinds: Option<Bars>,
    total: Option<(i64, Tally)>,
    /// Whether kinds had written lines before a window began.
    before: kinds::Befores,
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
            deciding: DECIDE,
            until_ms,
            place_ms: None,
            bars: None,
            kinds: None,
            total: None,
            before: kinds::Befores::new(),
        })
    }

    /// Goes on deciding what the filter says of templates, which all that is found and counted shares. Says whether all were
    /// decided. Where a filter's program is large, that is said a step later: compiling it has taken enough.
    fn decide(&mut self, telemetry: &Arc<Telemetry>) -> bool {
        if !self.older_run.is_decided() {
            if !self.older_run.decide(self.deciding) {
                return false;
            }
            // Only now may others begin with what is decided.
            self.go_to(telemetry, self.place_ms);
            return !self.older_run.is_large();
        }
        true
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
            .filter(|at| *at < closed && self.older_run.is_decided())
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
                    && self.place_ms != Some(key.at_ms)
                    && self.find(key).is_none()
                {
                    self.go_to(&telemetry, Some(key.at_ms));
                }
            }
            _ => {}
        }
        if !self.decide(&telemetry) {
            return Window::default();
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
        let telemetry = world.signals().telemetry().snapshot();
        if !self.decide(&telemetry) {
            return vec![[0; 5]; parts];
        }
        let before = self.bars.take();
        let bars = self.counted(before, telemetry, (start_ms, end_ms), parts);
        let counts = bars.bars().to_vec();
        self.bars = Some(bars);
        counts
    }

    /// The counts of a window of time, a step further; begun anew where they are of another window.
    fn counted(
        &self,
        before: Option<Bars>,
        telemetry: Arc<Telemetry>,
        (from_ms, until_ms): (i64, i64),
        parts: usize,
    ) -> Bars {
        let window = (from_ms, until_ms.min(telemetry.closed_ms()), parts);
        let goes_on = |bars: &Bars| bars.window == window || !bars.tally.is_done();
        let mut bars = match before {
            Some(bars) if goes_on(&bars) => bars,
            before => {
                let span = Span { from_ms, until_ms };
                let shown = before
                    .as_ref()
                    .filter(|bars| bars.window.2 == parts)
                    .map(|bars| (bars.tally.bars().to_vec(), bars.tally.by_name().clone()));
                let tally = match before {
                    Some(bars) => bars.tally.restarted(telemetry, span, parts),
                    None => Tally::of(&self.older_run, telemetry, span, parts),
                };
                Bars {
                    window,
                    tally,
                    shown,
                }
            }
        };
        bars.tally.step(BARS);
        bars
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
    use crate::sim::telemetry::lines::LineFilter;
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
    fn what_is_asked_while_templates_are_decided_is_found_afterwards() {
        let world = small_world();
        let end = world.now().millis();
        let seek = Seek::Time(end - 300_000);
        let text = r#"{app=~".+"} |~ `\w{9}`"#;
        let mut finder = Finder::new(&world, &wanted(text)).unwrap();
        finder.deciding = 500;
        let first = finder.window(&world, &seek, 10, 10);
        assert!(first.lines.is_empty() && first.searched == 0.0);
        assert!(finder.groups(&world, end - 600_000, end, 60).is_empty());
        let window = settled(&mut finder, &world, &seek, 10, 10);
        assert_eq!(window.lines.len(), 20);
        let later = window
            .lines
            .iter()
            .filter(|line| line.at.millis() >= end - 300_000);
        assert_eq!(later.count(), 10);
        for _ in 0..200 {
            finder.groups(&world, end - 600_000, end, 60);
            finder.histogram(&world, end - 600_000, end, 60);
        }
        let kinds = finder.groups(&world, end - 600_000, end, 60);
        let bars = finder.histogram(&world, end - 600_000, end, 60);
        assert_eq!(
            kinds.iter().map(|kind| kind.lines).sum::<u64>(),
            bars.iter().flatten().sum::<u64>()
        );
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
