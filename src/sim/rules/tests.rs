//! Alerts through their lives: pending, firing, kept, gone; who is told; what can be queried of it.

use std::sync::Arc;

use super::notify::{Notification, Notifier};
use super::state::Transition;
use super::*;
use crate::scenario::format::Map;
use crate::scenario::format::telemetry::AlertRule;
use crate::scenario::format::values::Duration;
use crate::sim::promql::labels::Labels;
use crate::sim::promql::{self, Limits, Value};
use crate::sim::telemetry::gauge::GaugeDef;
use crate::sim::telemetry::leaf::LeafGrid;
use crate::sim::telemetry::series::{SeriesDef, Values};
use crate::sim::telemetry::store::Telemetry;
use crate::sim::time::SimTime;

const T0: SimTime = SimTime(1_733_132_700_000);

fn texts(pairs: &[(&str, &str)]) -> Map<String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn spec(hold_secs: i64, keep_secs: i64, labels: &[(&str, &str)]) -> AlertRule {
    AlertRule {
        expr: "level > 1".to_owned(),
        hold: Duration::from_secs(hold_secs),
        keep_firing: Duration::from_secs(keep_secs),
        labels: texts(labels),
        annotations: texts(&[("summary", "{{ $labels.pod }} is at {{ $value }}")]),
        pages: false,
        service: None,
        silences: Vec::new(),
    }
}

fn rules(hold_secs: i64, keep_secs: i64) -> Rules {
    Rules::of_specs(
        &[(
            "LevelHigh",
            spec(hold_secs, keep_secs, &[("severity", "warning")]),
        )],
        &[],
    )
}

fn pod(name: &str) -> Labels {
    Labels::new([("pod", name)])
}

fn at(seconds: i64) -> SimTime {
    T0 + Span::from_secs(seconds)
}

/// Feeds values of two pods, one evaluation after the other; `None` is no series.
fn fed(rules: &Rules, values: &[(Option<f64>, Option<f64>)]) -> (Alerts, Vec<Vec<Transition>>) {
    let mut alerts = Alerts::new(rules, T0);
    let mut all = Vec::new();
    for (tick, (a, b)) in values.iter().enumerate() {
        let mut samples = Vec::new();
        samples.extend(a.map(|value| (pod("a"), value)));
        samples.extend(b.map(|value| (pod("b"), value)));
        all.push(alerts.update(rules, 0, at(tick as i64 * 30), Ok(samples)));
    }
    (alerts, all)
}

fn states(alerts: &Alerts) -> Vec<(String, AlertState, i64)> {
    alerts
        .active()
        .map(|(_, alert)| {
            let since = (alert.active_at - T0).secs();
            (alert.labels.get("pod").to_owned(), alert.state, since)
        })
        .collect()
}

#[test]
fn an_alert_waits_until_it_has_held_for_long_enough() {
    let rules = rules(60, 0);
    let (alerts, told) = fed(&rules, &[(Some(2.0), None), (Some(3.0), Some(2.0))]);
    assert_eq!(
        states(&alerts),
        [
            ("a".to_owned(), AlertState::Pending, 0),
            ("b".to_owned(), AlertState::Pending, 30)
        ]
    );
    assert!(told.iter().all(Vec::is_empty));
    let (alerts, told) = fed(
        &rules,
        &[(Some(2.0), None), (Some(3.0), Some(2.0)), (Some(4.0), None)],
    );
    assert_eq!(states(&alerts), [("a".to_owned(), AlertState::Firing, 0)]);
    let labels = Labels::new([
        ("alertname", "LevelHigh"),
        ("pod", "a"),
        ("severity", "warning"),
    ]);
    let fired = Transition {
        rule: 0,
        labels,
        firing: true,
    };
    assert_eq!(told.last(), Some(&vec![fired]));
    assert!(alerts.is_firing(&rules, "LevelHigh"));
    let (_, alert) = alerts.active().next().unwrap();
    assert_eq!(alert.annotation(&rules.alerting[0], "summary"), "a is at 4");
}

