//! A drill played over the door: what it answers, how time passes, what is evidence, how it ends.

use serde_json::{Value, json};

use super::client::{Client, Fixture};

#[tokio::test]
async fn it_says_who_it_is_and_what_it_has() {
    let fixture = Fixture::new();
    let mut client = Client::silent(fixture.small(), 1 << 20);
    let hello = client
        .ask(
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}),
        )
        .await;
    let hello = &hello["result"];
    assert_eq!(hello["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(
        hello["instructions"]
            .as_str()
            .unwrap()
            .contains("drill_brief")
    );
    for capability in ["tools", "resources", "prompts"] {
        assert!(
            hello["capabilities"].get(capability).is_some(),
            "{capability}"
        );
    }
    client
        .send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    let prompts = client.ask("prompts/list", json!({})).await;
    for prompt in prompts["result"]["prompts"].as_array().unwrap() {
        assert!(!prompt["description"].as_str().unwrap().is_empty());
        let name = prompt["name"].clone();
        let got = client.ask("prompts/get", json!({"name": name})).await;
        assert!(
            got["result"]["messages"][0]["content"]["text"]
                .as_str()
                .unwrap()
                .len()
                > 100
        );
    }
    let resources = client.ask("resources/list", json!({})).await;
    let uris: Vec<Value> = resources["result"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| resource["uri"].clone())
        .collect();
    assert!(
        uris.contains(&json!("drill://brief")) && uris.contains(&json!("wiki://queue")),
        "{uris:?}"
    );
    let page = client
        .ask("resources/read", json!({"uri": "wiki://queue"}))
        .await;
    let contents = &page["result"]["contents"][0];
    assert_eq!(contents["mimeType"], "text/markdown");
    assert!(contents["text"].as_str().unwrap().contains('#'));
    client.leave().await.unwrap();
    assert_eq!(fixture.records().len(), 1, "reading a page is a look");
}

#[tokio::test]
async fn time_advances_by_what_calls_cost() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let since = async |client: &mut Client| {
        client.get("drill_clock", json!({})).await["since_page_s"]
            .as_i64()
            .unwrap()
    };
    assert_eq!(since(&mut client).await, 0);
    client.get("drill_brief", json!({})).await;
    client.get("drill_notebook", json!({"note": "begun"})).await;
    assert_eq!(
        since(&mut client).await,
        0,
        "the drill's own tools cost nothing"
    );
    client.get("slack_list_channels", json!({})).await;
    assert_eq!(since(&mut client).await, 2);
    client
        .get(
            "slack_post_message",
            json!({"channel": "incidents", "text": "looking"}),
        )
        .await;
    assert_eq!(since(&mut client).await, 17);
    client
        .get("shell_run", json!({"line": "kubectl get pods -A"}))
        .await;
    assert_eq!(since(&mut client).await, 19);
    client.leave().await.unwrap();
}

#[tokio::test]
async fn a_wait_is_told_of_on_the_way_and_can_be_cancelled() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let params = json!({"name": "drill_clock", "arguments": {"wait": "5m"}, "_meta": {"progressToken": "w"}});
    let waited = client.ask("tools/call", params).await;
    assert_eq!(waited["result"]["structuredContent"]["passed_s"], 300);
    let steps: Vec<f64> = client
        .told
        .iter()
        .filter(|told| told["method"] == "notifications/progress")
        .map(|told| told["params"]["progress"].as_f64().unwrap())
        .collect();
    assert_eq!(steps.len(), 10);
    assert!(
        steps.is_sorted() && steps.last() == Some(&300.0),
        "{steps:?}"
    );

    let params = json!({"name": "drill_clock", "arguments": {"wait": "2h"}, "_meta": {"progressToken": "x"}});
    let id = client.begin("tools/call", params).await;
    let told = client.line().await;
    assert_eq!(told["method"], "notifications/progress");
    client
        .send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}))
        .await;
    client
        .begin("tools/call", json!({"name": "drill_clock"}))
        .await;
    let now = loop {
        let line = client.line().await;
        if line["id"].is_number() && line["id"] != id {
            break line["result"]["structuredContent"]["since_page_s"]
                .as_i64()
                .unwrap();
        }
    };
    assert!((300..300 + 7200).contains(&now), "{now} s");
    client.leave().await.unwrap();
}

