//! The traces pane: traces of a service, failed or slow ones first; one of them as a waterfall; two of them compared.

mod draw;

use ratatui::layout::Rect;

use crate::tui::canvas::{Canvas, Run};
use crate::tui::keymap::Context;
use crate::tui::pane::{Answer, Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::{
    Act, Desk, Family, Look, Status, Tone, TraceList, TraceListRow, TraceOrder, TraceQuery,
    TraceView,
};

/// The choice in the service list that means all of them.
/// How a message begins that opens the trace of a log line; what follows is the line's cursor.
pub(super) const TRACE_OF_LINE: &str = "line:";

/// The pane's state.
#[derive(Default)]
pub struct TracesPane {
    services: Vec<String>,
    query: TraceQuery,
    list: TraceList,
    /// Rows of the list that the filter takes.
    shown: Vec<usize>,
    rows: Rows,
    filter: Field,
    filtering: bool,
    /// The trace that is open.
    open: Option<TraceView>,
    /// Its spans.
    spans: Rows,
    /// The trace that it is compared with.
    other: Option<TraceView>,
    /// A trace that was chosen to be compared with the next.
    marked: Option<String>,
    /// Traces that are to be opened when the desk is there: one, or it and the one it is compared with.
    wanted: Option<(String, Option<String>)>,
    /// A log line whose trace is to be opened.
    line: Option<String>,
    /// Why a trace could not be opened.
    problem: Option<String>,
    frozen: bool,
    asked: Option<(u64, TraceQuery)>,
}

impl TracesPane {
    fn row(&self) -> Option<&TraceListRow> {
        self.shown
            .get(self.rows.selected)
            .and_then(|at| self.list.rows.get(*at))
    }

    /// The trace that keys are about: the open one, otherwise the selected one.
    fn current(&self) -> Option<(&str, &str, String)> {
        match &self.open {
            Some(open) => Some((&open.id, &open.trace, label(open))),
            None => self.row().map(|row| {
                let words = format!("{} {} {}", row.service, row.operation, row.status);
                let took = draw::duration(row.duration_us);
                (
                    row.id.as_str(),
                    row.trace.as_str(),
                    format!("trace {words} {took} {}", row.error),
                )
            }),
        }
    }

    fn pin(&self) -> Vec<Effect> {
        self.current().map_or_else(Vec::new, |(id, _, label)| {
            vec![Effect::Act(
                PaneId::Traces,
                Act::Pin {
                    artifact: id.to_owned(),
                    label,
                },
            )]
        })
    }

    /// The log pane is told to show the lines of the trace.
    fn logs(&self) -> Vec<Effect> {
        let Some((_, trace, _)) = self.current() else {
            return Vec::new();
        };
        let query = format!("{{app=~\".+\"}} |= \"{trace}\"");
        vec![
            Effect::Tell(PaneId::Logs, Answer::Chosen(query)),
            Effect::Focus(PaneId::Logs),
        ]
    }

    /// The first use chooses a trace, the second compares it with the one that is open or selected then.
    fn compare(&mut self) -> Vec<Effect> {
        if self.other.take().is_some() {
            return Vec::new();
        }
        let Some(trace) = self.current().map(|(_, trace, _)| trace.to_owned()) else {
            return Vec::new();
        };
        match self.marked.take() {
            Some(marked) if marked != trace => {
                self.wanted = Some((trace, Some(marked)));
                Vec::new()
            }
            Some(_) => Vec::new(),
            None => {
                self.marked = Some(trace);
                let words = "chosen: compare with another trace by the same key";
                vec![Effect::Notice(Tone::Plain, words.to_owned())]
            }
        }
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match verb {
            Verb::PickService => {
                return super::pick_service("Whose traces", PaneId::Traces, &self.services);
            }
            Verb::Pin => return self.pin(),
            Verb::TraceLogs => return self.logs(),
            Verb::Compare => return self.compare(),
            Verb::Freeze => self.frozen = !self.frozen,
            Verb::Back => self.back(),
            Verb::Left if self.open.is_some() => self.back(),
            verb if self.open.is_some() => {
                self.spans.on(verb);
            }
            Verb::Open | Verb::Right => {
                self.wanted = self.row().map(|row| (row.trace.clone(), None));
            }
            Verb::TraceOrder => self.query.order = self.query.order.next(),
            Verb::FailedOnly => self.query.failed_only = !self.query.failed_only,
            Verb::Filter => self.filtering = true,
            verb => {
                self.rows.on(verb);
            }
        }
        Vec::new()
    }

    fn back(&mut self) {
        if self.problem.take().is_some() || self.other.take().is_some() {
            return;
        }
        if self.open.take().is_some() || self.marked.take().is_some() {
            return;
        }
        if self.filter.take().is_empty() {
            self.query.around_ms = None;
        }
    }

    fn open_wanted(&mut self, desk: &mut dyn Desk) {
        if let Some(line) = self.line.take() {
            self.wanted = desk.trace_of_line(&line).map(|trace| (trace, None));
            if self.wanted.is_none() {
                self.open = None;
                self.problem = Some("The line shows no trace.".to_owned());
            }
        }
        let Some((trace, other)) = self.wanted.take() else {
            return;
        };
        self.problem = None;
        match desk.trace(&trace) {
            Ok(view) => {
                self.open = Some(view);
                self.spans = Rows::default();
            }
            Err(problem) => {
                self.open = None;
                self.problem = Some(problem);
            }
        }
        self.other = other.and_then(|trace| desk.trace(&trace).ok());
    }

    fn refresh_list(&mut self, desk: &mut dyn Desk, height: usize) {
        let asked = (desk.revision(Family::Traces), self.query.clone());
        let same_query = self
            .asked
            .as_ref()
            .is_some_and(|known| known.1 == self.query);
        let stays = same_query && (self.frozen || self.open.is_some());
        if self.asked.as_ref() != Some(&asked) && !stays {
            let kept = self.row().map(|row| row.trace.clone());
            self.list = desk.traces(&self.query);
            if same_query && self.rows.selected > 0 {
                let rows = &self.list.rows;
                let at = |trace: &String| rows.iter().position(|row| row.trace == *trace);
                if let Some(at) = kept
                    .as_ref()
                    .and_then(at)
                    .filter(|_| self.filter.is_empty())
                {
                    self.rows.fit(self.list.rows.len(), height);
                    self.rows.select(at);
                }
            } else if !same_query {
                self.rows = Rows::default();
            }
            self.asked = Some(asked);
        }
        let wanted = self.filter.value().to_lowercase();
        let takes = |row: &TraceListRow| {
            let words = format!(
                "{} {} {} {} {}",
                row.service, row.operation, row.status, row.error, row.trace
            );
            words.to_lowercase().contains(&wanted)
        };
        let rows = self.list.rows.iter().enumerate();
        self.shown = rows
            .filter(|(_, row)| takes(row))
            .map(|(at, _)| at)
            .collect();
        self.rows.fit(self.shown.len(), height);
    }
}

/// A trace in one line, for a pin.
fn label(view: &TraceView) -> String {
    let error = view.spans.iter().rev().find_map(|span| {
        let error = span.error.as_ref()?;
        Some(format!(": {} {}: {error}", span.service, span.operation))
    });
    format!(
        "trace {} {} {}{}",
        view.title,
        view.status,
        draw::duration(view.duration_us),
        error.unwrap_or_default()
    )
}

impl Pane for TracesPane {
    fn listening(&self) -> Listening {
        if self.filtering {
            Listening::typing(Context::Field)
        } else {
            Listening::keys(&[Context::Traces])
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Answer(Answer::Chosen(chosen)) => {
                if let Some(line) = chosen.strip_prefix(TRACE_OF_LINE) {
                    self.line = Some(line.to_owned());
                } else {
                    let all = chosen == super::ALL_SERVICES;
                    self.query.service = if all { String::new() } else { chosen };
                    (self.open, self.other, self.problem) = (None, None, None);
                }
            }
            PaneAction::Answer(Answer::Moment { at_ms, service }) => {
                let known = service.filter(|service| self.services.contains(service));
                self.query = TraceQuery {
                    service: known.unwrap_or_default(),
                    order: TraceOrder::Slowest,
                    around_ms: Some(at_ms),
                    ..TraceQuery::default()
                };
                (self.open, self.other, self.problem) = (None, None, None);
            }
            PaneAction::Row { list: 1, row, .. } => self.spans.select(row),
            PaneAction::Row { row, twice, .. } => {
                self.rows.select(row);
                if twice {
                    return self.on_verb(Verb::Open);
                }
            }
            PaneAction::Wheel(rows) if self.open.is_some() => {
                self.spans.step(rows.signum() as isize);
            }
            PaneAction::Wheel(rows) => self.rows.step(rows.signum() as isize),
            action if self.filtering => {
                self.filtering = super::type_filter(&mut self.filter, &mut self.rows, &action);
            }
            PaneAction::Verb(verb) => return self.on_verb(verb),
            _ => {}
        }
        Vec::new()
    }

    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, _status: &Status) {
        if self.services.is_empty() {
            self.services = desk.trace_services();
        }
        self.open_wanted(desk);
        let filter = u16::from(self.filtering || !self.filter.is_empty());
        let height = size.height.saturating_sub(filter + draw::LIST_BARS);
        self.refresh_list(desk, usize::from(height));
        if let Some(open) = &self.open {
            let height = draw::span_rows(size, self.other.is_some());
            self.spans.fit(open.spans.len(), height);
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        if let Some(problem) = &self.problem {
            let rect = canvas.rect();
            draw::problem(&mut canvas.part(rect), problem);
            return;
        }
        if let Some(open) = &self.open {
            let other = self.other.as_ref();
            draw::waterfall(canvas, open, other, &self.spans, view.focused);
            return;
        }
        let mut y = 0;
        if self.filtering || !self.filter.is_empty() {
            let at = canvas.text(0, 0, "/ ", Role::Accent);
            let part = Rect::new(at, 0, canvas.width().saturating_sub(at), 1);
            let active = view.focused && self.filtering;
            self.filter
                .draw(canvas, part, "service, operation, status, words", active);
            y = 1;
        }
        let part = Rect::new(0, y, canvas.width(), canvas.height().saturating_sub(y));
        let list = draw::List {
            rows: &self.list.rows,
            notes: &self.list.notes,
            shown: &self.shown,
            marked: self.marked.as_deref(),
            place: &self.rows,
        };
        draw::list(&mut canvas.part(part), &list, view.focused);
    }

    fn caption(&self) -> Vec<Run> {
        if let Some(open) = &self.open {
            let role = if open.failed { Role::Alert } else { Role::Good };
            return vec![
                Run::new(Role::Link, open.title.clone()),
                Run::new(role, format!(" {}", open.status)),
                Run::new(
                    Role::Muted,
                    format!(" {}", draw::duration(open.duration_us)),
                ),
            ];
        }
        let service = if self.query.service.is_empty() {
            super::ALL_SERVICES
        } else {
            &self.query.service
        };
        let mut runs = vec![
            Run::new(Role::Link, service.to_owned()),
            Run::new(Role::Muted, format!(" {} first", self.query.order.word())),
        ];
        if let Some(at_ms) = self.query.around_ms {
            let at = units::clock(at_ms);
            runs.push(Run::new(Role::Info, format!(" around {at}")));
        }
        if self.query.failed_only {
            runs.push(Run::new(Role::Alert, " failed only"));
        }
        if self.frozen {
            runs.push(Run::new(Role::Info, " frozen"));
        }
        runs
    }

    fn look(&self) -> Option<Look> {
        // A list that is filtered or held is not what the query would list now: its rows are named.
        let is_own = self.open.is_none() && (self.frozen || !self.filter.is_empty());
        let ids: Vec<&str> = if is_own {
            let listed = self.rows.visible().filter_map(|row| self.shown.get(row));
            let rows = listed.filter_map(|row| self.list.rows.get(*row));
            rows.map(|row| row.trace.as_str()).collect()
        } else {
            let open = [self.open.as_ref(), self.other.as_ref()];
            let views = open.into_iter().flatten();
            views.map(|view| view.trace.as_str()).collect()
        };
        let service = if self.query.service.is_empty() {
            "*"
        } else {
            &self.query.service
        };
        let failed = if self.query.failed_only {
            "error"
        } else {
            "any"
        };
        let around = self.query.around_ms.unwrap_or(0);
        Some(Look {
            pane: PaneId::Traces.plain(),
            query: ids.join("\n"),
            filter: format!("{service} {} {failed} {around}", self.query.order.word()),
            first: None,
            rows: self.rows.visible().end as u16,
            frozen: self.frozen,
        })
    }
}
