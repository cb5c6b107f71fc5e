//! `amtool`: alerts as Alertmanager has them, and silences. Never changes whether an alert fires.

use super::alerts::{ListedAlert, listed, shown_alert};
use crate::scenario::format::values::{Duration, Text as _};
use crate::session::Answer;
use crate::sim::World;
use crate::sim::command::{AlertCommand, Command};
use crate::sim::promql::numbers::quote;
use crate::sim::rules::{AlertState, Silence};
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::program::{Act, Example, Place, Program, Run};
use crate::tools::shared::{first_rejection, options, usage, value};

const USAGE: &str = "amtool alert [query] [-o simple|extended|json] [--silenced] [MATCHER...] | silence [query] [--expired] | silence add [-d 1h] [-c COMMENT] MATCHER... | silence expire ID...";
/// How long a silence lasts when nothing is said.
const DEFAULT_SILENCE: Span = Span::from_hours(1);

/// `amtool`.
pub struct Amtool;

impl Program for Amtool {
    fn name(&self) -> &'static str {
        "amtool"
    }

    fn family(&self) -> Family {
        Family::Prometheus
    }

    fn about(&self) -> &'static str {
        "Lists alerts in Alertmanager, and lists, adds and expires silences"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(2)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let valued = [
            "-o",
            "--output",
            "-d",
            "--duration",
            "-c",
            "--comment",
            "-a",
            "--author",
            "--alertmanager.url",
        ];
        let (words, found) = match options(argv, &valued) {
            Ok(parsed) => parsed,
            Err(problem) => return Run::failed(format!("amtool: error: {problem}\n"), 1),
        };
        let (flags, words): (Vec<String>, Vec<String>) =
            words.into_iter().partition(|word| word.starts_with('-'));
        let flag = |names: &[&str]| flags.iter().any(|flag| names.contains(&flag.as_str()));
        if let Some(unknown) = flags.iter().find(|flag| {
            !["-s", "--silenced", "--active", "--expired", "-q", "--quiet"].contains(&flag.as_str())
        }) {
            return Run::failed(
                format!("amtool: error: unknown flag '{unknown}', try --help\n"),
                1,
            );
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let form = value(&found, &["-o", "--output"]).unwrap_or("simple");
        match words.as_slice() {
            ["alert", "query", matchers @ ..] | ["alert", matchers @ ..] => {
                match matchers_of(matchers) {
                    Ok(matchers) => alerts(world, &matchers, flag(&["-s", "--silenced"]), form),
                    Err(problem) => Run::failed(format!("amtool: error: {problem}\n"), 1),
                }
            }
            ["silence", "add", matchers @ ..] => match matchers_of(matchers) {
                Ok(matchers) if !matchers.is_empty() => add(
                    matchers,
                    value(&found, &["-d", "--duration"]),
                    value(&found, &["-c", "--comment"]),
                ),
                Ok(_) => Run::failed("amtool: error: no matchers specified\n", 1),
                Err(problem) => Run::failed(format!("amtool: error: {problem}\n"), 1),
            },
            ["silence", "expire", ids @ ..] if !ids.is_empty() => expire(ids),
            ["silence" | "silences"] | ["silence", "query"] => {
                silences(world, flag(&["--expired"]), flag(&["-q", "--quiet"]))
            }
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "amtool alert query alertname=JobsLagHigh",
                about: "Alerts that fire and are not silenced",
                prints: "",
            },
            Example {
                line: "amtool silence add alertname=JobsLagHigh -d 30m -c 'known'",
                about: "Silences an alert for half an hour",
                prints: "",
            },
            Example {
                line: "amtool silence add",
                about: "Nothing to silence",
                prints: "amtool: error: no matchers specified\n",
            },
            Example {
                line: "amtool silence query",
                about: "Silences; there are none",
                prints: "ID  Matchers  Ends At  Created By  Comment  \n",
            },
        ]
    }
}

/// `name=value` and `name="value"`; a word alone is the alert's name.
fn matchers_of(words: &[&str]) -> Result<Vec<(String, String)>, String> {
    words
        .iter()
        .map(|word| match word.split_once('=') {
            Some((name, value)) if name.ends_with('!') || value.starts_with('~') => Err(format!(
                "only matchers with = are kept here, not {}",
                quote(word)
            )),
            Some((name, value)) if !name.is_empty() => {
                Ok((name.to_owned(), value.trim_matches('"').to_owned()))
            }
            Some(_) => Err(format!("bad matcher format: {word}")),
            None => Ok(("alertname".to_owned(), (*word).to_owned())),
        })
        .collect()
}

/// Cells in columns as Go's tabwriter pads them: the last one, too.
fn tabbed(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(cell);
            text.push_str(&" ".repeat(width + 2 - cell.chars().count().min(*width)));
        }
        text.push('\n');
    }
    text
}

fn date(at: SimTime) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC")
}

