//! `aws` in the shell: who one is, alarms and metrics, in the forms of the AWS CLI. Never changes the account.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account;
use super::get_metrics::{self, Dimension, GetMetrics};
use super::list_alarms::{self, ListAlarms};
use super::logs_program;
use super::output::{self, Form};
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::program::{Example, Following, Place, Program, Run};
use crate::tools::shared::value;
use crate::tools::tool::Look;

const USAGE: &str = "\nusage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]\nTo see help text, you can run:\n\n  aws help\n  aws <command> help\n  aws <command> <subcommand> help\n\n";

/// `aws`.
pub struct Aws;

impl Program for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn family(&self) -> Family {
        Family::CloudWatch
    }

    fn about(&self) -> &'static str {
        "Reads alarms, metrics and logs of the cloud account, as the AWS CLI"
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let (words, found) = split(argv);
        let name = value(&found, &["--output"]).unwrap_or("json");
        let Some(form) = Form::parse(name) else {
            let forms = ["json", "text", "table", "yaml", "yaml-stream"];
            return Run::failed(choices("--output", &forms), 252);
        };
        let request = Request {
            found: &found,
            form,
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["sts", "get-caller-identity"] => identity(world, &request),
            ["cloudwatch", "describe-alarms"] => alarms(world, &request),
            ["cloudwatch", "list-metrics"] => list_metrics(world, &request),
            ["cloudwatch", "get-metric-statistics"] => statistics(world, &request),
            ["logs", words @ ..] if !words.is_empty() => logs_program::run(world, &request, words)
                .unwrap_or_else(|| {
                    Run::failed(choices("operation", &logs_program::OPERATIONS), 252)
                }),
            ["cloudwatch" | "logs" | "sts"] => request.missing(&["operation"]),
            ["cloudwatch", ..] => {
                let known = ["describe-alarms", "get-metric-statistics", "list-metrics"];
                Run::failed(choices("operation", &known), 252)
            }
            ["sts", ..] => Run::failed(choices("operation", &["get-caller-identity"]), 252),
            [] => request.missing(&["command"]),
            // What the on-call role may use.
            _ => Run::failed(choices("command", &["cloudwatch", "logs", "sts"]), 252),
        }
    }

    fn follow(
        &self,
        world: &World,
        _: &Place,
        argv: &[String],
        _: &str,
    ) -> Option<Box<dyn Following>> {
        logs_program::follow(world, argv)
    }

    fn followed(
        &self,
        world: &World,
        place: &Place,
        argv: &[String],
        since: SimTime,
    ) -> Vec<Shown> {
        if let Some(shown) = logs_program::followed(world, argv, since) {
            return shown;
        }
        match self.run(world, place, argv, "") {
            Run::Answer(answer) => answer.shown,
            Run::Act(_) => Vec::new(),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "aws logs describe-log-groups --query 'logGroups[].logGroupName' --output text",
                about: "The log groups, by a query",
                prints: "/eks/alpha-main/back/broker\t/eks/alpha-main/back/cache\t/eks/alpha-main/back/mailer\t/eks/alpha-main/back/worker\t/eks/alpha-main/front/gate\t/eks/alpha-main/front/intake\n",
            },
            Example {
                line: "aws cloudwatch list-metrics --namespace AWS/Lambda",
                about: "A namespace without metrics",
                prints: "{\n    \"Metrics\": []\n}\n",
            },
        ]
    }
}

/// Options without a value.
const SWITCHES: [&str; 7] = [
    "--descending",
    "--follow",
    "--interleaved",
    "--no-cli-pager",
    "--no-interleaved",
    "--no-paginate",
    "--start-from-head",
];
/// Options that take all words up to the next option.
const LISTS: [&str; 5] = [
    "--alarm-names",
    "--dimensions",
    "--log-stream-names",
    "--metric-name-list",
    "--statistics",
];

/// Words, and options with their values; those of a list are joined by blanks.
pub fn split(argv: &[String]) -> (Vec<String>, Vec<(String, String)>) {
    let (mut words, mut found) = (Vec::new(), Vec::<(String, String)>::new());
    let mut takes = false;
    for word in argv {
        if word.starts_with("--") {
            let (name, given) = word.split_once('=').unwrap_or((word, ""));
            takes = !word.contains('=') && !SWITCHES.contains(&name);
            found.push((name.to_owned(), given.to_owned()));
        } else if let Some((name, given)) = found.last_mut().filter(|_| takes) {
            if !given.is_empty() {
                given.push(' ');
            }
            given.push_str(word);
            takes = LISTS.contains(&name.as_str());
        } else {
            words.push(word.clone());
        }
    }
    (words, found)
}

/// A use: its options, and how its answer is printed.
pub struct Request<'a> {
    found: &'a [(String, String)],
    form: Form,
}

