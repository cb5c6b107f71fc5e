//! Blocks of resources as `terraform state show` prints them. Never reads any.

use serde_json::Value;

use super::resources::Resource;

/// A resource as `terraform state show -no-color` prints it.
pub fn block(resource: &Resource) -> String {
    let mut text = format!(
        "# {}:\nresource \"{}\" \"{}\" {{\n",
        resource.address, resource.kind, resource.name
    );
    let widest = resource
        .attributes
        .keys()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    for (name, value) in &resource.attributes {
        text.push_str(&format!("    {name:<widest$} = {}\n", written(value, 4)));
    }
    text.push_str("}\n");
    text
}

/// A value as it is written, its further lines indented by `indent`.
pub fn written(value: &Value, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    match value {
        Value::Null => "null".to_owned(),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let widest = fields
                .keys()
                .map(|name| name.chars().count() + 2)
                .max()
                .unwrap_or(0);
            let mut text = "{\n".to_owned();
            for (name, value) in fields {
                let name = format!("\"{name}\"");
                text.push_str(&format!(
                    "{blanks}    {name:<widest$} = {}\n",
                    written(value, indent + 4)
                ));
            }
            text + &format!("{blanks}}}")
        }
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) => {
            let mut text = "[\n".to_owned();
            for item in items {
                text.push_str(&format!("{blanks}    {},\n", written(item, indent + 4)));
            }
            text + &format!("{blanks}]")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_are_aligned_and_maps_nested() {
        let resource = Resource {
            address: "aws_x.a".to_owned(),
            kind: "aws_x".to_owned(),
            name: "a".to_owned(),
            attributes: BTreeMap::from([
                ("id".to_owned(), json!("x-1")),
                ("size".to_owned(), json!(20)),
                ("tags".to_owned(), json!({ "Name": "a" })),
            ]),
        };
        assert_eq!(
            block(&resource),
            "# aws_x.a:\nresource \"aws_x\" \"a\" {\n    id   = \"x-1\"\n    size = 20\n    tags = {\n        \"Name\" = \"a\"\n    }\n}\n"
        );
    }
}
