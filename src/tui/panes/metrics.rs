//! The metrics pane: queries, their chart, a cursor that reads values, a list of metrics to pick from.

mod draw;

use crate::tui::canvas::{Canvas, Run};
use crate::tui::keymap::Context;
use crate::tui::modal::{Modal, PickItem, Picker};
use crate::tui::pane::{Answer, Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::{
    Act, ChartData, ChartQuery, Desk, Family, Look, Mark, MetricRow, SeriesColumn, Status,
};

/// The ranges a chart can have, in minutes.
const RANGES_MIN: [i64; 8] = [5, 15, 30, 60, 180, 360, 720, 1440];
/// The range it opens with: an hour.
const FIRST_RANGE: usize = 3;
/// Steps that a chart's points can have, in seconds.
const STEPS_S: [i64; 9] = [5, 15, 30, 60, 120, 300, 600, 900, 1800];
/// The most queries at once.
const MAX_QUERIES: usize = 8;

/// A query under edit.
#[derive(Clone, Debug)]
struct Editing {
    field: Field,
    /// Whether it is to be added instead of replacing the selected one.
    adds: bool,
}

/// The pane's state.
pub struct MetricsPane {
    names: std::sync::Arc<[MetricRow]>,
    queries: Vec<String>,
    selected: usize,
    editing: Option<Editing>,
    adding: bool,
    range: usize,
    end_ms: Option<i64>,
    cursor_ms: Option<i64>,
    legend: Rows,
    solo: bool,
    frozen: bool,
    data: ChartData,
    marks: Vec<Mark>,
    shown: ChartQuery,
    asked: Option<(u64, ChartQuery)>,
    started: bool,
}

impl Default for MetricsPane {
    fn default() -> Self {
        Self {
            names: std::sync::Arc::from(Vec::new()),
            queries: Vec::new(),
            selected: 0,
            editing: None,
            adding: false,
            range: FIRST_RANGE,
            end_ms: None,
            cursor_ms: None,
            legend: Rows::default(),
            solo: false,
            frozen: false,
            data: ChartData::default(),
            marks: Vec::new(),
            shown: ChartQuery::default(),
            asked: None,
            started: false,
        }
    }
}

impl MetricsPane {
    fn range_ms(&self) -> i64 {
        RANGES_MIN.get(self.range).copied().unwrap_or(60) * 60_000
    }

    fn series(&self) -> Option<&SeriesColumn> {
        self.data.series.get(self.legend.selected)
    }

    fn pick_metric(&self) -> Vec<Effect> {
        let items = self
            .names
            .iter()
            .map(|metric| PickItem {
                label: metric.name.clone(),
                about: metric.help.clone(),
                note: metric.kind.clone(),
                effects: vec![Effect::Tell(
                    PaneId::Metrics,
                    Answer::Chosen(metric.query.clone()),
                )],
            })
            .collect();
        let title = if self.adding {
            "Add a metric"
        } else {
            "Metrics"
        };
        let picker = Picker::new(title, items);
        vec![Effect::Modal(Box::new(Modal::Picker(picker)))]
    }

    fn set_query(&mut self, query: String, adds: bool) {
        self.cursor_ms = None;
        self.solo = false;
        if query.trim().is_empty() {
            return;
        }
        if adds && self.queries.len() < MAX_QUERIES {
            self.queries.push(query);
            self.selected = self.queries.len() - 1;
        } else if let Some(slot) = self.queries.get_mut(self.selected) {
            *slot = query;
        } else {
            self.queries.push(query);
            self.selected = 0;
        }
    }

    fn edit(&mut self, adds: bool) {
        let text = if adds {
            ""
        } else {
            self.queries.get(self.selected).map_or("", String::as_str)
        };
        self.editing = Some(Editing {
            field: Field::new(text),
            adds,
        });
    }

    fn drop_query(&mut self) {
        if self.selected < self.queries.len() {
            self.queries.remove(self.selected);
            self.selected = self.selected.min(self.queries.len().saturating_sub(1));
            self.solo = false;
        }
    }

    fn move_cursor(&mut self, steps: isize) {
        let times = &self.data.times;
        let last = times.len().saturating_sub(1);
        let at = self.cursor_ms.map_or(last, |cursor| {
            times.partition_point(|at_ms| *at_ms < cursor).min(last)
        });
        let next = if self.cursor_ms.is_none() {
            last
        } else {
            at.saturating_add_signed(steps).min(last)
        };
        self.cursor_ms = times.get(next).copied();
    }

    fn pan(&mut self, forward: bool) {
        let half = self.range_ms() / 2;
        let end = self.end_ms.unwrap_or(self.shown.end_ms);
        self.end_ms = Some(if forward { end + half } else { end - half });
        self.cursor_ms = None;
    }

    fn pin(&self) -> Vec<Effect> {
        let Some(series) = self.series() else {
            return Vec::new();
        };
        let at = self
            .cursor_ms
            .map_or_else(String::new, |at| format!(" at {}", units::clock(at)));
        vec![Effect::Act(
            PaneId::Metrics,
            Act::Pin {
                artifact: series.id.clone(),
                label: format!("chart {}{at}", series.name),
            },
        )]
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match verb {
            Verb::PickMetric | Verb::Filter | Verb::Open => {
                self.adding = false;
                return self.pick_metric();
            }
            Verb::AddQuery => {
                self.adding = true;
                return self.pick_metric();
            }
            Verb::EditQuery => self.edit(self.queries.is_empty()),
            Verb::DropQuery => self.drop_query(),
            Verb::LongerRange => self.range = (self.range + 1).min(RANGES_MIN.len() - 1),
            Verb::ShorterRange => self.range = self.range.saturating_sub(1),
            Verb::Earlier => self.pan(false),
            Verb::Later => self.pan(true),
            Verb::Left => self.move_cursor(-1),
            Verb::Right => self.move_cursor(1),
            Verb::PageUp => self.move_cursor(-10),
            Verb::PageDown => self.move_cursor(10),
            Verb::Solo => self.solo = !self.solo,
            Verb::Freeze => self.frozen = !self.frozen,
            Verb::Pin => return self.pin(),
            Verb::Back => {
                if self.cursor_ms.take().is_none() {
                    self.solo = false;
                    self.end_ms = None;
                }
            }
            verb => {
                if self.legend.on(verb)
                    && let Some(series) = self.series()
                {
                    self.selected = series.query;
                }
            }
        }
        Vec::new()
    }

    fn on_edit(&mut self, action: &PaneAction) {
        let Some(editing) = &mut self.editing else {
            return;
        };
        match action {
            PaneAction::Verb(Verb::Back) => self.editing = None,
            PaneAction::Verb(Verb::Submit) => {
                let (query, adds) = (editing.field.take(), editing.adds);
                self.editing = None;
                self.set_query(query, adds);
            }
            PaneAction::Verb(Verb::Complete) => complete_name(&mut editing.field, &self.names),
            PaneAction::Key(key) => {
                editing.field.on_key(*key);
            }
            PaneAction::Paste(pasted) => editing.field.insert(pasted),
            _ => {}
        }
    }

    /// What to ask for at a time, in a width.
    fn chart_query(&self, now_ms: i64, width: u16) -> ChartQuery {
        let range_ms = self.range_ms();
        let points = i64::from(width.saturating_sub(10)).max(20) * 2;
        let step_s = STEPS_S
            .into_iter()
            .find(|step| range_ms / 1000 / step <= points)
            .unwrap_or(1800);
        let step_ms = step_s * 1000;
        let end = self.end_ms.unwrap_or(now_ms).min(now_ms);
        let end_ms = end.div_euclid(step_ms) * step_ms;
        ChartQuery {
            queries: self.queries.clone(),
            start_ms: end_ms - range_ms,
            end_ms,
            step_ms,
        }
    }
}

/// Completes the metric name before the caret with the first that begins like it.
fn complete_name(field: &mut Field, names: &[MetricRow]) {
    let before = field.value().get(..field.cursor()).unwrap_or("");
    let from = before
        .rfind(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':')
        .map_or(0, |at| at + 1);
    let word = before.get(from..).unwrap_or("").to_owned();
    if word.is_empty() {
        return;
    }
    if let Some(found) = names
        .iter()
        .find(|metric| metric.name.starts_with(&word) && metric.name != word)
    {
        field.replace_back_to(from, &found.name);
    }
}

impl Pane for MetricsPane {
    fn listening(&self) -> Listening {
        if self.editing.is_some() {
            Listening::typing(Context::Field)
        } else {
            Listening::keys(&[Context::Metrics])
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Answer(Answer::Chosen(query)) => {
                let adds = std::mem::take(&mut self.adding);
                self.set_query(query, adds);
            }
            PaneAction::Row { row, twice, .. } => {
                self.legend.select(row);
                if let Some(series) = self.series() {
                    self.selected = series.query;
                }
                self.solo ^= twice;
            }
            PaneAction::Column { column, columns } => {
                let (start, end) = (self.shown.start_ms, self.shown.end_ms);
                let share = i64::from(column) * (end - start) / i64::from(columns.max(2) - 1);
                self.cursor_ms = Some(start + share);
                self.move_cursor(0);
            }
            PaneAction::Wheel(rows) => self.legend.step(rows.signum() as isize),
            action if self.editing.is_some() => self.on_edit(&action),
            PaneAction::Verb(verb) => return self.on_verb(verb),
            _ => {}
        }
        Vec::new()
    }

    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, status: &Status) {
        if !self.started {
            self.started = true;
            self.names = desk.metric_names();
            self.queries = desk.starting_queries();
            self.queries.truncate(MAX_QUERIES);
        }
        if self.end_ms.is_some_and(|end| end >= status.now_ms) {
            self.end_ms = None;
        }
        let query = self.chart_query(status.now_ms, size.width);
        let same_but_time = self.asked.as_ref().is_some_and(|(_, asked)| {
            asked.queries == query.queries
                && asked.step_ms == query.step_ms
                && asked.end_ms - asked.start_ms == query.end_ms - query.start_ms
        });
        if self.frozen && same_but_time && self.end_ms.is_none() {
            return;
        }
        let key = (desk.revision(Family::Metrics), query);
        if self.asked.as_ref() != Some(&key) {
            self.data = desk.chart(&key.1);
            self.marks = desk.marks(key.1.start_ms, key.1.end_ms);
            self.shown = key.1.clone();
            self.asked = Some(key);
        }
        let rows = draw::legend_rows(size.height, self.data.series.len());
        self.legend
            .fit(self.data.series.len(), usize::from(rows).max(1));
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        self.draw_all(canvas, view.focused);
    }

    fn caption(&self) -> Vec<Run> {
        let minutes = self.range_ms() / 60_000;
        let range = if minutes < 60 {
            format!("{minutes}m")
        } else {
            format!("{}h", minutes / 60)
        };
        let mut runs = vec![Run::new(Role::Muted, format!("last {range}"))];
        if self.end_ms.is_some() {
            let end = units::clock_minute(self.shown.end_ms);
            runs = vec![Run::new(Role::Muted, format!("{range} to {end}"))];
        }
        if self.frozen {
            runs.push(Run::new(Role::Info, " frozen"));
        }
        runs
    }

    fn look(&self) -> Option<Look> {
        Some(Look {
            pane: PaneId::Metrics.plain(),
            query: self.queries.join("\n"),
            filter: format!("{}m", self.range_ms() / 60_000),
            first: self.series().map(|series| series.id.clone()),
            rows: self.data.series.len().min(usize::from(u16::MAX)) as u16,
            frozen: self.frozen || self.end_ms.is_some(),
        })
    }
}
