//! The log pane: a window over any number of lines, filtered as you type, with the volume above and fields below.

mod groups;
mod histogram;
mod lines;

use ratatui::layout::Rect;

use self::groups::Groups;
use crate::tui::canvas::{Canvas, Run};
use crate::tui::keymap::Context;
use crate::tui::pane::{Answer, Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::world::{
    Act, Completions, Desk, Family, Level, LogHistogram, LogQuery, LogRow, LogSeek, LogWindow,
    Look, Status, WindowSize,
};

/// The time the histogram spans.
const SPAN_MS: i64 = 3_600_000;
/// Columns that a step to the side scrolls.
const SIDE_STEP: usize = 8;
/// Queries that Back returns to.
const MOST_BACK: usize = 16;
/// One line in full.
#[derive(Clone, Debug, Default)]
struct Detail {
    row: LogRow,
    fields: Vec<(String, String)>,
}

/// What was last asked of the desk.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    revision: u64,
    query: LogQuery,
    size: Size,
}

/// The pane's state.
#[expect(
    clippy::struct_excessive_bools,
    reason = "parts of the screen are switched one by one"
)]
pub struct LogsPane {
    services: Vec<String>,
    query: LogQuery,
    filter: Field,
    filtering: bool,
    window: LogWindow,
    selected: usize,
    top: usize,
    height: usize,
    want: Option<LogSeek>,
    /// What was asked for last.
    sought: LogSeek,
    following: bool,
    frozen: bool,
    wrap: bool,
    side: usize,
    detail: Option<Detail>,
    detail_open: bool,
    histogram: LogHistogram,
    range_ms: (i64, i64),
    asked: Option<Asked>,
    /// Kinds of lines, while they are shown instead of lines.
    groups: Option<Groups>,
    /// What could stand at the caret of the filter.
    candidates: Completions,
    /// The pane is to show what belongs to the selected line: its trace, or its pod.
    context: Option<bool>,
    /// Queries before the one that a context or a kind brought.
    before: Vec<LogQuery>,
}

impl Default for LogsPane {
    fn default() -> Self {
        Self {
            services: Vec::new(),
            query: LogQuery::default(),
            filter: Field::default(),
            filtering: false,
            window: LogWindow::default(),
            selected: 0,
            top: 0,
            height: 1,
            want: Some(LogSeek::Newest),
            sought: LogSeek::Newest,
            following: true,
            frozen: false,
            wrap: false,
            side: 0,
            detail: None,
            detail_open: false,
            histogram: LogHistogram::default(),
            range_ms: (0, 1),
            asked: None,
            groups: None,
            candidates: Completions::default(),
            context: None,
            before: Vec::new(),
        }
    }
}

impl LogsPane {
    fn row(&self) -> Option<&LogRow> {
        self.window.rows.get(self.selected)
    }

    fn follow(&mut self) {
        self.following = true;
        self.frozen = false;
        self.want = Some(LogSeek::Newest);
    }

    fn seek(&mut self, seek: LogSeek) {
        self.following = false;
        self.want = Some(seek);
    }

    /// Moves the selection; asks for more lines where the window ends.
    fn step(&mut self, rows: isize) {
        let last = self.window.rows.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(rows).min(last);
        let at_end = self.window.is_end && self.selected == last;
        self.following = at_end && rows > 0 && !self.frozen;
        let near_start = self.selected < self.height && !self.window.is_start;
        let near_end = self.selected + self.height > last && !self.window.is_end;
        if (near_start || near_end)
            && let Some(row) = self.row()
        {
            self.want = Some(LogSeek::At(row.cursor.clone()));
        }
    }

    fn change_level(&mut self, up: bool) {
        let at = Level::ALL
            .iter()
            .position(|level| *level == self.query.level)
            .unwrap_or(0);
        let next = if up { at + 1 } else { at.saturating_sub(1) };
        if let Some(level) = Level::ALL.get(next) {
            self.query.level = *level;
        }
    }

