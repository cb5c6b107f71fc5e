//! Paths of a filter, and values at paths: for `|=`, `del`, `paths`, `getpath`.

use serde_json::{Map, Value};

use super::eval::{Done, Machine, failed, kind_of};
use super::tree::Filter;

/// A way into a value.
pub type Path = Vec<Value>;

/// The value at a path; null where there is none.
///
/// # Errors
/// As indexing does.
pub fn get(value: &Value, path: &[Value]) -> Done<Value> {
    let mut here = value.clone();
    for key in path {
        if here.is_null() {
            return Ok(Value::Null);
        }
        here = super::eval::index(&here, key)?;
    }
    Ok(here)
}

/// The longest array that setting an element makes.
const LONGEST_ARRAY: usize = 100_000;

/// Puts a value at a path.
///
/// # Errors
/// As indexing does.
pub fn set(value: Value, path: &[Value], new: Value) -> Done<Value> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(new);
    };
    match (value, key) {
        (Value::Null, Value::String(name)) => {
            let mut map = Map::new();
            map.insert(name.clone(), set(Value::Null, rest, new)?);
            Ok(Value::Object(map))
        }
        (Value::Object(mut map), Value::String(name)) => {
            let old = map.get(name).cloned().unwrap_or_default();
            map.insert(name.clone(), set(old, rest, new)?);
            Ok(Value::Object(map))
        }
        (value @ (Value::Null | Value::Array(_)), Value::Number(number)) => {
            let mut items = match value {
                Value::Array(items) => items,
                _ => Vec::new(),
            };
            let at = number.as_f64().unwrap_or(0.0);
            let at = if at < 0.0 {
                at + items.len() as f64
            } else {
                at
            };
            if !(0.0..LONGEST_ARRAY as f64).contains(&at) {
                return failed("Out of bounds negative array index");
            }
            let at = at as usize;
            if items.len() <= at {
                items.resize(at + 1, Value::Null);
            }
            if let Some(slot) = items.get_mut(at) {
                *slot = set(std::mem::take(slot), rest, new)?;
            }
            Ok(Value::Array(items))
        }
        (value, key) => failed(format!(
            "Cannot index {} with {}",
            kind_of(&value),
            super::print::compact(key)
        )),
    }
}

/// Takes what is at a path out.
///
/// # Errors
/// As indexing does.
pub fn delete(value: Value, path: &[Value]) -> Done<Value> {
    match path {
        [] => Ok(Value::Null),
        [key] => match (value, key) {
            (Value::Object(mut map), Value::String(name)) => {
                map.shift_remove(name);
                Ok(Value::Object(map))
            }
            (Value::Array(mut items), Value::Number(number)) => {
                let at = number.as_f64().unwrap_or(0.0);
                let at = if at < 0.0 {
                    at + items.len() as f64
                } else {
                    at
                };
                if at >= 0.0 && (at as usize) < items.len() {
                    items.remove(at as usize);
                }
                Ok(Value::Array(items))
            }
            (value, _) => Ok(value),
        },
        [key, rest @ ..] => {
            let inner = super::eval::index(&value, key)?;
            if inner.is_null() {
                return Ok(value);
            }
            let inner = delete(inner, rest)?;
            set(value, std::slice::from_ref(key), inner)
        }
    }
}

/// The paths of every value inside, deepest after what holds them.
pub fn all(value: &Value, path: &mut Path, out: &mut Vec<Path>, machine: &mut Machine) -> Done<()> {
    machine.step(1)?;
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Value::from(index));
                out.push(path.clone());
                all(item, path, out, machine)?;
                path.pop();
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                path.push(Value::from(key.as_str()));
                out.push(path.clone());
                all(item, path, out, machine)?;
                path.pop();
            }
        }
        _ => {}
    }
    Ok(())
}

