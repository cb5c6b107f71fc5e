//! JSONPath templates as kubectl takes them: `{range .items[*]}{.metadata.name}{"\n"}{end}`, filters, slices, unions.

use serde_json::Value;

/// The most results of one path, and the most characters of one answer.
const LIMITS: (usize, usize) = (100_000, 4_000_000);

/// A template, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Self>),
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Root,
    Field(String),
    Fields(Vec<String>),
    Every,
    Deep(String),
    Index(i64),
    Indices(Vec<i64>),
    Slice(Option<i64>, Option<i64>, i64),
    Filter(Vec<Step>, Comparison, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Exists,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Nothing,
    Literal(Value),
    Path(Vec<Step>),
}

impl Template {
    /// Reads a template; the error is kubectl's.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > 16_384 {
            return Err("error parsing jsonpath: template is too long".to_owned());
        }
        let mut stack: Vec<(Vec<Step>, Vec<Part>)> = Vec::new();
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let Some(open) = rest.find('{') else {
                parts.push(Part::Text(unescape(rest)));
                break;
            };
            if open > 0 {
                parts.push(Part::Text(unescape(rest.get(..open).unwrap_or_default())));
            }
            let after = rest.get(open + 1..).unwrap_or_default();
            let close = closing(after)
                .ok_or_else(|| format!("error parsing jsonpath {text}, unclosed action"))?;
            let action = after.get(..close).unwrap_or_default().trim();
            rest = after.get(close + 1..).unwrap_or_default();
            if action == "end" {
                let Some((path, outer)) = stack.pop() else {
                    return Err(format!(
                        "error parsing jsonpath {text}, not in range, nothing to end"
                    ));
                };
                let body = std::mem::replace(&mut parts, outer);
                parts.push(Part::Range(path, body));
            } else if let Some(path) = action.strip_prefix("range ") {
                if stack.len() > 16 {
                    return Err("error parsing jsonpath: too many ranges".to_owned());
                }
                stack.push((read_path(path.trim(), text)?, std::mem::take(&mut parts)));
            } else if let Some(literal) = quoted(action) {
                parts.push(Part::Text(unescape(literal)));
            } else {
                parts.push(Part::Path(read_path(action, text)?));
            }
        }
        if stack.is_empty() {
            Ok(Self(parts))
        } else {
            Err(format!("error parsing jsonpath {text}, unterminated range"))
        }
    }

    /// Fills the template; the error is kubectl's.
    pub fn fill(&self, document: &Value) -> Result<String, String> {
        let mut out = String::new();
        fill(&self.0, document, document, &mut out)?;
        Ok(out)
    }
}

/// What a simple path such as `.metadata.name` or `{.items[*].kind}` finds, as `--sort-by` and columns use it.
pub fn find<'a>(path: &str, document: &'a Value) -> Result<Vec<&'a Value>, String> {
    let inner = path
        .trim()
        .strip_prefix('{')
        .and_then(|inner| inner.strip_suffix('}'))
        .unwrap_or(path);
    let dotted = if inner.starts_with(['.', '[', '$', '@']) {
        inner.to_owned()
    } else {
        format!(".{inner}")
    };
    let steps = read_path(&dotted, path)?;
    Ok(walk(&steps, document, document).unwrap_or_default())
}

/// A value as a template prints it: strings bare, all else as JSON.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn fill(parts: &[Part], here: &Value, root: &Value, out: &mut String) -> Result<(), String> {
    for part in parts {
        if out.len() > LIMITS.1 {
            return Err("error executing jsonpath: the answer is too long".to_owned());
        }
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(steps) => {
                let found: Vec<String> = walk(steps, here, root)?.into_iter().map(plain).collect();
                out.push_str(&found.join(" "));
            }
            Part::Range(steps, body) => {
                for item in walk(steps, here, root)? {
                    fill(body, item, root, out)?;
                }
            }
        }
    }
    Ok(())
}

fn walk<'a>(steps: &[Step], here: &'a Value, root: &'a Value) -> Result<Vec<&'a Value>, String> {
    let mut found = vec![here];
    for step in steps {
        let mut next = Vec::new();
        for value in found {
            take(step, value, root, &mut next)?;
            if next.len() > LIMITS.0 {
                return Err("error executing jsonpath: too many results".to_owned());
            }
        }
        found = next;
    }
    Ok(found)
}