    fn pin(&self) -> Vec<Effect> {
        self.row().map_or_else(Vec::new, |row| {
            vec![Effect::Act(
                PaneId::Logs,
                Act::Pin {
                    artifact: row.id.clone(),
                    label: format!("{} {}: {}", units::clock(row.at_ms), row.service, row.text),
                },
            )]
        })
    }

    /// Shows another query, from which Back leads here again.
    fn look_at(&mut self, query: LogQuery, at_ms: Option<i64>) {
        if self.before.len() >= MOST_BACK {
            self.before.remove(0);
        }
        self.before.push(std::mem::replace(&mut self.query, query));
        self.filter.set(&self.query.text);
        self.groups = None;
        match at_ms {
            Some(at_ms) => self.seek(LogSeek::Time(at_ms)),
            None => self.follow(),
        }
    }

    /// Shows kinds of lines since the selected line, or of the last hour while it follows the newest.
    fn show_groups(&mut self, new_only: bool) {
        let same = self
            .groups
            .as_ref()
            .is_some_and(|groups| groups.new_only == new_only);
        if same {
            self.groups = None;
            return;
        }
        let end = self.range_ms.1;
        let since = self.row().filter(|_| !self.following).map(|row| row.at_ms);
        self.groups = Some(Groups {
            range_ms: (since.unwrap_or(end - SPAN_MS), end),
            new_only,
            ..Groups::default()
        });
        self.asked = None;
    }

    fn on_group(&mut self, verb: Verb) -> bool {
        let Some(groups) = &mut self.groups else {
            return false;
        };
        match verb {
            Verb::Open => {
                if let Some(group) = groups.selected() {
                    let query = LogQuery {
                        services: vec![group.service.clone()],
                        kind: Some(group.name.clone()),
                        ..LogQuery::default()
                    };
                    self.look_at(query, None);
                }
                true
            }
            Verb::Back => {
                self.groups = None;
                true
            }
            verb => groups.list.on(verb),
        }
    }

    /// Candidates while the filter is typed.
    fn shown_candidates(&self) -> Option<&Completions> {
        Some(&self.candidates).filter(|found| self.filtering && !found.items.is_empty())
    }

    /// The text to mark in lines: what was typed, or the last text of a LogQL filter.
    fn marked_text(&self) -> &str {
        let text = self.query.text.trim();
        if !text.starts_with(['{', '|']) {
            return text;
        }
        let last = text.rsplit_once("|= \"").map(|(_, rest)| rest);
        last.and_then(|rest| rest.split('"').next()).unwrap_or("")
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        if self.on_group(verb) {
            return Vec::new();
        }
        let page = self.height.saturating_sub(1).max(1) as isize;
        match verb {
            Verb::Up => self.step(-1),
            Verb::Down => self.step(1),
            Verb::PageUp => self.step(-page),
            Verb::PageDown => self.step(page),
            Verb::Top => self.seek(LogSeek::Oldest),
            Verb::Bottom | Verb::Follow => self.follow(),
            Verb::Left => self.side = self.side.saturating_sub(SIDE_STEP),
            Verb::Right => self.side = (self.side + SIDE_STEP).min(2_000),
            Verb::LevelUp => self.change_level(true),
            Verb::LevelDown => self.change_level(false),
            Verb::PickService => {
                return super::pick_service("Whose lines", PaneId::Logs, &self.services);
            }
            Verb::Wrap => self.wrap = !self.wrap,
            Verb::Filter => self.filtering = true,
            Verb::Open => self.detail_open = !self.detail_open,
            Verb::Pin => return self.pin(),
            Verb::Freeze => {
                if self.frozen {
                    self.follow();
                } else {
                    self.frozen = true;
                    self.following = false;
                }
            }
            Verb::SamePod => self.context = Some(false),
            Verb::SameTrace => self.context = Some(true),
            Verb::OpenTrace => return self.open_trace(),
            Verb::Kinds => self.show_groups(false),
            Verb::NewKinds => self.show_groups(true),
            Verb::Back => self.back(),
            _ => {}
        }
        Vec::new()
    }

