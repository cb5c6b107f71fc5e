//! `cloudwatch_filter_log_events`: the events of a log group that a filter pattern takes, oldest first. They are the lines
//! that the containers wrote. Never a line of its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::log_groups;
use crate::scenario::checks::nearest::did_you_mean;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::cloudwatch::FilterPattern;
use crate::sim::telemetry::lines::{Direction, LineFilter, LogLine};
use crate::sim::telemetry::logs::LineKey;
use crate::sim::telemetry::search::{Budget, LineQuery, Search};
use crate::sim::time::SimTime;
use crate::tools::drawn::estate_key;
use crate::tools::family::Family;
use crate::tools::logs::page::{self, LARGEST_PAGE, LINES_LOOKED_AT};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Events of a page at most, as the service has it.
pub const MOST_EVENTS: usize = 10_000;
/// Pages of lines that are tried one by one, where a pattern cannot be searched for.
const MOST_TRIED: usize = 60;

/// Reads events.
pub struct FilterEvents;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The log group.
    pub log_group: String,
    /// A filter pattern: terms (`ERROR -timeout`), `{ $.level = "error" }` or `[a, b]`; empty takes every event.
    #[serde(default)]
    pub pattern: String,
    /// From this instant, in ms since the epoch; the last 15 minutes when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<i64>,
    /// To before this instant, in ms since the epoch; now when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<i64>,
    /// Only streams, which are pods, whose name begins so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_prefix: Option<String>,
    /// Most events, 1 to 10,000.
    #[serde(default = "hundred")]
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

fn hundred() -> usize {
    100
}

impl Args {
    /// A group's newest quarter of an hour.
    pub fn of(log_group: &str) -> Self {
        Self {
            log_group: log_group.to_owned(),
            pattern: String::new(),
            start_ms: None,
            end_ms: None,
            stream_prefix: None,
            limit: hundred(),
            cursor: None,
        }
    }
}

/// Events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Events {
    /// Oldest first.
    pub events: Vec<Event>,
    /// Give this to read newer ones; none when there are none. A page can end before it is full.
    pub cursor: Option<String>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Event {
    /// The stream: the pod that wrote it.
    pub stream: String,
    /// When, in ms since the epoch.
    pub at_ms: i64,
    /// When the service took it in, in ms since the epoch.
    pub ingested_ms: i64,
    /// What it says.
    pub message: String,
    /// Its id.
    pub id: String,
}

impl Text for Events {
    fn text(&self) -> String {
        let mut text = String::new();
        for event in &self.events {
            let at = SimTime(event.at_ms).format("%Y-%m-%dT%H:%M:%S%.6f+00:00");
            text.push_str(&format!("{at} {} {}\n", event.stream, event.message));
        }
        if let Some(cursor) = &self.cursor {
            text.push_str(&format!("(newer events: cursor {cursor})\n"));
        }
        text
    }
}

fn event(world: &World, line: LogLine) -> Event {
    let key = estate_key(world, &format!("aws/event/{}/{}", line.service, line.key));
    let at_ms = line.key.at_ms;
    Event {
        stream: line.pod.as_ref().unwrap_or(&line.service).to_string(),
        at_ms,
        ingested_ms: at_ms + key.between(0, 350, 1_900),
        message: line.text,
        id: format!("38{at_ms:014}{:020}{:020}", key.draw(1), key.draw(2)),
    }
}

/// Lines of a search that a pattern takes, oldest first, and where it goes on.
fn found(
    search: &Search,
    pattern: &FilterPattern,
    is_tried: bool,
    cursor: Option<LineKey>,
    limit: usize,
    takes: impl Fn(&LogLine) -> bool,
) -> (Vec<LogLine>, Option<LineKey>) {
    let (mut lines, mut at) = (Vec::new(), cursor);
    for _ in 0..MOST_TRIED {
        let page = search.find(
            at,
            Direction::Newer,
            LARGEST_PAGE,
            Budget::lines(LINES_LOOKED_AT),
        );
        let is_stopped = page.lines.len() < LARGEST_PAGE && page.next.is_some();
        for line in page.lines {
            if lines.len() == limit {
                return (lines, at);
            }
            at = Some(line.key);
            if takes(&line) && (!is_tried || pattern.matches(&line.text)) {
                lines.push(line);
            }
        }
        match page.next {
            None => return (lines, None),
            Some(next) => at = Some(next),
        }
        if is_stopped || lines.len() == limit {
            break;
        }
    }
    (lines, at)
}

