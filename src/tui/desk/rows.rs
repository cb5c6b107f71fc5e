//! Rows of panes, each made from what a tool answers. Never decides what is true.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::session::journal::{DrillInFolder, Outcome};
use crate::sim::time::SimTime;
use crate::tools::board::changes::Change;
use crate::tools::board::finder::Finder;
use crate::tools::board::{charts, lines, notebook as notes};
use crate::tools::workbench::{ShellRun, Then};
use crate::tools::{
    DrillPost, DrillState, DrillWorld, IncidentState, OpeningError, Places, Watched, Workbench,
    logs, pagerduty, prometheus, slack,
};
use crate::tui::world::{
    BestResult, Briefing, ChangeKind, ChangeRow, ChannelRow, ChartData, ChartQuery, Claim,
    DetailKind, DetailLine, DrillRow, HintRow, Hypothesis, Level, LogGroup, LogHistogram, LogQuery,
    LogRow, LogSeek, LogWindow, Mark, MarkKind, MessageRow, MessagesPage, MetricRow, Notebook,
    PageRow, PageState, PersonRow, Phase, PinRow, QueryError, SeriesColumn, ShellLine, ShellReply,
    ShellThen, TimelineRow, Unit, WindowSize,
};

pub(super) fn best_results(places: &Places) -> BTreeMap<String, BestResult> {
    let mut best: BTreeMap<String, BestResult> = BTreeMap::new();
    for drill in places.drills() {
        let Ok(glance) = drill.glance else { continue };
        let Some(outcome) = glance.outcome else {
            continue;
        };
        let points = outcome
            .summary
            .get("points")
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(0) as u32;
        if outcome.summary.get("practice") == Some(&Value::Bool(true)) {
            continue;
        }
        let result = BestResult {
            points,
            out_of: 100,
            ending: outcome.ending.to_string().replace('_', " "),
        };
        let known = best
            .entry(glance.header.scenario.to_string())
            .or_insert_with(|| result.clone());
        if points > known.points {
            *known = result;
        }
    }
    best
}

/// A finished drill, run again to be looked at; `None` for one that is not finished.
pub(super) fn finished(places: &Places, id: &str) -> Option<Result<Watched, OpeningError>> {
    let drills = places.drills();
    let drill = drills.iter().find(|drill| drill.id.as_str() == id)?;
    let glance = drill.glance.as_ref().ok()?;
    glance.outcome.as_ref()?;
    Some(places.watch_drill(&drill.id))
}

/// So many drills are offered to be continued, and so many finished ones to be read.
const LISTED: (usize, usize) = (20, 10);

/// How a finished drill ended, and with how many points.
fn ended(outcome: &Outcome) -> Phase {
    let ending = outcome.ending.to_string().replace('_', " ");
    match outcome.summary.get("points").and_then(Value::as_u64) {
        Some(points) => Phase::Ended(format!("{ending}, {points} points")),
        None => Phase::Ended(ending),
    }
}

pub(super) fn unfinished(places: &Places) -> Vec<DrillRow> {
    let known: BTreeMap<String, (String, Option<SimTime>)> = places
        .scenarios()
        .into_iter()
        .map(|listing| {
            let starts = SimTime::parse_rfc3339(&listing.starts);
            (listing.name, (listing.title, starts))
        })
        .collect();
    let row = |drill: DrillInFolder| {
        let glance = drill.glance.ok()?;
        let scenario = glance.header.scenario.to_string();
        let end = glance.outcome.as_ref().map(|outcome| outcome.at);
        let last = end.or(glance.last.map(|last| last.at));
        let (title, starts) = known.get(&scenario).cloned().unwrap_or((scenario, None));
        let played = last
            .zip(starts)
            .map_or(0, |(last, from)| last.millis() - from.millis());
        Some(DrillRow {
            id: drill.id.to_string(),
            title,
            played_ms: played.max(0),
            phase: glance.outcome.as_ref().map_or(Phase::Investigating, ended),
            begun: glance.header.started.format("%Y-%m-%d %H:%M"),
        })
    };
    let rows: Vec<DrillRow> = places.drills().into_iter().filter_map(row).collect();
    let (over, open): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.phase.is_over());
    let (most_open, most_over) = LISTED;
    open.into_iter()
        .take(most_open)
        .chain(over.into_iter().take(most_over))
        .collect()
}

