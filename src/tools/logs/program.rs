//! `logcli` in the shell: LogQL over the drill's lines, labels and series. Prints as Loki's own client does.

use std::collections::BTreeSet;

use super::logql::{self, DEFAULT_RANGE, Found, Page, Wanted};
use super::page;
use crate::session::Answer;
use crate::sim::World;
use crate::sim::logql::ast::Expr;
use crate::sim::logql::entries::Window;
use crate::sim::promql::labels::Labels;
use crate::sim::telemetry::homes::{STREAM_LABELS, level_word};
use crate::sim::telemetry::lines::Direction;
use crate::sim::telemetry::slots::SlotTrack;
use crate::sim::time::{SimTime, Span};
use crate::tools::ToolError;
use crate::tools::family::Family;
use crate::tools::offline::span;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{options, usage, value};

const USAGE: &str = "logcli query [--since 1h | --from TIME --to TIME] [--limit 30] [--forward] [--step 15s] [-q] [-o default|raw|jsonl] QUERY | instant-query QUERY | labels [LABEL] | series SELECTOR";
const VALUED: [&str; 11] = [
    "--since",
    "--from",
    "--to",
    "--limit",
    "--step",
    "-o",
    "--output",
    "--now",
    "--timezone",
    "-z",
    "--addr",
];

/// `logcli`.
pub struct LogCli;

impl Program for LogCli {
    fn name(&self) -> &'static str {
        "logcli"
    }

    fn family(&self) -> Family {
        Family::Logs
    }

    fn about(&self) -> &'static str {
        "Asks the log system with LogQL: lines, rates, labels, series"
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let Some((command, rest)) = argv.split_first() else {
            return usage(USAGE);
        };
        let (words, found) = match options(rest, &VALUED) {
            Ok(read) => read,
            Err(error) => return Run::failed(format!("logcli: error: {error}, try --help\n"), 1),
        };
        let asked = Asked {
            world,
            flags: words
                .iter()
                .filter(|word| word.starts_with('-'))
                .cloned()
                .collect(),
            words: words
                .iter()
                .filter(|word| !word.starts_with('-'))
                .cloned()
                .collect(),
            found,
        };
        let known = ["--forward", "-q", "--quiet", "--no-labels"];
        if let Some(odd) = asked
            .flags
            .iter()
            .find(|flag| !known.contains(&flag.as_str()))
        {
            return Run::failed(
                format!("logcli: error: unknown flag '{odd}', try --help\n"),
                1,
            );
        }
        let answer = match (command.as_str(), asked.words.as_slice()) {
            ("query", [query]) => asked.query(query),
            ("instant-query", [query]) => asked.instant(query),
            ("labels", []) => Ok(list(STREAM_LABELS.into_iter().map(str::to_owned))),
            ("labels", [label]) => Ok(asked.values(label)),
            ("series", [selector]) => asked.series(selector),
            _ => return usage(USAGE),
        };
        Run::Answer(answer.unwrap_or_else(|error| {
            Answer::failed(format!("Query failed: {}\n", error.message), 1)
        }))
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: r#"logcli query '{app="worker"} |= "Unhandled"' --since 10m --limit 1 -q"#,
                about: "the newest line that contains a text",
                prints: "2026-03-02T13:56:08.321Z {} Unhandled exception. System.ArgumentNullException: Value cannot be null. (Parameter 's')\n   at System.Int32.Parse(String s)\n   at Alpha.Worker.Main..cctor() in /src/worker/Main.cs:line 7\n",
            },
            Example {
                line: r#"logcli query '{app="gate"} | json | status="502" | line_format "{{.route}}"' --limit 2 -q -o raw"#,
                about: "a field of JSON lines",
                prints: "POST /jobs\nPOST /jobs\n",
            },
            Example {
                line: r#"logcli instant-query 'topk(2, sum by (app) (rate({level=~"error|fatal"}[5m])))'"#,
                about: "who logs most errors",
                prints: "[\n  {\n    \"metric\": {\n      \"app\": \"gate\"\n    },\n    \"value\": [\n      1772460000,\n      \"16.916666666666668\"\n    ]\n  },\n  {\n    \"metric\": {\n      \"app\": \"intake\"\n    },\n    \"value\": [\n      1772460000,\n      \"2.3366666666666664\"\n    ]\n  }\n]\n",
            },
            Example {
                line: "logcli labels namespace",
                about: "values of a label",
                prints: "back\nfront\n",
            },
            Example {
                line: r#"logcli query '{app="gate"'"#,
                about: "a query that cannot be read",
                prints: "Query failed: parse error at line 1, col 12: syntax error: unexpected $end, expecting } or ,\n",
            },
        ]
    }
}