#[test]
fn without_a_hold_it_fires_at_once_and_ends_with_its_series() {
    let rules = rules(0, 0);
    let (alerts, told) = fed(
        &rules,
        &[(Some(2.0), None), (None, None), (Some(2.0), None)],
    );
    let firing: Vec<Vec<bool>> = told
        .iter()
        .map(|some| some.iter().map(|one| one.firing).collect())
        .collect();
    assert_eq!(firing, [vec![true], vec![false], vec![true]]);
    let spans: Vec<_> = alerts
        .history()
        .iter()
        .map(|span| {
            let secs = |at: SimTime| (at - T0).secs();
            (span.state, secs(span.from), span.until.map(secs))
        })
        .collect();
    assert_eq!(
        spans,
        [
            (AlertState::Firing, 0, Some(30)),
            (AlertState::Firing, 60, None)
        ]
    );
}

#[test]
fn one_that_is_kept_firing_outlives_a_gap() {
    let rules = rules(0, 60);
    let gap = [
        (Some(2.0), None),
        (None, None),
        (Some(2.0), None),
        (None, None),
    ];
    let (alerts, told) = fed(&rules, &gap);
    assert_eq!(told.iter().flatten().count(), 1);
    assert!(alerts.is_firing(&rules, "LevelHigh"));
    let long = [(Some(2.0), None), (None, None), (None, None), (None, None)];
    let (alerts, _) = fed(&rules, &long);
    assert!(!alerts.is_firing(&rules, "LevelHigh"));
}

#[test]
fn an_evaluation_that_fails_leaves_alerts_as_they_are() {
    let rules = rules(0, 0);
    let (mut alerts, _) = fed(&rules, &[(Some(2.0), None)]);
    alerts.update(&rules, 0, at(30), Err("query timed out".to_owned()));
    assert!(alerts.is_firing(&rules, "LevelHigh"));
    assert_eq!(alerts.error(0), Some("query timed out"));
    let many = (0..=state::MOST_ALERTS).map(|index| (pod(&index.to_string()), 2.0));
    alerts.update(&rules, 0, at(60), Ok(many.collect()));
    assert_eq!(
        alerts.error(0),
        Some("exceeded limit of 200 with 201 alerts")
    );
    assert_eq!(alerts.active().count(), 1);
}

/// What is told at each evaluation, as the texts of the messages.
fn told(
    rules: &Rules,
    silences: &[Silence],
    values: &[(Option<f64>, Option<f64>)],
) -> Vec<(i64, String)> {
    let mut alerts = Alerts::new(rules, T0);
    for silence in silences {
        alerts.silence(silence.clone());
    }
    let mut all = Vec::new();
    for (tick, (a, b)) in values.iter().enumerate() {
        let mut samples = Vec::new();
        samples.extend(a.map(|value| (pod("a"), value)));
        samples.extend(b.map(|value| (pod("b"), value)));
        let now = at(tick as i64 * 30);
        alerts.update(rules, 0, now, Ok(samples));
        let some = Notifier::look(rules, &mut alerts, now);
        all.extend(
            some.iter()
                .map(|one: &Notification| (tick as i64 * 30, one.text())),
        );
    }
    all
}

fn both(count: usize) -> Vec<(Option<f64>, Option<f64>)> {
    vec![(Some(2.0), Some(3.0)); count]
}

#[test]
fn alerts_of_a_group_are_told_together_and_not_again() {
    let rules = rules(0, 0);
    let mut values = both(14);
    values.extend([(Some(2.0), None); 10]);
    values.extend([(None, None); 12]);
    assert_eq!(
        told(&rules, &[], &values),
        [
            (
                30,
                "[FIRING:2] LevelHigh (warning)\na is at 2\nb is at 3".to_owned()
            ),
            (
                630,
                "[FIRING:1] LevelHigh (a warning)\na is at 2\n(1 resolved)".to_owned()
            ),
            (
                930,
                "[RESOLVED] LevelHigh (a warning)\na is at 2".to_owned()
            ),
        ]
    );
}