fn take<'a>(
    step: &Step,
    value: &'a Value,
    root: &'a Value,
    next: &mut Vec<&'a Value>,
) -> Result<(), String> {
    match step {
        Step::Root => next.push(root),
        Step::Field(name) => match value {
            Value::Object(map) => match map.get(name) {
                Some(found) => next.push(found),
                None => return Err(format!("{name} is not found")),
            },
            _ => return Err(format!("{name} is not found")),
        },
        Step::Fields(names) => {
            next.extend(names.iter().filter_map(|name| value.get(name)));
        }
        Step::Every => match value {
            Value::Array(items) => next.extend(items),
            Value::Object(map) => next.extend(map.values()),
            _ => {}
        },
        Step::Deep(name) => deep(name, value, next, 0),
        Step::Index(index) => {
            let items = value.as_array().map_or(0, Vec::len);
            match at(value, *index) {
                Some(found) => next.push(found),
                None => {
                    return Err(format!(
                        "array index out of bounds: index {index}, length {items}"
                    ));
                }
            }
        }
        Step::Indices(indices) => {
            next.extend(indices.iter().filter_map(|index| at(value, *index)));
        }
        Step::Slice(from, to, by) => {
            let Value::Array(items) = value else {
                return Ok(());
            };
            let length = items.len() as i64;
            let place =
                |index: i64| if index < 0 { index + length } else { index }.clamp(0, length);
            let (from, to) = (place(from.unwrap_or(0)), place(to.unwrap_or(length)));
            let chosen = items
                .get(from as usize..to.max(from) as usize)
                .unwrap_or_default();
            next.extend(chosen.iter().step_by((*by).max(1) as usize));
        }
        Step::Filter(path, comparison, operand) => {
            let Value::Array(items) = value else {
                return Ok(());
            };
            for item in items {
                let left = walk(path, item, root).unwrap_or_default();
                if holds(&left, *comparison, operand, item, root) {
                    next.push(item);
                }
            }
        }
    }
    Ok(())
}

fn deep<'a>(name: &str, value: &'a Value, next: &mut Vec<&'a Value>, depth: usize) {
    if depth > 64 || next.len() > LIMITS.0 {
        return;
    }
    match value {
        Value::Object(map) => {
            next.extend(map.get(name));
            for inner in map.values() {
                deep(name, inner, next, depth + 1);
            }
        }
        Value::Array(items) => {
            for inner in items {
                deep(name, inner, next, depth + 1);
            }
        }
        _ => {}
    }
}

fn at(value: &Value, index: i64) -> Option<&Value> {
    let items = value.as_array()?;
    let place = if index < 0 {
        index + items.len() as i64
    } else {
        index
    };
    items.get(usize::try_from(place).ok()?)
}

fn holds(
    left: &[&Value],
    comparison: Comparison,
    operand: &Operand,
    item: &Value,
    root: &Value,
) -> bool {
    let Some(left) = left.first() else {
        return false;
    };
    let right = match operand {
        Operand::Nothing => return comparison == Comparison::Exists,
        Operand::Literal(value) => Some(value),
        Operand::Path(steps) => walk(steps, item, root)
            .ok()
            .and_then(|found| found.first().copied()),
    };
    let Some(right) = right else {
        return false;
    };
    let order = match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.partial_cmp(&right),
        _ => Some(plain(left).cmp(&plain(right))),
    };
    let Some(order) = order else {
        return false;
    };
    match comparison {
        Comparison::Exists => true,
        Comparison::Equal => order.is_eq(),
        Comparison::Unequal => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// Where an action ends: the next brace outside quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '}') => return Some(place),
            _ => {}
        }
    }
    None
}

fn quoted(text: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    })
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