pub(super) fn phase(state: DrillState) -> Phase {
    match state {
        DrillState::Paged => Phase::Paged,
        DrillState::Acknowledged => Phase::Acknowledged,
        DrillState::Investigating => Phase::Investigating,
        DrillState::Mitigated | DrillState::Resolved => Phase::Mitigated,
        DrillState::Relapsed => Phase::Relapsed,
        DrillState::Ended(ending) => {
            let word = serde_json::to_value(ending)
                .ok()
                .and_then(|value| value.as_str().map(str::to_owned));
            match word.as_deref() {
                Some("resolved") => Phase::Resolved,
                Some(word) => Phase::Ended(word.replace('_', " ")),
                None => Phase::Ended(String::new()),
            }
        }
    }
}

pub(super) fn briefing(world: &DrillWorld) -> Briefing {
    let pack = &world.plan().pack;
    Briefing {
        title: pack.scenario.title.clone(),
        severity: pack.scenario.severity.clone(),
        role: format!("@{}, on call for {}", pack.scenario.trainee, pack.estate.title),
        text: pack.briefing.clone(),
        goals: vec![
            "Take the page, say in the incident channel what is affected.".to_owned(),
            "Stop the harm to customers, then end its cause: a fix that only hides it does not last.".to_owned(),
            "Hand in a claim (component, mechanism, why now) with the evidence you pinned, and resolve the page.".to_owned(),
            "Points: time to acknowledge, to the first update, to mitigate, to the cause; customer minutes; the claim.".to_owned(),
        ],
    }
}

pub(super) fn channels(world: &DrillWorld, read: &BTreeMap<String, i64>) -> Vec<ChannelRow> {
    let page = world.plan().page;
    let channels = world
        .plan()
        .pack
        .estate
        .channels
        .iter()
        .map(|(name, channel)| {
            let since = read
                .get(name)
                .copied()
                .map_or(SimTime(page.millis() - 1_800_000), SimTime);
            let unread = slack::messages::unread(world, name, since);
            ChannelRow {
                name: name.trim_start_matches('#').to_owned(),
                topic: channel.topic.clone(),
                unread: unread.messages as u32,
                mentions: unread.mentions as u32,
            }
        });
    let mut rows: Vec<ChannelRow> = channels.collect();
    let first = world
        .plan()
        .pack
        .estate
        .incident_channel
        .trim_start_matches('#')
        .to_owned();
    rows.sort_by_key(|row| (row.name != first, row.name.clone()));
    rows
}

fn message(world: &DrillWorld, post: &DrillPost) -> MessageRow {
    let row = slack::messages::row(world, post);
    let person = world.plan().pack.estate.people.get(&row.by);
    let mine = row.by == world.trainee_handle();
    MessageRow {
        id: row.artifact,
        at_ms: row.at_ms,
        role: match person {
            Some(person) => person.role.clone(),
            None if mine => String::new(),
            None => "app".to_owned(),
        },
        bot: person.is_none() && !mine,
        mine,
        author: row.by,
        text: row.text,
        mentions_me: row.mentions_you,
        replies: row.replies as u32,
        reactions: row.reactions,
    }
}

pub(super) fn messages(
    world: &DrillWorld,
    channel: &str,
    before: Option<&str>,
    limit: usize,
) -> MessagesPage {
    let all: Vec<DrillPost> = slack::messages::all(world, channel)
        .into_iter()
        .filter(|post| post.thread.is_none())
        .collect();
    let end = before
        .and_then(|cursor| cursor.parse::<usize>().ok())
        .unwrap_or(all.len())
        .min(all.len());
    let start = end.saturating_sub(limit);
    let rows = all
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .map(|post| message(world, post))
        .collect();
    MessagesPage {
        rows,
        older: (start > 0).then(|| start.to_string()),
        typing: Vec::new(),
    }
}

pub(super) fn thread(world: &DrillWorld, channel: &str, artifact: &str) -> Vec<MessageRow> {
    let all = slack::messages::all(world, channel);
    let Some(root) = all
        .iter()
        .find(|post| slack::messages::artifact(post) == artifact)
    else {
        return Vec::new();
    };
    let id = root.thread.clone().unwrap_or_else(|| root.id.clone());
    all.iter()
        .filter(|post| post.id == id || post.thread.as_deref() == Some(id.as_str()))
        .map(|post| message(world, post))
        .collect()
}

