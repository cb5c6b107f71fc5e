//! Reading queries (errors as Loki words them, round trips, anything at all), and answers against lines that are all made.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::ast::Expr;
use super::entries::{self, Window};
use super::metric::{self, Steps};
use super::{Limits, QueryError, parse};
use crate::sim::promql::Value;
use crate::sim::telemetry::lines::{Direction, LineFilter, LogLine};
use crate::sim::telemetry::store::Telemetry;
use crate::sim::testing::small_world;
use crate::sim::time::{SimTime, Span};

fn error(query: &str) -> String {
    parse(query).unwrap_err().to_string()
}

#[test]
fn errors_are_worded_as_loki_words_them() {
    for (query, expected) in [
        (
            "unk({ foo = \"bar\" }[5m])",
            "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER",
        ),
        (
            "{foo=\"bar\"",
            "parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,",
        ),
        (
            "{foo}",
            "parse error at line 1, col 5: syntax error: unexpected }, expecting = or =~ or !~ or !=",
        ),
        (
            "{",
            "parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }",
        ),
        (
            "{foo=bar}",
            "parse error at line 1, col 6: syntax error: unexpected IDENTIFIER, expecting STRING",
        ),
        (
            "{foo=\"bar\"} |= ",
            "parse error at line 1, col 16: syntax error: unexpected $end, expecting STRING or ip",
        ),
        (
            "{foo=\"bar\"} | foo",
            "parse error at line 1, col 18: syntax error: unexpected $end",
        ),
        (
            "{foo = \"bar",
            "parse error at line 1, col 8: literal not terminated",
        ),
        (
            "rate({ foo = \"bar\" }[5minutes])",
            "parse error at line 0, col 21: not a valid duration string: \"5minutes\"",
        ),
        (
            "rate({ foo = \"bar\" }[5)",
            "parse error at line 0, col 21: missing closing ']' in duration",
        ),
        (
            "min({ foo = \"bar\" }[5m])",
            "parse error at line 0, col 20: syntax error: unexpected RANGE",
        ),
        (
            "label_replace(rate({ foo = \"bar\" }[5m]),\"\")",
            "parse error at line 1, col 43: syntax error: unexpected ), expecting ,",
        ),
        (
            "absent_over_time({ foo = \"bar\" }[5h]) by (foo)",
            "parse error : grouping not allowed for absent_over_time aggregation",
        ),
        (
            "topk(rate({a=\"b\"}[5m]))",
            "parse error : parameter required for operation topk",
        ),
        (
            "sum_over_time({a=\"b\"}[5m])",
            "parse error : invalid aggregation sum_over_time without unwrap",
        ),
        (
            "count_over_time({a=\"b\"} | unwrap x [5m])",
            "parse error : invalid aggregation count_over_time with unwrap",
        ),
        (
            "{foo=~\".*\"}",
            "parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will",
        ),
        (
            "{ foo = \"bar\" }|logfmt|addr>=ip(\"1.2.3.4\")",
            "parse error at line 1, col 30: syntax error: unexpected ip, expecting BYTES or NUMBER or DURATION",
        ),
        (
            "{a=\"b\"} | pattern \"<_>\"",
            "parse error at line 1, col 19: at least one capture is required",
        ),
        (
            "{a=\"b\"}\n | regexp \"x\"",
            "parse error at line 2, col 11: at least one named capture must be supplied",
        ),
        (
            "{a=\"b\"} | line_format \"{{.x | nothing}}\"",
            "parse error at line 1, col 23: invalid line template: template: line:1: function \"nothing\" not defined",
        ),
        (
            "",
            "parse error at line 1, col 1: syntax error: unexpected $end",
        ),
    ] {
        assert_eq!(error(query), expected, "{query}");
    }
}

