//! What programs are told of the tools: names, descriptions, schemas, annotations. Never runs one.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::Value;

use super::own::OWN;
use crate::tools::Registry;
use crate::tools::change::AnyChange;
use crate::tools::tool::AnyLook;

/// All tools, by name.
pub fn tools(registry: &Registry) -> Vec<Tool> {
    let looks = registry
        .tools()
        .filter(|tool| tool.is_offered())
        .map(|tool| {
            let annotations = hints(true, false, true);
            described(
                tool.name(),
                tool.about(),
                tool.input_schema(),
                tool.output_schema(),
                annotations,
            )
        });
    let changes = registry.changes().map(|tool| {
        let impact = tool.impact();
        let annotations = hints(false, impact.destructive, impact.idempotent);
        described(
            tool.name(),
            tool.about(),
            tool.input_schema(),
            tool.output_schema(),
            annotations,
        )
    });
    let own = OWN.iter().map(|tool| {
        let annotations = hints(tool.looks, !tool.looks, tool.idempotent);
        described(
            tool.name,
            tool.about,
            (tool.input)(),
            (tool.output)(),
            annotations,
        )
    });
    let mut all: Vec<Tool> = looks.chain(changes).chain(own).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The names of all tools.
pub fn names(registry: &Registry) -> Vec<&'static str> {
    let looks = registry
        .tools()
        .filter(|tool| tool.is_offered())
        .map(AnyLook::name);
    let changes = registry.changes().map(AnyChange::name);
    looks
        .chain(changes)
        .chain(OWN.iter().map(|tool| tool.name))
        .collect()
}

/// The nearest name to one that does not exist.
pub fn nearest(registry: &Registry, name: &str) -> Option<&'static str> {
    let near = names(registry)
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .min()?;
    (near.0 <= 2.max(near.1.len() / 3)).then_some(near.1)
}

fn hints(reads: bool, destroys: bool, idempotent: bool) -> ToolAnnotations {
    // The incident is simulated: nothing reaches the world outside.
    ToolAnnotations::from_raw(
        None,
        Some(reads),
        Some(destroys),
        Some(idempotent),
        Some(false),
    )
}

fn described(
    name: &'static str,
    about: &'static str,
    input: Value,
    output: Value,
    annotations: ToolAnnotations,
) -> Tool {
    Tool::new(name, format!("{about}."), object(input))
        .with_raw_output_schema(object(output))
        .with_annotations(annotations)
}

fn object(schema: Value) -> Arc<JsonObject> {
    match schema {
        Value::Object(fields) => Arc::new(fields),
        _ => Arc::default(),
    }
}
