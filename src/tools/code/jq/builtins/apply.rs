//! jq's functions of a value and one or more arguments that are values themselves.

use serde_json::{Map, Value};

use super::super::eval::{Done, Machine, described, failed, kind_of};
use super::super::paths;
use super::super::tree::Filter;
use super::{array, contains, flatten, pattern, plain, split, text_of};

impl Machine {
    /// A function of a value and one argument.
    #[expect(clippy::too_many_lines, reason = "a table, one function an arm")]
    pub(super) fn apply(
        &mut self,
        name: &str,
        input: &Value,
        argument: &Value,
        out: &mut Vec<Value>,
    ) -> Done<()> {
        let both = |words: &str| -> Done<(String, String)> {
            match (input, argument) {
                (Value::String(text), Value::String(other)) => Ok((text.clone(), other.clone())),
                _ => failed(words.to_owned()),
            }
        };
        let value = match name {
            "has" => match (input, argument) {
                (Value::Object(map), Value::String(key)) => Value::Bool(map.contains_key(key)),
                (Value::Array(items), Value::Number(at)) => Value::Bool(
                    at.as_f64()
                        .is_some_and(|at| at >= 0.0 && at < items.len() as f64),
                ),
                _ => {
                    return failed(format!(
                        "Cannot check whether {} has a {} key",
                        kind_of(input),
                        kind_of(argument)
                    ));
                }
            },
            "in" => return self.apply("has", argument, input, out),
            "contains" => Value::Bool(contains(input, argument)?),
            "inside" => Value::Bool(contains(argument, input)?),
            "startswith" => {
                let (text, start) = both("startswith() requires string inputs")?;
                Value::Bool(text.starts_with(&start))
            }
            "endswith" => {
                let (text, end) = both("endswith() requires string inputs")?;
                Value::Bool(text.ends_with(&end))
            }
            "ltrimstr" | "rtrimstr" => match (input, argument) {
                (Value::String(text), Value::String(part)) => {
                    let rest = if name == "ltrimstr" {
                        text.strip_prefix(part.as_str())
                    } else {
                        text.strip_suffix(part.as_str())
                    };
                    Value::from(rest.unwrap_or(text))
                }
                _ => input.clone(),
            },
            "split" => {
                let (text, at) = both("split input and separator must be strings")?;
                split(&text, &at)
            }
            "join" => {
                let between = text_of(argument, "cannot join")?;
                let mut parts = Vec::new();
                for item in array(input, "joined")? {
                    parts.push(match item {
                        Value::Null => String::new(),
                        Value::Array(_) | Value::Object(_) => {
                            return failed(format!(
                                "{} and {} cannot be added",
                                described(&Value::from(between.clone())),
                                described(&item)
                            ));
                        }
                        other => plain(&other),
                    });
                }
                Value::from(parts.join(&between))
            }
            "flatten" => {
                let depth = argument.as_u64().unwrap_or(0).min(100) as usize;
                let mut flat = Vec::new();
                flatten(&array(input, "flattened")?, depth, &mut flat);
                Value::Array(flat)
            }
            "test" => {
                let text = text_of(input, "cannot be matched, as it is not a string")?;
                Value::Bool(pattern(argument, "")?.is_match(&text))
            }
            "capture" => {
                let text = text_of(input, "cannot be matched, as it is not a string")?;
                let regex = pattern(argument, "")?;
                let Some(found) = regex.captures(&text) else {
                    return Ok(());
                };
                let named = regex.capture_names().flatten();
                let map: Map<String, Value> = named
                    .map(|name| {
                        let part = found.name(name).map(|part| Value::from(part.as_str()));
                        (name.to_owned(), part.unwrap_or_default())
                    })
                    .collect();
                Value::Object(map)
            }
            "scan" => {
                let text = text_of(input, "cannot be matched, as it is not a string")?;
                let regex = pattern(argument, "")?;
                for found in regex.captures_iter(&text) {
                    self.step(1)?;
                    let groups = found.iter().skip(1);
                    let value = if regex.captures_len() > 1 {
                        groups
                            .map(|part| {
                                part.map(|part| Value::from(part.as_str()))
                                    .unwrap_or_default()
                            })
                            .collect()
                    } else {
                        Value::from(found.get(0).map_or("", |part| part.as_str()))
                    };
                    out.push(value);
                }
                return Ok(());
            }
            "index" | "rindex" | "indices" => {
                let found: Vec<Value> = match (input, argument) {
                    (Value::String(text), Value::String(part)) if !part.is_empty() => text
                        .match_indices(part.as_str())
                        .map(|(at, _)| text.get(..at).map_or(0, |before| before.chars().count()))
                        .map(Value::from)
                        .collect(),
                    (Value::Array(items), wanted) => items
                        .iter()
                        .enumerate()
                        .filter(|(_, item)| *item == wanted)
                        .map(|(at, _)| Value::from(at))
                        .collect(),
                    _ => Vec::new(),
                };
                match name {
                    "index" => found.into_iter().next().unwrap_or_default(),
                    "rindex" => found.into_iter().next_back().unwrap_or_default(),
                    _ => Value::Array(found),
                }
            }
            "nth" => super::super::eval::index(input, argument)?,
            "getpath" => paths::get(input, &array(argument, "used as a path")?)?,
            _ => return failed(format!("{name}/1 is not defined")),
        };
        out.push(value);
        Ok(())
    }