    /// The traces pane is told to open the trace that the selected line shows.
    fn open_trace(&self) -> Vec<Effect> {
        self.row().map_or_else(Vec::new, |row| {
            let line = format!("{}{}", super::TRACE_OF_LINE, row.cursor);
            vec![
                Effect::Tell(PaneId::Traces, Answer::Chosen(line)),
                Effect::Focus(PaneId::Traces),
            ]
        })
    }

    fn back(&mut self) {
        if self.detail_open {
            self.detail_open = false;
        } else if self.side > 0 {
            self.side = 0;
        } else if let Some(query) = self.before.pop() {
            self.query = query;
            self.filter.set(&self.query.text);
        } else if self.filter.is_empty() {
            self.query = LogQuery::default();
        } else {
            self.filter.take();
            self.query.text.clear();
        }
    }

    fn on_filter(&mut self, action: &PaneAction) {
        match action {
            PaneAction::Verb(Verb::Back) => {
                self.filter.take();
                self.filtering = false;
            }
            PaneAction::Verb(Verb::Submit) => self.filtering = false,
            PaneAction::Verb(Verb::Complete) => {
                if let Some(first) = self.candidates.items.first() {
                    self.filter
                        .replace_back_to(self.candidates.from, &first.text);
                }
            }
            PaneAction::Verb(verb @ (Verb::Up | Verb::Down | Verb::PageUp | Verb::PageDown)) => {
                self.on_verb(*verb);
            }
            PaneAction::Key(key) => {
                self.filter.on_key(*key);
            }
            PaneAction::Paste(pasted) => self.filter.insert(pasted),
            _ => {}
        }
        self.filter.value().clone_into(&mut self.query.text);
    }

    /// Rows of the histogram and of the fields.
    fn split(&self, size: Size) -> (u16, u16) {
        let histogram = match size.height {
            0..=9 => 0,
            10..=17 => 2,
            _ => 4,
        };
        let detail = if self.detail_open {
            (size.height.saturating_sub(histogram) / 2).min(14)
        } else {
            0
        };
        (histogram, detail)
    }

    fn fetch(&mut self, desk: &mut dyn Desk, seek: &LogSeek) {
        let offset = self.selected.saturating_sub(self.top);
        let reach = self.height * 3;
        let size = WindowSize {
            before: reach,
            after: reach,
        };
        self.window = desk.log_window(&self.query, seek, size);
        self.sought = seek.clone();
        let last = self.window.rows.len().saturating_sub(1);
        self.selected = if *seek == LogSeek::Newest {
            last
        } else {
            self.window.at.min(last)
        };
        self.top = self.selected.saturating_sub(offset);
    }

    /// Keeps the selected line on screen.
    fn settle(&mut self, columns: usize) {
        let last = self.window.rows.len().saturating_sub(1);
        self.selected = self.selected.min(last);
        self.top = self.top.min(self.selected);
        if self.wrap {
            let heights = |row: &LogRow| text::wrap(&text::clean(&row.text), columns).len();
            let mut used = 0;
            let mut first = self.selected + 1;
            for row in self.window.rows.iter().take(self.selected + 1).rev() {
                used += heights(row);
                if used > self.height {
                    break;
                }
                first -= 1;
            }
            self.top = self.top.max(first.min(self.selected));
        } else {
            let lowest = (self.selected + 1).saturating_sub(self.height);
            self.top = self.top.max(lowest);
            if self.following {
                self.top = lowest;
            }
        }
    }

    /// Marks what of the filter cannot be read.
    fn mark_error(&self, field: &mut Canvas<'_>) {
        let Some(at) = self
            .window
            .error
            .as_ref()
            .and_then(|error| error.at.clone())
        else {
            return;
        };
        let value = self.filter.value();
        let column = |byte: usize| text::width(value.get(..byte).unwrap_or(value)) as u16;
        // An error at the end is marked behind the last letter.
        let start = column(at.start).min(field.width().saturating_sub(1));
        let wide = column(at.end).saturating_sub(start).max(1);
        let part = Rect::new(start, 0, wide.min(field.width() - start), 1);
        field.tint(part, Role::Alert);
    }

