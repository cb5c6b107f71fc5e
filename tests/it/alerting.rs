//! Alerts on the shipped and the small scenario: quiet on ordinary days, as the story has it at the page, told once, the
//! same whatever the stride.

use std::sync::{Arc, OnceLock};

use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::command::{AlertCommand, Command};
use firedrill::sim::kubernetes::template::EnvVar;
use firedrill::sim::kubernetes::{Kind, KubeCommand, ObjectRef};
use firedrill::sim::pager::IncidentState;
use firedrill::sim::plan::Plan;
use firedrill::sim::promql::{self, Limits};
use firedrill::sim::rules::{AlertState, BEHIND, EVERY};
use firedrill::sim::time::{SimTime, Span};

fn load(root: &str, name: &str) -> Arc<Plan> {
    let root = format!("{}/{root}", env!("CARGO_MANIFEST_DIR"));
    let pack = loader::load(&Source::folder(root), name).expect("the scenario has no problems");
    Arc::new(Plan::new(Arc::new(pack)))
}

fn first_incident() -> Arc<Plan> {
    static PLAN: OnceLock<Arc<Plan>> = OnceLock::new();
    Arc::clone(PLAN.get_or_init(|| load("scenarios", "carts-emptying")))
}

fn small() -> Arc<Plan> {
    static PLAN: OnceLock<Arc<Plan>> = OnceLock::new();
    Arc::clone(PLAN.get_or_init(|| load("tests/fixtures/scenarios", "small")))
}

/// Alerts that fire: name and what tells them apart, silenced ones with an exclamation mark.
fn firing(world: &World) -> Vec<String> {
    let mut found: Vec<String> = world
        .alerts()
        .active()
        .filter(|(_, alert)| alert.state == AlertState::Firing)
        .map(|(rule, alert)| {
            let rule = &world.plan().rules.alerting[rule];
            let of = ["service", "consumergroup", "deployment", "container"]
                .iter()
                .map(|label| alert.labels.get(label))
                .find(|value| !value.is_empty())
                .unwrap_or("");
            let silenced = world.alerts().is_silenced(&alert.labels, world.now());
            let mark = if silenced { "!" } else { "" };
            format!("{mark}{} {of}", rule.name).trim().to_owned()
        })
        .collect();
    found.sort();
    found
}

fn posts(world: &World, name: &str) -> Vec<String> {
    world
        .slack()
        .posts()
        .iter()
        .filter(|post| post.by == "Alertmanager" && post.text.contains(name))
        .map(|post| {
            let title = post.text.lines().next().unwrap_or_default();
            format!("{} {title}", post.at.format("%H:%M:%S"))
        })
        .collect()
}

#[test]
fn at_the_page_alerts_are_as_the_story_has_them() {
    for seed in [1, 7, 42] {
        let world = World::open(first_incident(), seed);
        assert_eq!(world.plan().gaps, Vec::<String>::new());
        assert_eq!(
            firing(&world),
            [
                "!ConsumerLagHigh accounting",
                "!DeploymentDown accounting",
                "!DeploymentReplicasMissing accounting",
                "!PodCrashLooping accounting",
                "CheckoutSuccessDegraded",
                "CheckoutSuccessLow",
                "HighErrorRate checkout",
                "HighLatency checkout",
            ],
            "seed {seed}"
        );
        // What the story has announced is not announced again.
        assert_eq!(
            posts(&world, "CheckoutSuccessLow"),
            [
                "09:15:00 [FIRING] CheckoutSuccessLow: Checkout success rate is 0.40 (critical, checkout) PD-94012"
            ],
            "seed {seed}"
        );
        assert_eq!(
            posts(&world, "RecommendationLatencyHigh").len(),
            2,
            "seed {seed}"
        );
        assert_eq!(posts(&world, "CrashLooping"), Vec::<String>::new());
        let open: Vec<&str> = world
            .pager()
            .incidents()
            .iter()
            .filter(|incident| incident.state != IncidentState::Resolved)
            .map(|incident| incident.id.as_str())
            .collect();
        assert_eq!(open, ["PD-94012", "PD-94018"], "seed {seed}");
    }
}