#[test]
fn what_still_fires_is_told_again_after_hours() {
    let rules = rules(0, 0);
    let values = vec![(Some(2.0), None); 500];
    let told: Vec<i64> = told(&rules, &[], &values)
        .iter()
        .map(|(when, _)| *when)
        .collect();
    assert_eq!(told, [30, 30 + 4 * 3600]);
}

#[test]
fn silenced_alerts_are_told_when_the_silence_ends() {
    let rules = rules(0, 0);
    let of_a = Silence {
        matching: vec![("pod".to_owned(), "a".to_owned())],
        from: T0,
        until: at(600),
        by: "mara".to_owned(),
        comment: String::new(),
    };
    let nothing = Silence {
        matching: Vec::new(),
        ..of_a.clone()
    };
    let values = vec![(Some(2.0), None); 30];
    assert_eq!(
        told(&rules, &[of_a, nothing], &values),
        [(
            630,
            "[FIRING:1] LevelHigh (a warning)\na is at 2".to_owned()
        )]
    );
    let whole = Silence::of_alert("LevelHigh", T0, at(10_000), "mara");
    assert_eq!(told(&rules, &[whole], &values), []);
}

#[test]
fn routes_say_where_and_whether_it_pages() {
    use crate::scenario::format::alerting::AlertRoute;
    let pack = crate::sim::testing::small_pack();
    let mut pack = (*pack).clone();
    pack.estate.alerting.routes = vec![AlertRoute {
        matching: texts(&[("team", "jobs")]),
        channel: Some("#jobs".to_owned()),
        pages: Some(false),
    }];
    let rules = Rules::of(&pack);
    assert_eq!(rules.unread, Vec::<String>::new());
    let rule = rules
        .alerting
        .iter()
        .find(|rule| rule.name == "JobsLagHigh");
    let rule = rule.unwrap();
    let receiver = |pairs: &[(&str, &str)]| {
        let labels = Labels::new(pairs.iter().copied());
        let receiver = rules.receiver(rule, &labels);
        (receiver.channel, receiver.pages)
    };
    assert_eq!(
        receiver(&[("team", "jobs"), ("severity", "critical")]),
        ("#jobs".to_owned(), false)
    );
    assert_eq!(
        receiver(&[("severity", "critical")]),
        ("#alerts".to_owned(), true)
    );
    assert_eq!(
        receiver(&[("severity", "warning")]),
        ("#alerts".to_owned(), false)
    );
}

#[test]
fn rules_that_components_bring_can_be_read_and_are_listed() {
    let pack = crate::sim::testing::small_pack();
    let made = standard::rules(&pack);
    for one in &made {
        assert!(
            standard::NAMES.contains(&one.name.as_str()),
            "{} is not listed",
            one.name
        );
    }
    assert!(standard::NAMES.is_sorted());
    let mut without = (*pack).clone();
    let more = "PodCrashLooping".to_owned();
    without.estate.alerting.without.push(more);
    let fewer = standard::rules(&without);
    assert_eq!(fewer.len() + 1, made.len());
    let mut own = (*pack).clone();
    own.estate
        .alerts
        .insert("PodCrashLooping", spec(60, 0, &[]));
    let rules = Rules::of(&own);
    let found: Vec<&str> = rules
        .alerting
        .iter()
        .filter(|rule| rule.name == "PodCrashLooping")
        .map(|rule| rule.query.as_str())
        .collect();
    assert_eq!(found, ["level > 1"]);
}

/// Telemetry with one steady series `level{pod="a"}` of 4, closed until ten minutes after T0.
fn telemetry() -> Telemetry {
    let grid = LeafGrid::new(T0, Span::from_hours(2)).unwrap();
    let mut telemetry = Telemetry::new(grid, 1);
    let def = SeriesDef {
        metric: "level".to_owned(),
        help: String::new(),
        labels: vec![("pod".to_owned(), "a".to_owned())],
        per_pod: None,
        values: Values::Gauge(GaugeDef::steady("level", 4.0)),
        from_ms: None,
    };
    telemetry.add_series(def).unwrap();
    telemetry.open();
    telemetry.close_until(at(600));
    telemetry
}

