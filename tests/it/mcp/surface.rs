//! All that programs are told of the tools, in one snapshot, and how large it may be.

use std::path::Path;

use serde_json::{Value, json};

use super::client::{Client, Fixture};

/// An agent reads all of it before its first thought.
const BUDGET: usize = 120_000;

fn page(tools: &[Value]) -> String {
    let mut page = String::new();
    for tool in tools {
        let hints: Vec<&str> = [
            ("readOnlyHint", "reads"),
            ("destructiveHint", "destroys"),
            ("idempotentHint", "idempotent"),
            ("openWorldHint", "open world"),
        ]
        .into_iter()
        .filter(|(hint, _)| tool["annotations"][hint] == true)
        .map(|(_, word)| word)
        .collect();
        page.push_str(&format!(
            "{} ({})\n  {}\n  in  {}\n  out {}\n",
            tool["name"].as_str().unwrap(),
            hints.join(", "),
            tool["description"].as_str().unwrap(),
            tool["inputSchema"],
            tool["outputSchema"],
        ));
    }
    page
}

#[tokio::test]
async fn the_surface_is_as_it_was_written_down_and_small_enough() {
    let fixture = Fixture::new();
    let mut client = Client::new(fixture.small()).await;
    let listed = client.ask("tools/list", json!({})).await;
    client.leave().await.unwrap();
    let tools = listed["result"]["tools"].as_array().unwrap();
    let size = listed["result"].to_string().len();
    assert!(size <= BUDGET, "{size} bytes, {BUDGET} are allowed");
    for tool in tools {
        let name = tool["name"].as_str().unwrap();
        assert!(
            name.len() <= 64
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{name}"
        );
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{name}");
        assert_eq!(tool["annotations"]["openWorldHint"], false, "{name}");
        for (argument, schema) in tool["inputSchema"]["properties"].as_object().unwrap() {
            assert!(
                schema["description"].is_string(),
                "{name}: {argument} has no description"
            );
        }
    }
    let page = page(tools);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/mcp/surface.txt");
    if std::env::var_os("FIREDRILL_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "tests/it/mcp/surface.txt is not what the tools say; read the difference and write it anew with FIREDRILL_BLESS=1 cargo test surface"
    );
}
