//! Uses of kubectl that go on: `-f`, `-w`, `rollout status`, `wait`, `delete`. Each is asked again as time passes.

use std::collections::BTreeMap;

use super::context::Context;
use super::flags::Parsed;
use super::get;
use super::logs::{self, Stream, Style};
use super::outcome::KubectlOutcome;
use super::print::{self, Format, TableStyle};
use super::resources::Request;
use super::rollout;
use super::rows;
use super::show;
use super::view::KubeView;
use super::wait::Condition;
use crate::sim::kubernetes::ObjectRef;
use crate::sim::time::{SimTime, Span};

/// A use of kubectl that goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Follow {
    /// `rollout status`: a line whenever it changes, until the rollout is done or fails.
    Rollout {
        /// The workload.
        target: ObjectRef,
        /// The line that was printed last.
        last: String,
        /// When to give up.
        deadline: Option<SimTime>,
    },
    /// `logs -f`: lines as they come, until every life has ended.
    Logs {
        /// The lives.
        streams: Vec<Stream>,
        /// How lines are printed.
        style: Style,
        /// Up to when lines were printed.
        printed: SimTime,
    },
    /// `get -w`: a row whenever one changes, until it is stopped.
    Watch(Box<Watch>),
    /// `wait`: until the condition holds for every object.
    Wait {
        /// The objects for which it does not hold yet.
        left: Vec<ObjectRef>,
        /// The condition.
        condition: Condition,
        /// When to give up.
        deadline: SimTime,
    },
    /// `delete`: until the pods, told apart by their UIDs, are gone.
    Gone {
        /// The pods that are still there.
        left: Vec<(ObjectRef, String)>,
        /// When to give up.
        deadline: Option<SimTime>,
    },
}

/// A watched list.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    request: Request,
    style: TableStyle,
    seen: BTreeMap<ObjectRef, Vec<String>>,
    widths: Vec<usize>,
    with_header: bool,
}

/// What came since the last time it was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FollowStep {
    /// What is printed now, and what it showed.
    pub outcome: KubectlOutcome,
    /// Whether it is done; the exit code is the outcome's.
    pub done: bool,
}

impl Follow {
    /// `rollout status`.
    pub(super) const fn rollout(
        target: ObjectRef,
        last: String,
        deadline: Option<SimTime>,
    ) -> Self {
        Self::Rollout {
            target,
            last,
            deadline,
        }
    }

    /// `logs -f`.
    pub(super) const fn logs(streams: Vec<Stream>, style: Style, printed: SimTime) -> Self {
        Self::Logs {
            streams,
            style,
            printed,
        }
    }

    /// `delete`.
    pub(super) const fn gone(left: Vec<(ObjectRef, String)>, deadline: Option<SimTime>) -> Self {
        Self::Gone { left, deadline }
    }

    /// `get -w`.
    pub(super) fn watch(
        context: &Context<'_>,
        parsed: &Parsed,
        request: &Request,
        format: &Format,
    ) -> Self {
        let wide = *format == (Format::Table { wide: true });
        let style = get::style(parsed, request, wide);
        let mut watch = Watch {
            request: request.clone(),
            style,
            seen: BTreeMap::new(),
            widths: Vec::new(),
            with_header: parsed.on("watch-only") && !parsed.on("no-headers"),
        };
        watch.changes(context.view, context.now);
        Self::Watch(Box::new(watch))
    }

    /// What came up to now.
    pub fn step(&mut self, view: &dyn KubeView, now: SimTime) -> FollowStep {
        let mut step = match self {
            Self::Rollout {
                target,
                last,
                deadline,
            } => rollout_step(view, target, last, *deadline, now),
            Self::Logs {
                streams,
                style,
                printed,
            } => logs_step(view, streams, style, printed, now),
            Self::Watch(watch) => FollowStep {
                outcome: watch.changes(view, now),
                done: false,
            },
            Self::Wait {
                left,
                condition,
                deadline,
            } => wait_step(view, left, condition, *deadline, now),
            Self::Gone { left, deadline } => gone_step(view, left, *deadline, now),
        };
        step.outcome = step.outcome.cleaned();
        step
    }
}

fn rollout_step(
    view: &dyn KubeView,
    target: &ObjectRef,
    last: &mut String,
    deadline: Option<SimTime>,
    now: SimTime,
) -> FollowStep {
    let mut outcome = KubectlOutcome::default();
    let mut done = match rollout::progress(view.cluster(), target) {
        Ok((line, finished)) => {
            if line != *last {
                outcome.say(&line);
                *last = line;
            }
            finished
        }
        Err(line) => {
            outcome.fail(&line);
            true
        }
    };
    if !done && deadline.is_some_and(|deadline| now >= deadline) {
        outcome.fail("error: timed out waiting for the condition");
        done = true;
    }
    FollowStep { outcome, done }
}

fn logs_step(
    view: &dyn KubeView,
    streams: &mut Vec<Stream>,
    style: &Style,
    printed: &mut SimTime,
    now: SimTime,
) -> FollowStep {
    let mut outcome = KubectlOutcome::default();
    let cluster = view.cluster();
    let from = *printed + Span::from_millis(1);
    for stream in streams.iter_mut() {
        stream.ended_at = ended_at(view, stream);
        let until = stream.ended_at.unwrap_or(now).min(now);
        let lines = logs::lines(view, stream, from.max(stream.from), until, None);
        logs::print(cluster, stream, &lines, style, &mut outcome);
    }
    *printed = (*printed).max(now);
    streams.retain(|stream| {
        stream
            .ended_at
            .is_none_or(|ended_at| now < ended_at + logs::LINGER)
    });
    FollowStep {
        done: streams.is_empty(),
        outcome,
    }
}

