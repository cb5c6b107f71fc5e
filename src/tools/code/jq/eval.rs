//! Runs a jq filter over a value. Every step is counted, so that no filter runs for ever.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::tree::{Filter, Pattern, Piece};

/// Steps and bytes that one use takes at most.
const MOST_STEPS: usize = 2_000_000;
const MOST_BYTES: usize = 64 << 20;
/// How deep filters are run.
const DEEPEST: usize = 400;

/// Why a filter gave no more.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// An error that `try` catches.
    Error(Value),
    /// Too much work.
    Spent,
}

impl std::fmt::Display for Stop {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error(Value::String(text)) => out.write_str(text),
            Self::Error(value) => write!(out, "{} (not a string)", super::print::compact(value)),
            Self::Spent => out.write_str("stopped: the filter took too much work"),
        }
    }
}

/// What a step gives.
pub type Done<T> = Result<T, Stop>;

/// An error with words.
pub fn failed<T>(words: impl Into<String>) -> Done<T> {
    Err(Stop::Error(Value::from(words.into())))
}

/// Runs filters.
pub struct Machine {
    variables: BTreeMap<String, Value>,
    steps: usize,
    bytes: usize,
    depth: usize,
}

/// A number that prints as a whole one where it is.
pub fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Value::from(value as i64)
    } else {
        Number::from_f64(value).map_or(Value::Null, Value::Number)
    }
}

