//! `board_view`: what a pane of the board shows at a moment. Journals name it for looks; nobody calls it by hand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{changes, code, lines, traces};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::promql;
use crate::sim::time::{SimTime, Span};
use crate::tools::{Family, Look, Seen, Text, ToolError, ToolExample, prometheus, slack};

/// Says what a pane shows.
pub struct View;

/// A pane's view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The pane.
    pub pane: String,
    /// What it shows: a channel, queries, a path.
    pub query: String,
    /// Its filter.
    pub filter: String,
    /// The first row, where it does not follow the newest.
    pub first: Option<String>,
    /// Rows.
    pub rows: usize,
    /// It stands still since this instant.
    pub frozen_at_ms: Option<i64>,
}

/// How many things were on screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Count {
    /// Things.
    pub things: usize,
}

impl Text for Count {
    fn text(&self) -> String {
        format!("{} on screen\n", self.things)
    }
}

impl Look for View {
    type Args = Args;
    type Output = Count;
    const NAME: &'static str = "board_view";
    const FAMILY: Family = Family::Drill;
    const ABOUT: &'static str = "Notes what a pane of the board shows";

    const OFFERED: bool = false;

    fn cost(_: &Args) -> Span {
        Span::ZERO
    }

    fn look(world: &World, args: &Args) -> Result<Seen<Count>, ToolError> {
        let shown = match args.pane.as_str() {
            "slack" => messages(world, args),
            "logs" => log_lines(world, args),
            "metrics" => series(world, args),
            "pager" => incidents(world, args),
            "changes" => change_rows(world, args),
            "code" => file_lines(world, args),
            "traces" => traces::shown(world, &args.query, &args.filter, args.rows),
            _ => Vec::new(),
        };
        Ok(Seen {
            output: Count {
                things: shown.len(),
            },
            shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"pane": "pager", "rows": 10}"#,
            about: "the pager's list",
            prints: "1 on screen\n",
        }]
    }
}

fn messages(world: &World, args: &Args) -> Vec<Shown> {
    let (channel, thread) = match args.query.split_once('/') {
        Some((channel, thread)) => (channel, Some(thread)),
        None => (args.query.as_str(), None),
    };
    let until = args.frozen_at_ms.unwrap_or(i64::MAX);
    let posts: Vec<_> = slack::messages::all(world, channel)
        .into_iter()
        .filter(|post| post.at.millis() <= until)
        .filter(|post| match thread {
            Some(thread) => {
                post.id == thread
                    || post.thread.as_deref() == Some(thread)
                    || slack::messages::artifact(post) == thread
            }
            None => true,
        })
        .collect();
    let first = args.first.as_ref().and_then(|first| {
        posts
            .iter()
            .position(|post| slack::messages::artifact(post) == *first)
    });
    let start = first.unwrap_or_else(|| posts.len().saturating_sub(args.rows));
    let on_screen = posts.iter().skip(start).take(args.rows);
    on_screen.map(slack::messages::shown).collect()
}

fn log_lines(world: &World, args: &Args) -> Vec<Shown> {
    let (streams, name) = args.query.rsplit_once(" #").unwrap_or((&args.query, ""));
    let (services, level) = streams.rsplit_once(" >=").unwrap_or(("", ""));
    let wanted = lines::Wanted {
        services: services
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        from_level: ["DBG", "INF", "WRN", "ERR", "FTL"]
            .iter()
            .position(|word| *word == level)
            .unwrap_or(0),
        text: args.filter.clone(),
        names: Some(name.to_owned())
            .filter(|name| !name.is_empty())
            .into_iter()
            .collect(),
    };
    let seek = match (&args.first, args.frozen_at_ms) {
        (Some(first), _) => lines::Seek::At(first.clone()),
        (None, Some(at)) => lines::Seek::Time(at),
        (None, None) => lines::Seek::Newest,
    };
    let (before, after) = if args.first.is_some() {
        (0, args.rows)
    } else {
        (args.rows, 0)
    };
    let window = lines::window(world, &wanted, &seek, before, after);
    window
        .lines
        .into_iter()
        .map(|line| Shown::Line {
            service: line.service,
            text: line.text,
            at: Some(line.at),
            pod: line.pod,
        })
        .collect()
}

fn series(world: &World, args: &Args) -> Vec<Shown> {
    let minutes = args
        .filter
        .trim_end_matches('m')
        .parse::<i64>()
        .unwrap_or(60);
    let to = SimTime(args.frozen_at_ms.unwrap_or(world.now().millis()));
    let from = to - Span::from_mins(minutes.clamp(1, 60 * 24 * 14));
    let exprs = args
        .query
        .lines()
        .filter_map(|query| promql::parse(query).ok());
    exprs
        .flat_map(|expr| prometheus::query::shown(world, &expr, from, to))
        .collect()
}

fn incidents(world: &World, args: &Args) -> Vec<Shown> {
    if !args.query.is_empty() {
        return vec![Shown::Incident(args.query.clone())];
    }
    world
        .pager()
        .incidents()
        .iter()
        .rev()
        .take(args.rows)
        .map(|incident| Shown::Incident(incident.id.clone()))
        .collect()
}

fn change_rows(world: &World, args: &Args) -> Vec<Shown> {
    let mut shown = changes::detail(world, &args.query)
        .map(|(_, shown)| shown)
        .unwrap_or_default();
    let all = changes::all(world);
    let start = args
        .first
        .as_ref()
        .and_then(|first| all.iter().position(|change| change.artifact == *first));
    shown.extend(
        all.iter()
            .skip(start.unwrap_or(0))
            .take(args.rows)
            .filter_map(|change| Shown::from_id(&change.artifact)),
    );
    shown
}

fn file_lines(world: &World, args: &Args) -> Vec<Shown> {
    let Some(line) = args
        .first
        .as_ref()
        .and_then(|first| first.rsplit_once(':')?.1.parse::<usize>().ok())
    else {
        return Vec::new();
    };
    let Some((text, Shown::File { repo, path, .. }, _)) = code::file(world, &args.query) else {
        return Vec::new();
    };
    let on_screen: Vec<&str> = text
        .lines()
        .skip(line.saturating_sub(1))
        .take(args.rows)
        .collect();
    vec![Shown::File {
        repo,
        path,
        text: on_screen.join("\n"),
    }]
}