impl Request<'_> {
    /// An option's value; empty for one without a value.
    pub fn value(&self, name: &str) -> Option<&str> {
        value(self.found, &[name])
    }

    /// An answer as `--query` and `--output` want it.
    pub fn printed(&self, operation: &str, data: &Value, shown: Vec<Shown>) -> Run {
        let selected = match self.value("--query") {
            None => Ok(data.clone()),
            Some(query) => output::select(data, query),
        };
        match selected {
            Err(error) => Run::failed(error, 252),
            Ok(selected) => Run::Answer(Answer {
                text: output::print(&selected, operation, self.form),
                data: data.clone(),
                shown,
                ..Answer::default()
            }),
        }
    }

    /// What must be given and is not.
    pub fn missing(&self, names: &[&str]) -> Run {
        Run::failed(
            format!(
                "{USAGE}aws: error: the following arguments are required: {}\n\n",
                names.join(", ")
            ),
            252,
        )
    }

    /// What the on-call role may not do.
    pub fn denied(&self, world: &World, operation: &str, action: &str) -> Run {
        let (account, who) = (account::number(world), world.trainee_handle());
        refused(
            operation,
            &format!(
                "AccessDeniedException: User: arn:aws:sts::{account}:assumed-role/oncall-readonly/{who} is not authorized to perform: {action} because no identity-based policy allows the {action} action"
            ),
        )
    }
}

/// An argument that is none of the choices, two in a line.
fn choices(argument: &str, known: &[&str]) -> String {
    let mut text =
        format!("{USAGE}aws: error: argument {argument}: Invalid choice, valid choices are:\n\n");
    for pair in known.chunks(2) {
        let cells: Vec<String> = pair.iter().map(|name| format!("{name:40}")).collect();
        text.push_str(&cells.join(" | "));
        text.push('\n');
    }
    text + "\n"
}

fn identity(world: &World, request: &Request<'_>) -> Run {
    let account = account::number(world);
    let who = world.trainee_handle();
    request.printed(
        "GetCallerIdentity",
        &json!({
            "UserId": format!("AROA{}:{who}", account::id(world, "role", "oncall").get(5..21).unwrap_or_default().to_uppercase()),
            "Account": account,
            "Arn": format!("arn:aws:sts::{account}:assumed-role/oncall-readonly/{who}"),
        }),
        Vec::new(),
    )
}

fn stamp(at: SimTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S+00:00")
}

fn dimensions(dimensions: &[Dimension]) -> Vec<Value> {
    dimensions
        .iter()
        .map(|one| json!({ "Name": one.name, "Value": one.value }))
        .collect()
}

fn alarms(world: &World, request: &Request<'_>) -> Run {
    let found = request.found;
    let args = list_alarms::Args {
        state: value(found, &["--state-value"]).map(str::to_owned),
        prefix: value(found, &["--alarm-name-prefix"]).map(str::to_owned),
        limit: paging::MOST,
        cursor: value(found, &["--starting-token"]).map(str::to_owned),
    };
    let mut seen = match ListAlarms::look(world, &args) {
        Ok(seen) => seen,
        Err(error) => {
            return Run::failed(
                format!(
                    "\nAn error occurred (ValidationError) when calling the DescribeAlarms operation: {}\n",
                    error.message
                ),
                254,
            );
        }
    };
    if let Some(names) = value(found, &["--alarm-names"]) {
        let names: Vec<&str> = names.split(' ').collect();
        seen.output
            .alarms
            .retain(|alarm| names.contains(&alarm.name.as_str()));
        seen.shown
            .retain(|shown| matches!(shown, Shown::Alarm(name) if names.contains(&name.as_str())));
    }
    let (account, region) = (account::number(world), account::region(world));
    let alarms: Vec<Value> = seen
        .output
        .alarms
        .iter()
        .map(|alarm| {
            json!({
                "AlarmName": alarm.name,
                "AlarmArn": format!("arn:aws:cloudwatch:{region}:{account}:alarm:{}", alarm.name),
                "AlarmDescription": alarm.about,
                "ActionsEnabled": true,
                "OKActions": [],
                "AlarmActions": [],
                "InsufficientDataActions": [],
                "StateValue": alarm.state,
                "StateReason": alarm.reason,
                "StateUpdatedTimestamp": stamp(SimTime(alarm.since_ms)),
                "MetricName": alarm.metric,
                "Namespace": alarm.namespace,
                "Statistic": "Average",
                "Dimensions": dimensions(&alarm.dimensions),
                "Period": alarm.period_seconds,
                "EvaluationPeriods": alarm.evaluation_periods,
                "Threshold": alarm.threshold,
                "ComparisonOperator": alarm.comparison,
            })
        })
        .collect();
    let mut data = json!({ "MetricAlarms": alarms, "CompositeAlarms": [] });
    if let (Some(cursor), Some(fields)) = (&seen.output.cursor, data.as_object_mut()) {
        fields.insert("NextToken".to_owned(), json!(cursor));
    }
    request.printed("DescribeAlarms", &data, seen.shown)
}