/// Everything but `null` and `false` holds.
pub fn holds(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

/// A value's kind, as jq names it.
pub const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A kind with the value, cut, for messages.
pub fn described(value: &Value) -> String {
    if value.is_null() {
        return "null".to_owned();
    }
    let text = super::print::compact(value);
    let short: String = text.chars().take(11).collect();
    let short = if short.len() < text.len() {
        let start: String = text.chars().take(10).collect();
        format!("{start}...")
    } else {
        short
    };
    format!("{} ({short})", kind_of(value))
}

/// The order of values: null, false, true, numbers, texts, arrays, objects.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    const fn rank(value: &Value) -> u8 {
        match value {
            Value::Null => 0,
            Value::Bool(false) => 1,
            Value::Bool(true) => 2,
            Value::Number(_) => 3,
            Value::String(_) => 4,
            Value::Array(_) => 5,
            Value::Object(_) => 6,
        }
    }
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(0.0), b.as_f64().unwrap_or(0.0));
            a.partial_cmp(&b).unwrap_or(Ordering::Equal)
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => a
            .iter()
            .zip(b)
            .map(|(a, b)| compare(a, b))
            .find(|order| *order != Ordering::Equal)
            .unwrap_or_else(|| a.len().cmp(&b.len())),
        (Value::Object(a), Value::Object(b)) => {
            let keys = |map: &Map<String, Value>| -> Vec<String> {
                let mut keys: Vec<String> = map.keys().cloned().collect();
                keys.sort();
                keys
            };
            let (left_keys, right_keys) = (keys(a), keys(b));
            left_keys.cmp(&right_keys).then_with(|| {
                left_keys
                    .iter()
                    .filter_map(|key| Some(compare(a.get(key)?, b.get(key)?)))
                    .find(|order| *order != Ordering::Equal)
                    .unwrap_or(Ordering::Equal)
            })
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

/// A value's field or element.
///
/// # Errors
/// It has none of this kind.
pub fn index(value: &Value, key: &Value) -> Done<Value> {
    match (value, key) {
        (Value::Null, Value::String(_) | Value::Number(_) | Value::Null) => Ok(Value::Null),
        (Value::Object(map), Value::String(name)) => Ok(map.get(name).cloned().unwrap_or_default()),
        (Value::Array(items), Value::Number(number)) => {
            let at = number.as_f64().unwrap_or(0.0).floor();
            let at = if at < 0.0 {
                at + items.len() as f64
            } else {
                at
            };
            if at < 0.0 {
                return Ok(Value::Null);
            }
            Ok(items.get(at as usize).cloned().unwrap_or_default())
        }
        (value, Value::String(name)) => {
            failed(format!("Cannot index {} with \"{name}\"", kind_of(value)))
        }
        (value, key) => failed(format!(
            "Cannot index {} with {}",
            kind_of(value),
            kind_of(key)
        )),
    }
}

impl Machine {
    /// A machine that knows variables.
    pub fn new(variables: Vec<(String, Value)>) -> Self {
        let mut variables: BTreeMap<String, Value> = variables.into_iter().collect();
        variables
            .entry("ENV".to_owned())
            .or_insert_with(|| Value::Object(Map::new()));
        Self {
            variables,
            steps: 0,
            bytes: 0,
            depth: 0,
        }
    }

    /// Whether it did all the work that it may.
    pub const fn is_spent(&self) -> bool {
        self.steps > MOST_STEPS || self.bytes > MOST_BYTES
    }

    /// Counts work.
    pub fn step(&mut self, steps: usize) -> Done<()> {
        self.steps += steps;
        if self.is_spent() {
            Err(Stop::Spent)
        } else {
            Ok(())
        }
    }

    /// Counts memory.
    pub fn take(&mut self, bytes: usize) -> Done<()> {
        self.bytes += bytes;
        if self.is_spent() {
            Err(Stop::Spent)
        } else {
            Ok(())
        }
    }

    /// Runs a filter; what it gave before an error is in `out`.
    ///
    /// # Errors
    /// What the filter failed with.
    pub fn run(&mut self, filter: &Filter, input: &Value, out: &mut Vec<Value>) -> Done<()> {
        self.depth = 0;
        self.eval(filter, input, out)
    }

    /// All that a filter gives.
    pub fn all(&mut self, filter: &Filter, input: &Value) -> Done<Vec<Value>> {
        let mut out = Vec::new();
        self.eval(filter, input, &mut out)?;
        Ok(out)
    }

    fn eval(&mut self, filter: &Filter, input: &Value, out: &mut Vec<Value>) -> Done<()> {
        self.step(1)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Stop::Spent);
        }
        let result = self.one(filter, input, out);
        self.depth -= 1;
        result
    }

    #[expect(clippy::too_many_lines, reason = "a table, one kind of filter an arm")]
    fn one(&mut self, filter: &Filter, input: &Value, out: &mut Vec<Value>) -> Done<()> {
        match filter {
            Filter::Same => {
                self.step(1)?;
                out.push(input.clone());
            }
            Filter::Deep => self.deep(input, out)?,
            Filter::Value(value) => out.push(value.clone()),
            Filter::Text(pieces, format) => self.text(pieces, format, input, out)?,
            Filter::Index(of, key) => {
                for value in self.all(of, input)? {
                    for key in self.all(key, input)? {
                        out.push(index(&value, &key)?);
                    }
                }
            }
            Filter::Slice(of, from, to) => {
                let ends = [from, to];
                let mut found = Vec::new();
                for end in ends {
                    found.push(match end {
                        Some(end) => self.all(end, input)?.into_iter().next().unwrap_or_default(),
                        None => Value::Null,
                    });
                }
                for value in self.all(of, input)? {
                    out.push(slice(&value, found.first(), found.get(1))?);
                }
            }
            Filter::Each(of) => {
                for value in self.all(of, input)? {
                    for (_, inner) in super::paths::entries(&value)? {
                        self.step(1)?;
                        out.push(inner);
                    }
                }
            }
            Filter::Try(body, catch) => {
                let depth = self.depth;
                match self.eval(body, input, out) {
                    Err(Stop::Error(error)) => {
                        self.depth = depth;
                        if let Some(catch) = catch {
                            self.eval(catch, &error, out)?;
                        }
                    }
                    other => other?,
                }
            }
            Filter::Pipe(left, right) => {
                for value in self.all(left, input)? {
                    self.eval(right, &value, out)?;
                }
            }
            Filter::Both(left, right) => {
                self.eval(left, input, out)?;
                self.eval(right, input, out)?;
            }
            Filter::Sum(left, sign, right) => {
                for right in self.all(right, input)? {
                    for left in self.all(left, input)? {
                        let value = self.sum(left, *sign, &right)?;
                        out.push(value);
                    }
                }
            }
            Filter::Compare(left, sign, right) => {
                for right in self.all(right, input)? {
                    for left in self.all(left, input)? {
                        let order = compare(&left, &right);
                        out.push(Value::Bool(match *sign {
                            "==" => order == Ordering::Equal,
                            "!=" => order != Ordering::Equal,
                            "<" => order == Ordering::Less,
                            "<=" => order != Ordering::Greater,
                            ">" => order == Ordering::Greater,
                            _ => order != Ordering::Less,
                        }));
                    }
                }
            }
            Filter::And(left, right) => self.logic(left, right, false, input, out)?,
            Filter::Or(left, right) => self.logic(left, right, true, input, out)?,
            Filter::Else(left, right) => {
                let mut found = Vec::new();
                let depth = self.depth;
                match self.eval(left, input, &mut found) {
                    Ok(()) | Err(Stop::Error(_)) => self.depth = depth,
                    Err(stop) => return Err(stop),
                }
                found.retain(holds);
                if found.is_empty() {
                    self.eval(right, input, out)?;
                } else {
                    out.append(&mut found);
                }
            }
            Filter::Negative(of) => {
                for value in self.all(of, input)? {
                    match value.as_f64() {
                        Some(value) => out.push(number(-value)),
                        None => {
                            return failed(format!("{} cannot be negated", described(&value)));
                        }
                    }
                }
            }
            Filter::Update(place, sign, with) => self.update(place, *sign, with, input, out)?,
            Filter::Array(None) => out.push(Value::Array(Vec::new())),
            Filter::Array(Some(inner)) => {
                let items = self.all(inner, input)?;
                self.take(items.len() * 16)?;
                out.push(Value::Array(items));
            }
            Filter::Object(entries) => self.object(entries, input, out)?,
            Filter::If(arms, other) => self.choose(arms, other.as_deref(), input, out)?,
            Filter::Bind(of, pattern, body) => {
                for value in self.all(of, input)? {
                    let saved = self.variables.clone();
                    self.bind(pattern, &value, input)?;
                    let result = self.eval(body, input, out);
                    self.variables = saved;
                    result?;
                }
            }
            Filter::Reduce(of, pattern, first, next) => {
                let mut held = self.all(first, input)?.pop().unwrap_or_default();
                for value in self.all(of, input)? {
                    let saved = self.variables.clone();
                    self.bind(pattern, &value, input)?;
                    let result = self.all(next, &held);
                    self.variables = saved;
                    held = result?.pop().unwrap_or_default();
                }
                out.push(held);
            }
            Filter::Variable(name) => match self.variables.get(name) {
                Some(value) => out.push(value.clone()),
                None => return failed(format!("${name} is not defined")),
            },
            Filter::Call(name, arguments) => self.call(name, arguments, input, out)?,
            Filter::Format(name) => out.push(Value::from(super::builtins::format(name, input)?)),
        }
        Ok(())
    }

    fn deep(&mut self, value: &Value, out: &mut Vec<Value>) -> Done<()> {
        self.step(1)?;
        out.push(value.clone());
        match value {
            Value::Array(items) => {
                for item in items {
                    self.deep(item, out)?;
                }
            }
            Value::Object(map) => {
                for item in map.values() {
                    self.deep(item, out)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn logic(
        &mut self,
        left: &Filter,
        right: &Filter,
        stops: bool,
        input: &Value,
        out: &mut Vec<Value>,
    ) -> Done<()> {
        for left in self.all(left, input)? {
            if holds(&left) == stops {
                out.push(Value::Bool(stops));
                continue;
            }
            for right in self.all(right, input)? {
                out.push(Value::Bool(holds(&right)));
            }
        }
        Ok(())
    }

    fn choose(
        &mut self,
        arms: &[(Filter, Filter)],
        other: Option<&Filter>,
        input: &Value,
        out: &mut Vec<Value>,
    ) -> Done<()> {
        let Some(((condition, body), rest)) = arms.split_first() else {
            match other {
                Some(other) => self.eval(other, input, out)?,
                None => out.push(input.clone()),
            }
            return Ok(());
        };
        for value in self.all(condition, input)? {
            if holds(&value) {
                self.eval(body, input, out)?;
            } else {
                self.choose(rest, other, input, out)?;
            }
        }
        Ok(())
    }

    fn bind(&mut self, pattern: &Pattern, value: &Value, input: &Value) -> Done<()> {
        match pattern {
            Pattern::Name(name) => {
                self.variables.insert(name.clone(), value.clone());
            }
            Pattern::Array(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    let inner = index(value, &Value::from(at))?;
                    self.bind(part, &inner, input)?;
                }
            }
            Pattern::Object(parts) => {
                for (key, part) in parts {
                    let key = self.all(key, input)?.pop().unwrap_or_default();
                    let inner = index(value, &key)?;
                    self.bind(part, &inner, input)?;
                }
            }
        }
        Ok(())
    }

    fn text(
        &mut self,
        pieces: &[Piece],
        format: &str,
        input: &Value,
        out: &mut Vec<Value>,
    ) -> Done<()> {
        let mut texts = vec![String::new()];
        for piece in pieces {
            match piece {
                Piece::Plain(plain) => texts.iter_mut().for_each(|text| text.push_str(plain)),
                Piece::Of(filter) => {
                    let mut next = Vec::new();
                    for value in self.all(filter, input)? {
                        let shown = super::builtins::format(format, &value)?;
                        for text in &texts {
                            self.take(text.len() + shown.len())?;
                            next.push(format!("{text}{shown}"));
                        }
                    }
                    texts = next;
                }
            }
        }
        out.extend(texts.into_iter().map(Value::from));
        Ok(())
    }

    fn object(
        &mut self,
        entries: &[(Filter, Filter)],
        input: &Value,
        out: &mut Vec<Value>,
    ) -> Done<()> {
        let mut objects = vec![Map::new()];
        for (key, value) in entries {
            let keys = self.all(key, input)?;
            let values = self.all(value, input)?;
            let mut next = Vec::new();
            for object in &objects {
                for key in &keys {
                    let Value::String(name) = key else {
                        return failed(format!(
                            "Object keys must be strings, not {}",
                            kind_of(key)
                        ));
                    };
                    for value in &values {
                        self.step(1 + object.len())?;
                        let mut object = object.clone();
                        object.insert(name.clone(), value.clone());
                        next.push(object);
                    }
                }
            }
            objects = next;
        }
        out.extend(objects.into_iter().map(Value::Object));
        Ok(())
    }

    fn update(
        &mut self,
        place: &Filter,
        sign: char,
        with: &Filter,
        input: &Value,
        out: &mut Vec<Value>,
    ) -> Done<()> {
        let found = self.paths(place, (Vec::new(), input.clone()), input)?;
        if sign == '|' {
            let mut whole = input.clone();
            let mut gone = Vec::new();
            for (path, _) in found {
                let old = super::paths::get(&whole, &path)?;
                match self.all(with, &old)?.into_iter().next() {
                    Some(new) => whole = super::paths::set(whole, &path, new)?,
                    None => gone.push(path),
                }
            }
            for path in gone.into_iter().rev() {
                whole = super::paths::delete(whole, &path)?;
            }
            out.push(whole);
            return Ok(());
        }
        for new in self.all(with, input)? {
            let mut whole = input.clone();
            for (path, _) in &found {
                let old = super::paths::get(&whole, path)?;
                let value = match sign {
                    'e' if holds(&old) => old,
                    ' ' | 'e' => new.clone(),
                    sign => self.sum(old, sign, &new)?,
                };
                whole = super::paths::set(whole, path, value)?;
            }
            out.push(whole);
        }
        Ok(())
    }

    /// Two values summed.
    pub fn sum(&mut self, left: Value, sign: char, right: &Value) -> Done<Value> {
        let wrong = |left: &Value, verb: &str| {
            failed(format!(
                "{} and {} cannot be {verb}",
                described(left),
                described(right)
            ))
        };
        match (sign, left, right) {
            ('+', Value::Null, right) => Ok(right.clone()),
            ('+', left, Value::Null) => Ok(left),
            ('+', Value::String(left), Value::String(right)) => {
                self.take(left.len() + right.len())?;
                Ok(Value::from(left + right))
            }
            ('+', Value::Array(mut left), Value::Array(right)) => {
                self.take((left.len() + right.len()) * 16)?;
                left.extend(right.iter().cloned());
                Ok(Value::Array(left))
            }
            ('+', Value::Object(mut left), Value::Object(right)) => {
                self.take((left.len() + right.len()) * 32)?;
                left.extend(right.clone());
                Ok(Value::Object(left))
            }
            ('-', Value::Array(mut left), Value::Array(right)) => {
                self.step(left.len() * right.len().max(1))?;
                left.retain(|item| !right.contains(item));
                Ok(Value::Array(left))
            }
            ('*', Value::String(text), Value::Number(times)) => {
                let times = times.as_f64().unwrap_or(0.0);
                if times <= 0.0 {
                    return Ok(Value::Null);
                }
                let times = times.clamp(1.0, 1e9) as usize;
                self.take(text.len().saturating_mul(times))?;
                Ok(Value::from(text.repeat(times)))
            }
            ('*', Value::Object(left), Value::Object(right)) => {
                Ok(Value::Object(merged(left, right)))
            }
            ('/', Value::String(left), Value::String(right)) => {
                Ok(super::builtins::split(&left, right))
            }
            (sign, Value::Number(a), Value::Number(b)) => {
                let (a, b) = (a.as_f64().unwrap_or(0.0), b.as_f64().unwrap_or(0.0));
                let value = match sign {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    '/' if b == 0.0 => {
                        return failed(format!(
                            "{} and {} cannot be divided because the divisor is zero",
                            described(&number(a)),
                            described(&number(b))
                        ));
                    }
                    '/' => a / b,
                    _ if b.trunc() == 0.0 => {
                        return failed(format!(
                            "{} and {} cannot be divided (remainder) because the divisor is zero",
                            described(&number(a)),
                            described(&number(b))
                        ));
                    }
                    _ => a.trunc() % b.trunc(),
                };
                Ok(number(value))
            }
            ('+', left, _) => wrong(&left, "added"),
            ('-', left, _) => wrong(&left, "subtracted"),
            ('*', left, _) => wrong(&left, "multiplied"),
            (_, left, _) => wrong(&left, "divided"),
        }
    }
}

fn merged(mut left: Map<String, Value>, right: &Map<String, Value>) -> Map<String, Value> {
    for (key, value) in right {
        let both = match (left.get(key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                Value::Object(merged(old.clone(), new))
            }
            _ => value.clone(),
        };
        left.insert(key.clone(), both);
    }
    left
}

fn slice(value: &Value, from: Option<&Value>, to: Option<&Value>) -> Done<Value> {
    let place = |end: Option<&Value>, len: usize, other: usize| {
        let at = end.and_then(Value::as_f64);
        at.map_or(other, |at| {
            let at = if at < 0.0 { at + len as f64 } else { at };
            at.clamp(0.0, len as f64) as usize
        })
    };
    match value {
        Value::Null => Ok(Value::Null),
        Value::Array(items) => {
            let (start, end) = (
                place(from, items.len(), 0),
                place(to, items.len(), items.len()),
            );
            Ok(Value::Array(items.get(start..end).unwrap_or(&[]).to_vec()))
        }
        Value::String(text) => {
            let letters: Vec<char> = text.chars().collect();
            let (start, end) = (
                place(from, letters.len(), 0),
                place(to, letters.len(), letters.len()),
            );
            let part: String = letters.get(start..end).unwrap_or(&[]).iter().collect();
            Ok(Value::from(part))
        }
        other => failed(format!("Cannot index {} with object", kind_of(other))),
    }
}
