//! `aws logs`: groups, streams, events and the tail of a group, in the forms of the AWS CLI. Never changes the account.

use serde_json::{Value, json};

use super::filter_events::{self, Event, Events, FilterEvents, MOST_EVENTS};
use super::log_groups::{self, LogGroup};
use super::program::{Request, refused, split};
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::telemetry::lines::{Direction, LineFilter};
use crate::sim::telemetry::search::{Budget, LineQuery, Search};
use crate::sim::time::{SimTime, Span};
use crate::tools::logs::page::LINES_LOOKED_AT;
use crate::tools::program::{Following, Run, Step};
use crate::tools::shared::value;
use crate::tools::tool::{Look, Seen, ToolError};

/// Pages of events that are read for the end of a stream.
const MOST_PAGES: usize = 40;

/// The operations, as an error lists them.
pub const OPERATIONS: [&str; 5] = [
    "describe-log-groups",
    "describe-log-streams",
    "filter-log-events",
    "get-log-events",
    "tail",
];

/// Runs an operation; `None` for one that is not there.
pub fn run(world: &World, request: &Request<'_>, words: &[&str]) -> Option<Run> {
    Some(match words {
        ["describe-log-groups"] => groups(world, request),
        ["describe-log-streams"] => streams(world, request),
        ["filter-log-events"] => filter(world, request),
        ["get-log-events"] => get(world, request),
        ["tail", group] => tail(world, request, group),
        ["tail"] => request.missing(&["group_name"]),
        ["start-query", ..] => request.denied(world, "StartQuery", "logs:StartQuery"),
        ["get-query-results", ..] => {
            request.denied(world, "GetQueryResults", "logs:GetQueryResults")
        }
        ["stop-query", ..] => request.denied(world, "StopQuery", "logs:StopQuery"),
        ["describe-queries", ..] => {
            request.denied(world, "DescribeQueries", "logs:DescribeQueries")
        }
        _ => return None,
    })
}

fn groups(world: &World, request: &Request<'_>) -> Run {
    let prefix = request.value("--log-group-name-prefix");
    let pattern = request.value("--log-group-name-pattern");
    let groups: Vec<Value> = log_groups::all(world)
        .into_iter()
        .filter(|group| prefix.is_none_or(|prefix| group.name.starts_with(prefix)))
        .filter(|group| pattern.is_none_or(|pattern| group.name.contains(pattern)))
        .map(|group| {
            json!({
                "logGroupName": group.name,
                "creationTime": group.created_ms,
                "retentionInDays": group.retention_days,
                "metricFilterCount": 0,
                "arn": group.arn,
                "storedBytes": 0,
            })
        })
        .collect();
    request.printed(
        "DescribeLogGroups",
        &json!({ "logGroups": groups }),
        Vec::new(),
    )
}

fn group(world: &World, request: &Request<'_>, operation: &str) -> Result<LogGroup, Run> {
    let Some(name) = request.value("--log-group-name") else {
        return Err(request.missing(&["--log-group-name"]));
    };
    named(world, name, operation)
}

fn named(world: &World, name: &str, operation: &str) -> Result<LogGroup, Run> {
    log_groups::all(world)
        .into_iter()
        .find(|group| group.name == name)
        .ok_or_else(|| {
            refused(
                operation,
                "ResourceNotFoundException: The specified log group does not exist.",
            )
        })
}

