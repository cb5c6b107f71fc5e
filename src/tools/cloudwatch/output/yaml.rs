//! `--output yaml`: sorted keys, block style, strings quoted where they would be read as something else. Never folds keys.

use serde_json::Value;

/// Lines are broken at the first blank after so many columns.
const WIDEST: usize = 80;

/// An answer as YAML.
pub fn print(data: &Value) -> String {
    let mut out = String::new();
    match data {
        Value::Object(fields) if !fields.is_empty() => block(data, 0, &mut out),
        Value::Array(items) if !items.is_empty() => block(data, 0, &mut out),
        scalar => {
            out.push_str(&inline(scalar, 0, 0));
            // A document that is one plain scalar ends with its mark.
            let is_plain =
                !scalar.is_array() && !scalar.is_object() && !out.starts_with(['\'', '"']);
            out.push_str(if is_plain { "\n...\n" } else { "\n" });
        }
    }
    out
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    }
}

/// A list or a dict, a line for each part; the first line stands where the writer is.
fn block(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(&pad);
                }
                out.push_str("- ");
                if is_block(item) {
                    block(item, indent + 2, out);
                } else {
                    out.push_str(&inline(item, indent + 2, indent + 2));
                    out.push('\n');
                }
            }
        }
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| *key);
            for (place, (key, value)) in fields.into_iter().enumerate() {
                if place > 0 {
                    out.push_str(&pad);
                }
                let key = string(key, usize::MAX, 0);
                out.push_str(&key);
                out.push(':');
                if is_block(value) {
                    out.push('\n');
                    // The items of a list stand under its key, a dict's fields further in.
                    let deeper = if value.is_array() { indent } else { indent + 2 };
                    out.push_str(&" ".repeat(deeper));
                    block(value, deeper, out);
                } else {
                    out.push(' ');
                    let column = indent + key.len() + 2;
                    out.push_str(&inline(value, column, indent + 2));
                    out.push('\n');
                }
            }
        }
        _ => {}
    }
}

fn inline(value: &Value, column: usize, indent: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
        Value::String(text) => string(text, column, indent),
        other => other.to_string(),
    }
}

/// A string, plain where that reads back as the same; `column` is where it begins, `usize::MAX` for a key.
fn string(text: &str, column: usize, indent: usize) -> String {
    if text.chars().any(char::is_control) {
        return double_quoted(text);
    }
    let whole = if is_plain(text) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    };
    if column == usize::MAX {
        return whole;
    }
    folded(&whole, column, indent)
}

/// Broken at single blanks once a line is full.
fn folded(text: &str, column: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut at = column;
    let letters: Vec<char> = text.chars().collect();
    for (place, letter) in letters.iter().enumerate() {
        let is_blank =
            |place: Option<usize>| place.and_then(|place| letters.get(place)) == Some(&' ');
        let alone = *letter == ' ' && !is_blank(place.checked_sub(1)) && !is_blank(Some(place + 1));
        if alone && at > WIDEST && place + 1 < letters.len() {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            at = indent;
        } else {
            out.push(*letter);
            at += 1;
        }
    }
    out
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            letter if letter.is_control() => {
                out.push_str(&format!("\\x{:02X}", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn is_plain(text: &str) -> bool {
    let lower = text.to_lowercase();
    let is_word = matches!(
        lower.as_str(),
        "" | "~" | "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "=" | "<<" | "y" | "n"
    );
    let first = text.chars().next().unwrap_or(' ');
    let opens = "#,[]{}&*!|>'\"%@`".contains(first)
        || ("-?:".contains(first) && text.chars().nth(1).is_none_or(|next| next == ' '));
    let is_number = text
        .trim_start_matches(['+', '-'])
        .replace('_', "")
        .parse::<f64>()
        .is_ok()
        || lower.starts_with("0x");
    let is_date = text.len() >= 8
        && text.as_bytes().iter().take(4).all(u8::is_ascii_digit)
        && text.as_bytes().get(4) == Some(&b'-');
    !(is_word
        || opens
        || is_number
        || is_date
        || text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || text.starts_with("---"))
}
