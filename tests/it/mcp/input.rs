//! Bad input: an answer that says what is wrong, nothing lost, and the next request is answered.

use firedrill::session::entry::Entry;
use serde_json::{Value, json};

use super::client::{Client, Fixture};

#[tokio::test]
async fn a_line_that_is_no_message_is_answered_and_the_next_one_works() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    client.raw(b"{\"jsonrpc\": \"2.0\", \"id\": 4, \n").await;
    let said = client.line().await;
    assert_eq!(
        (&said["id"], &said["error"]["code"]),
        (&Value::Null, &json!(-32700))
    );
    client
        .raw(b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]\n")
        .await;
    assert_eq!(client.line().await["error"]["code"], -32600);
    client.raw(b"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"arguments\":[]}}\n").await;
    let said = client.line().await;
    assert_eq!(
        (&said["id"], &said["error"]["code"]),
        (&json!(5), &json!(-32602))
    );
    client
        .raw(b"{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"tools/destroy\"}\n")
        .await;
    assert_eq!(client.line().await["id"], 6);
    client
        .raw(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"sing\"}\n")
        .await;
    assert_eq!(client.line().await["error"]["code"], -32601);
    client
        .raw(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/sung\"}\n\n\r\n")
        .await;
    assert_eq!(client.ask("ping", json!({})).await["result"], json!({}));
    client.leave().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_done_says_why_and_what_is_meant() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let unknown = client
        .ask(
            "tools/call",
            json!({"name": "slack_read_chanel", "arguments": {}}),
        )
        .await;
    assert_eq!(unknown["error"]["code"], -32602);
    assert_eq!(
        unknown["error"]["message"],
        "there is no tool \"slack_read_chanel\"; did you mean slack_read_channel?"
    );
    let hidden = client
        .ask("tools/call", json!({"name": "board_view", "arguments": {}}))
        .await;
    assert_eq!(hidden["error"]["code"], -32602);
    assert_eq!(
        client
            .refusal("slack_read_channel", json!({"chanel": "x"}))
            .await,
        "slack_read_channel: unknown field `chanel`, expected one of `channel`, `limit`, `cursor`, `thread`\nhint: did you mean `channel`?\n"
    );
    assert_eq!(
        client.refusal("slack_read_channel", json!({})).await,
        "slack_read_channel: missing field `channel`\n"
    );
    assert_eq!(
        client
            .refusal("slack_read_channel", json!({"channel": "#lunch"}))
            .await,
        "slack_read_channel: channel_not_found\nhint: channels are #alerts, #deploys, #incidents, #jobs, #platform\n"
    );
    assert!(
        client
            .refusal("drill_clock", json!({"wait": "soon"}))
            .await
            .contains("write 90s")
    );
    assert!(
        client
            .refusal("drill_clock", json!({"wait": "5m", "skip": true}))
            .await
            .contains("not both")
    );
    assert!(
        client
            .refusal("drill_score", json!({}))
            .await
            .contains("not over")
    );
    assert!(
        client
            .refusal("shell_run", json!({"line": "ls\nls"}))
            .await
            .contains("one line")
    );
    for (method, params) in [
        ("resources/read", json!({"uri": "file:///etc/passwd"})),
        ("resources/read", json!({"uri": "wiki://../../brief.md"})),
        ("prompts/get", json!({"name": "none"})),
        ("tools/list", json!({"cursor": "2"})),
    ] {
        assert!(
            client.ask(method, params).await.get("error").is_some(),
            "{method}"
        );
    }
    client.leave().await.unwrap();
    // Arguments that cannot be read cost nothing and leave no trace; a look that finds nothing does.
    assert_eq!(fixture.records().len(), 1);
}