fn streams(world: &World, request: &Request<'_>) -> Run {
    let group = match group(world, request, "DescribeLogStreams") {
        Ok(group) => group,
        Err(run) => return run,
    };
    let prefix = request
        .value("--log-stream-name-prefix")
        .unwrap_or_default();
    let mut streams: Vec<(i64, String, Value)> = world
        .cluster()
        .pods()
        .values()
        .filter(|pod| *pod.workload.key.name == *group.service)
        .map(|pod| pod.meta.name.to_string())
        .filter(|name| name.starts_with(prefix))
        .filter_map(|name| {
            let ends = |direction| {
                let filter = LineFilter {
                    services: vec![group.service.clone()],
                    pods: vec![name.clone()],
                    ..LineFilter::default()
                };
                let telemetry = world.signals().telemetry().snapshot();
                let search = Search::new(telemetry, filter, LineQuery::default());
                let found = search.find(None, direction, 1, Budget::lines(LINES_LOOKED_AT));
                found.lines.first().map(|line| line.key.at_ms)
            };
            let (first, last) = (ends(Direction::Newer)?, ends(Direction::Older)?);
            let arn = group.arn.trim_end_matches('*');
            let stream = json!({
                "logStreamName": name,
                "creationTime": first - 1_000,
                "firstEventTimestamp": first,
                "lastEventTimestamp": last,
                "lastIngestionTime": last + 900,
                "arn": format!("{arn}log-stream:{name}"),
                "storedBytes": 0,
            });
            Some((last, name, stream))
        })
        .collect();
    streams.sort_by(|one, other| one.1.cmp(&other.1));
    if request.value("--order-by") == Some("LastEventTime") {
        streams.sort_by_key(|(last, ..)| *last);
    }
    if request.value("--descending").is_some() {
        streams.reverse();
    }
    let streams: Vec<Value> = streams.into_iter().map(|(.., stream)| stream).collect();
    request.printed(
        "DescribeLogStreams",
        &json!({ "logStreams": streams }),
        Vec::new(),
    )
}

/// A point of time in milliseconds, as the CLI takes it.
fn instant(request: &Request<'_>, name: &str) -> Result<Option<i64>, Run> {
    match request.value(name) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            Run::failed(
                format!("\ninvalid literal for int() with base 10: '{text}'\n"),
                255,
            )
        }),
    }
}

fn number(request: &Request<'_>, names: &[&str]) -> Option<usize> {
    names
        .iter()
        .find_map(|name| request.value(name)?.parse().ok())
}

fn asked(request: &Request<'_>, group: &LogGroup) -> Result<filter_events::Args, Run> {
    Ok(filter_events::Args {
        pattern: request
            .value("--filter-pattern")
            .unwrap_or_default()
            .to_owned(),
        start_ms: Some(instant(request, "--start-time")?.unwrap_or(i64::MIN)),
        end_ms: instant(request, "--end-time")?,
        stream_prefix: request.value("--log-stream-name-prefix").map(str::to_owned),
        limit: number(request, &["--limit", "--max-items"]).unwrap_or(MOST_EVENTS),
        cursor: request
            .value("--next-token")
            .or_else(|| request.value("--starting-token"))
            .map(str::to_owned),
        ..filter_events::Args::of(&group.name)
    })
}

/// Keeps the events of some streams, and of what was shown theirs: both lists go in step. All when no names are given.
fn only(seen: &mut Seen<Events>, names: Option<&str>) {
    let Some(names) = names else { return };
    let names: Vec<&str> = names.split(' ').collect();
    let events = std::mem::take(&mut seen.output.events);
    let shown = std::mem::take(&mut seen.shown);
    (seen.output.events, seen.shown) = events
        .into_iter()
        .zip(shown)
        .filter(|(event, _)| names.contains(&event.stream.as_str()))
        .unzip();
}

fn filter(world: &World, request: &Request<'_>) -> Run {
    let operation = "FilterLogEvents";
    let args = group(world, request, operation).and_then(|group| asked(request, &group));
    let args = match args {
        Ok(args) => args,
        Err(run) => return run,
    };
    let mut seen = match FilterEvents::look(world, &args) {
        Ok(seen) => seen,
        Err(error) => return refused(operation, &error.message),
    };
    only(&mut seen, request.value("--log-stream-names"));
    let events: Vec<Value> = seen
        .output
        .events
        .iter()
        .map(|event| {
            json!({
                "logStreamName": event.stream,
                "timestamp": event.at_ms,
                "message": event.message,
                "ingestionTime": event.ingested_ms,
                "eventId": event.id,
            })
        })
        .collect();
    let mut data = json!({ "events": events, "searchedLogStreams": [] });
    if let (Some(cursor), Some(fields)) = (&seen.output.cursor, data.as_object_mut()) {
        fields.insert("nextToken".to_owned(), json!(cursor));
    }
    request.printed(operation, &data, seen.shown)
}