fn read_path(path: &str, whole: &str) -> Result<Vec<Step>, String> {
    let wrong = |what: &str| format!("error parsing jsonpath {whole}, {what}");
    let mut steps = Vec::new();
    let mut rest = path;
    if !path.starts_with(['.', '[', '$', '@']) {
        return Err(wrong(&format!("unrecognized identifier {path}")));
    }
    while !rest.is_empty() {
        if steps.len() > 64 {
            return Err(wrong("path is too long"));
        }
        if let Some(tail) = rest.strip_prefix('$') {
            steps.push(Step::Root);
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('@') {
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("..") {
            let (name, tail) = field(tail);
            steps.push(Step::Deep(name));
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('.') {
            let (name, tail) = field(tail);
            if name == "*" {
                steps.push(Step::Every);
            } else if !name.is_empty() {
                steps.push(Step::Field(name));
            }
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('[') {
            let end = bracket(tail).ok_or_else(|| wrong("unterminated array"))?;
            let inner = tail.get(..end).unwrap_or_default();
            steps.push(subscript(inner.trim(), whole)?);
            rest = tail.get(end + 1..).unwrap_or_default();
        } else {
            return Err(wrong(&format!("unrecognized character in action: {rest}")));
        }
    }
    Ok(steps)
}

/// A field's name up to the next step; a backslash takes the next letter as it is.
fn field(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\\' => {
                if let Some((_, next)) = letters.next() {
                    name.push(next);
                }
            }
            '.' | '[' | ' ' | '=' | '<' | '>' | '!' | ')' => {
                return (name, text.get(place..).unwrap_or_default());
            }
            _ => name.push(letter),
        }
    }
    (name, "")
}

fn bracket(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_u32;
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(place),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn subscript(inner: &str, whole: &str) -> Result<Step, String> {
    let wrong = || format!("error parsing jsonpath {whole}, invalid array index {inner}");
    if inner == "*" {
        return Ok(Step::Every);
    }
    if let Some(filter) = inner
        .strip_prefix("?(")
        .and_then(|filter| filter.strip_suffix(')'))
    {
        return read_filter(filter.trim(), whole);
    }
    if let Some(first) = quoted(inner) {
        let names: Vec<String> = inner
            .split(',')
            .filter_map(|part| quoted(part.trim()))
            .map(str::to_owned)
            .collect();
        return Ok(if names.len() > 1 {
            Step::Fields(names)
        } else {
            Step::Field(first.to_owned())
        });
    }
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| wrong());
    if inner.contains(':') {
        let mut bounds = inner.split(':').map(str::trim);
        let mut bound = || match bounds.next() {
            None | Some("") => Ok(None),
            Some(text) => number(text).map(Some),
        };
        let (from, to, by) = (bound()?, bound()?, bound()?);
        return Ok(Step::Slice(from, to, by.unwrap_or(1)));
    }
    if inner.contains(',') {
        let indices: Result<Vec<i64>, String> = inner.split(',').map(number).collect();
        return indices.map(Step::Indices);
    }
    number(inner).map(Step::Index)
}

fn read_filter(filter: &str, whole: &str) -> Result<Step, String> {
    let operators = [
        ("==", Comparison::Equal),
        ("!=", Comparison::Unequal),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    let found = operators.into_iter().find_map(|(sign, comparison)| {
        let (left, right) = filter.split_once(sign)?;
        Some((left.trim(), comparison, right.trim()))
    });
    let Some((left, comparison, right)) = found else {
        let path = read_path(filter, whole)?;
        return Ok(Step::Filter(path, Comparison::Exists, Operand::Nothing));
    };
    let operand = if let Some(text) = quoted(right) {
        Operand::Literal(Value::from(text))
    } else if right.starts_with(['@', '$', '.']) {
        Operand::Path(read_path(right, whole)?)
    } else {
        Operand::Literal(serde_json::from_str(right).unwrap_or_else(|_| Value::from(right)))
    };
    Ok(Step::Filter(read_path(left, whole)?, comparison, operand))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn filled(template: &str) -> Result<String, String> {
        let document = json!({"kind": "List", "items": [
            {"metadata": {"name": "a", "labels": {"app.io/name": "x"}}, "n": 1, "tags": ["p", "q"]},
            {"metadata": {"name": "b"}, "n": 5, "tags": []},
        ]});
        Template::parse(template)?.fill(&document)
    }

    #[test]
    fn templates_are_filled_as_kubectl_does() {
        for (template, expected) in [
            ("{.kind}", "List"),
            ("{.items[*].metadata.name}", "a b"),
            (
                "{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}",
                "a\t1\nb\t5\n",
            ),
            ("{.items[0].tags}", "[\"p\",\"q\"]"),
            ("{.items[-1].metadata.name}", "b"),
            ("{.items[?(@.n>2)].metadata.name}", "b"),
            ("{.items[?(@.metadata.name==\"a\")].n}", "1"),
            ("{.items[0].metadata.labels.app\\.io/name}", "x"),
            ("{.items[0].metadata.labels['app.io/name']}", "x"),
            ("{..name}", "a b"),
            ("{.items[0:1].n}", "1"),
            ("name: {.items[1].metadata.name}!", "name: b!"),
            ("{$.kind}", "List"),
        ] {
            assert_eq!(filled(template).as_deref(), Ok(expected), "{template}");
        }
        assert!(filled("{.nothing}").is_err());
        assert!(filled("{.items[9]}").is_err());
        assert!(filled("{range .items[*]}x").is_err());
        assert!(filled("{.items").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_template_is_filled_or_refused(template in "[{}.a-c\\[\\]*?@()'\"=:0-9 \\\\]{0,32}") {
            let _ = filled(&template);
        }
    }
}