fn alerts(world: &World, matchers: &[(String, String)], silenced: bool, form: &str) -> Run {
    let rules = &world.plan().rules;
    let mut found: Vec<(ListedAlert, SimTime)> = Vec::new();
    let mut shown = Vec::new();
    for (index, alert) in world.alerts().active() {
        let Some(rule) = rules.alerting.get(index) else {
            continue;
        };
        let fits = matchers
            .iter()
            .all(|(name, value)| alert.labels.get(name) == value);
        let row = listed(world, rule, alert);
        if alert.state == AlertState::Firing && fits && row.silenced == silenced {
            shown.push(shown_alert(alert, world.now()));
            found.push((row, alert.fired_at.unwrap_or(alert.active_at)));
        }
    }
    found.sort_by_key(|(_, at)| *at);
    let summary = |alert: &ListedAlert| {
        let text = alert.annotations.get("summary");
        text.cloned().unwrap_or_default()
    };
    let state = if silenced { "suppressed" } else { "active" };
    let data = serde_json::to_value(found.iter().map(|(alert, _)| alert).collect::<Vec<_>>())
        .unwrap_or_default();
    let cells = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let text = match form {
        "json" => format!("{data}\n"),
        "extended" => {
            let mut rows: Vec<Vec<String>> = vec![cells(&[
                "Labels",
                "Annotations",
                "Starts At",
                "Ends At",
                "Generator URL",
                "State",
            ])];
            for (alert, at) in &found {
                let labels = alert
                    .labels
                    .iter()
                    .map(|(name, value)| format!("{name}={}", quote(value)));
                let annotations = alert
                    .annotations
                    .iter()
                    .map(|(name, value)| format!("{name}={}", quote(value)));
                rows.push(vec![
                    labels.collect::<Vec<_>>().join(" "),
                    annotations.collect::<Vec<_>>().join(" "),
                    date(*at),
                    // Prometheus says again every minute that it still fires, each time for four evaluations.
                    date(world.now() + Span::from_mins(4)),
                    format!(
                        "http://prometheus:9090/graph?g0.expr={}&g0.tab=1",
                        alert.name()
                    ),
                    state.to_owned(),
                ]);
            }
            tabbed(&rows)
        }
        _ => {
            let mut rows: Vec<Vec<String>> =
                vec![cells(&["Alertname", "Starts At", "Summary", "State"])];
            for (alert, at) in &found {
                rows.push(vec![
                    alert.name().to_owned(),
                    date(*at),
                    summary(alert),
                    state.to_owned(),
                ]);
            }
            tabbed(&rows)
        }
    };
    Run::Answer(Answer {
        text,
        data,
        shown,
        ..Answer::default()
    })
}

fn silences(world: &World, expired: bool, quiet: bool) -> Run {
    let now = world.now();
    let wanted = |silence: &&Silence| {
        if expired {
            silence.until <= now
        } else {
            silence.until > now && silence.from <= now
        }
    };
    let found: Vec<&Silence> = world.alerts().silences().iter().filter(wanted).collect();
    if quiet {
        return Run::text(
            found
                .iter()
                .map(|silence| format!("{}\n", silence.id()))
                .collect::<String>(),
        );
    }
    let mut rows = vec![
        ["ID", "Matchers", "Ends At", "Created By", "Comment"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for silence in found {
        let matchers: Vec<String> = silence
            .matching
            .iter()
            .map(|(name, value)| format!("{name}={}", quote(value)))
            .collect();
        rows.push(vec![
            silence.id(),
            matchers.join(" "),
            date(silence.until),
            silence.by.clone(),
            silence.comment.clone(),
        ]);
    }
    Run::text(tabbed(&rows))
}

fn add(matching: Vec<(String, String)>, lasts: Option<&str>, comment: Option<&str>) -> Run {
    let lasts = match lasts.map(Duration::parse) {
        None => DEFAULT_SILENCE,
        Some(Ok(lasts)) if lasts.millis > 0 => Span(lasts.millis),
        Some(_) => {
            return Run::failed(
                "amtool: error: silence duration must be greater than 0\n",
                1,
            );
        }
    };
    let Some(comment) = comment else {
        return Run::failed("amtool: error: comment required by config\n", 1);
    };
    let command = Command::Alerts(AlertCommand::Silence {
        matching,
        lasts_ms: lasts.millis(),
        comment: comment.to_owned(),
    });
    Run::Act(Act {
        commands: vec![command],
        answer: Box::new(|world, results| match first_rejection(results) {
            Some(rejection) => Answer::failed(format!("amtool: error: {}\n", rejection.message), 1),
            None => Answer {
                text: world
                    .alerts()
                    .silences()
                    .last()
                    .map_or_else(String::new, |silence| format!("{}\n", silence.id())),
                ..Answer::default()
            },
        }),
    })
}

fn expire(ids: &[&str]) -> Run {
    let commands = ids
        .iter()
        .map(|id| Command::Alerts(AlertCommand::ExpireSilence((*id).to_owned())))
        .collect();
    Run::Act(Act {
        commands,
        answer: Box::new(|_, results| match first_rejection(results) {
            Some(rejection) => Answer::failed(format!("amtool: error: {}\n", rejection.message), 1),
            None => Answer::default(),
        }),
    })
}
