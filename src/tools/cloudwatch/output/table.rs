//! `--output table`: sections under one another, columns scaled to the widest of them, a dict's lists as sections of
//! their own. Never colours.

use serde_json::{Map, Value};

use super::{is_scalar, scalar, scalar_keys};

/// A terminal is taken to be so wide; a wider section of one row is turned upright.
const TERMINAL: usize = 80;

/// A part of the table.
#[derive(Debug, Default)]
struct Section {
    title: String,
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
    indent: usize,
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

impl Section {
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = Vec::new();
        for row in std::iter::once(&self.headers).chain(&self.rows) {
            for (column, cell) in row.iter().enumerate() {
                match widths.get_mut(column) {
                    Some(known) => *known = (*known).max(width(cell)),
                    None => widths.push(width(cell)),
                }
            }
        }
        widths
    }

    fn total(&self) -> usize {
        let columns: usize = self.widths().iter().map(|width| width + 4).sum();
        let outer = 2 * self.indent;
        (width(&self.title) + 2 + outer).max(columns + 2 + outer)
    }

    /// Column widths with their padding, scaled so that they fill `room`.
    fn scaled(&self, room: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = self.widths().iter().map(|width| width + 4).collect();
        let sum: usize = widths.iter().sum();
        if sum == 0 {
            return widths;
        }
        for width in &mut widths {
            *width = rounded(*width * room, sum);
        }
        loop {
            let sum: usize = widths.iter().sum();
            if sum == room || widths.is_empty() {
                return widths;
            }
            if sum > room {
                for width in widths.iter_mut().take(sum - room) {
                    *width = width.saturating_sub(1);
                }
            } else {
                for width in widths.iter_mut().rev().take(room - sum) {
                    *width += 1;
                }
            }
        }
    }
}

/// A quotient rounded to the nearest whole, halves to the even one.
fn rounded(over: usize, under: usize) -> usize {
    let (whole, twice) = (over / under, over % under * 2);
    match twice.cmp(&under) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole % 2,
    }
}

/// An answer as a table; nothing for an empty one.
pub fn print(data: &Value, operation: &str) -> String {
    let mut sections = Vec::new();
    if !build(Some(operation), data, 0, &mut sections) {
        return String::new();
    }
    let widest = |sections: &[Section]| {
        sections
            .iter()
            .map(Section::total)
            .max()
            .unwrap_or_default()
    };
    if widest(&sections) > TERMINAL {
        for section in &mut sections {
            turn(section);
        }
    }
    let widest = widest(&sections);
    let mut out = format!("{}\n", "-".repeat(widest));
    for section in &sections {
        render(section, widest - 2 * section.indent, &mut out);
    }
    out
}

fn turn(section: &mut Section) {
    if section.headers.is_empty() || section.rows.len() != 1 {
        return;
    }
    let headers = std::mem::take(&mut section.headers);
    let row = section.rows.pop().unwrap_or_default();
    section.rows = headers
        .into_iter()
        .zip(row)
        .map(|(header, cell)| vec![header, cell])
        .collect();
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(true) => false,
    }
}

fn build(title: Option<&str>, value: &Value, indent: usize, out: &mut Vec<Section>) -> bool {
    if is_empty(value) {
        return false;
    }
    if let Some(title) = title {
        out.push(Section {
            title: title.to_owned(),
            indent,
            ..Section::default()
        });
    }
    match value {
        Value::Array(items) if items.first().is_some_and(Value::is_object) => {
            dicts(title.unwrap_or_default(), items, indent, out);
        }
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::Array(cells) if cells.iter().all(is_scalar) => {
                        add(out, cells.iter().map(scalar).collect());
                    }
                    item if is_scalar(item) => add(out, vec![scalar(item)]),
                    item => {
                        build(None, item, indent, out);
                    }
                }
            }
        }
        Value::Object(fields) => dict(fields, indent, out),
        _ => {}
    }
    true
}

fn add(out: &mut [Section], row: Vec<String>) {
    if let Some(section) = out.last_mut() {
        section.rows.push(row);
    }
}