struct Asked<'a> {
    world: &'a World,
    flags: Vec<String>,
    words: Vec<String>,
    found: Vec<(String, String)>,
}

fn list(items: impl Iterator<Item = String>) -> Answer {
    let items: BTreeSet<String> = items.filter(|item| !item.is_empty()).collect();
    Answer {
        text: items.iter().map(|item| format!("{item}\n")).collect(),
        data: serde_json::json!(items),
        ..Answer::default()
    }
}

impl Asked<'_> {
    fn time(&self, option: &str) -> Result<Option<SimTime>, ToolError> {
        value(&self.found, &[option])
            .map(|text| {
                SimTime::parse_rfc3339(text).ok_or_else(|| {
                    ToolError::new(format!("error parsing time {text:?}: RFC 3339 is needed"))
                })
            })
            .transpose()
    }

    fn length(&self, option: &str) -> Result<Option<Span>, ToolError> {
        value(&self.found, &[option])
            .map(|text| span(text).map_err(ToolError::new))
            .transpose()
    }

    fn window(&self) -> Result<(SimTime, SimTime), ToolError> {
        let end = self.time("--to")?.unwrap_or(self.world.now());
        let since = self.length("--since")?.unwrap_or(DEFAULT_RANGE);
        let start = self.time("--from")?.unwrap_or(end - since);
        if start > end {
            return Err(ToolError::new(
                "end timestamp must not be before or equal to start time",
            ));
        }
        Ok((start, end))
    }

    fn query(&self, query: &str) -> Result<Answer, ToolError> {
        let (start, end) = self.window()?;
        let limit = value(&self.found, &["--limit"]).map_or(Ok(30), |text| {
            text.parse::<usize>()
                .map_err(|_| ToolError::new(format!("expected integer but got {text:?}")))
        })?;
        match crate::sim::logql::parse(query).map_err(|error| logql::told(&error))? {
            Expr::Log(log) => {
                let forward = self.flags.iter().any(|flag| flag == "--forward");
                let direction = if forward {
                    Direction::Newer
                } else {
                    Direction::Older
                };
                let window = Window {
                    from_ms: start.millis(),
                    until_ms: end.millis(),
                };
                let page = logql::lines(self.world, &log, window, direction, None, limit.max(1))?;
                self.lines(&page)
            }
            Expr::Metric(_) => {
                let wanted = Wanted {
                    start: Some(start),
                    end,
                    step: self.length("--step")?,
                    limit,
                };
                match logql::run(self.world, query, &wanted)? {
                    Found::Range(matrix) => Ok(answer(&matrix.to_json())),
                    Found::Instant(value) => Ok(answer(&value.to_json())),
                    Found::Lines(page) => self.lines(&page),
                }
            }
        }
    }

    fn lines(&self, page: &Page) -> Result<Answer, ToolError> {
        let quiet = self
            .flags
            .iter()
            .any(|flag| flag == "-q" || flag == "--quiet");
        let text = match value(&self.found, &["-o", "--output"]).unwrap_or("default") {
            "default" => page.text(),
            "raw" => page.entries.iter().map(|entry| format!("{}\n", entry.line)).collect(),
            "jsonl" => page
                .entries
                .iter()
                .map(|entry| {
                    let json = serde_json::json!({
                        "labels": entry.labels.to_json(),
                        "line": entry.line,
                        "timestamp": SimTime(entry.source.key.at_ms).format("%Y-%m-%dT%H:%M:%S%.3fZ"),
                    });
                    format!("{json}\n")
                })
                .collect(),
            other => {
                return Err(ToolError::new(format!(
                    "enum value must be one of default,raw,jsonl, got '{other}'"
                )));
            }
        };
        let mut said = String::new();
        if !quiet {
            let common = page.common();
            if !common.is_empty() {
                said.push_str(&format!("Common labels: {common}\n"));
            }
            if page.entries.iter().any(|entry| entry.source.one_in > 1) {
                said.push_str(&format!("Retention: {}\n", page::kept(self.world)));
            }
        }
        if page.stopped {
            said.push_str("The query looked at enough lines and stopped; take a shorter range or a narrower selector\n");
        }
        Ok(Answer {
            text,
            error: said,
            data: page.to_json(),
            shown: page.shown(),
            ..Answer::default()
        })
    }

    fn instant(&self, query: &str) -> Result<Answer, ToolError> {
        let parsed = crate::sim::logql::parse(query).map_err(|error| logql::told(&error))?;
        if matches!(parsed, Expr::Log(_)) {
            return Err(logql::told(&crate::sim::logql::QueryError::LogsAtInstant));
        }
        let wanted = Wanted {
            start: None,
            end: self.time("--now")?.unwrap_or(self.world.now()),
            step: None,
            limit: 1,
        };
        match logql::run(self.world, query, &wanted)? {
            Found::Instant(value) => Ok(answer(&value.to_json())),
            Found::Range(matrix) => Ok(answer(&matrix.to_json())),
            Found::Lines(page) => self.lines(&page),
        }
    }

    /// The streams there are: a label set for each service, level and pod that may have written lines.
    fn streams(&self) -> BTreeSet<Labels> {
        let telemetry = self.world.signals().telemetry();
        let mut streams = BTreeSet::new();
        for (_, def) in telemetry.log_defs() {
            let slots = telemetry
                .atom_def(def.atom)
                .and_then(|atom| atom.slots)
                .and_then(|id| telemetry.slots(id));
            let pods: Vec<String> = slots
                .into_iter()
                .flat_map(SlotTrack::slots)
                .map(|(_, slot)| slot.pod.to_string())
                .collect();
            let pods = if pods.is_empty() {
                vec![String::new()]
            } else {
                pods
            };
            for pod in pods {
                let pairs = STREAM_LABELS.map(|name| {
                    let value = match name {
                        "pod" => pod.as_str(),
                        "level" => level_word(def.level),
                        name => telemetry.stream_label(name, &def.service, def.level),
                    };
                    (name, value)
                });
                streams.insert(Labels::new(
                    pairs.into_iter().filter(|(_, value)| !value.is_empty()),
                ));
            }
        }
        streams
    }

    fn values(&self, label: &str) -> Answer {
        list(
            self.streams()
                .iter()
                .map(|labels| labels.get(label).to_owned()),
        )
    }

    fn series(&self, selector: &str) -> Result<Answer, ToolError> {
        let Expr::Log(log) =
            crate::sim::logql::parse(selector).map_err(|error| logql::told(&error))?
        else {
            return Err(ToolError::new("only label matchers are supported"));
        };
        if !log.stages.is_empty() {
            return Err(ToolError::new("only label matchers are supported"));
        }
        let streams = self.streams().into_iter();
        Ok(list(
            streams
                .filter(|labels| log.matchers.iter().all(|one| one.matches_labels(labels)))
                .map(|labels| labels.to_string()),
        ))
    }
}

/// Numbers as logcli prints them: the result of the API's answer as JSON.
fn answer(json: &serde_json::Value) -> Answer {
    let result = json.get("result").cloned().unwrap_or_default();
    Answer {
        text: format!(
            "{}\n",
            serde_json::to_string_pretty(&result).unwrap_or_default()
        ),
        data: json.clone(),
        ..Answer::default()
    }
}