#[test]
fn queries_are_printed_as_they_are_read() {
    for query in [
        r#"{app="x", pod!~"y.*"} |= "a" or "b" != "c" |~ `d\d` !~ "e""#,
        r#"{app=~".+"} | json | logfmt --strict --keep-empty a="b" | unpack | decolorize"#,
        r#"{app="x"} | json first="a.b[0]" | (x="1" and (y>=5 or z<10s)) | size!=5KiB"#,
        r#"{app="x"} | pattern "<a> <_>" | regexp "(?P<n>\\d+)" | ip=ip("10.0.0.0/8")"#,
        r#"{app="x"} | line_format "{{.a}} {{.b | ToUpper}}" | label_format a=b, c="{{.d}}""#,
        r#"{app="x"} | drop a, b="c" | keep d, e=~"f""#,
        r#"sum by (app) (rate({app="x"} |= "y" [5m])) / 2"#,
        r#"topk(3, sum without (pod) (count_over_time({app="x"} [1h] offset 5m))) > bool 5"#,
        r#"quantile_over_time(0.99, {app="x"} | json | unwrap duration(d) | __error__="" [1m]) by (app)"#,
        r#"(sum(rate({a="b"}[1m])) or vector(0)) * on (app) group_left (team) sum by (app) (rate({a="b"}[1m]))"#,
        r#"label_replace(rate({a="b"}[1m]), "x", "$1", "y", "(.*)")"#,
        r#"sort_desc(sum(bytes_rate({a="b"} |> "x <_> y" [1m]))) - 1 ^ 2 ^ 3"#,
        r#"-5 + rate({a="b"}[1m] |= "late")"#,
        r#"rate(({a="b"} |= "x")[1m])"#,
        r#"max_over_time({a="b"} | unwrap bytes(s) [1m] offset -1m)"#,
        "# a comment\n{a=\"b\"} # another\n |= \"c\"",
    ] {
        let once = parse(query)
            .unwrap_or_else(|error| panic!("{query}: {error}"))
            .to_string();
        let twice = parse(&once)
            .unwrap_or_else(|error| panic!("{once}: {error}"))
            .to_string();
        assert_eq!(once, twice);
    }
    assert_eq!(
        parse("sum(rate({a='b'}[1m]))").unwrap_err().span,
        12..13,
        "single quotes are none of Loki's"
    );
    assert_eq!(
        parse(r#"{a="b"} | x > 1 y = "2" or z = 3"#)
            .unwrap()
            .to_string(),
        r#"{a="b"} | ((x>1 and y="2") or z==3)"#
    );
}

fn snapshot() -> (Arc<Telemetry>, SimTime) {
    let world = small_world();
    (world.signals().telemetry().snapshot(), world.now())
}

/// All lines of the last minutes, oldest first.
fn lines(telemetry: &Telemetry, end: SimTime, minutes: i64) -> Vec<LogLine> {
    let filter = LineFilter {
        from_ms: (end - Span::from_mins(minutes)).millis(),
        until_ms: end.millis(),
        ..LineFilter::default()
    };
    let mut lines = Vec::new();
    let all: Result<(), ()> = telemetry.each_line(&filter, |line| {
        lines.push(line);
        Ok(())
    });
    all.unwrap();
    lines
}

/// A query's lines, newest first, in slices of a budget.
fn entries(query: &str, minutes: i64, page: usize, budget: u64) -> Vec<(String, String)> {
    let (telemetry, end) = snapshot();
    let Expr::Log(log) = parse(query).unwrap() else {
        panic!("{query} is no query of lines")
    };
    let window = Window {
        from_ms: (end - Span::from_mins(minutes)).millis(),
        until_ms: end.millis(),
    };
    let mut run = entries::Run::new(telemetry, &log, window, Direction::Older, None).unwrap();
    let mut found = Vec::new();
    while !run.is_done() {
        let page = run.next(page, budget);
        found.extend(
            page.into_iter()
                .map(|entry| (entry.labels.to_string(), entry.line)),
        );
    }
    found
}

fn value(query: &str) -> BTreeMap<String, f64> {
    let (telemetry, end) = snapshot();
    let Expr::Metric(expr) = parse(query).unwrap() else {
        panic!("{query} is no query of numbers")
    };
    let mut run = metric::Run::new(
        &telemetry,
        &expr,
        Steps::instant(end),
        false,
        &Limits::default(),
    )
    .unwrap();
    while !run.is_done() {
        run.step(500).unwrap();
    }
    match run.value().unwrap() {
        Value::Vector(samples) => samples
            .into_iter()
            .map(|sample| (sample.labels.to_string(), sample.value))
            .collect(),
        Value::Scalar { value, .. } => [(String::new(), value)].into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn selectors_and_line_filters_take_the_lines_they_say() {
    type Wanted = fn(&LogLine) -> bool;
    let (telemetry, end) = snapshot();
    let all = lines(&telemetry, end, 2);
    let queries: [(&str, Wanted); 8] = [
        (r#"{app="gate"}"#, |line| &*line.service == "gate"),
        (r#"{namespace="front", level=~"error|fatal"}"#, |line| {
            matches!(&*line.service, "gate" | "intake")
                && line.level >= crate::scenario::format::telemetry::Level::Error
        }),
        (r#"{service=~".+"} |= "status=" != "UNAVAILABLE""#, |line| {
            line.text.contains("status=") && !line.text.contains("UNAVAILABLE")
        }),
        (
            r#"{app=~".+"} |= "queue" or "status" |~ "[0-9a-f]{32}""#,
            |line| {
                (line.text.contains("queue") || line.text.contains("status"))
                    && line
                        .text
                        .split(|c: char| !c.is_ascii_hexdigit())
                        .any(|word| word.len() >= 32)
            },
        ),
        (r#"{app="gate"} | json | status="502""#, |line| {
            &*line.service == "gate" && line.text.contains("\"status\":502")
        }),
        (r#"{app="gate"} | json | duration_ms > 900"#, |line| {
            let json: serde_json::Value = serde_json::from_str(&line.text).unwrap_or_default();
            &*line.service == "gate" && json["duration_ms"].as_f64().is_some_and(|ms| ms > 900.0)
        }),
        (
            r#"{app="gate", pod=~"gate-.*"} | line_format "x{{.pod}}" |= "xgate-""#,
            |line| &*line.service == "gate" && line.pod.is_some(),
        ),
        (r#"{app="nobody"}"#, |_| false),
    ];
    for (query, wanted) in queries {
        let expected = all.iter().filter(|line| wanted(line)).count();
        let found = entries(query, 2, 1000, u64::MAX);
        assert_eq!(found.len(), expected, "{query}");
        assert_eq!(found, entries(query, 2, 7, 100), "{query} in slices");
    }
    assert!(all.iter().any(|line| line.text.contains("\"status\":502")));
}

#[test]
fn what_a_template_writes_is_found_by_its_trace() {
    let (telemetry, end) = snapshot();
    let all = lines(&telemetry, end, 2);
    let line = all
        .iter()
        .rev()
        .find(|line| telemetry.trace_shown(line.key).is_some())
        .unwrap();
    let trace = telemetry.trace_shown(line.key).unwrap();
    let found = entries(
        &format!("{{app=~\".+\"}} | trace_id=\"{trace:032x}\""),
        2,
        10,
        u64::MAX,
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, line.text);
}

#[test]
fn counts_are_those_of_the_lines() {
    let (telemetry, end) = snapshot();
    let all = lines(&telemetry, end, 3);
    let mut by_app: BTreeMap<String, f64> = BTreeMap::new();
    let mut by_pod: BTreeMap<String, f64> = BTreeMap::new();
    let mut bytes = 0.0;
    for line in &all {
        *by_app
            .entry(format!("{{app=\"{}\"}}", line.service))
            .or_default() += 1.0;
        let pod = line
            .pod
            .as_ref()
            .map_or_else(|| "{}".to_owned(), |pod| format!("{{pod=\"{pod}\"}}"));
        *by_pod.entry(pod).or_default() += 1.0;
        bytes += line.text.len() as f64;
    }
    assert_eq!(
        value(r#"sum by (app) (count_over_time({app=~".+"}[3m]))"#),
        by_app
    );
    assert_eq!(
        value(r#"sum by (pod) (count_over_time({app=~".+"}[3m]))"#),
        by_pod
    );
    let total = all.len() as f64;
    let only = |value: f64| BTreeMap::from([("{}".to_owned(), value)]);
    assert_eq!(
        value(r#"sum(count_over_time({app=~".+"}[3m]))"#),
        only(total)
    );
    assert_eq!(value(r#"sum(rate({app=~".+"}[3m]))"#), only(total / 180.0));
    assert_eq!(
        value(r#"sum(bytes_over_time({app=~".+"}[3m]))"#),
        only(bytes)
    );
    assert_eq!(
        value(r#"count(sum by (app) (rate({app=~".+"}[3m])))"#),
        only(by_app.len() as f64)
    );
    // What a template decides and what lines decide are the same.
    assert_eq!(
        value(r#"sum by (app) (count_over_time({app=~".+"} | line_format "{{__line__}}" [3m]))"#),
        by_app
    );
    assert_eq!(
        value(r#"absent_over_time({app="nobody", level=~".+"}[3m])"#),
        BTreeMap::from([("{app=\"nobody\"}".to_owned(), 1.0)])
    );
    assert_eq!(
        value(r#"absent_over_time({app="gate"}[3m])"#),
        BTreeMap::new()
    );
    assert_eq!(value("1 + 2 * 3"), BTreeMap::from([(String::new(), 7.0)]));
}

#[test]
fn numbers_in_lines_are_aggregated() {
    let (telemetry, end) = snapshot();
    let values: Vec<f64> = lines(&telemetry, end, 2)
        .iter()
        .filter(|line| &*line.service == "gate")
        .filter_map(|line| {
            let json: serde_json::Value = serde_json::from_str(&line.text).ok()?;
            json["duration_ms"].as_f64()
        })
        .collect();
    let of = |op: &str| {
        let query = format!(
            "sum by (app) ({op}{{app=\"gate\"}} | json | unwrap duration_ms [2m]) by (app))"
        );
        *value(&query).values().next().unwrap()
    };
    let near = |found: f64, wanted: f64| {
        assert!(
            (found - wanted).abs() < 1e-6 * wanted.abs().max(1.0),
            "{found} {wanted}"
        );
    };
    let count = values.len() as f64;
    assert!(count > 100.0);
    near(
        of("max_over_time("),
        values.iter().copied().fold(f64::MIN, f64::max),
    );
    near(
        of("min_over_time("),
        values.iter().copied().fold(f64::MAX, f64::min),
    );
    near(of("avg_over_time("), values.iter().sum::<f64>() / count);
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    near(of("quantile_over_time(0, "), sorted[0]);
    near(of("last_over_time("), *values.last().unwrap());
    near(of("first_over_time("), values[0]);
    let sum = value(r#"sum(sum_over_time({app="gate"} | json | unwrap duration_ms [2m]))"#);
    near(sum["{}"], values.iter().sum());
}

#[test]
fn a_range_is_its_instants_whatever_the_step() {
    let (telemetry, end) = snapshot();
    let Expr::Metric(expr) =
        parse(r#"sum by (app, level) (count_over_time({app=~".+"} |= "status" [90s]))"#).unwrap()
    else {
        panic!()
    };
    let range = |step: i64| {
        let steps = Steps {
            start: end - Span::from_mins(6),
            end,
            step: Span::from_secs(step),
        };
        let mut run = metric::Run::new(&telemetry, &expr, steps, true, &Limits::default()).unwrap();
        run.gather().unwrap();
        run.matrix().unwrap()
    };
    let (fine, coarse) = (range(7), range(84));
    let at = |matrix: &crate::sim::promql::Matrix, at: SimTime| -> Vec<(String, Option<f64>)> {
        let index = matrix.times.iter().position(|time| *time == at).unwrap();
        let columns = matrix.columns.iter();
        columns
            .map(|column| (column.labels.to_string(), column.get(index)))
            .filter(|(_, value)| value.is_some())
            .collect()
    };
    assert!(!coarse.columns.is_empty());
    for time in &coarse.times {
        assert_eq!(at(&fine, *time), at(&coarse, *time));
    }
}

#[test]
fn limits_are_told_in_lokis_words() {
    let (telemetry, end) = snapshot();
    let start = |query: &str, length: Span, step: Span, limits: &Limits| {
        let Expr::Metric(expr) = parse(query).unwrap() else {
            panic!()
        };
        let steps = Steps {
            start: end - length,
            end,
            step,
        };
        let mut run = metric::Run::new(&telemetry, &expr, steps, true, limits)?;
        run.gather()?;
        run.matrix()
    };
    let standard = Limits::default();
    let query = r#"sum by (pod) (rate({app=~".+"}[1m]))"#;
    let minute = Span::from_mins(1);
    let error = start(
        query,
        Span::from_hours(24 * 365),
        Span::from_hours(24),
        &standard,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the query time range exceeds the limit (query length: 8760h0m0s, limit: 721h0m0s)"
    );
    assert_eq!(
        start(query, Span::from_hours(24), Span::from_secs(1), &standard),
        Err(QueryError::TooManyPoints)
    );
    assert_eq!(
        start(query, minute, Span::ZERO, &standard),
        Err(QueryError::BadStep)
    );
    let few = Limits {
        max_series: 2,
        ..standard.clone()
    };
    let error = start(query, minute, minute, &few).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("maximum number of series (2) reached for a single query; consider")
    );
    let short = Limits {
        max_lines: 10,
        ..standard.clone()
    };
    assert_eq!(
        start(query, minute, minute, &short),
        Err(QueryError::TooMuch)
    );
    let bad = r#"rate({app="worker"} | json [10m])"#;
    let error = start(bad, minute, minute, &standard)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("pipeline error: 'JSONParserErr' for series: '{"),
        "{error}"
    );
}

const WORDS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[5m]",
    "[1h]",
    ",",
    "=",
    "!=",
    "=~",
    "!~",
    "|",
    "|=",
    "|~",
    "|>",
    "!>",
    ">",
    ">=",
    "<",
    "==",
    "app",
    "pod",
    "level",
    "x",
    "\"gate\"",
    "\"error|x\"",
    "`a.*`",
    "\"<a> <_>\"",
    "\"(?P<n>x)\"",
    "5",
    "2.5",
    "10s",
    "5KB",
    "json",
    "logfmt",
    "pattern",
    "regexp",
    "unpack",
    "line_format",
    "label_format",
    "drop",
    "keep",
    "decolorize",
    "unwrap",
    "duration",
    "bytes",
    "rate",
    "count_over_time",
    "sum",
    "topk",
    "by",
    "without",
    "and",
    "or",
    "unless",
    "on",
    "ignoring",
    "group_left",
    "bool",
    "offset",
    "vector",
    "label_replace",
    "quantile_over_time",
    "absent_over_time",
    "--strict",
    "-",
    "+",
    "*",
    "/",
    "^",
    "%",
    "#",
    "\n",
    "é",
    "\"{{.a}}\"",
    "\"{{if .a}}b{{else}}c{{end}}\"",
    "ip",
    "\"10.0.0.0/8\"",
];

/// Reads a query and runs what can be read; what comes of it does not matter.
fn attempt(query: &str) {
    let (telemetry, end) = snapshot();
    let from = end - Span::from_mins(1);
    match parse(query) {
        Ok(expr) => {
            let printed = expr.to_string();
            assert_eq!(
                parse(&printed).map(|expr| expr.to_string()),
                Ok(printed.clone()),
                "{query}"
            );
            match expr {
                Expr::Log(log) => {
                    let window = Window {
                        from_ms: from.millis(),
                        until_ms: end.millis(),
                    };
                    if let Ok(mut run) =
                        entries::Run::new(telemetry, &log, window, Direction::Newer, None)
                    {
                        run.next(20, 300);
                    }
                }
                Expr::Metric(expr) => {
                    let limits = Limits {
                        max_lines: 3_000,
                        ..Limits::default()
                    };
                    if let Ok(mut run) =
                        metric::Run::new(&telemetry, &expr, Steps::instant(end), false, &limits)
                        && run.gather().is_ok()
                    {
                        let _ = run.value();
                    }
                }
            }
        }
        Err(error) => {
            assert!(
                error.span.start <= error.span.end && error.span.end <= query.len(),
                "{query}: {error:?}"
            );
        }
    }
}

fn log_query() -> impl Strategy<Value = String> {
    let stage = prop::sample::select(vec![
        "|= \"status\"",
        "!= \"queue\" or \"x\"",
        "|~ \"\\\\d+\"",
        "| json",
        "| logfmt",
        "| unpack",
        "| decolorize",
        "| json a=\"b.c[0]\"",
        "| pattern \"<_> <b>\"",
        "| regexp \"(?P<n>[a-z]+)\"",
        "| level=\"error\"",
        "| status>=500",
        "| duration_ms<5 or x=\"1\"",
        "| took>1s and size<5MB",
        "| line_format \"{{.app}} {{ToUpper .level}}\"",
        "| label_format a=app, b=\"{{.pod}}\"",
        "| drop pod, a=\"b\"",
        "| keep app=~\".+\"",
        "| ip=ip(\"10.0.0.0/8\")",
        "|> \"<_>status<_>\"",
    ]);
    let selector = prop::sample::select(vec![
        "{app=\"gate\"}",
        "{app=~\".+\", level!=\"info\"}",
        "{namespace=\"back\", pod=~\"w.*\"}",
    ]);
    (selector, prop::collection::vec(stage, 0..6))
        .prop_map(|(selector, stages)| format!("{selector} {}", stages.join(" ")))
}

fn metric_query() -> impl Strategy<Value = String> {
    let plain = (
        log_query(),
        prop::sample::select(vec![
            "rate",
            "count_over_time",
            "bytes_rate",
            "bytes_over_time",
            "absent_over_time",
        ]),
    )
        .prop_map(|(log, op)| format!("{op}({log} [1m])"));
    let unwrapped = (
        log_query(),
        prop::sample::select(vec![
            "sum_over_time(",
            "avg_over_time(",
            "stddev_over_time(",
            "quantile_over_time(0.9, ",
            "rate(",
            "rate_counter(",
        ]),
    )
        .prop_map(|(log, op)| format!("{op}{log} | unwrap duration_ms | __error__=\"\" [1m])"));
    prop_oneof![plain, unwrapped].prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (
                inner.clone(),
                prop::sample::select(vec![
                    "sum",
                    "sum by (app)",
                    "max without (pod)",
                    "count",
                    "topk(2, ",
                    "sort"
                ])
            )
                .prop_map(|(inner, op)| match op.strip_suffix(", ") {
                    Some(op) => format!("{op}, {inner})"),
                    None => format!("{op}({inner})"),
                }),
            (
                inner.clone(),
                inner,
                prop::sample::select(vec![
                    "+",
                    "/",
                    "> bool",
                    "and",
                    "or",
                    "unless on (app)",
                    "^"
                ])
            )
                .prop_map(|(left, right, op)| format!("({left} {op} {right})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_answered(query in "\\PC{0,60}") {
        attempt(&query);
    }

    #[test]
    fn any_words_are_answered(words in prop::collection::vec(prop::sample::select(WORDS), 0..24)) {
        attempt(&words.join(" "));
        attempt(&words.concat());
    }

    #[test]
    fn what_the_grammar_allows_is_read_printed_and_run(query in prop_oneof![log_query(), metric_query()]) {
        prop_assert!(parse(&query).is_ok(), "{}: {:?}", query, parse(&query).err());
        attempt(&query);
    }

    #[test]
    fn slices_change_nothing(query in log_query(), budget in 1_u64..500, page in 1_usize..40) {
        prop_assert_eq!(entries(&query, 1, page, budget), entries(&query, 1, 100_000, u64::MAX));
    }
}

#[test]
fn deep_and_long_queries_are_refused_in_time() {
    assert!(parse(&"(".repeat(200_000)).is_err());
    assert!(
        parse(&format!("{}{{a=\"b\"}}", "(".repeat(5_000)))
            .unwrap_err()
            .message
            .contains("nested too deeply")
    );
    assert!(parse(&format!("1{}", "+1".repeat(5_000))).is_err());
    assert!(
        parse(&format!("{{a=\"b\"}} {}", "|= \"x\" ".repeat(5_000)))
            .unwrap_err()
            .message
            .contains("too many stages")
    );
    assert!(
        parse(&format!(
            "{{a=\"b\"}} | {}x=\"1\"",
            "x=\"1\" or ".repeat(5_000)
        ))
        .is_err()
    );
    assert!(
        parse("{a=\"b\"} |~ \"(a{999}){999}\"")
            .unwrap_err()
            .message
            .contains("error parsing regexp")
    );
}
