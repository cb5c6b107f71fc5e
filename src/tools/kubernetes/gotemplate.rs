//! Go templates as far as people use them with kubectl: fields, `range`, `if`, `with`, comparisons, `index`, `len`.

use serde_json::Value;

use super::jsonpath::plain;

/// The most characters of one answer, and the deepest nesting.
const LIMITS: (usize, usize) = (4_000_000, 32);

/// A template, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(Vec<Node>);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    Print(Vec<Term>),
    Range(Vec<Term>, Vec<Self>, Vec<Self>),
    If(Vec<Term>, Vec<Self>, Vec<Self>),
    With(Vec<Term>, Vec<Self>, Vec<Self>),
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Field(Vec<String>, bool),
    Literal(Value),
    Word(String),
    Group(Vec<Self>),
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Template {
    /// Reads a template; the error is kubectl's, without `error: `.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            |what: String| format!("error parsing template {text}, template: output:1: {what}");
        if text.len() > 16_384 {
            return Err(wrong("template is too long".to_owned()));
        }
        let mut reader = Reader {
            rest: text,
            depth: 0,
        };
        let (nodes, stop) = reader.block().map_err(&wrong)?;
        match stop {
            None => Ok(Self(nodes)),
            Some(word) => Err(wrong(format!("unexpected {{{{{word}}}}}"))),
        }
    }

    /// Fills the template; the error is kubectl's, without `error: `.
    pub fn fill(&self, document: &Value) -> Result<String, String> {
        let mut out = String::new();
        fill(&self.0, document, document, &mut out)
            .map_err(|error| format!("error executing template: template: output:1: {error}"))?;
        Ok(out)
    }
}

impl Reader<'_> {
    /// Nodes up to `end`, `else` or the end of the text.
    fn block(&mut self) -> Result<(Vec<Node>, Option<String>), String> {
        self.depth += 1;
        if self.depth > LIMITS.1 {
            return Err("too many blocks".to_owned());
        }
        let mut nodes = Vec::new();
        loop {
            let Some(open) = self.rest.find("{{") else {
                nodes.push(Node::Text(self.rest.to_owned()));
                self.rest = "";
                self.depth -= 1;
                return Ok((nodes, None));
            };
            let before = self.rest.get(..open).unwrap_or_default();
            let after = self.rest.get(open + 2..).unwrap_or_default();
            let close = closing(after).ok_or("unclosed action")?;
            let raw = after.get(..close).unwrap_or_default();
            self.rest = after.get(close + 2..).unwrap_or_default();
            let trimmed_before = raw.starts_with("- ");
            let raw = raw.strip_prefix("- ").unwrap_or(raw);
            let before = if trimmed_before {
                before.trim_end()
            } else {
                before
            };
            nodes.push(Node::Text(before.to_owned()));
            let raw = if let Some(inner) = raw.strip_suffix(" -") {
                self.rest = self.rest.trim_start();
                inner
            } else {
                raw
            };
            let action = raw.trim();
            let (word, argument) = action
                .split_once(char::is_whitespace)
                .unwrap_or((action, ""));
            match word {
                "end" | "else" => {
                    self.depth -= 1;
                    return Ok((nodes, Some(action.to_owned())));
                }
                "range" | "if" | "with" => nodes.push(self.nested(word, argument)?),
                _ if action.starts_with("/*") => {}
                _ => nodes.push(Node::Print(terms(action)?)),
            }
        }
    }

    fn nested(&mut self, word: &str, argument: &str) -> Result<Node, String> {
        let condition = terms(argument)?;
        let (body, stop) = self.block()?;
        let other = match stop.as_deref() {
            Some("end") => Vec::new(),
            Some("else") => {
                let (other, stop) = self.block()?;
                if stop.as_deref() != Some("end") {
                    return Err("unexpected EOF".to_owned());
                }
                other
            }
            Some(chained) => {
                let inner = chained.strip_prefix("else if ").ok_or("unexpected else")?;
                vec![self.nested("if", inner)?]
            }
            None => return Err("unexpected EOF".to_owned()),
        };
        Ok(match word {
            "range" => Node::Range(condition, body, other),
            "with" => Node::With(condition, body, other),
            _ => Node::If(condition, body, other),
        })
    }
}

fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '`') => quote = Some(letter),
            (None, '}') if text.get(place..).is_some_and(|rest| rest.starts_with("}}")) => {
                return Some(place);
            }
            _ => {}
        }
    }
    None
}