impl Look for FilterEvents {
    type Args = Args;
    type Output = Events;
    const NAME: &'static str = "cloudwatch_filter_log_events";
    const FAMILY: Family = Family::CloudWatch;
    const ABOUT: &'static str =
        "Reads the events of a log group that a filter pattern takes, oldest first";

    fn look(world: &World, args: &Args) -> Result<Seen<Events>, ToolError> {
        let groups = log_groups::all(world);
        let group = groups
            .iter()
            .find(|group| group.name == args.log_group)
            .ok_or_else(|| ToolError {
                message: "ResourceNotFoundException: The specified log group does not exist."
                    .to_owned(),
                hint: Some(
                    did_you_mean(&args.log_group, groups.iter().map(|one| one.name.as_str()))
                        .unwrap_or_else(|| "cloudwatch_list_log_groups lists them".to_owned()),
                ),
            })?;
        let invalid = |reason: &dyn std::fmt::Display| {
            ToolError::new(format!("InvalidParameterException: {reason}"))
        };
        let pattern = FilterPattern::parse(&args.pattern).map_err(|error| invalid(&error))?;
        let filters = pattern.text_filters();
        let is_tried = filters.is_none();
        let query =
            LineQuery::new(&filters.unwrap_or_default()).map_err(|error| invalid(&error))?;
        let now = world.now().millis();
        let filter = LineFilter {
            services: vec![group.service.clone()],
            from_ms: args.start_ms.unwrap_or(now - 15 * 60_000),
            until_ms: args.end_ms.unwrap_or(i64::MAX),
            ..LineFilter::default()
        };
        let cursor = page::cursor(args.cursor.as_deref())?;
        let search = Search::new(world.signals().telemetry().snapshot(), filter, query);
        let limit = args.limit.clamp(1, MOST_EVENTS);
        let prefix = args.stream_prefix.as_deref().unwrap_or_default();
        let (lines, next) = found(&search, &pattern, is_tried, cursor, limit, |line| {
            line.pod
                .as_deref()
                .unwrap_or(&line.service)
                .starts_with(prefix)
        });
        Ok(Seen {
            shown: lines.iter().map(Shown::line).collect(),
            output: Events {
                events: lines.into_iter().map(|line| event(world, line)).collect(),
                cursor: next.map(|key| key.to_string()),
            },
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"log_group\":\"/eks/alpha-main/back/worker\",\"pattern\":\"Unhandled\",\"limit\":1}",
                about: "The first event with a word",
                prints: "2026-03-02T13:46:02.321000+00:00 worker-7c649d995-fvvwt Unhandled exception. System.ArgumentNullException: Value cannot be null. (Parameter 's')\n   at System.Int32.Parse(String s)\n   at Alpha.Worker.Main..cctor() in /src/worker/Main.cs:line 7\n(newer events: cursor 1772459162321.s122)\n",
            },
            ToolExample {
                args: "{\"log_group\":\"/eks/nope\"}",
                about: "A log group that does not exist",
                prints: "cloudwatch_filter_log_events: ResourceNotFoundException: The specified log group does not exist.\nhint: cloudwatch_list_log_groups lists them\n",
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    fn events(world: &World, change: impl FnOnce(&mut Args)) -> Events {
        let group = log_groups::all(world)
            .into_iter()
            .find(|group| group.service == "gate")
            .unwrap();
        let mut args = Args {
            start_ms: Some(world.now().millis() - 60_000),
            ..Args::of(&group.name)
        };
        change(&mut args);
        FilterEvents::look(world, &args).unwrap().output
    }

    #[test]
    fn pages_join_without_a_gap_and_patterns_agree_with_their_own_test() {
        let world = small_world();
        let all = events(&world, |args| args.limit = MOST_EVENTS);
        assert!(all.events.len() > 300 && all.cursor.is_none());
        let (mut joined, mut cursor) = (Vec::new(), None);
        loop {
            let page = events(&world, |args| {
                args.limit = 70;
                args.cursor.clone_from(&cursor);
            });
            joined.extend(page.events);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(joined, all.events);
        for pattern in [
            "refused",
            "-refused",
            "{ $.status = 502 }",
            "{ $.status = \"502\" }",
        ] {
            let parsed = FilterPattern::parse(pattern).unwrap();
            let expected = all
                .events
                .iter()
                .filter(|event| parsed.matches(&event.message));
            let found = events(&world, |args| {
                args.limit = MOST_EVENTS;
                args.pattern = pattern.to_owned();
            });
            assert_eq!(
                found.events,
                expected.cloned().collect::<Vec<_>>(),
                "{pattern}"
            );
        }
    }
}