#[test]
fn alerts_of_the_story_come_when_it_says() {
    let world = World::open(first_incident(), 7);
    let spans: Vec<(String, String, Option<String>)> = world
        .alerts()
        .history()
        .iter()
        .filter(|span| span.state == AlertState::Firing)
        .filter(|span| {
            ["CheckoutSuccessLow", "RecommendationLatencyHigh"]
                .contains(&span.labels.get("alertname"))
        })
        .map(|span| {
            let minute = |at: SimTime| at.format("%H:%M");
            (
                span.labels.get("alertname").to_owned(),
                minute(span.from),
                span.until.map(minute),
            )
        })
        .collect();
    let names: Vec<&str> = spans.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        ["RecommendationLatencyHigh", "CheckoutSuccessLow"],
        "{spans:?}"
    );
    // The messages give whole minutes; the rules are evaluated twice a minute.
    assert!(
        spans[0].1.as_str() >= "09:08" && spans[0].1.as_str() <= "09:10",
        "{spans:?}"
    );
    assert!(
        spans[0].2.as_deref() >= Some("09:18") && spans[0].2.as_deref() <= Some("09:21"),
        "{spans:?}"
    );
    assert!(
        spans[1].1.as_str() >= "09:13" && spans[1].1.as_str() <= "09:15",
        "{spans:?}"
    );
    let since_the_train = world.alerts().active().find(|(rule, alert)| {
        world.plan().rules.alerting[*rule].name == "DeploymentDown"
            && alert.labels.get("deployment") == "accounting"
    });
    let since = since_the_train.map(|(_, alert)| alert.active_at.format("%H:%M"));
    assert!(
        since.as_deref() >= Some("03:29") && since.as_deref() <= Some("03:40"),
        "{since:?}"
    );
}

#[test]
fn ordinary_days_are_quiet() {
    for seed in [3, 11] {
        let world = World::open(first_incident(), seed);
        let story = SimTime::parse_rfc3339("2024-12-02T03:25:00Z").unwrap();
        let mut at = world.plan().history_start() + Span::from_hours(3);
        while at < story {
            for rule in &world.plan().rules.alerting {
                let tick = at.floor_to(EVERY);
                let ask = |when: SimTime| {
                    promql::instant(
                        &world.series(),
                        &rule.expr,
                        when - BEHIND,
                        &Limits::default(),
                    )
                    .unwrap_or_else(|error| panic!("{}: {error}", rule.name))
                    .0
                };
                let value = ask(tick);
                // What holds for a moment fires only if it holds for long enough.
                let holds = !value.samples().is_empty()
                    && !ask(tick - rule.hold).samples().is_empty()
                    && !ask(tick - Span(rule.hold.millis() / 2))
                        .samples()
                        .is_empty();
                assert!(
                    !holds,
                    "seed {seed}: {} at {tick}: {}",
                    rule.name,
                    value.to_text()
                );
            }
            at += Span::from_mins(29 * 60 + 17);
        }
    }
}

#[test]
fn the_train_silence_ends_and_the_back_office_is_heard() {
    let mut world = World::open(first_incident(), 7);
    let end = SimTime::parse_rfc3339("2024-12-02T11:12:00Z").unwrap();
    world.advance_to(end);
    let loops = posts(&world, "PodCrashLooping");
    assert_eq!(loops.len(), 1, "{loops:?}");
    assert!(
        loops[0].starts_with("11:00:30 [FIRING:1] PodCrashLooping"),
        "{loops:?}"
    );
    let paged: Vec<&str> = world
        .pager()
        .incidents()
        .iter()
        .filter(|incident| incident.title.starts_with("DeploymentDown"))
        .map(|incident| incident.title.as_str())
        .collect();
    assert_eq!(paged, ["DeploymentDown: No pod of accounting is available"]);
}