fn terms(text: &str) -> Result<Vec<Term>, String> {
    let mut rest = text.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        if found.len() > 64 {
            return Err("too many operands".to_owned());
        }
        let (term, tail) = term(rest)?;
        found.push(term);
        rest = tail.trim_start();
    }
    if found.is_empty() {
        return Err("missing value for command".to_owned());
    }
    Ok(found)
}

fn term(text: &str) -> Result<(Term, &str), String> {
    if let Some(inner) = text.strip_prefix('(') {
        let mut depth = 1;
        let end = inner.char_indices().find_map(|(place, letter)| {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(place)
        });
        let end = end.ok_or("unclosed left paren")?;
        let group = terms(inner.get(..end).unwrap_or_default())?;
        return Ok((Term::Group(group), inner.get(end + 1..).unwrap_or_default()));
    }
    if text.starts_with('"') {
        let mut escaped = false;
        let end = text.char_indices().skip(1).find(|(_, letter)| {
            let closes = *letter == '"' && !escaped;
            escaped = *letter == '\\' && !escaped;
            closes
        });
        let (end, _) = end.ok_or("unterminated quoted string")?;
        let literal = text.get(..=end).unwrap_or_default();
        let value: Value =
            serde_json::from_str(literal).map_err(|_| format!("invalid syntax: {literal}"))?;
        return Ok((
            Term::Literal(value),
            text.get(end + 1..).unwrap_or_default(),
        ));
    }
    let end = text
        .find(|letter: char| letter.is_whitespace() || letter == '|')
        .unwrap_or(text.len());
    let (word, tail) = text.split_at(end);
    if word.is_empty() {
        return Err("pipelines are not supported here".to_owned());
    }
    let path = |text: &str| -> Vec<String> {
        text.split('.')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let term = if let Some(fields) = word.strip_prefix("$.") {
        Term::Field(path(fields), true)
    } else if word == "$" {
        Term::Field(Vec::new(), true)
    } else if word.starts_with('.') {
        Term::Field(path(word), false)
    } else if let Ok(number) = word.parse::<i64>() {
        Term::Literal(Value::from(number))
    } else if word == "true" || word == "false" {
        Term::Literal(Value::from(word == "true"))
    } else if [
        "index", "len", "eq", "ne", "lt", "gt", "le", "ge", "not", "and", "or", "print", "printf",
        "println",
    ]
    .contains(&word)
    {
        Term::Word(word.to_owned())
    } else {
        return Err(format!("function \"{word}\" not defined"));
    };
    Ok((term, tail))
}

fn fill(nodes: &[Node], here: &Value, root: &Value, out: &mut String) -> Result<(), String> {
    for node in nodes {
        if out.len() > LIMITS.0 {
            return Err("the answer is too long".to_owned());
        }
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Print(terms) => out.push_str(&printed(&value_of(terms, here, root)?)),
            Node::If(terms, body, other) => {
                let chosen = if is_true(&value_of(terms, here, root)?) {
                    body
                } else {
                    other
                };
                fill(chosen, here, root, out)?;
            }
            Node::With(terms, body, other) => {
                let value = value_of(terms, here, root)?;
                if is_true(&value) {
                    fill(body, &value, root, out)?;
                } else {
                    fill(other, here, root, out)?;
                }
            }
            Node::Range(terms, body, other) => match value_of(terms, here, root)? {
                Value::Array(items) if !items.is_empty() => {
                    for item in &items {
                        fill(body, item, root, out)?;
                    }
                }
                Value::Object(map) if !map.is_empty() => {
                    let sorted: std::collections::BTreeMap<_, _> = map.iter().collect();
                    for item in sorted.into_values() {
                        fill(body, item, root, out)?;
                    }
                }
                _ => fill(other, here, root, out)?,
            },
        }
    }
    Ok(())
}