pub(super) fn people(world: &DrillWorld) -> Vec<PersonRow> {
    let estate = &world.plan().pack.estate;
    let on_call: Vec<&String> = estate
        .teams
        .values()
        .filter_map(|team| team.on_call.first())
        .collect();
    let mut rows: Vec<PersonRow> = estate
        .people
        .iter()
        .map(|(handle, person)| PersonRow {
            handle: handle.clone(),
            name: person.name.clone(),
            role: format!("{}, {}", person.role, person.team),
            on_call: on_call.contains(&handle),
            is_me: handle == world.trainee_handle(),
        })
        .collect();
    if !rows.iter().any(|row| row.is_me) {
        let handle = world.trainee_handle().to_owned();
        rows.push(PersonRow {
            name: handle.clone(),
            handle,
            role: "on call".to_owned(),
            on_call: true,
            is_me: true,
        });
    }
    rows
}

fn wanted(query: &LogQuery) -> lines::Wanted {
    lines::Wanted {
        services: query.services.clone(),
        from_level: Level::ALL
            .iter()
            .position(|level| *level == query.level)
            .unwrap_or(0),
        text: query.text.clone(),
        names: query.kind.iter().cloned().collect(),
    }
}

fn level(word: &str) -> Level {
    match word {
        "debug" => Level::Debug,
        "warn" => Level::Warn,
        "error" => Level::Error,
        "fatal" => Level::Fatal,
        _ => Level::Info,
    }
}

/// A query's lines around a place, and its counts; kept from one refresh to the next.
#[derive(Debug, Default)]
pub(super) struct LogView {
    finder: Option<Finder>,
}

impl LogView {
    /// The finder of a query; what is wrong with the query if it has none.
    fn finder(&mut self, world: &DrillWorld, query: &LogQuery) -> Result<&mut Finder, QueryError> {
        let wanted = wanted(query);
        if self
            .finder
            .as_ref()
            .is_none_or(|finder| *finder.wanted() != wanted)
        {
            self.finder = None;
            let finder = Finder::new(world, &wanted);
            self.finder = Some(finder.map_err(|(message, at)| QueryError { message, at })?);
        }
        self.finder.as_mut().ok_or_else(|| QueryError {
            message: "the query cannot be run".to_owned(),
            at: None,
        })
    }
}

pub(super) fn log_window(
    view: &mut LogView,
    world: &DrillWorld,
    query: &LogQuery,
    seek: &LogSeek,
    size: WindowSize,
) -> LogWindow {
    let finder = match view.finder(world, query) {
        Ok(finder) => finder,
        Err(error) => {
            return LogWindow {
                searched: 1.0,
                error: Some(error),
                ..LogWindow::default()
            };
        }
    };
    let seek = match seek {
        LogSeek::Newest => lines::Seek::Newest,
        LogSeek::Oldest => lines::Seek::Oldest,
        LogSeek::At(cursor) => lines::Seek::At(cursor.clone()),
        LogSeek::Time(at) => lines::Seek::Time(*at),
        LogSeek::Fraction(share) => lines::Seek::Fraction(*share),
    };
    let window = finder.window(world, &seek, size.before, size.after);
    let rows = window.lines.into_iter().zip(window.artifacts).map(
        |(line, artifact): (logs::page::Line, String)| LogRow {
            id: artifact,
            at_ms: line.at.millis(),
            level: level(line.level),
            service: line.service,
            source: line.pod,
            text: line.text,
            cursor: line.cursor,
        },
    );
    LogWindow {
        rows: rows.collect(),
        at: window.at,
        is_start: window.is_start,
        is_end: window.is_end,
        fraction: window.fraction,
        count: window.count,
        searched: window.searched,
        error: None,
    }
}

pub(super) fn log_groups(
    view: &mut LogView,
    world: &DrillWorld,
    query: &LogQuery,
    start_ms: i64,
    end_ms: i64,
) -> Vec<LogGroup> {
    let Ok(finder) = view.finder(world, query) else {
        return Vec::new();
    };
    let groups = finder.groups(world, start_ms, end_ms, GROUP_PARTS);
    let rows = groups.into_iter().map(|group| LogGroup {
        service: group.service,
        name: group.name,
        level: level(logs::page::word(group.level)),
        pattern: group.pattern,
        lines: group.lines,
        is_new: group.is_new,
    });
    rows.collect()
}

/// Parts of the window in which groups are counted: the bars are not shown.
const GROUP_PARTS: usize = 64;

pub(super) fn log_histogram(
    view: &mut LogView,
    world: &DrillWorld,
    query: &LogQuery,
    start_ms: i64,
    end_ms: i64,
    buckets: usize,
) -> LogHistogram {
    let counts = match view.finder(world, query) {
        Ok(finder) => finder.histogram(world, start_ms, end_ms, buckets),
        Err(_) => vec![[0; 5]; buckets],
    };
    LogHistogram {
        buckets: counts,
        note: logs::page::kept(world),
    }
}