fn mend(world: &mut World) {
    let set = Command::Kubernetes(Box::new(KubeCommand::SetEnv {
        target: ObjectRef::new(Kind::Deployment, "back", "worker"),
        containers: "*".to_owned(),
        set: vec![EnvVar::plain("BATCH_MS", "250")],
        remove: Vec::new(),
    }));
    world.apply(&set).expect("the cluster takes it");
}

#[test]
fn what_is_mended_is_told_once_and_its_page_closes_by_itself() {
    let mut world = World::open(small(), 7);
    assert!(
        firing(&world).contains(&"JobsLagHigh".to_owned()),
        "{:?}",
        firing(&world)
    );
    mend(&mut world);
    let later = world.now() + Span::from_mins(90);
    world.advance_to(later);
    assert_eq!(firing(&world), Vec::<String>::new());
    let told = posts(&world, "JobsLagHigh");
    let resolved = told
        .iter()
        .filter(|post| post.contains("[RESOLVED]"))
        .count();
    assert_eq!(resolved, 1, "{told:?}");
    for incident in world.pager().incidents() {
        let by_alert = incident
            .timeline
            .iter()
            .any(|entry| entry.what == "Resolved by Alertmanager");
        let rules = &world.plan().rules.alerting;
        let is_alert = rules
            .iter()
            .any(|rule| incident.title.starts_with(&format!("{}:", rule.name)));
        assert_eq!(by_alert, is_alert, "{}", incident.title);
    }
}

#[test]
fn the_stride_and_copies_change_nothing() {
    let minutes = 12;
    let mut whole = World::open(small(), 3);
    mend(&mut whole);
    let end = whole.now() + Span::from_mins(minutes);
    let mut copy = whole.clone();
    whole.advance_to(end);
    let mut steps = World::open(small(), 3);
    mend(&mut steps);
    while steps.now() < end {
        let next = steps.now() + Span::from_secs(7);
        let mut ahead = steps.clone();
        steps.advance_to(next.min(end));
        // A copy that goes another way leaves the original alone.
        if steps.now().secs() % 3 == 0 {
            let _ = ahead.apply(&Command::ValkeyFlush {
                server: "cache".to_owned(),
            });
            ahead.advance_to(end);
        }
    }
    let texts = |world: &World| -> Vec<(SimTime, String, String)> {
        let posts = world.slack().posts().iter();
        posts
            .map(|post| (post.at, post.id.clone(), post.text.clone()))
            .collect()
    };
    assert_eq!(texts(&steps), texts(&whole));
    assert_eq!(steps.alerts().history(), whole.alerts().history());
    assert_eq!(steps.hash(), whole.hash());
    copy.advance_to(end);
    assert_eq!(copy.hash(), whole.hash());
}

#[test]
fn a_trainee_silences_and_is_left_in_peace() {
    let mut world = World::open(small(), 7);
    let silence = Command::Alerts(AlertCommand::Silence {
        matching: vec![("alertname".to_owned(), "JobsLagHigh".to_owned())],
        lasts_ms: 3_600_000,
        comment: "known".to_owned(),
    });
    world.apply(&silence).expect("Alertmanager takes it");
    assert!(firing(&world).contains(&"!JobsLagHigh".to_owned()));
    let before = posts(&world, "JobsLagHigh").len();
    mend(&mut world);
    let later = world.now() + Span::from_mins(50);
    world.advance_to(later);
    assert_eq!(posts(&world, "JobsLagHigh").len(), before);
    let silences = world.alerts().silences();
    let made = silences.iter().find(|silence| silence.comment == "known");
    let id = made.expect("the silence is there").id();
    let expire = Command::Alerts(AlertCommand::ExpireSilence(id));
    assert!(world.apply(&expire).is_ok());
    assert!(world.apply(&expire).is_err(), "it is over already");
    let nothing = Command::Alerts(AlertCommand::Silence {
        matching: Vec::new(),
        lasts_ms: 1,
        comment: String::new(),
    });
    assert!(world.apply(&nothing).is_err());
}