fn wanted(found: &[(String, String)]) -> BTreeMap<String, String> {
    let given = value(found, &["--dimensions"]).unwrap_or_default();
    given
        .split(' ')
        .filter_map(|pair| {
            let (name, value) = pair.strip_prefix("Name=")?.split_once(",Value=")?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}

fn list_metrics(world: &World, request: &Request<'_>) -> Run {
    let found = request.found;
    let args = get_metrics::Args {
        namespace: value(found, &["--namespace"]).map(str::to_owned),
        dimensions: wanted(found),
        limit: paging::MOST,
        cursor: value(found, &["--starting-token"]).map(str::to_owned),
        ..get_metrics::Args::default()
    };
    let name = value(found, &["--metric-name"]);
    match GetMetrics::look(world, &args) {
        Ok(seen) => {
            let metrics: Vec<Value> = seen
                .output
                .metrics
                .iter()
                .filter(|metric| name.is_none_or(|name| metric.metric == name))
                .map(|metric| {
                    json!({
                        "Namespace": metric.namespace,
                        "MetricName": metric.metric,
                        "Dimensions": dimensions(&metric.dimensions),
                    })
                })
                .collect();
            let mut data = json!({ "Metrics": metrics });
            if let (Some(cursor), Some(fields)) = (&seen.output.cursor, data.as_object_mut()) {
                fields.insert("NextToken".to_owned(), json!(cursor));
            }
            request.printed("ListMetrics", &data, seen.shown)
        }
        Err(error) => refused("ListMetrics", &error.message),
    }
}

/// A refusal as the CLI words it; the message begins with the error's code.
pub fn refused(operation: &str, message: &str) -> Run {
    let (code, message) = message
        .split_once(": ")
        .unwrap_or(("InvalidParameterValue", message));
    Run::failed(
        format!("\nAn error occurred ({code}) when calling the {operation} operation: {message}\n"),
        254,
    )
}

fn statistics(world: &World, request: &Request<'_>) -> Run {
    let found = request.found;
    let missing: Vec<&str> = ["--namespace", "--metric-name", "--period"]
        .into_iter()
        .filter(|name| value(found, &[name]).is_none_or(str::is_empty))
        .collect();
    if !missing.is_empty() {
        return request.missing(&missing);
    }
    let now = world.now();
    let at = |name: &str| match value(found, &[name]) {
        None => Some(None),
        Some(text) => SimTime::parse_rfc3339(text).map(Some),
    };
    let (Some(start), Some(end)) = (at("--start-time"), at("--end-time")) else {
        return refused(
            "GetMetricStatistics",
            "InvalidParameterValue: the time must be RFC 3339, such as 2026-03-14T09:00:00Z",
        );
    };
    let start = start.unwrap_or(now - crate::sim::time::Span::from_hours(1));
    let end = end.unwrap_or(now).min(now);
    let args = get_metrics::Args {
        namespace: value(found, &["--namespace"]).map(str::to_owned),
        metric: value(found, &["--metric-name"]).map(str::to_owned),
        dimensions: wanted(found),
        minutes: ((now - start).secs() / 60).clamp(1, 14 * 24 * 60) as u32,
        period: value(found, &["--period"])
            .and_then(|text| text.parse().ok())
            .unwrap_or(0),
        limit: 1,
        cursor: None,
    };
    match GetMetrics::look(world, &args) {
        Ok(seen) => {
            let metric = seen.output.metrics.first();
            let points: Vec<Value> = metric
                .into_iter()
                .flat_map(|metric| &metric.datapoints)
                .filter(|point| SimTime(point.at_ms) <= end)
                .map(|point| {
                    json!({
                        "Timestamp": stamp(SimTime(point.at_ms)),
                        "Average": point.average,
                        "Unit": metric.map_or("None", |metric| metric.unit.as_str()),
                    })
                })
                .collect();
            request.printed(
                "GetMetricStatistics",
                &json!({ "Label": args.metric, "Datapoints": points }),
                seen.shown,
            )
        }
        Err(error) => refused("GetMetricStatistics", &error.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_take_what_is_theirs() {
        let words = "logs tail --follow /a --since 10m /b --log-stream-names x y --format=short";
        let argv: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let (words, found) = split(&argv);
        assert_eq!(words, ["logs", "tail", "/a", "/b"]);
        assert_eq!(value(&found, &["--since"]), Some("10m"));
        assert_eq!(value(&found, &["--log-stream-names"]), Some("x y"));
        assert_eq!(value(&found, &["--format"]), Some("short"));
        assert_eq!(value(&found, &["--follow"]), Some(""));
    }
}
