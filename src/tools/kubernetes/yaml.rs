//! Documents as text: YAML and JSON as kubectl writes them.

use serde_json::Value;

/// JSON with four spaces to a level, as `-o json` prints it.
pub fn json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, 0, &mut out);
    out.push('\n');
    out
}

fn write_json(value: &Value, depth: usize, out: &mut String) {
    let indent = |depth: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                indent(depth + 1, out);
                out.push_str(&go_string(key));
                out.push_str(": ");
                write_json(value, depth + 1, out);
            }
            indent(depth, out);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                indent(depth + 1, out);
                write_json(item, depth + 1, out);
            }
            indent(depth, out);
            out.push(']');
        }
        Value::String(text) => out.push_str(&go_string(text)),
        other => out.push_str(&other.to_string()),
    }
}

/// A JSON string; Go escapes what is special in HTML too.
fn go_string(text: &str) -> String {
    Value::from(text)
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// YAML as `-o yaml` prints it.
pub fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => write_map(value, 0, &mut out),
        Value::Array(items) if !items.is_empty() => write_list(items, 0, &mut out),
        other => {
            out.push_str(&scalar(other, 0));
            out.push('\n');
        }
    }
    out
}

fn pad(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn write_map(value: &Value, depth: usize, out: &mut String) {
    let Value::Object(map) = value else {
        return;
    };
    for (index, (key, value)) in map.iter().enumerate() {
        // The first key of a map in a list stands after the list's dash.
        if index > 0 || depth == 0 || out.ends_with('\n') {
            pad(depth, out);
        }
        out.push_str(&text(key, depth));
        out.push(':');
        write_value(value, depth, out);
    }
}

fn write_value(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write_map(value, depth + 1, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write_list(items, depth, out);
        }
        other => {
            out.push(' ');
            out.push_str(&scalar(other, depth));
            out.push('\n');
        }
    }
}

fn write_list(items: &[Value], depth: usize, out: &mut String) {
    for item in items {
        pad(depth, out);
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => write_map(item, depth + 1, out),
            Value::Array(inner) if !inner.is_empty() => {
                // A list in a list is rare enough to be written on one line.
                out.push_str(&Value::Array(inner.clone()).to_string());
                out.push('\n');
            }
            other => {
                out.push_str(&scalar(other, depth));
                out.push('\n');
            }
        }
    }
}

fn scalar(value: &Value, depth: usize) -> String {
    match value {
        Value::String(string) => text(string, depth),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// A string: plain where that reads back as the same string, else quoted, or a block if it has several lines.
fn text(string: &str, depth: usize) -> String {
    if string.contains('\n') && !string.starts_with([' ', '\n', '\t']) && is_printable(string) {
        return block(string, depth);
    }
    if string.is_empty() || means_something_else(string) {
        return format!("{string:?}");
    }
    if !is_printable(string) || string.contains('\n') || string.contains('\t') {
        return Value::from(string).to_string();
    }
    if is_plain(string) {
        string.to_owned()
    } else {
        format!("'{}'", string.replace('\'', "''"))
    }
}

fn block(string: &str, depth: usize) -> String {
    let chomp = if string.ends_with("\n\n") {
        "+"
    } else if string.ends_with('\n') {
        ""
    } else {
        "-"
    };
    let mut out = format!("|{chomp}");
    let body = string.strip_suffix('\n').unwrap_or(string);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(depth + 1, &mut out);
            out.push_str(line);
        }
    }
    out
}

fn is_printable(string: &str) -> bool {
    string
        .chars()
        .all(|letter| !letter.is_control() || letter == '\n' || letter == '\t')
}