/// When the life ended, if it did: its container ended, or its pod is gone.
fn ended_at(view: &dyn KubeView, stream: &Stream) -> Option<SimTime> {
    if stream.ended_at.is_some() {
        return stream.ended_at;
    }
    let pod = view.cluster().pod(&stream.namespace, &stream.pod);
    let container = pod.and_then(|pod| {
        pod.containers
            .iter()
            .find(|container| container.name == stream.container)
    });
    let Some(container) = container else {
        return Some(stream.from);
    };
    if container.restart_count == stream.life && container.running_since().is_some() {
        return None;
    }
    container.last_end().map(|end| end.finished_at)
}

fn wait_step(
    view: &dyn KubeView,
    left: &mut Vec<ObjectRef>,
    condition: &Condition,
    deadline: SimTime,
    now: SimTime,
) -> FollowStep {
    let mut outcome = KubectlOutcome::default();
    left.retain(|object| {
        let met = condition.is_met(view.cluster(), object);
        if met {
            outcome.say(&format!("{} condition met", object.qualified()));
        }
        !met
    });
    let late = now >= deadline && !left.is_empty();
    if late {
        for object in left.iter() {
            outcome.fail(&super::wait::timed_out(object));
        }
    }
    FollowStep {
        done: late || left.is_empty(),
        outcome,
    }
}

fn gone_step(
    view: &dyn KubeView,
    left: &mut Vec<(ObjectRef, String)>,
    deadline: Option<SimTime>,
    now: SimTime,
) -> FollowStep {
    let cluster = view.cluster();
    left.retain(|(pod, uid)| {
        cluster
            .pod(&pod.namespace, &pod.name)
            .is_some_and(|found| *found.meta.uid == **uid)
    });
    let mut outcome = KubectlOutcome::default();
    let late = deadline.is_some_and(|deadline| now >= deadline) && !left.is_empty();
    if late {
        for (pod, _) in left.iter() {
            outcome.fail(&format!(
                "error: timed out waiting for the condition on {}/{}",
                pod.kind.resource(),
                pod.name
            ));
        }
    }
    FollowStep {
        done: late || left.is_empty(),
        outcome,
    }
}

impl Watch {
    /// Rows that are new, changed or gone since the last time; columns keep the width they once had.
    fn changes(&mut self, view: &dyn KubeView, now: SimTime) -> KubectlOutcome {
        let cluster = view.cluster();
        let mut outcome = KubectlOutcome::default();
        let first = self.widths.is_empty();
        let (objects, _) = self.request.find(cluster);
        let mut rows_now = BTreeMap::new();
        let mut printed = Vec::new();
        for listing in rows::listings(cluster, &objects, now) {
            if first {
                self.widen(&print::headers(&listing, &self.style));
            }
            for row in &listing.rows {
                let event = if self.seen.contains_key(&row.object) {
                    "MODIFIED"
                } else {
                    "ADDED"
                };
                let cells = print::cells(&listing, row, &self.style, event);
                let key = fixed_cells(&row.cells, listing.columns);
                if first {
                    self.widen(&cells);
                } else if self.seen.get(&row.object) != Some(&key) {
                    if self.with_header {
                        printed.push(print::headers(&listing, &self.style));
                        self.with_header = false;
                    }
                    printed.push(cells.clone());
                    outcome.shown.extend(show::row(cluster, &row.object));
                }
                rows_now.insert(row.object.clone(), (key, cells));
            }
        }
        for cells in printed {
            outcome.say(&self.line(&cells));
        }
        self.seen = rows_now
            .into_iter()
            .map(|(object, (key, _))| (object, key))
            .collect();
        outcome
    }

    fn widen(&mut self, cells: &[String]) {
        for (index, cell) in cells.iter().enumerate() {
            let width = cell.chars().count() + 3;
            match self.widths.get_mut(index) {
                Some(known) => *known = (*known).max(width),
                None => self.widths.push(width.max(6)),
            }
        }
    }

    fn line(&mut self, cells: &[String]) -> String {
        self.widen(cells);
        let mut line = String::new();
        for (index, cell) in cells.iter().enumerate() {
            line.push_str(cell);
            if index + 1 < cells.len() {
                let width = self.widths.get(index).copied().unwrap_or(0);
                let padding = width.saturating_sub(cell.chars().count());
                line.extend(std::iter::repeat_n(' ', padding));
            }
        }
        line
    }
}

/// The cells of a row that do not change with time alone.
fn fixed_cells(cells: &[String], columns: &[rows::Column]) -> Vec<String> {
    columns
        .iter()
        .zip(cells)
        .filter(|((name, _), _)| {
            !matches!(
                *name,
                "AGE" | "LAST SEEN" | "FIRST SEEN" | "LAST SCHEDULE" | "DURATION"
            )
        })
        .map(|((name, _), cell)| {
            if *name == "RESTARTS" {
                cell.split(' ').next().unwrap_or_default().to_owned()
            } else {
                cell.clone()
            }
        })
        .collect()
}