fn get(world: &World, request: &Request<'_>) -> Run {
    let operation = "GetLogEvents";
    let group = match group(world, request, operation) {
        Ok(group) => group,
        Err(run) => return run,
    };
    let Some(stream) = request.value("--log-stream-name") else {
        return request.missing(&["--log-stream-name"]);
    };
    let mut args = match asked(request, &group) {
        Ok(args) => args,
        Err(run) => return run,
    };
    let newest = number(request, &["--limit"]).unwrap_or(MOST_EVENTS);
    args.limit = MOST_EVENTS;
    args.stream_prefix = Some(stream.to_owned());
    if args.start_ms == Some(i64::MIN) {
        args.start_ms = Some(world.now().millis() - 3_600_000);
    }
    let from_head = request.value("--start-from-head").is_some();
    let seen = match of_stream(world, args, stream, from_head) {
        Ok(seen) => seen,
        Err(error) => return refused(operation, &error.message),
    };
    let mut events = seen.output.events;
    let skipped = if from_head {
        events.truncate(newest);
        0
    } else {
        events.len().saturating_sub(newest)
    };
    let rows: Vec<Value> = events
        .iter()
        .skip(skipped)
        .map(|event| {
            json!({
                "timestamp": event.at_ms,
                "message": event.message,
                "ingestionTime": event.ingested_ms,
            })
        })
        .collect();
    let token = |way: &str, event: Option<&Event>| {
        let id = event.map_or_else(|| "0".repeat(56), |event| event.id.clone());
        format!("{way}/{id}/s")
    };
    let data = json!({
        "events": rows,
        "nextForwardToken": token("f", events.last()),
        "nextBackwardToken": token("b", events.get(skipped)),
    });
    request.printed(
        operation,
        &data,
        seen.shown.into_iter().skip(skipped).take(newest).collect(),
    )
}

/// A stream's events: the first page of them, or the last one that a bounded number of pages leads to.
fn of_stream(
    world: &World,
    mut args: filter_events::Args,
    stream: &str,
    from_head: bool,
) -> Result<Seen<Events>, ToolError> {
    let mut all = FilterEvents::look(world, &args)?;
    only(&mut all, Some(stream));
    let mut pages = 1;
    while let Some(cursor) = all.output.cursor.take() {
        let is_full = from_head && all.output.events.len() >= MOST_EVENTS;
        if is_full || pages == MOST_PAGES {
            break;
        }
        args.cursor = Some(cursor);
        let mut next = FilterEvents::look(world, &args)?;
        only(&mut next, Some(stream));
        all.output.cursor = next.output.cursor.take();
        all.output.events.append(&mut next.output.events);
        all.shown.append(&mut next.shown);
        if !from_head {
            let old = all.output.events.len().saturating_sub(MOST_EVENTS);
            all.output.events.drain(..old);
            all.shown.drain(..old);
        }
        pages += 1;
    }
    Ok(all)
}

/// How far back `--since` reaches: `10m`, `1h`, `2d`, or an instant.
fn since(text: &str, now: SimTime) -> Option<i64> {
    if let Some(at) = SimTime::parse_rfc3339(text) {
        return Some(at.millis());
    }
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let number: i64 = number.parse().ok()?;
    let back = Span(number.checked_mul(seconds)?.checked_mul(1000)?);
    Some((now - back).millis())
}

fn tail(world: &World, request: &Request<'_>, name: &str) -> Run {
    let operation = "FilterLogEvents";
    if let Err(run) = named(world, name, operation) {
        return run;
    }
    let text = request.value("--since").unwrap_or("10m");
    let Some(start_ms) = since(text, world.now()) else {
        return Run::failed(format!("\nUnknown options: --since {text}\n"), 252);
    };
    let args = filter_events::Args {
        pattern: request
            .value("--filter-pattern")
            .unwrap_or_default()
            .to_owned(),
        start_ms: Some(start_ms),
        stream_prefix: request.value("--log-stream-name-prefix").map(str::to_owned),
        limit: MOST_EVENTS,
        ..filter_events::Args::of(name)
    };
    let mut seen = match FilterEvents::look(world, &args) {
        Ok(seen) => seen,
        Err(error) => return refused(operation, &error.message),
    };
    only(&mut seen, request.value("--log-stream-names"));
    let form = request.value("--format").unwrap_or("detailed");
    let lines: String = seen
        .output
        .events
        .iter()
        .map(|event| tailed(event, form))
        .collect();
    let error = if seen.output.cursor.is_some() {
        format!("(the first {MOST_EVENTS} events; a shorter --since has the newest)\n")
    } else {
        String::new()
    };
    Run::Answer(Answer {
        text: lines,
        error,
        shown: seen.shown,
        ..Answer::default()
    })
}

