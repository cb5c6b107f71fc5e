//! One script through two doors, lines of the shell and calls of a program: the same entries and the same world.

use firedrill::session::entry::Entry;
use firedrill::session::journal::Door;
use serde_json::{Value, json};

use super::client::{Client, Fixture};

/// What is typed, and what is called instead.
fn script() -> Vec<(&'static str, &'static str, Value)> {
    let shell = |line: &'static str| (line, "shell_run", json!({"line": line}));
    vec![
        (
            "pd ack PD-1",
            "pagerduty_acknowledge",
            json!({"incident_id": "PD-1"}),
        ),
        (
            "pd show PD-1",
            "pagerduty_get_timeline",
            json!({"incident_id": "PD-1"}),
        ),
        (
            "slack read incidents -n 50",
            "slack_read_channel",
            json!({"channel": "incidents"}),
        ),
        (
            "slack post incidents gate refuses jobs, looking",
            "slack_post_message",
            json!({"channel": "incidents", "text": "gate refuses jobs, looking"}),
        ),
        ("sentry issues", "sentry_list_issues", json!({})),
        (
            "jira search refused",
            "jira_search",
            json!({"query": "refused"}),
        ),
        (
            "wiki search retention",
            "wiki_search",
            json!({"query": "retention"}),
        ),
        ("wiki show queue", "wiki_get_page", json!({"page": "queue"})),
        (
            "kubectl get pods -o wide -n back",
            "kubectl_get_pods",
            json!({"namespace": "back"}),
        ),
        (
            "git log --max-count=5",
            "git_recent_commits",
            json!({"repo": "alpha", "limit": 5}),
        ),
        shell("kubectl set env deployment/worker -n back BATCH_MS=250"),
        shell("kubectl rollout restart deployment/gate -n front"),
        (
            "flags set batch-size-v2 on",
            "featureflags_set",
            json!({"flag": "batch-size-v2", "on": true}),
        ),
        (
            "flags get batch-size-v2",
            "featureflags_get",
            json!({"flag": "batch-size-v2"}),
        ),
        (
            "pd note PD-1 set BATCH_MS",
            "pagerduty_add_note",
            json!({"incident_id": "PD-1", "text": "set BATCH_MS"}),
        ),
        (
            "pd resolve PD-1",
            "pagerduty_resolve",
            json!({"incident_id": "PD-1"}),
        ),
    ]
}

#[tokio::test]
async fn the_door_makes_no_difference() {
    let typed = Fixture::new();
    let mut bench = typed.small();
    for (line, ..) in script() {
        bench.shell(Door::Shell, line);
    }
    let state = bench.session().state();
    drop(bench.into_session().close());

    let called = Fixture::new();
    let mut client = Client::new(called.small()).await;
    for (_, tool, args) in script() {
        client.call(tool, args).await;
    }
    client.leave().await.unwrap();

    let (typed, called) = (typed.records(), called.records());
    let entries = |records: &[firedrill::session::journal::Record<Entry>]| -> Vec<String> {
        records
            .iter()
            .map(|record| {
                format!(
                    "{} {}",
                    record.intent.at,
                    serde_json::to_string(&record.intent.entry).unwrap()
                )
            })
            .collect()
    };
    assert_eq!(entries(&typed), entries(&called));
    assert_eq!(typed.len(), script().len());
    for (one, other) in typed.iter().zip(&called) {
        assert_eq!(one.state, other.state, "{:?}", one.intent.entry);
    }
    assert_eq!(called.last().map(|record| record.state), Some(state));
    assert!(typed.iter().all(|record| record.intent.door == Door::Shell));
    assert!(called.iter().all(|record| record.intent.door == Door::Mcp));
}
