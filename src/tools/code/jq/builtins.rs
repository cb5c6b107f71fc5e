//! jq's own functions and formats.

mod apply;

use regex::Regex;
use serde_json::{Map, Value};

use super::eval::{Done, Machine, Stop, compare, described, failed, holds, kind_of, number};
use super::paths;
use super::tree::Filter;
use crate::sim::time::SimTime;

/// Formats after `@`.
pub const FORMATS: [&str; 9] = [
    "text", "json", "csv", "tsv", "base64", "base64d", "sh", "uri", "html",
];

/// Functions with how many arguments they take.
const FUNCTIONS: &[(&str, &[usize])] = &[
    ("length", &[0]),
    ("keys", &[0]),
    ("keys_unsorted", &[0]),
    ("values", &[0]),
    ("nulls", &[0]),
    ("strings", &[0]),
    ("numbers", &[0]),
    ("booleans", &[0]),
    ("arrays", &[0]),
    ("objects", &[0]),
    ("iterables", &[0]),
    ("scalars", &[0]),
    ("has", &[1]),
    ("in", &[1]),
    ("map", &[1]),
    ("map_values", &[1]),
    ("add", &[0, 1]),
    ("any", &[0, 1]),
    ("all", &[0, 1]),
    ("flatten", &[0, 1]),
    ("range", &[1, 2, 3]),
    ("floor", &[0]),
    ("ceil", &[0]),
    ("round", &[0]),
    ("sqrt", &[0]),
    ("fabs", &[0]),
    ("abs", &[0]),
    ("tostring", &[0]),
    ("tonumber", &[0]),
    ("type", &[0]),
    ("select", &[1]),
    ("empty", &[0]),
    ("error", &[0, 1]),
    ("not", &[0]),
    ("sort", &[0]),
    ("sort_by", &[1]),
    ("group_by", &[1]),
    ("unique", &[0]),
    ("unique_by", &[1]),
    ("min", &[0]),
    ("max", &[0]),
    ("min_by", &[1]),
    ("max_by", &[1]),
    ("reverse", &[0]),
    ("contains", &[1]),
    ("inside", &[1]),
    ("startswith", &[1]),
    ("endswith", &[1]),
    ("ltrimstr", &[1]),
    ("rtrimstr", &[1]),
    ("trim", &[0]),
    ("ascii_downcase", &[0]),
    ("ascii_upcase", &[0]),
    ("split", &[1]),
    ("join", &[1]),
    ("recurse", &[0, 1]),
    ("env", &[0]),
    ("to_entries", &[0]),
    ("from_entries", &[0]),
    ("with_entries", &[1]),
    ("test", &[1, 2]),
    ("capture", &[1]),
    ("scan", &[1]),
    ("sub", &[2]),
    ("gsub", &[2]),
    ("tojson", &[0]),
    ("fromjson", &[0]),
    ("first", &[0, 1]),
    ("last", &[0, 1]),
    ("nth", &[1]),
    ("limit", &[2]),
    ("index", &[1]),
    ("rindex", &[1]),
    ("indices", &[1]),
    ("transpose", &[0]),
    ("paths", &[0, 1]),
    ("leaf_paths", &[0]),
    ("getpath", &[1]),
    ("del", &[1]),
    ("fromdate", &[0]),
    ("fromdateiso8601", &[0]),
    ("todate", &[0]),
    ("walk", &[1]),
    ("isempty", &[1]),
    ("ascii", &[0]),
    ("explode", &[0]),
    ("implode", &[0]),
];

/// Whether there is such a function.
pub fn exists(name: &str, arguments: usize) -> bool {
    FUNCTIONS
        .iter()
        .any(|(known, counts)| *known == name && counts.contains(&arguments))
}

/// A text split at another.
pub fn split(text: &str, at: &str) -> Value {
    if text.is_empty() {
        return Value::Array(Vec::new());
    }
    if at.is_empty() {
        return Value::Array(
            text.chars()
                .map(|letter| Value::from(letter.to_string()))
                .collect(),
        );
    }
    Value::Array(text.split(at).map(Value::from).collect())
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => super::print::compact(other),
    }
}