/// `aws logs tail --follow`, after what it printed at once.
struct Tail {
    args: filter_events::Args,
    form: String,
    /// Names of streams, when only some are asked for.
    names: Option<String>,
}

/// What goes on after a tail that follows; `None` for any other use.
pub fn follow(world: &World, argv: &[String]) -> Option<Box<dyn Following>> {
    let tail = tail_of(argv)?;
    named(world, &tail.args.log_group, "FilterLogEvents").ok()?;
    Some(Box::new(Tail {
        args: filter_events::Args {
            start_ms: Some(world.now().millis()),
            ..tail.args
        },
        ..tail
    }))
}

/// What a tail that follows has shown since an instant.
pub fn followed(world: &World, argv: &[String], since: SimTime) -> Option<Vec<Shown>> {
    let tail = tail_of(argv)?;
    let args = filter_events::Args {
        start_ms: Some(since.millis()),
        ..tail.args
    };
    let Ok(mut seen) = FilterEvents::look(world, &args) else {
        return Some(Vec::new());
    };
    only(&mut seen, tail.names.as_deref());
    Some(seen.shown)
}

/// What a tail that follows asks for, and in which form.
fn tail_of(argv: &[String]) -> Option<Tail> {
    let (words, found) = split(argv);
    let group = match words.as_slice() {
        [service, verb, group] if service == "logs" && verb == "tail" => group,
        _ => return None,
    };
    value(&found, &["--follow"])?;
    let pattern = value(&found, &["--filter-pattern"]).unwrap_or_default();
    let prefix = value(&found, &["--log-stream-name-prefix"]);
    let args = filter_events::Args {
        pattern: pattern.to_owned(),
        stream_prefix: prefix.map(str::to_owned),
        limit: MOST_EVENTS,
        ..filter_events::Args::of(group)
    };
    let form = value(&found, &["--format"]).unwrap_or("detailed");
    Some(Tail {
        args,
        form: form.to_owned(),
        names: value(&found, &["--log-stream-names"]).map(str::to_owned),
    })
}

impl Following for Tail {
    fn step(&mut self, world: &World) -> Step {
        let now = world.now().millis();
        let args = filter_events::Args {
            end_ms: Some(now),
            ..self.args.clone()
        };
        self.args.start_ms = Some(now);
        let events = FilterEvents::look(world, &args).map(|mut seen| {
            only(&mut seen, self.names.as_deref());
            seen.output.events
        });
        Step {
            text: events
                .unwrap_or_default()
                .iter()
                .map(|event| tailed(event, &self.form))
                .collect(),
            ..Step::default()
        }
    }
}