fn printed(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".to_owned(),
        Value::Array(items) => {
            let inner: Vec<String> = items.iter().map(printed).collect();
            format!("[{}]", inner.join(" "))
        }
        Value::Object(map) => {
            // Go prints and walks maps in the order of their keys.
            let sorted: std::collections::BTreeMap<_, _> = map.iter().collect();
            let inner: Vec<String> = sorted
                .iter()
                .map(|(key, value)| format!("{key}:{}", printed(value)))
                .collect();
            format!("map[{}]", inner.join(" "))
        }
        other => plain(other),
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

fn value_of(terms: &[Term], here: &Value, root: &Value) -> Result<Value, String> {
    let Some((first, rest)) = terms.split_first() else {
        return Ok(Value::Null);
    };
    let Term::Word(word) = first else {
        return single(first, here, root);
    };
    let arguments: Vec<Value> = rest
        .iter()
        .map(|term| single(term, here, root))
        .collect::<Result<_, _>>()?;
    Ok(call(word, &arguments))
}

fn single(term: &Term, here: &Value, root: &Value) -> Result<Value, String> {
    match term {
        Term::Literal(value) => Ok(value.clone()),
        Term::Group(terms) => value_of(terms, here, root),
        Term::Word(word) => Ok(call(word, &[])),
        Term::Field(path, from_root) => {
            let mut value = if *from_root { root } else { here };
            for name in path {
                match value {
                    Value::Object(map) => value = map.get(name).unwrap_or(&Value::Null),
                    Value::Null => return Ok(Value::Null),
                    _ => return Err(format!("can't evaluate field {name}")),
                }
            }
            Ok(value.clone())
        }
    }
}

fn call(word: &str, arguments: &[Value]) -> Value {
    let first = arguments.first().cloned().unwrap_or(Value::Null);
    let second = arguments.get(1).cloned().unwrap_or(Value::Null);
    let order = match (first.as_f64(), second.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => plain(&first).cmp(&plain(&second)),
    };
    match word {
        "len" => Value::from(match &first {
            Value::Array(items) => items.len(),
            Value::Object(map) => map.len(),
            other => plain(other).len(),
        }),
        "index" => arguments
            .iter()
            .skip(1)
            .fold(first, |value, key| match key {
                Value::Number(number) => number
                    .as_u64()
                    .and_then(|index| value.get(index as usize).cloned())
                    .unwrap_or(Value::Null),
                key => value.get(plain(key)).cloned().unwrap_or(Value::Null),
            }),
        "eq" => Value::from(first == second),
        "ne" => Value::from(first != second),
        "lt" => Value::from(order.is_lt()),
        "le" => Value::from(order.is_le()),
        "gt" => Value::from(order.is_gt()),
        "ge" => Value::from(order.is_ge()),
        "not" => Value::from(!is_true(&first)),
        "and" => arguments
            .iter()
            .find(|value| !is_true(value))
            .or(arguments.last())
            .cloned()
            .unwrap_or(Value::Null),
        "or" => arguments
            .iter()
            .find(|value| is_true(value))
            .or(arguments.last())
            .cloned()
            .unwrap_or(Value::Null),
        "printf" => Value::from(formatted(
            &plain(&first),
            arguments.get(1..).unwrap_or_default(),
        )),
        _ => {
            let texts: Vec<String> = arguments.iter().map(printed).collect();
            Value::from(if word == "println" {
                format!("{}\n", texts.join(" "))
            } else {
                texts.join(" ")
            })
        }
    }
}

/// `%s`, `%v` and `%d` take the next argument; anything else stands for itself.
fn formatted(pattern: &str, arguments: &[Value]) -> String {
    let mut out = String::new();
    let mut arguments = arguments.iter();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('s' | 'v' | 'd') => {
                out.push_str(&arguments.next().map(printed).unwrap_or_default());
            }
            Some('%') | None => out.push('%'),
            Some(other) => {
                out.push('%');
                out.push(other);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn filled(template: &str) -> Result<String, String> {
        let document = json!({"items": [
            {"metadata": {"name": "a", "labels": {"app.io/x": "y"}}, "n": 0},
            {"metadata": {"name": "b"}, "n": 2},
        ]});
        Template::parse(template)?.fill(&document)
    }

    #[test]
    fn templates_are_filled_as_go_does() {
        for (template, expected) in [
            (
                "{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}",
                "a\nb\n",
            ),
            (
                "{{range .items}}{{if .n}}{{.metadata.name}}{{else}}-{{end}}{{end}}",
                "-b",
            ),
            (
                "{{range .items}}{{if eq .n 2}}{{.metadata.name}}{{end}}{{end}}",
                "b",
            ),
            ("{{len .items}}", "2"),
            ("{{index .items 1 \"n\"}}", "2"),
            (
                "{{with index .items 0}}{{index .metadata.labels \"app.io/x\"}}{{end}}",
                "y",
            ),
            ("{{.nothing}}", "<no value>"),
            (
                "{{printf \"%s!\" .items}}",
                "[map[metadata:map[labels:map[app.io/x:y] name:a] n:0] map[metadata:map[name:b] n:2]]!",
            ),
        ] {
            assert_eq!(filled(template).as_deref(), Ok(expected), "{template}");
        }
        assert!(filled("{{range .items}}").is_err());
        assert!(filled("{{foo}}").is_err());
        assert!(filled("{{.x").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_template_is_filled_or_refused(template in "(\\{\\{|\\}\\}|range|if|end|else|[. a\"()])*") {
            let _ = filled(&template);
        }
    }
}