fn head(out: &mut [Section], headers: &[String]) {
    if let Some(section) = out.last_mut() {
        section.headers = headers.to_vec();
    }
}

fn inner_keys<'a>(maps: impl Iterator<Item = &'a Map<String, Value>>) -> Vec<String> {
    let mut keys: Vec<String> = maps
        .flat_map(|map| map.iter())
        .filter(|(_, value)| !is_scalar(value))
        .map(|(key, _)| key.clone())
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

fn dict(fields: &Map<String, Value>, indent: usize, out: &mut Vec<Section>) {
    let headers = scalar_keys(std::iter::once(fields));
    let cell = |key: &String| fields.get(key).map_or_else(String::new, scalar);
    match headers.as_slice() {
        [] => {}
        [only] => add(out, vec![only.clone(), cell(only)]),
        _ => {
            head(out, &headers);
            add(out, headers.iter().map(cell).collect());
        }
    }
    for key in inner_keys(std::iter::once(fields)) {
        if let Some(value) = fields.get(&key) {
            build(Some(&key), value, indent + 1, out);
        }
    }
}

fn dicts(title: &str, items: &[Value], indent: usize, out: &mut Vec<Section>) {
    let maps = || items.iter().filter_map(Value::as_object);
    let (headers, more) = (scalar_keys(maps()), inner_keys(maps()));
    head(out, &headers);
    for (place, fields) in maps().enumerate() {
        if place > 0 && !more.is_empty() {
            out.push(Section {
                title: title.to_owned(),
                indent,
                ..Section::default()
            });
            head(out, &headers);
        }
        let row = headers
            .iter()
            .map(|key| fields.get(key).map_or_else(String::new, scalar));
        add(out, row.collect());
        for key in &more {
            if let Some(value) = fields.get(key) {
                build(Some(key), value, indent + 1, out);
            }
        }
    }
}

fn centred(text: &str, length: usize, left: &str) -> String {
    let before = (length / 2).saturating_sub(width(text) / 2 + 1);
    let so_far = left.len() + before + width(text);
    let after = length.saturating_sub(1 + so_far);
    format!("{left}{}{text}{}|", " ".repeat(before), " ".repeat(after))
}

fn lefty(text: &str, length: usize, left: &str) -> String {
    let padding = if width(text) + 3 + left.len() <= length {
        2
    } else {
        0
    };
    let so_far = left.len() + padding + width(text);
    let after = length.saturating_sub(so_far + 1);
    format!("{left}{}{text}{}|", " ".repeat(padding), " ".repeat(after))
}

fn rule(widths: &[usize]) -> String {
    let mut line = String::new();
    for (column, width) in widths.iter().enumerate() {
        if column == 0 {
            line.push('+');
            line.push_str(&"-".repeat(width.saturating_sub(2)));
        } else {
            line.push_str(&"-".repeat(width.saturating_sub(1)));
        }
        line.push('+');
    }
    line
}

fn render(section: &Section, room: usize, out: &mut String) {
    let edge = "|".repeat(section.indent);
    let mut line = |text: String| out.push_str(&format!("{edge}{text}{edge}\n"));
    if !section.title.is_empty() {
        line(centred(&section.title, room, "|"));
        if section.headers.is_empty() && section.rows.is_empty() {
            line(format!("+{}+", "-".repeat(room.saturating_sub(2))));
        }
    }
    let widths = section.scaled(room);
    let cells = |row: &[String], place: fn(&str, usize, &str) -> String| {
        let cells = row.iter().zip(&widths).enumerate();
        cells
            .map(|(column, (cell, width))| place(cell, *width, if column == 0 { "|" } else { "" }))
            .collect::<String>()
    };
    if !section.headers.is_empty() {
        line(rule(&widths));
        line(cells(&section.headers, centred));
    }
    if !section.rows.is_empty() && !widths.is_empty() {
        line(rule(&widths));
        for row in &section.rows {
            line(cells(row, lefty));
        }
        line(rule(&widths));
    }
}