pub(super) fn metrics(world: &DrillWorld) -> Arc<[MetricRow]> {
    let found = prometheus::list_metrics::ListMetrics::seen(world);
    let rows = found.metrics.into_iter().map(|metric| {
        let name = metric.name;
        let query = match metric.kind {
            "counter" => format!("sum by (service) (rate({name}[5m]))"),
            "histogram" => {
                format!("histogram_quantile(0.99, sum by (le, service) (rate({name}_bucket[5m])))")
            }
            _ => name.clone(),
        };
        MetricRow {
            name,
            help: metric.help,
            kind: metric.kind.to_owned(),
            query,
        }
    });
    rows.collect()
}

fn unit(query: &str) -> Unit {
    if query.contains("rate(") && !query.contains("histogram_quantile") {
        return if query.contains("cpu") {
            Unit::Count
        } else {
            Unit::PerSecond
        };
    }
    if query.contains("_bytes") {
        Unit::Bytes
    } else if query.contains("_seconds") {
        Unit::Seconds
    } else if query.contains("_ratio") || query.contains("success_rate") {
        Unit::Ratio
    } else {
        Unit::Count
    }
}

pub(super) fn chart(world: &DrillWorld, query: &ChartQuery) -> ChartData {
    let times: Arc<[i64]> = charts::instants(query.start_ms, query.end_ms, query.step_ms).into();
    let mut data = ChartData {
        times,
        ..ChartData::default()
    };
    for (index, text) in query.queries.iter().enumerate() {
        match charts::query(world, text, query.start_ms, query.end_ms, query.step_ms) {
            Ok(columns) => {
                data.errors.push(None);
                let mut columns = columns;
                columns.sort_by(|left, right| mean(right).total_cmp(&mean(left)));
                let names = legend_names(&columns, text);
                data.series
                    .extend(
                        columns
                            .into_iter()
                            .zip(names)
                            .map(|(column, name)| SeriesColumn {
                                id: column.artifact,
                                name,
                                labels: column.labels,
                                query: index,
                                unit: unit(text),
                                values: column.values,
                            }),
                    );
            }
            Err((message, at)) => data.errors.push(Some(QueryError { message, at })),
        }
    }
    data
}

/// The mean of a series' values: the largest come first.
fn mean(column: &charts::Column) -> f64 {
    let values = column.values.iter().filter(|value| value.is_finite());
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    if count == 0 {
        f64::NEG_INFINITY
    } else {
        sum / f64::from(count)
    }
}

/// What tells each series of a query from the others: the values of labels that differ; the query where there is one alone.
fn legend_names(columns: &[charts::Column], query: &str) -> Vec<String> {
    let value = |column: &charts::Column, name: &str| {
        let labels = column.labels.iter();
        labels
            .filter(|(label, _)| label == name)
            .map(|(_, value)| value.clone())
            .next()
            .unwrap_or_default()
    };
    let names: std::collections::BTreeSet<&String> = columns
        .iter()
        .flat_map(|column| column.labels.iter().map(|(name, _)| name))
        .collect();
    let mut differing: Vec<&String> = names
        .into_iter()
        .filter(|name| {
            let first = columns.first().map(|column| value(column, name));
            columns
                .iter()
                .any(|column| Some(value(column, name)) != first)
        })
        .collect();
    // A pod's name says its node, address and owner.
    if differing.iter().any(|name| *name == "pod") {
        differing
            .retain(|name| !matches!(name.as_str(), "instance" | "uid" | "node" | "container"));
    }
    columns
        .iter()
        .map(|column| {
            let parts: Vec<String> = differing
                .iter()
                .map(|name| value(column, name))
                .filter(|value| !value.is_empty())
                .collect();
            if !parts.is_empty() {
                return parts.join(" ");
            }
            if column.labels.len() == 1 {
                return column
                    .labels
                    .iter()
                    .map(|(_, value)| value.clone())
                    .collect();
            }
            if column.name == "{}" || column.name.is_empty() {
                query.to_owned()
            } else {
                column.name.clone()
            }
        })
        .collect()
}

pub(super) fn mark(mark: charts::Mark) -> Mark {
    Mark {
        at_ms: mark.at.millis(),
        kind: match mark.kind {
            "rollout" => MarkKind::Rollout,
            "alert" => MarkKind::Alert,
            _ => MarkKind::Page,
        },
        label: mark.label,
    }
}