#[tokio::test]
async fn a_huge_argument_is_refused_and_bounded() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let huge = "x".repeat(2 << 20);
    let refused = client
        .ask(
            "tools/call",
            json!({"name": "logs_search", "arguments": {"query": huge}}),
        )
        .await;
    assert_eq!(refused["error"]["code"], -32600);
    let large = "y".repeat(500_000);
    for (tool, args) in [
        (
            "slack_post_message",
            json!({"channel": "incidents", "text": large}),
        ),
        ("drill_notebook", json!({"note": large})),
        ("drill_report", json!({"text": large})),
        ("code_write_file", json!({"path": "alpha/x", "text": large})),
        ("code_grep", json!({"pattern": large})),
        ("shell_run", json!({"line": large})),
        (
            "pagerduty_add_note",
            json!({"incident_id": "PD-1", "text": large}),
        ),
    ] {
        let said = client.call(tool, args).await;
        let text = said["content"][0]["text"].as_str().unwrap().to_owned();
        assert!(text.len() < 2_000, "{tool}: {} bytes", text.len());
    }
    client.get("drill_brief", json!({})).await;
    client.leave().await.unwrap();
}

#[tokio::test]
async fn the_files_of_the_machine_are_out_of_reach() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let marker = "root:";
    for (tool, args) in [
        ("code_read_file", json!({"path": "/etc/passwd"})),
        (
            "code_read_file",
            json!({"path": "alpha/../../../../../etc/passwd"}),
        ),
        ("code_list_files", json!({"path": "../../etc"})),
        ("code_grep", json!({"pattern": "root", "path": "/etc"})),
        ("git_blame", json!({"file": "../../../etc/passwd"})),
        (
            "code_write_file",
            json!({"path": "alpha/../../escaped", "text": "x"}),
        ),
        ("shell_run", json!({"line": "cat /etc/passwd"})),
        ("shell_run", json!({"line": "kubectl apply -f /etc/passwd"})),
    ] {
        let said = client.call(tool, args).await.to_string();
        assert!(!said.contains(marker), "{tool}: {said}");
    }
    assert!(!std::path::Path::new("escaped").exists());
    client.leave().await.unwrap();
}

#[tokio::test]
async fn two_calls_at_once_are_both_answered_and_in_order_in_the_journal() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let call = |id: u32, channel: &str| {
        let params = json!({"name": "slack_read_channel", "arguments": {"channel": channel}});
        format!(
            "{}\n",
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
        )
    };
    let both = call(101, "jobs") + &call(102, "alerts");
    client.raw(both.as_bytes()).await;
    let (first, second) = (client.line().await, client.line().await);
    let mut ids = [
        first["id"].as_i64().unwrap(),
        second["id"].as_i64().unwrap(),
    ];
    ids.sort_unstable();
    assert_eq!(ids, [101, 102]);
    client.leave().await.unwrap();
    let channels: Vec<String> = fixture
        .records()
        .iter()
        .map(|record| match &record.intent.entry {
            Entry::Call(call) => call.args["channel"].as_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(channels, ["jobs", "alerts"]);
}

#[tokio::test]
async fn a_slow_reader_loses_nothing() {
    let fixture = Fixture::new();
    // The pipe holds less than one answer.
    let mut client = Client::silent(fixture.small(), 512);
    client
        .ask(
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}),
        )
        .await;
    client
        .send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    let mut answered = 0;
    for _ in 0..4 {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(
                client
                    .begin("tools/call", json!({"name": "slack_list_channels"}))
                    .await,
            );
            tokio::task::yield_now().await;
        }
        for id in ids {
            assert_eq!(client.answer(id).await["result"]["isError"], false);
            answered += 1;
        }
    }
    client.leave().await.unwrap();
    assert_eq!(fixture.records().len(), answered);
}

#[tokio::test]
async fn a_client_that_vanishes_leaves_a_whole_journal() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    client
        .get("pagerduty_acknowledge", json!({"incident_id": "PD-1"}))
        .await;
    client
        .begin(
            "tools/call",
            json!({"name": "drill_clock", "arguments": {"wait": "10m"}}),
        )
        .await;
    drop(client.leave().await);
    let records = fixture.records();
    assert!(matches!(
        records.first().map(|record| &record.intent.entry),
        Some(Entry::Command(_))
    ));
    // And the drill can be gone on with.
    let bench = fixture.small();
    assert!(bench.world().trainee().acknowledged.is_some());
}