    pub(super) fn call_with_more(
        &mut self,
        name: &str,
        arguments: &[Filter],
        input: &Value,
        out: &mut Vec<Value>,
    ) -> Done<()> {
        let first = |machine: &mut Self, at: usize| -> Done<Value> {
            let Some(filter) = arguments.get(at) else {
                return Ok(Value::Null);
            };
            Ok(machine
                .all(filter, input)?
                .into_iter()
                .next()
                .unwrap_or_default())
        };
        match name {
            "limit" => {
                let count = first(self, 0)?.as_f64().unwrap_or(0.0).max(0.0) as usize;
                if let Some(filter) = arguments.get(1) {
                    out.extend(self.all(filter, input)?.into_iter().take(count));
                }
            }
            "range" => {
                let from = first(self, 0)?.as_f64().unwrap_or(0.0);
                let to = first(self, 1)?.as_f64().unwrap_or(0.0);
                let by = match arguments.get(2) {
                    Some(_) => first(self, 2)?.as_f64().unwrap_or(1.0),
                    None => 1.0,
                };
                self.count(from, to, by, out)?;
            }
            "test" => {
                let text = text_of(input, "cannot be matched, as it is not a string")?;
                let flags = plain(&first(self, 1)?);
                let regex = pattern(&first(self, 0)?, &flags)?;
                out.push(Value::Bool(regex.is_match(&text)));
            }
            "sub" | "gsub" => {
                let text = text_of(input, "cannot be matched, as it is not a string")?;
                let regex = pattern(&first(self, 0)?, "")?;
                let Some(with) = arguments.get(1) else {
                    return Ok(());
                };
                let mut result = String::new();
                let mut from = 0;
                for found in regex.captures_iter(&text) {
                    let Some(whole) = found.get(0) else { continue };
                    let named = regex.capture_names().flatten();
                    let map: Map<String, Value> = named
                        .map(|name| {
                            let part = found.name(name).map(|part| Value::from(part.as_str()));
                            (name.to_owned(), part.unwrap_or_default())
                        })
                        .collect();
                    let new = self.all(with, &Value::Object(map))?;
                    let new = new.into_iter().next().unwrap_or_default();
                    result.push_str(text.get(from..whole.start()).unwrap_or(""));
                    result.push_str(&plain(&new));
                    self.take(result.len())?;
                    from = whole.end();
                    if name == "sub" {
                        break;
                    }
                }
                result.push_str(text.get(from..).unwrap_or(""));
                out.push(Value::from(result));
            }
            _ => return failed(format!("{name}/{} is not defined", arguments.len())),
        }
        Ok(())
    }
}