impl Machine {
    /// The paths that a filter picks, each with the value there.
    #[expect(clippy::too_many_lines, reason = "a table, one kind of filter an arm")]
    pub(super) fn paths(
        &mut self,
        filter: &Filter,
        from: (Path, Value),
        root: &Value,
    ) -> Done<Vec<(Path, Value)>> {
        self.step(1)?;
        let (path, value) = from;
        let join = |key: Value| -> Path {
            let mut longer = path.clone();
            longer.push(key);
            longer
        };
        match filter {
            Filter::Same => Ok(vec![(path, value)]),
            Filter::Index(of, key) => {
                let mut out = Vec::new();
                for (path, value) in self.paths(of, (path.clone(), value), root)? {
                    for key in self.all(key, root)? {
                        let inner = super::eval::index(&value, &key)?;
                        let mut longer = path.clone();
                        longer.push(key);
                        out.push((longer, inner));
                    }
                }
                Ok(out)
            }
            Filter::Each(of) => {
                let mut out = Vec::new();
                for (path, value) in self.paths(of, (path.clone(), value), root)? {
                    for (key, inner) in entries(&value)? {
                        self.step(1)?;
                        let mut longer = path.clone();
                        longer.push(key);
                        out.push((longer, inner));
                    }
                }
                Ok(out)
            }
            Filter::Pipe(left, right) => {
                let mut out = Vec::new();
                for found in self.paths(left, (path.clone(), value), root)? {
                    let here = found.1.clone();
                    out.extend(self.paths(right, found, &here)?);
                }
                Ok(out)
            }
            Filter::Both(left, right) => {
                let mut out = self.paths(left, (path.clone(), value.clone()), root)?;
                out.extend(self.paths(right, (path.clone(), value), root)?);
                Ok(out)
            }
            Filter::Try(inner, _) => Ok(self
                .paths(inner, (path.clone(), value), root)
                .unwrap_or_default()),
            Filter::Deep => {
                let mut found = vec![path.clone()];
                let mut deeper = Vec::new();
                all(&value, &mut Vec::new(), &mut deeper, self)?;
                found.extend(deeper.into_iter().map(|rest| [path.clone(), rest].concat()));
                let start = path.len();
                found
                    .into_iter()
                    .map(|path| {
                        let inner = get(&value, path.get(start..).unwrap_or(&[]))?;
                        Ok((path, inner))
                    })
                    .collect()
            }
            Filter::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
                ("select", [condition]) => {
                    let mut out = Vec::new();
                    for holds in self.all(condition, &value)? {
                        if super::eval::holds(&holds) {
                            out.push((path.clone(), value.clone()));
                        }
                    }
                    Ok(out)
                }
                ("recurse", []) => self.paths(&Filter::Deep, (path.clone(), value), root),
                ("empty", []) => Ok(Vec::new()),
                ("first", []) => {
                    let key = Value::from(0);
                    let inner = super::eval::index(&value, &key)?;
                    Ok(vec![(join(key), inner)])
                }
                ("last", []) => {
                    let key = Value::from(-1);
                    let inner = super::eval::index(&value, &key)?;
                    Ok(vec![(join(key), inner)])
                }
                ("first", [inner]) => {
                    let mut found = self.paths(inner, (path.clone(), value), root)?;
                    found.truncate(1);
                    Ok(found)
                }
                _ => failed("Invalid path expression"),
            },
            Filter::If(arms, other) => {
                for (condition, body) in arms {
                    if self.all(condition, &value)?.iter().any(super::eval::holds) {
                        return self.paths(body, (path.clone(), value), root);
                    }
                }
                match other {
                    Some(other) => self.paths(other, (path.clone(), value), root),
                    None => Ok(vec![(path, value)]),
                }
            }
            Filter::Else(left, right) => {
                let found = self.paths(left, (path.clone(), value.clone()), root)?;
                let found: Vec<_> = found
                    .into_iter()
                    .filter(|(_, value)| super::eval::holds(value))
                    .collect();
                if found.is_empty() {
                    return self.paths(right, (path.clone(), value), root);
                }
                Ok(found)
            }
            _ => failed("Invalid path expression"),
        }
    }
}

/// Keys with values of what can be gone through.
pub fn entries(value: &Value) -> Done<Vec<(Value, Value)>> {
    match value {
        Value::Array(items) => Ok(items
            .iter()
            .enumerate()
            .map(|(index, item)| (Value::from(index), item.clone()))
            .collect()),
        Value::Object(map) => Ok(map
            .iter()
            .map(|(key, item)| (Value::from(key.as_str()), item.clone()))
            .collect()),
        other => failed(format!(
            "Cannot iterate over {}",
            super::eval::described(other)
        )),
    }
}