/// A value in a format.
///
/// # Errors
/// It has no such form.
pub fn format(name: &str, value: &Value) -> Done<String> {
    let cells = |quote: &dyn Fn(&str) -> String, between: &str| -> Done<String> {
        let Value::Array(items) = value else {
            return failed(format!(
                "{} cannot be {name}-formatted, only an array can be",
                described(value)
            ));
        };
        let mut out = Vec::new();
        for item in items {
            out.push(match item {
                Value::Null => String::new(),
                Value::String(text) => quote(text),
                Value::Array(_) | Value::Object(_) => {
                    return failed(format!("{} is not valid in a {name} row", described(item)));
                }
                other => super::print::compact(other),
            });
        }
        Ok(out.join(between))
    };
    Ok(match name {
        "json" => super::print::compact(value),
        "csv" => cells(&|text| format!("\"{}\"", text.replace('"', "\"\"")), ",")?,
        "tsv" => cells(
            &|text| {
                text.replace('\\', "\\\\")
                    .replace('\t', "\\t")
                    .replace('\n', "\\n")
            },
            "\t",
        )?,
        "base64" => super::super::small::encode_base64(plain(value).as_bytes()),
        "base64d" => match super::super::small::decode_base64(&plain(value)) {
            Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            None => return failed(format!("{} is not valid base64 data", described(value))),
        },
        "sh" => {
            let quoted = |value: &Value| match value {
                Value::String(text) => format!("'{}'", text.replace('\'', "'\\''")),
                other => super::print::compact(other),
            };
            match value {
                Value::Array(items) => items.iter().map(quoted).collect::<Vec<_>>().join(" "),
                other => quoted(other),
            }
        }
        "uri" => plain(value)
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect(),
        "html" => plain(value)
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('\'', "&#39;")
            .replace('"', "&quot;"),
        _ => plain(value),
    })
}

fn pattern(text: &Value, flags: &str) -> Done<Regex> {
    let Value::String(text) = text else {
        return failed(format!(
            "{} cannot be matched, as it is not a string",
            described(text)
        ));
    };
    regex::RegexBuilder::new(text)
        .case_insensitive(flags.contains('i'))
        .size_limit(1 << 20)
        .build()
        .map_err(|_| {
            Stop::Error(Value::from(format!(
                "{text} (at offset 0) is not a valid regex"
            )))
        })
}

fn array(value: &Value, verb: &str) -> Done<Vec<Value>> {
    match value {
        Value::Array(items) => Ok(items.clone()),
        other => failed(format!(
            "{} cannot be {verb}, as it is not an array",
            described(other)
        )),
    }
}

fn text_of(value: &Value, what: &str) -> Done<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        other => failed(format!("{} {what}", described(other))),
    }
}

fn contains(left: &Value, right: &Value) -> Done<bool> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok(left.contains(right.as_str())),
        (Value::Array(left), Value::Array(right)) => Ok(right.iter().all(|wanted| {
            left.iter()
                .any(|item| contains(item, wanted).unwrap_or(false))
        })),
        (Value::Object(left), Value::Object(right)) => Ok(right.iter().all(|(key, wanted)| {
            left.get(key)
                .is_some_and(|item| contains(item, wanted).unwrap_or(false))
        })),
        (left, right) if kind_of(left) == kind_of(right) => Ok(left == right),
        (left, right) => failed(format!(
            "{} and {} cannot have their containment checked",
            described(left),
            described(right)
        )),
    }
}

fn flatten(items: &[Value], depth: usize, out: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::Array(inner) if depth > 0 => flatten(inner, depth - 1, out),
            other => out.push(other.clone()),
        }
    }
}