#[tokio::test]
async fn evidence_is_what_was_shown() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let quote = "queue is full";
    let said = client
        .refusal("drill_notebook", json!({"pin": {"artifact": quote}}))
        .await;
    assert!(said.contains("nothing that you were shown"), "{said}");
    client
        .get("logs_search", json!({"query": quote, "limit": 3}))
        .await;
    let page = client
        .get("drill_notebook", json!({"pin": {"artifact": quote}}))
        .await;
    let artifact = page["pins"][0]["artifact"].as_str().unwrap().to_owned();
    assert!(
        artifact.contains(quote) && artifact.starts_with("{\"line\""),
        "{artifact}"
    );
    assert_eq!(page["pins"][0]["title"], quote);
    // What a line of the shell showed counts as well.
    client
        .get(
            "shell_run",
            json!({"line": "kubectl describe deployment worker -n back"}),
        )
        .await;
    let claim = json!({
        "component": "worker", "mechanism": "it restarts again and again", "why_now": "since its rollout",
        "evidence": [artifact, "deployment/worker"],
    });
    let handed = client.get("drill_claim", claim).await;
    assert_eq!(
        (&handed["claims"], &handed["evidence"]),
        (&json!(1), &json!(2))
    );
    client.leave().await.unwrap();
}

#[tokio::test]
async fn costs_of_hints_come_first_and_the_end_is_told() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let hints = client.get("drill_hint", json!({})).await;
    let first = &hints["hints"][0];
    assert!(first["cost"].as_u64().unwrap() > 0 && first["says"].is_null());
    let taken = client.get("drill_hint", json!({"take": 0})).await;
    assert!(taken["hints"][0]["says"].is_string());
    assert_eq!(taken["hints"][1]["can_be_taken"], true);
    client.get("drill_give_up", json!({})).await;
    let score = client.get("drill_score", json!({})).await;
    assert_eq!(score["ending"], "gave_up");
    assert!(score["debrief"].as_str().unwrap().len() > 10);
    // A drill that is over can be looked at, but nothing is done in it any more.
    client.get("slack_list_channels", json!({})).await;
    let said = client
        .refusal(
            "slack_post_message",
            json!({"channel": "incidents", "text": "x"}),
        )
        .await;
    assert!(said.contains("over"), "{said}");
    client.leave().await.unwrap();
}

#[tokio::test]
async fn structured_content_is_what_the_schema_says() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let listed = client.ask("tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().unwrap().clone();
    let schema = |name: &str| {
        tools.iter().find(|tool| tool["name"] == name).unwrap()["outputSchema"].clone()
    };
    for (tool, args) in [
        ("drill_brief", json!({})),
        ("drill_clock", json!({})),
        ("slack_list_channels", json!({})),
        ("slack_read_channel", json!({"channel": "platform"})),
        ("sentry_list_issues", json!({})),
        ("datadog_list_traces", json!({"service": "gate"})),
        (
            "datadog_query_metrics",
            json!({"query": "avg:redis.keys{*}"}),
        ),
        ("prometheus_query", json!({"query": "up"})),
        ("logs_list_services", json!({})),
        ("kubectl_get_pods", json!({})),
        ("kubectl_get_events", json!({})),
        ("git_recent_commits", json!({})),
        ("code_list_files", json!({})),
        ("pagerduty_acknowledge", json!({"incident_id": "PD-1"})),
        ("shell_run", json!({"line": "help"})),
    ] {
        let data = client.get(tool, args).await;
        let schema = schema(tool);
        let fields = data.as_object().unwrap();
        for required in schema["required"].as_array().into_iter().flatten() {
            assert!(
                fields.contains_key(required.as_str().unwrap()),
                "{tool}: {required} is missing"
            );
        }
        for name in fields.keys() {
            assert!(
                schema["properties"].get(name).is_some(),
                "{tool}: {name} is not in the schema"
            );
        }
    }
    client.leave().await.unwrap();
}
