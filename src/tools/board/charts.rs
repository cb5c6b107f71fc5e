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
    /// Its labels, without the metric's name.
    pub labels: Vec<(String, String)>,
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
            labels: labels.clone(),
            from,
            to,
        };
        Column {
            artifact: shown.id(),
            labels,
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

/// A dashboard: panels with their titles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dashboard {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// Titles and expressions.
    pub panels: Vec<(String, String)>,
}

/// The estate's dashboards, then one of rate, errors and duration for every service that answers requests.
pub fn dashboards(world: &World) -> Vec<Dashboard> {
    let pack = &world.plan().pack;
    let own = pack
        .estate
        .dashboards
        .iter()
        .map(|(title, board)| Dashboard {
            title: title.clone(),
            about: "dashboard".to_owned(),
            panels: board.panels.clone(),
        });
    let services = world.plan().services.iter();
    let services = services.filter(|service| !service.spec.routes.is_empty());
    let red = services.map(|service| {
        let name = &service.name;
        let http = service.spec.routes.keys().any(|route| route.contains(' '));
        let panels = if http {
            http_panels(name)
        } else {
            grpc_panels(name)
        };
        Dashboard {
            title: name.clone(),
            about: "rate, errors, duration".to_owned(),
            panels: panels.into_iter().chain(pod_panels(name)).collect(),
        }
    });
    own.chain(red).collect()
}

fn panel(title: &str, query: String) -> (String, String) {
    (title.to_owned(), query)
}

fn http_panels(name: &str) -> Vec<(String, String)> {
    let of = format!("service=\"{name}\"");
    vec![
        panel(
            "Requests",
            format!("sum by (route) (rate(http_requests_total{{{of}}}[5m]))"),
        ),
        panel(
            "Errors",
            format!(
                "sum by (route, status) (rate(http_requests_total{{{of},status=~\"5..\"}}[5m]))"
            ),
        ),
        panel(
            "Duration, p99",
            format!(
                "histogram_quantile(0.99, sum by (le, route) (rate(http_request_duration_seconds_bucket{{{of}}}[5m])))"
            ),
        ),
        panel(
            "Duration, all",
            format!("sum by (le) (rate(http_request_duration_seconds_bucket{{{of}}}[5m]))"),
        ),
    ]
}

fn grpc_panels(name: &str) -> Vec<(String, String)> {
    let of = format!("service=\"{name}\"");
    vec![
        panel(
            "Calls",
            format!("sum by (grpc_method) (rate(grpc_server_handled_total{{{of}}}[5m]))"),
        ),
        panel(
            "Errors",
            format!(
                "sum by (grpc_method, grpc_code) (rate(grpc_server_handled_total{{{of},grpc_code!=\"OK\"}}[5m]))"
            ),
        ),
        panel(
            "Duration, p99",
            format!(
                "histogram_quantile(0.99, sum by (le, grpc_method) (rate(grpc_server_handling_seconds_bucket{{{of}}}[5m])))"
            ),
        ),
        panel(
            "Duration, all",
            format!("sum by (le) (rate(grpc_server_handling_seconds_bucket{{{of}}}[5m]))"),
        ),
    ]
}

fn pod_panels(name: &str) -> Vec<(String, String)> {
    let of = format!("pod=~\"{name}-.*\"");
    vec![
        panel(
            "Memory by pod",
            format!("sum by (pod) (container_memory_working_set_bytes{{{of}}})"),
        ),
        panel(
            "Restarts in an hour",
            format!(
                "sum by (pod) (increase(kube_pod_container_status_restarts_total{{{of}}}[1h]))"
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn every_panel_of_every_dashboard_is_a_query_with_an_answer() {
        let world = small_world();
        let end = world.now().millis();
        let boards = dashboards(&world);
        assert!(boards.iter().any(|board| board.title == "gate"));
        for board in boards {
            for (title, text) in board.panels {
                let answer = query(&world, &text, end - 600_000, end, 60_000);
                assert!(answer.is_ok(), "{} {title}: {answer:?}", board.title);
                let may_be_empty = title == "Errors";
                assert!(
                    may_be_empty || !answer.unwrap().is_empty(),
                    "{} {title}: {text}",
                    board.title
                );
            }
        }
    }
}