/// What is said about the small scenario with a piece of its estate replaced: id, the words that are marked, hint.
fn said(replaced: &str, by: &str) -> Vec<(&'static str, String, String)> {
    let root = format!("{}/tests/fixtures/scenarios", env!("CARGO_MANIFEST_DIR"));
    let pack = loader::load(&Source::folder(root), "small").unwrap();
    let mut files = (*pack.files).clone();
    let estate = files.get_mut("estates/small/estate.ron").unwrap();
    let text = String::from_utf8(estate.clone()).unwrap();
    assert!(text.contains(replaced), "{replaced}");
    *estate = text.replacen(replaced, by, 1).into_bytes();
    let inspection = firedrill::session::content::inspect(&Source::memory(files), "small");
    inspection
        .diagnostics
        .iter()
        .map(|problem| {
            let marked = problem.file.text.get(problem.span.clone()).unwrap_or("");
            let hint = problem.hint.clone().unwrap_or_default();
            (problem.id, marked.to_owned(), hint)
        })
        .collect()
}

#[test]
fn mistakes_in_rules_are_said_with_their_place() {
    let one = |replaced: &str, by: &str| {
        let all = said(replaced, by);
        assert_eq!(all.len(), 1, "{by}: {all:?}");
        let (id, marked, hint) = &all[0];
        format!("{id} {marked} | {hint}")
    };
    assert_eq!(
        one("{{ $value }} in the queue", "{{ $value | humanise }}"),
        "FD0510 humanise | as in Prometheus: `{{ $labels.pod }}`, `{{ $value | humanizePercentage }}`"
    );
    assert_eq!(
        one("{{ $value }} in the queue", "{{ $labels.pod }}"),
        "FD0510 $labels.pod | the expression leaves no label"
    );
    assert_eq!(
        one(
            "expr: \"sum(kafka_consumergroup_lag{consumergroup=\\\"worker\\\"}) > 2000\",\n            hold: \"5m\",\n            labels: {\"severity\": \"warning\"},\n            annotations: {\"summary\": \"Jobs wait: {{ $value }} in the queue\"}",
            "expr: \"kafka_consumergroup_lag > 2000\",\n            annotations: {\"summary\": \"{{ $labels.consumergrop }}\"}"
        ),
        "FD0510 $labels.consumergrop | did you mean `consumergroup`?"
    );
    assert_eq!(
        one("hold: \"2m\"", "hold: \"8d\""),
        "FD0409 \"8d\" | 0s to 7d"
    );
    assert_eq!(
        one(
            "sum(kafka_consumergroup_lag{",
            "sum(kafka_consumergroup_lagg{"
        ),
        "FD0206 kafka_consumergroup_lagg | did you mean `kafka_consumergroup_lag`?"
    );
    let unclosed = one("> 2000", "> 2000 and (");
    assert!(unclosed.starts_with("FD0504 "), "{unclosed}");
    assert_eq!(
        one(
            "without: [\"DeploymentDown\"]",
            "routes: [(channel: \"#alert\")]"
        ),
        "FD0205 \"#alert\" | did you mean `#alerts`?"
    );
    assert_eq!(
        one(
            "without: [\"DeploymentDown\"]",
            "without: [\"PodCrashLoop\"]"
        ),
        "FD0224 \"PodCrashLoop\" | did you mean `PodCrashLooping`?"
    );
    assert_eq!(
        one(
            "\"gate:requests:rate5m\": \"sum(rate(http_requests_total{service=\\\"gate\\\"}[5m]))\"",
            "\"gate:loop\": \"gate:loop + 1\""
        ),
        "FD0312 \"gate:loop + 1\" | at most 4 one after the other"
    );
    assert_eq!(
        one(
            "labels: {\"severity\": \"critical\"}",
            "labels: {\"alertname\": \"x\"}"
        ),
        "FD0508 \"x\" | leave it out"
    );
    assert_eq!(
        said("hold: \"2m\"", "hold: \"2m\", keep_firing: \"4m\""),
        []
    );
}