impl Machine {
    /// Runs a function.
    pub(super) fn call(
        &mut self,
        name: &str,
        arguments: &[Filter],
        input: &Value,
        out: &mut Vec<Value>,
    ) -> Done<()> {
        match arguments {
            [] => self.plain_call(name, input, out),
            [one] => self.call_with(name, one, input, out),
            _ => self.call_with_more(name, arguments, input, out),
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table, one function an arm")]
    fn plain_call(&mut self, name: &str, input: &Value, out: &mut Vec<Value>) -> Done<()> {
        let keeps = match name {
            "values" => Some(!input.is_null()),
            "nulls" => Some(input.is_null()),
            "strings" => Some(input.is_string()),
            "numbers" => Some(input.is_number()),
            "booleans" => Some(input.is_boolean()),
            "arrays" => Some(input.is_array()),
            "objects" => Some(input.is_object()),
            "iterables" => Some(input.is_array() || input.is_object()),
            "scalars" => Some(!input.is_array() && !input.is_object()),
            "empty" => Some(false),
            _ => None,
        };
        if let Some(keeps) = keeps {
            if keeps {
                out.push(input.clone());
            }
            return Ok(());
        }
        let numeric = |of: fn(f64) -> f64| match input.as_f64() {
            Some(value) => Ok(number(of(value))),
            None => failed(format!("{} number required", described(input))),
        };
        out.push(match name {
            "length" => match input {
                Value::Null => Value::from(0),
                Value::Bool(_) => return failed(format!("{} has no length", described(input))),
                Value::Number(value) => number(value.as_f64().unwrap_or(0.0).abs()),
                Value::String(text) => Value::from(text.chars().count()),
                Value::Array(items) => Value::from(items.len()),
                Value::Object(map) => Value::from(map.len()),
            },
            "keys" | "keys_unsorted" => match input {
                Value::Object(map) => {
                    let mut keys: Vec<String> = map.keys().cloned().collect();
                    if name == "keys" {
                        keys.sort();
                    }
                    Value::from(keys)
                }
                Value::Array(items) => (0..items.len()).map(Value::from).collect(),
                other => return failed(format!("{} has no keys", described(other))),
            },
            "add" => {
                let mut sum = Value::Null;
                for (_, item) in paths::entries(input)? {
                    sum = self.sum(sum, '+', &item)?;
                }
                sum
            }
            "any" => Value::Bool(paths::entries(input)?.iter().any(|(_, item)| holds(item))),
            "all" => Value::Bool(paths::entries(input)?.iter().all(|(_, item)| holds(item))),
            "flatten" => {
                let mut flat = Vec::new();
                flatten(&array(input, "flattened")?, 100, &mut flat);
                Value::Array(flat)
            }
            "floor" => numeric(f64::floor)?,
            "ceil" => numeric(f64::ceil)?,
            "round" => numeric(f64::round)?,
            "sqrt" => numeric(f64::sqrt)?,
            "fabs" | "abs" => numeric(f64::abs)?,
            "tostring" => Value::from(plain(input)),
            "tonumber" => match input {
                Value::Number(_) => input.clone(),
                Value::String(text) => match text.trim().parse::<f64>() {
                    Ok(value) if value.is_finite() => number(value),
                    _ => {
                        return failed(format!(
                            "{} cannot be parsed as a number",
                            described(input)
                        ));
                    }
                },
                other => {
                    return failed(format!("{} cannot be parsed as a number", described(other)));
                }
            },
            "type" => Value::from(kind_of(input)),
            "error" => return Err(Stop::Error(input.clone())),
            "not" => Value::Bool(!holds(input)),
            "sort" => {
                let mut items = array(input, "sorted")?;
                self.step(items.len() * 4)?;
                items.sort_by(compare);
                Value::Array(items)
            }
            "unique" => {
                let mut items = array(input, "sorted")?;
                items.sort_by(compare);
                items.dedup();
                Value::Array(items)
            }
            "min" => {
                let items = array(input, "iterated over")?;
                items.into_iter().min_by(compare).unwrap_or_default()
            }
            "max" => {
                let items = array(input, "iterated over")?;
                items.into_iter().max_by(compare).unwrap_or_default()
            }
            "reverse" => match input {
                Value::String(text) => Value::from(text.chars().rev().collect::<String>()),
                Value::Null => Value::Array(Vec::new()),
                other => {
                    let mut items = array(other, "reversed")?;
                    items.reverse();
                    Value::Array(items)
                }
            },
            "trim" => Value::from(text_of(input, "cannot be trimmed")?.trim()),
            "ascii_downcase" => {
                Value::from(text_of(input, "cannot be downcased")?.to_ascii_lowercase())
            }
            "ascii_upcase" => {
                Value::from(text_of(input, "cannot be upcased")?.to_ascii_uppercase())
            }
            "recurse" => {
                return self
                    .all(&Filter::Deep, input)
                    .map(|found| out.extend(found));
            }
            "env" => Value::Object(Map::new()),
            "to_entries" => match input {
                Value::Object(map) => map
                    .iter()
                    .map(|(key, value)| serde_json::json!({ "key": key, "value": value }))
                    .collect(),
                other => return failed(format!("{} has no keys", described(other))),
            },
            "from_entries" => {
                let mut map = Map::new();
                for item in array(input, "iterated over")? {
                    let of = |names: [&str; 4]| {
                        names
                            .into_iter()
                            .find_map(|name| item.get(name).filter(|value| !value.is_null()))
                            .cloned()
                    };
                    let key = of(["key", "k", "name", "Name"]).unwrap_or_default();
                    let value = of(["value", "v", "Value", "V"]).unwrap_or_default();
                    map.insert(plain(&key), value);
                }
                Value::Object(map)
            }
            "tojson" => Value::from(super::print::compact(input)),
            "fromjson" => {
                let text = text_of(input, "cannot be parsed as JSON")?;
                match serde_json::from_str(&text) {
                    Ok(value) => value,
                    Err(_) => {
                        return failed(format!("{} cannot be parsed as JSON", described(input)));
                    }
                }
            }
            "first" => super::eval::index(input, &Value::from(0))?,
            "last" => super::eval::index(input, &Value::from(-1))?,
            "transpose" => {
                let rows = array(input, "transposed")?;
                let width = rows
                    .iter()
                    .filter_map(|row| row.as_array().map(Vec::len))
                    .max();
                (0..width.unwrap_or(0))
                    .map(|at| {
                        let column = rows
                            .iter()
                            .map(|row| row.get(at).cloned().unwrap_or_default());
                        Value::Array(column.collect())
                    })
                    .collect()
            }
            "paths" | "leaf_paths" => {
                let mut found = Vec::new();
                paths::all(input, &mut Vec::new(), &mut found, self)?;
                for path in found {
                    let value = paths::get(input, &path)?;
                    if name == "paths" || (!value.is_array() && !value.is_object()) {
                        out.push(Value::Array(path));
                    }
                }
                return Ok(());
            }
            "fromdate" | "fromdateiso8601" => {
                let text = text_of(input, "cannot be parsed as a date")?;
                match SimTime::parse_rfc3339(&text) {
                    Some(at) => Value::from(at.secs()),
                    None => {
                        return failed(format!(
                            "date \"{text}\" does not match format \"%Y-%m-%dT%H:%M:%SZ\""
                        ));
                    }
                }
            }
            "todate" => {
                let Some(seconds) = input.as_f64().filter(|value| value.abs() < 1e11) else {
                    return failed("strftime/1 requires parsed datetime inputs");
                };
                let at = SimTime(seconds as i64 * 1000);
                Value::from(at.format("%Y-%m-%dT%H:%M:%SZ"))
            }
            "explode" => text_of(input, "cannot be exploded")?
                .chars()
                .map(|letter| Value::from(letter as u32))
                .collect(),
            "implode" | "ascii" => {
                let codes = match input {
                    Value::Array(items) => items.clone(),
                    other => vec![other.clone()],
                };
                let letters = codes
                    .iter()
                    .filter_map(|code| char::from_u32(code.as_u64()? as u32));
                Value::from(letters.collect::<String>())
            }
            _ => return failed(format!("{name}/0 is not defined")),
        });
        Ok(())
    }

    /// Values of a filter for every element, with the element.
    fn keyed(&mut self, filter: &Filter, input: &Value) -> Done<Vec<(Value, Value)>> {
        let mut keyed = Vec::new();
        for item in array(input, "sorted")? {
            let key = Value::Array(self.all(filter, &item)?);
            keyed.push((key, item));
        }
        Ok(keyed)
    }

    #[expect(clippy::too_many_lines, reason = "a table, one function an arm")]
    fn call_with(
        &mut self,
        name: &str,
        filter: &Filter,
        input: &Value,
        out: &mut Vec<Value>,
    ) -> Done<()> {
        match name {
            "select" => {
                for condition in self.all(filter, input)? {
                    if holds(&condition) {
                        out.push(input.clone());
                    }
                }
            }
            "map" => {
                let mut items = Vec::new();
                for (_, item) in paths::entries(input)? {
                    items.extend(self.all(filter, &item)?);
                }
                out.push(Value::Array(items));
            }
            "map_values" => match input {
                Value::Object(map) => {
                    let mut new = Map::new();
                    for (key, item) in map {
                        if let Some(value) = self.all(filter, item)?.into_iter().next() {
                            new.insert(key.clone(), value);
                        }
                    }
                    out.push(Value::Object(new));
                }
                other => {
                    let mut items = Vec::new();
                    for item in array(other, "iterated over")? {
                        items.extend(self.all(filter, &item)?.into_iter().next());
                    }
                    out.push(Value::Array(items));
                }
            },
            "any" | "all" => {
                let wanted = name == "any";
                let mut found = !wanted;
                for (_, item) in paths::entries(input)? {
                    if self
                        .all(filter, &item)?
                        .iter()
                        .any(|value| holds(value) == wanted)
                    {
                        found = wanted;
                    }
                }
                out.push(Value::Bool(found));
            }
            "add" => {
                let mut sum = Value::Null;
                for item in self.all(filter, input)? {
                    sum = self.sum(sum, '+', &item)?;
                }
                out.push(sum);
            }
            "sort_by" | "group_by" | "unique_by" | "min_by" | "max_by" => {
                let mut keyed = self.keyed(filter, input)?;
                self.step(keyed.len() * 4)?;
                keyed.sort_by(|left, right| compare(&left.0, &right.0));
                let value = match name {
                    "sort_by" => keyed.into_iter().map(|(_, item)| item).collect(),
                    "min_by" => keyed
                        .into_iter()
                        .next()
                        .map(|(_, item)| item)
                        .unwrap_or_default(),
                    "max_by" => keyed.pop().map(|(_, item)| item).unwrap_or_default(),
                    "unique_by" => {
                        keyed.dedup_by(|left, right| left.0 == right.0);
                        keyed.into_iter().map(|(_, item)| item).collect()
                    }
                    _ => {
                        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
                        for (key, item) in keyed {
                            match groups.last_mut() {
                                Some((known, items)) if *known == key => items.push(item),
                                _ => groups.push((key, vec![item])),
                            }
                        }
                        groups
                            .into_iter()
                            .map(|(_, items)| Value::Array(items))
                            .collect()
                    }
                };
                out.push(value);
            }
            "with_entries" => {
                let mut entries = Vec::new();
                self.plain_call("to_entries", input, &mut entries)?;
                let mut mapped = Vec::new();
                for entry in entries
                    .first()
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    mapped.extend(self.all(filter, entry)?);
                }
                self.plain_call("from_entries", &Value::Array(mapped), out)?;
            }
            "recurse" => {
                let mut queue = vec![input.clone()];
                while let Some(value) = queue.pop() {
                    self.step(1)?;
                    let mut next = self.all(filter, &value)?;
                    next.reverse();
                    out.push(value);
                    self.take(64)?;
                    queue.append(&mut next);
                }
            }
            "first" => out.extend(self.all(filter, input)?.into_iter().next()),
            "last" => out.extend(self.all(filter, input)?.pop()),
            "isempty" => {
                let is_empty = self.all(filter, input)?.is_empty();
                out.push(Value::Bool(is_empty));
            }
            "paths" => {
                let mut found = Vec::new();
                paths::all(input, &mut Vec::new(), &mut found, self)?;
                for path in found {
                    let value = paths::get(input, &path)?;
                    if self.all(filter, &value)?.iter().any(holds) {
                        out.push(Value::Array(path));
                    }
                }
            }
            "del" => {
                let found = self.paths(filter, (Vec::new(), input.clone()), input)?;
                let mut paths: Vec<Vec<Value>> = found.into_iter().map(|(path, _)| path).collect();
                paths.sort_by(|left, right| {
                    compare(&Value::Array(left.clone()), &Value::Array(right.clone()))
                });
                let mut value = input.clone();
                for path in paths.into_iter().rev() {
                    value = paths::delete(value, &path)?;
                }
                out.push(value);
            }
            "walk" => {
                let walked = self.walk(filter, input, 0)?;
                out.extend(walked);
            }
            "error" => {
                let value = self.all(filter, input)?.into_iter().next();
                return Err(Stop::Error(value.unwrap_or_default()));
            }
            "range" => {
                for end in self.all(filter, input)? {
                    self.count(0.0, end.as_f64().unwrap_or(0.0), 1.0, out)?;
                }
            }
            _ => {
                for argument in self.all(filter, input)? {
                    self.apply(name, input, &argument, out)?;
                }
            }
        }
        Ok(())
    }

    fn walk(&mut self, filter: &Filter, value: &Value, depth: usize) -> Done<Vec<Value>> {
        if depth > 100 {
            return Err(Stop::Spent);
        }
        let inner = match value {
            Value::Array(items) => {
                let mut new = Vec::new();
                for item in items {
                    new.extend(self.walk(filter, item, depth + 1)?);
                }
                Value::Array(new)
            }
            Value::Object(map) => {
                let mut new = Map::new();
                for (key, item) in map {
                    if let Some(value) = self.walk(filter, item, depth + 1)?.into_iter().next() {
                        new.insert(key.clone(), value);
                    }
                }
                Value::Object(new)
            }
            other => other.clone(),
        };
        self.all(filter, &inner)
    }

    fn count(&mut self, from: f64, to: f64, by: f64, out: &mut Vec<Value>) -> Done<()> {
        if by == 0.0 {
            return Ok(());
        }
        let mut value = from;
        while (by > 0.0 && value < to) || (by < 0.0 && value > to) {
            self.step(1)?;
            out.push(number(value));
            value += by;
        }
        Ok(())
    }
}