pub(super) fn shell_reply(run: ShellRun) -> ShellReply {
    ShellReply {
        lines: run
            .lines
            .into_iter()
            .map(|(text, is_error)| ShellLine { text, is_error })
            .collect(),
        artifact: run.artifact,
        replaces: run.replaces,
        then: match run.then {
            Then::Done(code) => ShellThen::Done(code),
            Then::Running(job) => ShellThen::Running(job),
            Then::Edit { path, text } => ShellThen::Edit { path, text },
            Then::Clear => ShellThen::Clear,
        },
    }
}

pub(super) fn pages(world: &DrillWorld) -> Vec<PageRow> {
    let mine = &world.plan().pack.scenario.page;
    let incidents = pagerduty::incidents::all(world).into_iter().rev();
    incidents
        .map(|incident| PageRow {
            id: incident.id.clone(),
            title: incident.title.clone(),
            service: incident.service.clone(),
            severity: incident
                .priority
                .clone()
                .unwrap_or_else(|| incident.urgency.clone()),
            state: match incident.state {
                IncidentState::Triggered => PageState::Triggered,
                IncidentState::Acknowledged => PageState::Acknowledged,
                IncidentState::Resolved => PageState::Resolved,
            },
            at_ms: incident.triggered.millis(),
            assignee: incident
                .timeline
                .iter()
                .rev()
                .find(|entry| entry.what == "Acknowledged")
                .map(|entry| entry.by.clone())
                .unwrap_or_default(),
            is_mine: incident.id == *mine,
        })
        .collect()
}

pub(super) fn timeline(world: &DrillWorld, page: &str) -> Vec<TimelineRow> {
    let incident = pagerduty::incidents::find(world, page);
    let entries = incident.into_iter().flat_map(|incident| incident.timeline);
    entries
        .map(|entry| TimelineRow {
            at_ms: entry.at.millis(),
            who: entry.by,
            what: entry.what,
        })
        .collect()
}

pub(super) fn change(change: Change) -> ChangeRow {
    ChangeRow {
        id: change.artifact,
        at_ms: change.at.millis(),
        kind: if change.is_rollout {
            ChangeKind::Rollout
        } else {
            ChangeKind::Commit
        },
        target: change.target,
        name: change.name,
        title: change.title,
        author: change.author,
        progress: String::new(),
    }
}

pub(super) fn detail(text: &str) -> Vec<DetailLine> {
    let kind = |line: &str| match line.chars().next() {
        _ if line.starts_with("@@") => DetailKind::Hunk,
        _ if line.starts_with("diff ")
            || line.starts_with("commit ")
            || line.starts_with("+++")
            || line.starts_with("---") =>
        {
            DetailKind::Heading
        }
        Some('+') => DetailKind::Added,
        Some('-') => DetailKind::Removed,
        _ => DetailKind::Text,
    };
    text.lines()
        .map(|line| DetailLine {
            text: line.to_owned(),
            kind: kind(line),
        })
        .collect()
}

pub(super) fn notebook(bench: &Workbench) -> Notebook {
    let world = bench.world();
    let trainee = world.trainee();
    let records = bench.session().journal().records();
    let pins = notes::pins(world, records).into_iter().map(|pin| PinRow {
        id: pin.artifact.clone(),
        artifact: pin.artifact,
        at_ms: pin.at.millis(),
        label: pin.title,
        from: pin.system.to_owned(),
    });
    let hypotheses = trainee
        .hypotheses
        .values()
        .filter(|hypothesis| !hypothesis.rejected)
        .map(|hypothesis| Hypothesis {
            id: hypothesis.number.to_string(),
            component: hypothesis.component.clone(),
            mechanism: hypothesis.mechanism.clone(),
            why_now: hypothesis.why_now.clone(),
            confidence: hypothesis.confidence,
            supports: hypothesis.for_it.clone(),
            contradicts: hypothesis.against_it.clone(),
        });
    let hints = notes::hints(world).into_iter().map(|hint| HintRow {
        id: hint.number.to_string(),
        title: hint.title.to_owned(),
        cost: format!("{} points", hint.cost),
        text: hint.text,
        is_open: hint.is_open,
    });
    Notebook {
        pins: pins.collect(),
        hypotheses: hypotheses.collect(),
        hints: hints.collect(),
        claim: trainee.claims.last().map(|(_, claim)| Claim {
            component: claim.component.clone(),
            mechanism: claim.mechanism.clone(),
            why_now: claim.why_now.clone(),
            evidence: claim.evidence.clone(),
        }),
        report: trainee.report.clone().unwrap_or_default(),
        components: notes::components(world),
        mechanisms: notes::mechanisms(),
        claim_refused: bench
            .session()
            .is_over()
            .then(|| "the drill is over".to_owned()),
    }
}
