//! Conditions on the fields of JSON events: `{ $.level = "ERROR" && ($.x > 3 || $.y IS TRUE) }`.

use serde_json::Value;

use super::compare::{Op, Operand};
use super::{DEEPEST, PatternError, Reader};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Place(usize),
    /// `[*]`: any element.
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    True,
    False,
    Null,
    NotThere,
}

/// A condition on an event.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Compare(Selector, Op, Operand),
    Is(Selector, Is),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

/// A path from the event's root.
#[derive(Clone, Debug)]
pub(super) struct Selector(Vec<Step>);

pub(super) fn parse(text: &str, at: usize) -> Result<Condition, PatternError> {
    let mut reader = Reader::new(text, at);
    reader.take("{");
    let condition = any(&mut reader, 0)?;
    if !reader.take("}") {
        return reader.error("a closing brace is missing");
    }
    reader.skip_blanks();
    if !reader.rest().is_empty() {
        return reader.error("nothing may follow the closing brace");
    }
    Ok(condition)
}

fn any(reader: &mut Reader<'_>, depth: usize) -> Result<Condition, PatternError> {
    let mut left = all(reader, depth)?;
    let mut joined = depth;
    while reader.take("||") {
        joined += 1;
        if joined > DEEPEST {
            return reader.error("too many conditions");
        }
        left = Condition::Or(Box::new(left), Box::new(all(reader, depth)?));
    }
    Ok(left)
}

fn all(reader: &mut Reader<'_>, depth: usize) -> Result<Condition, PatternError> {
    let mut left = one(reader, depth)?;
    let mut joined = depth;
    while reader.take("&&") {
        joined += 1;
        if joined > DEEPEST {
            return reader.error("too many conditions");
        }
        left = Condition::And(Box::new(left), Box::new(one(reader, depth)?));
    }
    Ok(left)
}

fn one(reader: &mut Reader<'_>, depth: usize) -> Result<Condition, PatternError> {
    if depth > DEEPEST {
        return reader.error("too many parentheses");
    }
    if reader.take("(") {
        let inner = any(reader, depth + 1)?;
        if !reader.take(")") {
            return reader.error("a closing parenthesis is missing");
        }
        return Ok(inner);
    }
    let selector = selector(reader)?;
    for (words, is) in [
        ("IS TRUE", Is::True),
        ("IS FALSE", Is::False),
        ("IS NULL", Is::Null),
        ("NOT EXISTS", Is::NotThere),
    ] {
        reader.skip_blanks();
        let ahead = reader.rest().get(..words.len()).unwrap_or("");
        if ahead.eq_ignore_ascii_case(words) {
            reader.at += words.len();
            return Ok(Condition::Is(selector, is));
        }
    }
    let Some(op) = Op::read(reader) else {
        return reader.error("an operator is missing");
    };
    let operand = Operand::read(reader, "(){}")?;
    if !matches!(op, Op::Equal | Op::NotEqual) && !operand.is_number() {
        return reader.error("only numbers can be compared by size");
    }
    Ok(Condition::Compare(selector, op, operand))
}

fn selector(reader: &mut Reader<'_>) -> Result<Selector, PatternError> {
    if !reader.take("$") {
        return reader.error("a property selector begins with $");
    }
    let mut steps = Vec::new();
    loop {
        let rest = reader.rest();
        if let Some(inside) = rest.strip_prefix("['").or_else(|| rest.strip_prefix(".['")) {
            let Some(end) = inside.find("']") else {
                return reader.error("a closing bracket is missing");
            };
            steps.push(Step::Field(inside.get(..end).unwrap_or("").to_owned()));
            reader.at += rest.len() - inside.len() + end + 2;
        } else if let Some(inside) = rest.strip_prefix('[') {
            let Some(end) = inside.find(']') else {
                return reader.error("a closing bracket is missing");
            };
            let place = inside.get(..end).unwrap_or("");
            steps.push(match (place, place.parse()) {
                ("*", _) => Step::Any,
                (_, Ok(place)) => Step::Place(place),
                _ => return reader.error("an array is selected by a number"),
            });
            reader.at += end + 2;
        } else if let Some(name) = rest.strip_prefix('.') {
            let end = name
                .find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-')))
                .unwrap_or(name.len());
            if end == 0 {
                return reader.error("a property's name is missing");
            }
            steps.push(Step::Field(name.get(..end).unwrap_or("").to_owned()));
            reader.at += end + 1;
        } else {
            break;
        }
        if steps.len() > DEEPEST {
            return reader.error("the property selector is too long");
        }
    }
    if steps.is_empty() {
        return reader.error("a property selector names a property");
    }
    Ok(Selector(steps))
}

impl Selector {
    /// Whether some value it leads to fulfils a test.
    fn any(&self, root: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
        reach(root, &self.0, test)
    }
}

fn reach(value: &Value, steps: &[Step], test: &dyn Fn(&Value) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return test(value);
    };
    match step {
        Step::Field(name) => value
            .as_object()
            .and_then(|fields| fields.get(name))
            .is_some_and(|value| reach(value, rest, test)),
        Step::Place(place) => value
            .as_array()
            .and_then(|values| values.get(*place))
            .is_some_and(|value| reach(value, rest, test)),
        Step::Any => value
            .as_array()
            .is_some_and(|values| values.iter().any(|value| reach(value, rest, test))),
    }
}

impl Condition {
    pub(super) fn holds(&self, root: &Value) -> bool {
        match self {
            Self::And(left, right) => left.holds(root) && right.holds(root),
            Self::Or(left, right) => left.holds(root) || right.holds(root),
            Self::Is(selector, is) => match is {
                Is::True => selector.any(root, &|value| *value == Value::Bool(true)),
                Is::False => selector.any(root, &|value| *value == Value::Bool(false)),
                Is::Null => selector.any(root, &Value::is_null),
                Is::NotThere => !selector.any(root, &|_| true),
            },
            // Objects, arrays and what is not there are neither equal nor different.
            Self::Compare(selector, op, operand) => selector.any(root, &|value| match value {
                Value::String(text) => operand.holds(*op, text),
                Value::Number(number) => {
                    let value = number.as_f64().unwrap_or(f64::NAN);
                    operand.holds_number(*op, value, &number.to_string())
                }
                _ => false,
            }),
        }
    }
}