/// Whether a plain string would be read as a number, a truth value, nothing or a time.
fn means_something_else(string: &str) -> bool {
    let lower = string.to_ascii_lowercase();
    let word = matches!(
        lower.as_str(),
        "y" | "n"
            | "yes"
            | "no"
            | "on"
            | "off"
            | "true"
            | "false"
            | "null"
            | "~"
            | ""
            | ".inf"
            | "-.inf"
            | ".nan"
    );
    let digits = string.strip_prefix(['-', '+']).unwrap_or(string);
    let starts = digits.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.');
    let number = starts
        && (digits.replace('_', "").parse::<f64>().is_ok()
            || digits
                .strip_prefix("0x")
                .is_some_and(|hex| i64::from_str_radix(hex, 16).is_ok())
            || digits
                .strip_prefix("0o")
                .is_some_and(|octal| i64::from_str_radix(octal, 8).is_ok())
            // Numbers to the base of sixty, which old YAML has: 1:30.
            || (digits.contains(':')
                && digits
                    .split(':')
                    .all(|part| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_digit()))));
    word || number || is_timestamp(string)
}

fn is_timestamp(string: &str) -> bool {
    let bytes = string.as_bytes();
    let digit = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_digit);
    bytes.len() >= 10
        && (0..4).all(digit)
        && bytes.get(4) == Some(&b'-')
        && (5..7).all(digit)
        && bytes.get(7) == Some(&b'-')
        && (8..10).all(digit)
        && (bytes.len() == 10 || matches!(bytes.get(10), Some(b'T' | b't' | b' ')))
}

fn is_plain(string: &str) -> bool {
    let starts_special = string.starts_with([
        ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`',
    ]);
    let dash = string == "-"
        || string == "?"
        || string == ":"
        || ["- ", "? ", ": "]
            .iter()
            .any(|start| string.starts_with(start));
    let document = string.starts_with("---") || string.starts_with("...");
    !(starts_special
        || dash
        || document
        || string.starts_with(' ')
        || string.ends_with(' ')
        || string.contains(": ")
        || string.ends_with(':')
        || string.contains(" #"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn documents_are_written_as_kubectl_writes_them() {
        let document = json!({
            "apiVersion": "v1",
            "metadata": {"annotations": {"revision": "3"}, "creationTimestamp": "2026-10-11T14:38:47Z", "empty": {}},
            "spec": {"containers": [{"env": [{"name": "POOL", "value": "5"}], "image": "r/web:1"}], "list": [1, true]},
            "none": null,
        });
        assert_eq!(
            yaml(&document),
            "apiVersion: v1\nmetadata:\n  annotations:\n    revision: \"3\"\n  creationTimestamp: \"2026-10-11T14:38:47Z\"\n  empty: {}\nspec:\n  containers:\n  - env:\n    - name: POOL\n      value: \"5\"\n    image: r/web:1\n  list:\n  - 1\n  - true\nnone: null\n"
        );
        assert_eq!(
            json(&json!({"a": [1, {}], "b": "x<y"})),
            "{\n    \"a\": [\n        1,\n        {}\n    ],\n    \"b\": \"x\\u003cy\"\n}\n"
        );
    }

    #[test]
    fn strings_are_quoted_where_they_must_be() {
        for (string, written) in [
            ("payment:8080", "payment:8080"),
            ("25%", "25%"),
            ("true", "\"true\""),
            ("", "\"\""),
            ("1e3", "\"1e3\""),
            ("a: b", "'a: b'"),
            ("*/5 * * * *", "'*/5 * * * *'"),
            ("0 3 * * *", "0 3 * * *"),
            ("it's", "it's"),
            ("\u{1b}[31m", "\"\\u001b[31m\""),
        ] {
            assert_eq!(text(string, 0), written, "{string:?}");
        }
        assert_eq!(
            yaml(&json!({"data": {"a": "x: 1\ny: 2\n", "b": "one\ntwo"}})),
            "data:\n  a: |\n    x: 1\n    y: 2\n  b: |-\n    one\n    two\n"
        );
    }

    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~\n]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(
                    inner
                        .clone()
                        .prop_filter("no list in a list", |item| !item.is_array()),
                    0..4
                )
                .prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_written_reads_back(document in documents()) {
            let read: Value = serde_yaml_ng::from_str(&yaml(&document)).unwrap();
            prop_assert_eq!(&read, &document);
            let read: Value = serde_json::from_str(&json(&document)).unwrap();
            prop_assert_eq!(read, document);
        }
    }
}
