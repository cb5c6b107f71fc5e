//! `promtool`: queries from the shell, printed as the real program prints them. Never makes samples.

use super::query::{Args, Query};
use crate::sim::World;
use crate::sim::promql::matcher::Matcher;
use crate::sim::promql::{self, ast::Node};
use crate::sim::time::Span;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, options, usage, value};

const USAGE: &str = "promtool query instant [--time TIME] SERVER EXPR | query range [--start TIME] [--end TIME] [--step 30s] SERVER EXPR | query series --match SELECTOR SERVER | query labels SERVER NAME";

/// `promtool`.
pub struct Promtool;

impl Program for Promtool {
    fn name(&self) -> &'static str {
        "promtool"
    }

    fn family(&self) -> Family {
        Family::Prometheus
    }

    fn about(&self) -> &'static str {
        "Queries Prometheus: instants, ranges, series and labels"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(2)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let valued = [
            "--time", "--start", "--end", "--step", "--match", "-o", "--format",
        ];
        let (words, found) = match options(argv, &valued) {
            Ok(parsed) => parsed,
            Err(problem) => return Run::failed(format!("promtool: error: {problem}\n"), 1),
        };
        let unknown = words
            .iter()
            .find(|word| word.starts_with('-') && word.len() > 1);
        if let Some(flag) = unknown {
            return Run::failed(
                format!("promtool: error: unknown long flag '{flag}', try --help\n"),
                1,
            );
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ["query", words @ ..] = words.as_slice() else {
            return usage(USAGE);
        };
        let text = |names: &[&str]| value(&found, names).map(str::to_owned);
        match words {
            ["instant", rest @ ..] => match expression(rest) {
                Some(query) => looked_quietly(
                    world,
                    &Args {
                        query,
                        time: text(&["--time"]),
                        ..Args::default()
                    },
                ),
                None => usage(USAGE),
            },
            ["range", rest @ ..] => match expression(rest) {
                Some(query) => looked_quietly(
                    world,
                    &Args {
                        query,
                        start: text(&["--start"]),
                        end: text(&["--end"]),
                        step: text(&["--step"]).or_else(|| Some("15s".to_owned())),
                        ..Args::default()
                    },
                ),
                None => usage(USAGE),
            },
            ["series", rest @ ..] if rest.len() <= 1 => match text(&["--match"]) {
                Some(selector) => series(world, &selector),
                None => usage(USAGE),
            },
            ["labels", rest @ ..] => match rest {
                [name] | [_, name] => labels(world, name),
                _ => usage(USAGE),
            },
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "promtool query instant http://prometheus:9090 'kube_deployment_spec_replicas{deployment=\"worker\"}'",
            about: "An instant query",
            prints: "kube_deployment_spec_replicas{deployment=\"worker\", namespace=\"back\"} => 1 @[1772460000]\n",
        }]
    }
}

/// The expression behind the server; without a server, which the workstation knows, the only word.
fn expression(words: &[&str]) -> Option<String> {
    match words {
        [query] | [_, query] => Some((*query).to_owned()),
        _ => None,
    }
}

/// `promtool` prints nothing where there is nothing, and errors in its own form.
fn looked_quietly(world: &World, args: &Args) -> Run {
    match looked::<Query>(world, args) {
        Run::Answer(mut answer) => {
            if answer.text.starts_with("{} (no data)") {
                answer.text.clear();
            }
            if answer.code != 0 {
                let message = answer.error.trim_end();
                let message = message
                    .strip_prefix("prometheus_query: ")
                    .unwrap_or(message);
                let message = message.split("\nhint:").next().unwrap_or(message);
                answer.error = format!("query error: bad_data: {message}\n");
                answer.code = 1;
            }
            Run::Answer(answer)
        }
        acting @ Run::Act(_) => acting,
    }
}

fn selector_of(text: &str) -> Result<Vec<Matcher>, String> {
    let expr = promql::parse(text).map_err(|error| error.to_string())?;
    match expr.node {
        Node::Vector(selector) => Ok(selector.matchers),
        _ => Err("invalid parameter \"match[]\": not a series selector".to_owned()),
    }
}

fn series(world: &World, selector: &str) -> Run {
    match selector_of(selector) {
        Ok(matchers) => {
            let mut lines: Vec<String> = world
                .series()
                .matching_labels(&matchers, world.now())
                .iter()
                .map(ToString::to_string)
                .collect();
            lines.sort();
            lines.dedup();
            Run::text(
                lines
                    .iter()
                    .map(|line| format!("{line}\n"))
                    .collect::<String>(),
            )
        }
        Err(problem) => Run::failed(format!("query error: bad_data: {problem}\n"), 1),
    }
}

fn labels(world: &World, name: &str) -> Run {
    use crate::sim::promql::source::SeriesSource as _;
    let values = world.series().label_values(name, &[]);
    Run::text(
        values
            .iter()
            .map(|value| format!("{value}\n"))
            .collect::<String>(),
    )
}
