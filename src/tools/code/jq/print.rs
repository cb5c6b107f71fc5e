//! Values as jq prints them.

use serde_json::Value;

/// How values are printed.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// Texts without quotes.
    pub raw: bool,
    /// What each level is set in by; one line where there is nothing.
    pub indent: Option<String>,
    /// Keys in order.
    pub sorted: bool,
}

/// A value printed.
pub fn print(value: &Value, style: &Style) -> String {
    if style.raw
        && let Value::String(text) = value
    {
        return text.clone();
    }
    let mut out = String::new();
    write(value, style, 0, &mut out);
    out
}

/// A value on one line.
pub fn compact(value: &Value) -> String {
    print(value, &Style::default())
}

fn line(style: &Style, depth: usize, out: &mut String) {
    if let Some(indent) = &style.indent {
        out.push('\n');
        for _ in 0..depth {
            out.push_str(indent);
        }
    }
}

fn write(value: &Value, style: &Style, depth: usize, out: &mut String) {
    match value {
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(_) | Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Object(entries) if entries.is_empty() => out.push_str("{}"),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                line(style, depth + 1, out);
                write(item, style, depth + 1, out);
            }
            line(style, depth, out);
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            let mut entries: Vec<_> = entries.iter().collect();
            if style.sorted {
                entries.sort_by_key(|(key, _)| *key);
            }
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                line(style, depth + 1, out);
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(if style.indent.is_some() { ": " } else { ":" });
                write(item, style, depth + 1, out);
            }
            line(style, depth, out);
            out.push('}');
        }
    }
}

fn number_text(number: &serde_json::Number) -> String {
    if number.is_i64() || number.is_u64() {
        return number.to_string();
    }
    let value = number.as_f64().unwrap_or(0.0);
    if value.fract() == 0.0 && value.abs() < 1e17 {
        format!("{value:.0}")
    } else {
        number.to_string()
    }
}