fn asked(series: &Recorded<'_>, query: &str, when: SimTime) -> String {
    let expr = promql::parse(query).unwrap();
    let answer = promql::instant(series, &expr, when, &Limits::default());
    answer.map_or_else(
        |error| format!("error: {error}"),
        |(value, _)| value.to_text(),
    )
}

#[test]
fn alerts_can_be_queried_with_their_states() {
    let rules = rules(60, 0);
    let (alerts, _) = fed(
        &rules,
        &[
            (Some(2.0), None),
            (Some(2.0), None),
            (Some(2.0), None),
            (None, None),
        ],
    );
    let telemetry = telemetry();
    let series = Recorded::new(&telemetry, &rules, alerts.history());
    assert_eq!(
        asked(&series, "ALERTS", at(45)),
        "ALERTS{alertname=\"LevelHigh\", alertstate=\"pending\", pod=\"a\", severity=\"warning\"} => 1 @[1733132745]"
    );
    assert_eq!(
        asked(&series, "ALERTS{alertstate=\"firing\"}", at(60)),
        "ALERTS{alertname=\"LevelHigh\", alertstate=\"firing\", pod=\"a\", severity=\"warning\"} => 1 @[1733132760]"
    );
    assert_eq!(asked(&series, "ALERTS{alertstate=\"pending\"}", at(60)), "");
    assert_eq!(
        asked(&series, "ALERTS_FOR_STATE", at(75)),
        "ALERTS_FOR_STATE{alertname=\"LevelHigh\", pod=\"a\", severity=\"warning\"} => 1733132700 @[1733132775]"
    );
    assert_eq!(asked(&series, "ALERTS", at(90)), "");
    assert_eq!(
        asked(&series, "count_over_time(ALERTS[2m])", at(90))
            .matches("=>")
            .count(),
        2
    );
}

#[test]
fn recording_rules_are_evaluated_when_their_series_are_asked_for() {
    let rules = Rules::of_specs(
        &[],
        &[
            ("pod:level:double", "2 * level"),
            ("pod:level:peak", "max_over_time(pod:level:double[2m])"),
            ("loop", "loop + 1"),
        ],
    );
    let telemetry = telemetry();
    let series = Recorded::new(&telemetry, &rules, &[]);
    assert_eq!(
        asked(&series, "pod:level:double", at(300)),
        "pod:level:double{pod=\"a\"} => 8 @[1733133000]"
    );
    assert_eq!(
        asked(&series, "pod:level:peak{pod=~\"a|b\"} > 7", at(300)),
        "pod:level:peak{pod=\"a\"} => 8 @[1733133000]"
    );
    assert_eq!(asked(&series, "pod:level:double{pod=\"b\"}", at(300)), "");
    // Evaluations lie on the grid of rules, not on the scrapes.
    assert_eq!(
        asked(&series, "count_over_time(pod:level:double[5m])", at(300)),
        "{pod=\"a\"} => 10 @[1733133000]"
    );
    assert_eq!(
        asked(&series, "{__name__=~\"pod:.*\"}", at(300))
            .matches("=>")
            .count(),
        2
    );
    assert_eq!(
        asked(&series, "loop", at(300)),
        "error: recording rules are nested deeper than 4 at \"loop\""
    );
    let year = promql::range(
        &series,
        &promql::parse("pod:level:double").unwrap(),
        at(-365 * 86_400),
        at(300),
        Span::from_hours(1),
        &Limits::default(),
    );
    assert_eq!(year.unwrap().0.columns.len(), 1);
}

#[test]
fn rules_follow_a_world_without_moving_it() {
    let world = crate::sim::testing::small_world();
    let before = world.hash();
    let series = world.series();
    let firing = asked(&series, "ALERTS{alertstate=\"firing\"}", world.now());
    assert!(firing.contains("JobsLagHigh"), "{firing}");
    assert_eq!(world.hash(), before);
    let value = promql::instant(
        &series,
        &promql::parse("count({__name__=~\".+\"})").unwrap(),
        world.now(),
        &Limits::default(),
    );
    assert!(matches!(value, Ok((Value::Vector(samples), _)) if samples.len() == 1));
    let _ = Arc::clone(world.plan());
}
