//! JSON schemas of the tools' own types, as programs are given them. Never says what a type's comments do not say.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

/// The schema of arguments: an object, everything written out, each field with its comment.
pub fn of_input<T: JsonSchema>() -> Value {
    make::<T>(SchemaSettings::draft2020_12().for_deserialize(), true)
}

/// The schema of an output.
pub fn of_output<T: JsonSchema>() -> Value {
    make::<T>(SchemaSettings::draft2020_12().for_serialize(), false)
}

fn make<T: JsonSchema>(settings: SchemaSettings, input: bool) -> Value {
    let generator = settings
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.remove("title");
    RecursiveTransform(plain).transform(&mut schema);
    if input {
        // What the arguments are as a whole is the tool's own description.
        schema.remove("description");
        Optional.transform(&mut schema);
    }
    let mut value = schema.to_value();
    if let Value::Object(fields) = &mut value {
        // Protocols ask for an object even where there is nothing to say.
        if input {
            fields
                .entry("properties")
                .or_insert_with(|| Value::Object(Map::new()));
        }
        fields
            .entry("type")
            .or_insert_with(|| Value::from("object"));
    }
    value
}

/// Takes off what only Rust knows: widths of numbers, line ends of comments.
fn plain(schema: &mut Schema) {
    let format = schema.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| {
        format.starts_with("uint")
            || format.starts_with("int")
            || matches!(format, "float" | "double")
    }) {
        schema.remove("format");
    }
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        schema.insert("description".to_owned(), Value::from(text));
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
}

/// An argument that may be left out is left out rather than null.
#[derive(Clone, Debug)]
struct Optional;

impl Transform for Optional {
    fn transform(&mut self, schema: &mut Schema) {
        let types = schema.get("type").and_then(Value::as_array).cloned();
        if let Some(mut types) = types {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                schema.insert("type".to_owned(), only.clone());
            }
        }
        transform_subschemas(self, schema);
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    /// Says what to read.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Args {
        /// The
        /// service.
        service: String,
        /// Lines at most.
        #[serde(default = "ten")]
        limit: usize,
        #[serde(default)]
        cursor: Option<String>,
    }

    fn ten() -> usize {
        10
    }

    #[test]
    fn fields_come_with_their_comments_and_without_rusts_own_words() {
        assert_eq!(
            of_input::<Args>(),
            json!({
                "type": "object",
                "properties": {
                    "service": {"description": "The service.", "type": "string"},
                    "limit": {"description": "Lines at most.", "type": "integer", "minimum": 0, "default": 10},
                    "cursor": {"type": "string"},
                },
                "additionalProperties": false,
                "required": ["service"],
            })
        );
        assert_eq!(
            of_output::<Args>()["properties"]["cursor"],
            json!({"type": ["string", "null"]})
        );
    }
}
