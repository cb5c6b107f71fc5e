//! `logs_search`: lines of all services that contain a text, or what a LogQL query gives.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::logql::{self, Found};
use super::page::{self, Lines, Wanted};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::logql::ast::Expr;
use crate::sim::logql::entries::Window;
use crate::sim::promql::Value;
use crate::sim::telemetry::lines::LineFilter;
use crate::tools::{Family, Look, Seen, Text, ToolError, ToolExample};

/// Searches all lines.
pub struct Search;

/// What to search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// A text that the line contains, or LogQL: `{app="x"} |= "y"`, `sum by (app) (rate({level="error"}[5m]))`.
    pub query: String,
    /// Lines at most.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            query: String::new(),
            limit: 100,
            cursor: None,
        }
    }
}

/// Lines, or numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Lines, newest first.
    Lines(Lines),
    /// Numbers, now.
    Numbers(Value),
}

impl Serialize for Output {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Lines(lines) => lines.serialize(serializer),
            Self::Numbers(value) => value.to_json().serialize(serializer),
        }
    }
}

impl JsonSchema for Output {
    fn schema_name() -> Cow<'static, str> {
        "LogsSearchOutput".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let lines = generator.subschema_for::<Lines>();
        json_schema!({
            "description": "Lines, newest first; for a metric query the data of Loki's answer",
            "type": "object",
            "anyOf": [
                lines,
                {
                    "type": "object",
                    "properties": {
                        "resultType": {"enum": ["vector", "scalar"]},
                        "result": {"type": "array"}
                    },
                    "required": ["resultType", "result"]
                }
            ]
        })
    }
}

impl Text for Output {
    fn text(&self) -> String {
        match self {
            Self::Lines(lines) => lines.text(),
            Self::Numbers(value) => {
                let text = value.to_text();
                if text.is_empty() {
                    "{} (no data)\n".to_owned()
                } else {
                    format!("{text}\n")
                }
            }
        }
    }
}

impl Look for Search {
    type Args = Args;
    type Output = Output;
    const NAME: &'static str = "logs_search";
    const FAMILY: Family = Family::Logs;
    const ABOUT: &'static str = "Searches the log lines of all services for a text or with LogQL, newest first; a LogQL metric query is evaluated now";

    fn look(world: &World, args: &Args) -> Result<Seen<Output>, ToolError> {
        if args.query.trim().is_empty() {
            return Err(ToolError::new(
                "the query is empty: give a text that the line contains, or LogQL",
            ));
        }
        let cursor = page::cursor(args.cursor.as_deref())?;
        let limit = args.limit.clamp(1, page::LARGEST_PAGE);
        if logql::is_logql(&args.query) {
            let parsed = crate::sim::logql::parse(&args.query);
            return match parsed.map_err(|error| logql::told(&error))? {
                Expr::Log(log) => {
                    let window = Window {
                        from_ms: i64::MIN,
                        until_ms: world.now().millis(),
                    };
                    let found = logql::newest(world, &log, window, cursor, limit)?;
                    Ok(page::of_query(world, &found).map(Output::Lines))
                }
                Expr::Metric(_) => numbers(world, &args.query),
            };
        }
        let wanted = Wanted {
            filter: LineFilter::default(),
            contains: args.query.clone(),
            cursor,
            limit,
        };
        Ok(page::read(world, &wanted).map(Output::Lines))
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"query\":\"queue is full\",\"limit\":2}",
                about: "A text in all services",
                prints: "2026-03-02T13:59:59.528Z error intake 2026-03-02T13:59:59.528Z ERROR 1 --- [nio-8080-exec-5] intake.IntakeService : queue is full topic=jobs id=630443a3 route=jobs.Intake/Put status=UNAVAILABLE duration_ms=482.762 trace_id=1ae4820f9838d8aa58058bde0867a950\njava.lang.IllegalStateException: the request could not be served\n\tat intake.IntakeController.put(IntakeController.java:107)\n\tat intake.RequestFilter.doFilter(RequestFilter.java:221)\n\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:885)\n\tat org.apache.tomcat.util.threads.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:659)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)\n2026-03-02T13:59:59.734Z error intake 2026-03-02T13:59:59.734Z ERROR 1 --- [nio-8080-exec-2] intake.IntakeService : queue is full topic=jobs id=d6d3be5c route=jobs.Intake/Put status=UNAVAILABLE duration_ms=645.079 trace_id=13761fcc97700a3a2e2707062b9fcbe9\njava.lang.IllegalStateException: the request could not be served\n\tat intake.IntakeController.put(IntakeController.java:107)\n\tat intake.RequestFilter.doFilter(RequestFilter.java:221)\n\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:885)\n\tat org.apache.tomcat.util.threads.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:659)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)\n-- older lines: --cursor 1772459999528.17.-1.17\n",
            },
            ToolExample {
                args: r#"{"query":"{app=\"gate\"} | json | status=\"502\" | line_format \"{{.route}} took {{.duration_ms}} ms\"","limit":2}"#,
                about: "LogQL that reads fields of JSON lines",
                prints: "2026-03-02T13:59:59.934Z error gate POST /jobs took 129.711 ms\n2026-03-02T13:59:59.935Z error gate POST /jobs took 304.807 ms\n-- older lines: --cursor 1772459999934.10.-1.49\n",
            },
            ToolExample {
                args: r#"{"query":"sum by (app) (count_over_time({level=\"error\"}[5m]))"}"#,
                about: "Errors of the last five minutes by service",
                prints: "{app=\"gate\"} => 5075 @[1772460000]\n{app=\"intake\"} => 701 @[1772460000]\n{app=\"mailer\"} => 1 @[1772460000]\n",
            },
            ToolExample {
                args: r#"{"query":"{app=gate}"}"#,
                about: "A query that cannot be read",
                prints: "logs_search: parse error at line 1, col 6: syntax error: unexpected IDENTIFIER, expecting STRING\n",
            },
        ]
    }
}

fn numbers(world: &World, query: &str) -> Result<Seen<Output>, ToolError> {
    let wanted = logql::Wanted {
        start: None,
        end: world.now(),
        step: None,
        limit: 1,
    };
    match logql::run(world, query, &wanted)? {
        Found::Instant(value) => Ok(Seen {
            output: Output::Numbers(value),
            shown: Vec::<Shown>::new(),
        }),
        _ => Err(ToolError::new("the query gives neither lines nor numbers")),
    }
}
