//! Series of queries over a window, columns over shared instants; rollouts and alerts for the time axis.

use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::promql::{self, Limits};
use crate::sim::rules::AlertState;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::WorldEventKind;

/// Series of one chart at most.
const MOST_SERIES: usize = 40;

/// A query's series or what is wrong with it.
pub type Answered = Result<Vec<Column>, (String, Option<std::ops::Range<usize>>)>;

/// A series.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What a pin keeps.
    pub artifact: String,
    /// Its labels, for a legend.
    pub name: String,
    /// A value an instant; not a number where there is none.
    pub values: Vec<f64>,
}

/// The instants of a chart.
pub fn instants(start_ms: i64, end_ms: i64, step_ms: i64) -> Vec<i64> {
    let step = step_ms.max(1000);
    let count = ((end_ms - start_ms) / step).clamp(0, 11_000);
    (0..=count).map(|index| start_ms + index * step).collect()
}

/// Evaluates a query over a window.
pub fn query(world: &World, text: &str, start_ms: i64, end_ms: i64, step_ms: i64) -> Answered {
    let expr = promql::parse(text).map_err(|error| (error.message.clone(), Some(error.span())))?;
    let (from, to) = (SimTime(start_ms), SimTime(end_ms));
    let series = world.series();
    let (matrix, _) = promql::range(
        &series,
        &expr,
        from,
        to,
        Span(step_ms.max(1000)),
        &Limits::default(),
    )
    .map_err(|error| (error.to_string(), None))?;
    let metric = expr
        .selectors()
        .first()
        .map(|selector| metric_of(&selector.matchers))
        .unwrap_or_default();
    let columns = matrix.columns.iter().take(MOST_SERIES).map(|column| {
        let labels: Vec<_> = column
            .labels
            .iter()
            .filter(|(name, _)| *name != "__name__")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let shown = Shown::Series {
            metric: metric.clone(),
            labels,
            from,
            to,
        };
        Column {
            artifact: shown.id(),
            name: column.labels.metric_form(),
            values: (0..matrix.times.len())
                .map(|index| column.get(index).unwrap_or(f64::NAN))
                .collect(),
        }
    });
    Ok(columns.collect())
}

fn metric_of(matchers: &[promql::matcher::Matcher]) -> String {
    matchers
        .iter()
        .find(|matcher| matcher.name() == "__name__")
        .map(|matcher| matcher.value().to_owned())
        .unwrap_or_default()
}

/// Something on the time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// `rollout`, `alert` or `page`.
    pub kind: &'static str,
    /// What.
    pub label: String,
}

/// Rollouts, alerts and pages in a window.
pub fn marks(world: &World, start_ms: i64, end_ms: i64) -> Vec<Mark> {
    let mut marks: Vec<Mark> = super::changes::all(world)
        .into_iter()
        .filter(|change| change.is_rollout)
        .map(|change| Mark {
            at: change.at,
            kind: "rollout",
            label: format!("{} {}", change.target, change.name),
        })
        .collect();
    marks.extend(world.pager().incidents().iter().map(|incident| Mark {
        at: incident.triggered,
        kind: "page",
        label: format!("{} {}", incident.id, incident.title),
    }));
    // Alerts that nobody was told of leave no mark.
    let alerts = world.alerts();
    let fired = alerts.history().iter().filter(|span| {
        span.state == AlertState::Firing && !alerts.is_silenced(&span.labels, span.from)
    });
    let mut fired: Vec<Mark> = fired
        .map(|span| Mark {
            at: span.from,
            kind: "alert",
            label: span.labels.get("alertname").to_owned(),
        })
        .collect();
    fired.dedup();
    marks.extend(fired);
    marks.extend(world.events().iter().filter_map(|event| match &event.kind {
        WorldEventKind::RolledOut { service, tag } => Some(Mark {
            at: event.at,
            kind: "rollout",
            label: format!("{service} {tag}"),
        }),
        _ => None,
    }));
    marks.retain(|mark| start_ms <= mark.at.millis() && mark.at.millis() <= end_ms);
    marks.sort_by_key(|mark| mark.at);
    marks
}
