//! The metrics pane: queries, their chart, a cursor that reads values, a list of metrics to pick from.

mod draw;
mod panels;

use crate::tui::canvas::{Canvas, Run};
use crate::tui::keymap::Context;
use crate::tui::modal::{Modal, PickItem, Picker};
use crate::tui::pane::{Answer, Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::widgets::candidates::Candidates;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::{
    Act, ChartData, ChartQuery, DashboardRow, Desk, Family, Look, Mark, MetricRow, SeriesColumn,
    Status,
};

/// The ranges a chart can have, in minutes.
const RANGES_MIN: [i64; 8] = [5, 15, 30, 60, 180, 360, 720, 1440];
/// The range it opens with: an hour.
const FIRST_RANGE: usize = 3;
/// Steps that a chart's points can have, in seconds.
const STEPS_S: [i64; 9] = [5, 15, 30, 60, 120, 300, 600, 900, 1800];
/// The most queries at once.
const MAX_QUERIES: usize = 8;

/// A day, for the comparison with the one before.
const DAY_MS: i64 = 86_400_000;

/// A query under edit.
#[derive(Clone, Debug)]
struct Editing {
    field: Field,
    candidates: Candidates,
    /// Whether it is to be added instead of replacing the selected one.
    adds: bool,
}

/// The pane's state.
#[expect(
    clippy::struct_excessive_bools,
    reason = "parts of the screen are switched one by one"
)]
pub struct MetricsPane {
    names: std::sync::Arc<[MetricRow]>,
    queries: Vec<String>,
    /// Titles of queries that came with a dashboard.
    titles: Vec<String>,
    dashboard: Option<String>,
    dashboards: Vec<DashboardRow>,
    /// Each query has a panel of its own.
    panels: bool,
    /// The day before is drawn too.
    yesterday: bool,
    before: ChartData,
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
            titles: Vec::new(),
            dashboard: None,
            dashboards: Vec::new(),
            panels: false,
            yesterday: false,
            before: ChartData::default(),
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
                other_names: Vec::new(),
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
        self.dashboard = None;
        if let (false, Some(title)) = (adds, self.titles.get_mut(self.selected)) {
            title.clear();
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
            candidates: Candidates::default(),
            adds,
        });
    }

    fn drop_query(&mut self) {
        if self.selected < self.queries.len() {
            self.queries.remove(self.selected);
            if self.selected < self.titles.len() {
                self.titles.remove(self.selected);
            }
            self.dashboard = None;
            self.selected = self.selected.min(self.queries.len().saturating_sub(1));
            self.solo = false;
        }
    }

    fn pick_dashboard(&self) -> Vec<Effect> {
        let items = self
            .dashboards
            .iter()
            .map(|board| PickItem {
                label: board.title.clone(),
                about: board.about.clone(),
                note: match board.panels.len() {
                    1 => "1 panel".to_owned(),
                    many => format!("{many} panels"),
                },
                other_names: Vec::new(),
                effects: vec![Effect::Tell(
                    PaneId::Metrics,
                    Answer::Panels {
                        title: board.title.clone(),
                        panels: board.panels.clone(),
                    },
                )],
            })
            .collect();
        vec![Effect::Modal(Box::new(Modal::Picker(Picker::new(
            "Dashboards",
            items,
        ))))]
    }

    fn open_dashboard(&mut self, title: String, panels: Vec<(String, String)>) {
        let (titles, queries) = panels.into_iter().take(MAX_QUERIES).unzip();
        self.titles = titles;
        self.queries = queries;
        self.dashboard = Some(title);
        self.panels = self.queries.len() > 1;
        self.selected = 0;
        self.legend.select(0);
        self.cursor_ms = None;
        self.solo = false;
    }

    /// Another pane is told to show the moment under the cursor, of the selected series' service.
    fn show_of_then(&self, pane: PaneId) -> Vec<Effect> {
        let at_ms = self.cursor_ms.unwrap_or(self.shown.end_ms);
        let labels = self.series().map(|series| series.labels.as_slice());
        let service = labels
            .unwrap_or(&[])
            .iter()
            .find(|(name, _)| matches!(name.as_str(), "service" | "job" | "app"))
            .map(|(_, value)| value.clone());
        vec![
            Effect::Focus(pane),
            Effect::Tell(pane, Answer::Moment { at_ms, service }),
        ]
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
            Verb::Dashboards => return self.pick_dashboard(),
            Verb::Panels => self.panels = !self.panels,
            Verb::Yesterday => {
                self.yesterday = !self.yesterday;
                self.asked = None;
            }
            Verb::ShowLogs => return self.show_of_then(PaneId::Logs),
            Verb::OpenTrace => return self.show_of_then(PaneId::Traces),
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

    fn on_edit(&mut self, action: PaneAction) -> Vec<Effect> {
        let Some(editing) = &mut self.editing else {
            return Vec::new();
        };
        match action {
            PaneAction::Verb(Verb::Back) => {
                if !editing.candidates.close() {
                    self.editing = None;
                }
            }
            PaneAction::Verb(Verb::Submit) => {
                let (query, adds) = (editing.field.take(), editing.adds);
                self.editing = None;
                self.set_query(query, adds);
            }
            PaneAction::Verb(Verb::Complete) => {
                if !editing.candidates.next(&mut editing.field) {
                    return vec![Effect::CompleteQuery {
                        line: editing.field.value().to_owned(),
                        cursor: editing.field.cursor(),
                    }];
                }
            }
            PaneAction::Answer(Answer::Completions(found)) => {
                editing.candidates.take(found, &mut editing.field);
            }
            PaneAction::Key(key) => {
                editing.field.on_key(key);
                editing.candidates.close();
            }
            PaneAction::Paste(pasted) => editing.field.insert(&pasted),
            _ => {}
        }
        Vec::new()
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
            PaneAction::Answer(Answer::Panels { title, panels }) => {
                self.open_dashboard(title, panels);
            }
            PaneAction::Row {
                list: 1,
                row,
                twice,
            } => {
                // A panel of a dashboard.
                self.selected = row.min(self.queries.len().saturating_sub(1));
                self.panels ^= twice;
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
            action if self.editing.is_some() => return self.on_edit(action),
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
            self.dashboards = desk.dashboards();
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
            self.before = if self.yesterday {
                desk.chart(&ChartQuery {
                    start_ms: key.1.start_ms - DAY_MS,
                    end_ms: key.1.end_ms - DAY_MS,
                    ..key.1.clone()
                })
            } else {
                ChartData::default()
            };
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
        let mut runs = Vec::new();
        if let Some(dashboard) = &self.dashboard {
            runs.push(Run::new(Role::Link, format!("{dashboard} ")));
        }
        runs.push(Run::new(Role::Muted, format!("last {range}")));
        if self.end_ms.is_some() {
            let end = units::clock_minute(self.shown.end_ms);
            runs.pop();
            runs.push(Run::new(Role::Muted, format!("{range} to {end}")));
        }
        if self.yesterday {
            runs.push(Run::new(Role::Faint, " and the day before"));
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