fn tailed(event: &Event, form: &str) -> String {
    let at = SimTime(event.at_ms);
    let message = event.message.trim_end();
    if form == "short" {
        return format!("{} {message}\n", at.format("%Y-%m-%dT%H:%M:%S"));
    }
    let head = format!(
        "{} {}",
        at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00"),
        event.stream
    );
    if form == "json"
        && let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(message)
    {
        let pretty = crate::tools::registry_images::get_manifest::pretty(&value, b"    ");
        return format!("{head} \n{pretty}");
    }
    format!("{head} {message}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;
    use crate::tools::program::{Place, Program};

    fn argv(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn typed(world: &World, line: &str) -> Answer {
        match super::super::program::Aws.run(world, &Place::default(), &argv(line), "") {
            Run::Answer(answer) => answer,
            Run::Act(_) => panic!("{line} changes something"),
        }
    }

    const GATE: &str = "/eks/alpha-main/front/gate";

    #[test]
    fn a_tail_that_follows_prints_each_event_once() {
        let mut world = small_world();
        let line = argv(&format!("logs tail {GATE} --follow --format short"));
        let mut tail = follow(&world, &line).unwrap();
        let before = world.now();
        world.advance_to(before + Span::from_secs(5));
        let first = tail.step(&world).text;
        assert!(first.lines().count() > 10, "{first}");
        assert_eq!(tail.step(&world).text, "");
        world.advance_to(before + Span::from_secs(9));
        let second = tail.step(&world).text;
        let whole = typed(
            &world,
            &format!("logs tail {GATE} --since 9s --format short"),
        )
        .text;
        assert_eq!(first + &second, whole);
        assert_eq!(
            followed(&world, &line, before).unwrap().len(),
            whole.lines().count()
        );
    }

    #[test]
    fn only_the_streams_that_are_asked_for_are_read_and_seen() {
        let mut world = small_world();
        let whole = typed(&world, &format!("logs tail {GATE} --since 5s"));
        let stream = whole.text.split_whitespace().nth(1).unwrap().to_owned();
        let of_it = |text: &str| text.lines().filter(|line| line.contains(&stream)).count();
        let line = format!("logs tail {GATE} --since 5s --log-stream-names {stream}");
        let some = typed(&world, &line);
        let count = some.text.lines().count();
        assert!(count > 0 && count < whole.text.lines().count());
        assert_eq!((of_it(&whole.text), some.shown.len()), (count, count));

        let get = format!(
            "logs get-log-events --log-group-name {GATE} --log-stream-name {stream} --limit 2 --query events[].message --output text"
        );
        let newest = typed(&world, &get);
        let oldest = typed(&world, &format!("{get} --start-from-head"));
        assert_eq!((newest.shown.len(), oldest.shown.len()), (2, 2));
        assert_eq!(newest.shown, some.shown[count - 2..]);
        assert_ne!(newest.shown, oldest.shown);

        let before = world.now();
        let follows = argv(&format!("{line} --follow"));
        let mut tail = follow(&world, &follows).unwrap();
        world.advance_to(before + Span::from_secs(5));
        let text = tail.step(&world).text;
        assert!(!text.is_empty());
        assert_eq!(of_it(&text), text.lines().count());
        assert_eq!(
            followed(&world, &follows, before).unwrap().len(),
            text.lines().count()
        );
    }

    #[test]
    fn a_time_before_all_times_is_the_first_one() {
        let now = SimTime(0);
        assert!(since("9223372036854775s", now).is_some());
        assert_eq!(since("9223372036854775807w", now), None);
        assert_eq!(since("2h", now), Some(-7_200_000));
    }

    #[test]
    fn events_are_filtered_selected_and_printed_as_text() {
        let world = small_world();
        let start = world.now().millis() - 20_000;
        let line = format!(
            "logs filter-log-events --log-group-name {GATE} --start-time {start} --filter-pattern refused --query events[].logStreamName --output text"
        );
        let streams = typed(&world, &line);
        assert_eq!(streams.error, "");
        assert!(
            streams
                .text
                .split_whitespace()
                .all(|stream| stream.starts_with("gate-"))
        );
        let streams = typed(
            &world,
            &format!(
                "logs describe-log-streams --log-group-name {GATE} --query length(logStreams)"
            ),
        );
        assert!(streams.text.trim().parse::<usize>().unwrap() > 0);
        assert_eq!(
            typed(&world, "logs tail /ecs/nope").error,
            "\nAn error occurred (ResourceNotFoundException) when calling the FilterLogEvents operation: The specified log group does not exist.\n"
        );
        assert_eq!(typed(&world, "logs tail /ecs/nope").code, 254);
        for (verb, operation) in [
            ("start-query", "StartQuery"),
            ("get-query-results", "GetQueryResults"),
        ] {
            let wanted = format!("(AccessDeniedException) when calling the {operation} operation");
            assert!(
                typed(&world, &format!("logs {verb}"))
                    .error
                    .contains(&wanted)
            );
        }
        assert_eq!(typed(&world, "logs list-tags --output xml").code, 252);
    }
}