    fn refresh_histogram(&mut self, desk: &mut dyn Desk, now_ms: i64, width: u16) {
        let minute = 60_000;
        let newest = now_ms.div_euclid(minute) * minute + minute;
        let around = self
            .row()
            .filter(|row| !self.following && row.at_ms < newest - SPAN_MS)
            .map(|row| (row.at_ms + SPAN_MS / 2).div_euclid(minute) * minute);
        let end = around.unwrap_or(newest);
        self.range_ms = (end - SPAN_MS, end);
        let buckets = usize::from(histogram::columns(width)).max(1);
        self.histogram = desk.log_histogram(&self.query, self.range_ms.0, self.range_ms.1, buckets);
    }
}

impl Pane for LogsPane {
    fn listening(&self) -> Listening {
        if self.filtering {
            Listening::typing(Context::Field)
        } else {
            Listening::keys(&[Context::Logs])
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Answer(Answer::Chosen(text)) if text.starts_with('{') => {
                let query = LogQuery {
                    text,
                    ..LogQuery::default()
                };
                self.look_at(query, None);
            }
            PaneAction::Answer(Answer::Chosen(service)) => {
                self.query.services = if service == super::ALL_SERVICES {
                    Vec::new()
                } else {
                    vec![service]
                };
            }
            PaneAction::Row {
                list: 1,
                row,
                twice,
            } => {
                if let Some(groups) = &mut self.groups {
                    groups.list.select(row);
                }
                if twice {
                    self.on_group(Verb::Open);
                }
            }
            PaneAction::Answer(Answer::Moment { at_ms, service }) => {
                let known = service.filter(|service| self.services.contains(service));
                self.query.services = known.into_iter().collect();
                self.seek(LogSeek::Time(at_ms));
            }
            PaneAction::Row { row, twice, .. } => {
                self.selected = row;
                self.step(0);
                if twice {
                    self.detail_open = true;
                }
            }
            PaneAction::Column { column, columns } => {
                let (start, end) = self.range_ms;
                let share = i64::from(column) * (end - start) / i64::from(columns.max(1));
                self.seek(LogSeek::Time(start + share));
            }
            PaneAction::Wheel(rows) => self.step(rows as isize),
            action if self.filtering => self.on_filter(&action),
            PaneAction::Verb(verb) => return self.on_verb(verb),
            _ => {}
        }
        Vec::new()
    }

    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, status: &Status) {
        if let Some(trace) = self.context.take()
            && let Some(row) = self.row().cloned()
            && let Some(text) = desk.log_context(&row.cursor, trace)
        {
            let query = LogQuery {
                text,
                ..LogQuery::default()
            };
            self.look_at(query, Some(row.at_ms));
        }
        self.candidates = if self.filtering {
            desk.log_complete(self.filter.value(), self.filter.cursor())
        } else {
            Completions::default()
        };
        let asked = Asked {
            revision: desk.revision(Family::Logs),
            query: self.query.clone(),
            size,
        };
        let (histogram, detail) = self.split(size);
        let bars = 1 + u16::from(self.filtering || !self.filter.is_empty());
        let height = size.height.saturating_sub(histogram + detail + bars);
        self.height = usize::from(height).max(1);
        let before = self.asked.as_ref();
        let query_changed = before.is_none_or(|before| before.query != asked.query);
        let anything = before != Some(&asked);
        if self.services.is_empty() {
            self.services = desk.log_services();
        }
        if let Some(groups) = &mut self.groups {
            groups.range_ms.1 = status.now_ms.max(groups.range_ms.0 + 1);
            let (from, until) = groups.range_ms;
            let rows = desk.log_groups(&self.query, from, until);
            groups.set(rows, self.height.saturating_sub(1));
        }
        if query_changed && self.want.is_none() {
            self.want = Some(match self.row() {
                Some(row) if !self.following => LogSeek::Time(row.at_ms),
                _ => LogSeek::Newest,
            });
        }
        let seek = self
            .want
            .take()
            .or_else(|| (anything && self.following).then_some(LogSeek::Newest))
            .or_else(|| {
                let waits = self.window.rows.is_empty();
                (self.window.searched < 1.0 && (waits || !self.frozen)).then(|| match self.row() {
                    Some(row) => LogSeek::At(row.cursor.clone()),
                    None => self.sought.clone(),
                })
            });
        let sought = seek.is_some();
        if let Some(seek) = seek {
            self.fetch(desk, &seek);
        }
        if sought || (anything && !self.frozen) {
            self.refresh_histogram(desk, status.now_ms, size.width);
        }
        self.settle(lines::text_columns(size.width, &self.query));
        if self.detail_open {
            let row = self.row().cloned();
            let shown = self.detail.as_ref().map(|detail| &detail.row);
            if row.as_ref() != shown {
                self.detail = row.map(|row| Detail {
                    fields: desk.log_fields(&row.cursor),
                    row,
                });
            }
        }
        self.asked = Some(asked);
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        let size = Size {
            width: canvas.width(),
            height: canvas.height(),
        };
        let (histogram_rows, detail_rows) = self.split(size);
        let mut y = 0;
        if histogram_rows > 0 {
            let part = Rect::new(0, 0, canvas.width(), histogram_rows);
            histogram::draw(&mut canvas.part(part), &self.histogram, self.range_ms);
            y = histogram_rows;
        }
        if self.filtering || !self.filter.is_empty() {
            let at = canvas.text(0, y, "/ ", Role::Accent);
            let part = Rect::new(at, y, canvas.width().saturating_sub(at), 1);
            let active = view.focused && self.filtering;
            self.filter.draw(
                canvas,
                part,
                "text, or LogQL: {app=\"...\"} |= \"...\"",
                active,
            );
            self.mark_error(&mut canvas.part(part));
            y += 1;
        }
        self.draw_state(&mut canvas.part(Rect::new(0, y, size.width, 1)));
        y += 1;
        let height = size.height.saturating_sub(y + detail_rows);
        let part = Rect::new(0, y, size.width, height);
        match &self.groups {
            Some(groups) => groups.draw(&mut canvas.part(part), view.focused),
            None => self.draw_lines(&mut canvas.part(part), view.focused),
        }
        if let (true, Some(detail)) = (self.detail_open, &self.detail) {
            let part = Rect::new(0, y + height, size.width, detail_rows);
            lines::draw_detail(&mut canvas.part(part), &detail.row, &detail.fields);
        }
    }

    fn caption(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        match self.query.services.as_slice() {
            [] => runs.push(Run::new(Role::Muted, super::ALL_SERVICES)),
            services => runs.push(Run::new(Role::Link, services.join(", "))),
        }
        if let Some(kind) = &self.query.kind {
            runs.push(Run::new(Role::Muted, format!(" {kind}")));
        }
        if self.query.level > Level::Debug {
            let word = self.query.level.word();
            runs.push(Run::new(Role::Warn, format!(" ≥{word}")));
        }
        if self.frozen {
            runs.push(Run::new(Role::Info, " frozen"));
        } else if self.following {
            runs.push(Run::new(Role::Good, " ● live"));
        }
        runs
    }

    fn look(&self) -> Option<Look> {
        Some(Look {
            pane: PaneId::Logs.plain(),
            query: format!(
                "{} >={}{}",
                self.query.services.join(","),
                self.query.level.word(),
                self.query
                    .kind
                    .as_ref()
                    .map(|kind| format!(" #{kind}"))
                    .unwrap_or_default()
            ),
            filter: self.query.text.clone(),
            first: if self.following {
                None
            } else {
                self.window.rows.get(self.top).map(|row| row.cursor.clone())
            },
            rows: match &self.groups {
                // Kinds of lines are no lines.
                Some(_) => 0,
                None => self.height.min(self.window.rows.len()) as u16,
            },
            frozen: self.frozen,
        })
    }
}
