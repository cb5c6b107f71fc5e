//! Texts with fields as `line_format` and `label_format` write them: the part of Go's templates that log queries use.
//! Fields, text and numbers, pipes, functions, `if`/`else if`/`else`; anything else is refused when it is read.

mod functions;

use super::pipeline::Fields;
use functions::{Value, function};

/// Most actions of a template.
const MOST_ACTIONS: usize = 256;
/// The deepest nesting of parentheses and conditions.
const DEEPEST: usize = 16;
/// The longest text that a template makes of one line.
const LONGEST: usize = 256 * 1024;

/// A template.
#[derive(Clone, Debug)]
pub struct Template {
    /// As written.
    pub text: String,
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Output(Pipe),
    /// Conditions in order with what they show, and what is shown when none holds.
    If(Vec<(Pipe, Vec<Node>)>, Vec<Node>),
}

type Pipe = Vec<Call>;

#[derive(Clone, Debug)]
struct Call {
    /// Its name; none for a value that stands alone.
    function: Option<&'static str>,
    arguments: Vec<Argument>,
}

#[derive(Clone, Debug)]
enum Argument {
    Field(String),
    Text(String),
    Number(f64),
    Bool(bool),
    Group(Pipe),
}

impl Template {
    /// Reads a template; the error is in Go's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader {
            actions: actions(text)?,
            at: 0,
        };
        let nodes = reader.nodes(0)?;
        if reader.at < reader.actions.len() {
            return Err("template: line:1: unexpected {{end}}".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            nodes,
        })
    }

    /// Writes it for a line; the error is why it cannot be written.
    pub fn write(&self, fields: &Fields<'_>) -> Result<String, String> {
        let mut out = String::new();
        write_nodes(&self.nodes, fields, &mut out)?;
        Ok(out)
    }
}

fn write_nodes(nodes: &[Node], fields: &Fields<'_>, out: &mut String) -> Result<(), String> {
    for node in nodes {
        if out.len() > LONGEST {
            return Err("the formatted line is too long".to_owned());
        }
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Output(pipe) => out.push_str(&evaluate(pipe, fields)?.text()),
            Node::If(branches, otherwise) => {
                let mut shown = otherwise;
                for (condition, then) in branches {
                    if evaluate(condition, fields)?.is_true() {
                        shown = then;
                        break;
                    }
                }
                write_nodes(shown, fields, out)?;
            }
        }
    }
    Ok(())
}

fn evaluate(pipe: &Pipe, fields: &Fields<'_>) -> Result<Value, String> {
    let mut before: Option<Value> = None;
    for call in pipe {
        let mut values = Vec::with_capacity(call.arguments.len() + 1);
        for argument in &call.arguments {
            values.push(match argument {
                Argument::Field(name) => Value::Text(fields.get(name).to_owned()),
                Argument::Text(text) => Value::Text(text.clone()),
                Argument::Number(number) => Value::Number(*number),
                Argument::Bool(known) => Value::Bool(*known),
                Argument::Group(pipe) => evaluate(pipe, fields)?,
            });
        }
        values.extend(before.take());
        before = Some(match call.function {
            Some(name) => functions::call(name, &values, fields)?,
            None => values.pop().unwrap_or(Value::Text(String::new())),
        });
    }
    Ok(before.unwrap_or(Value::Text(String::new())))
}

/// A piece of a template's text: literal, or what stands between braces.
enum Action {
    Text(String),
    Code(String),
}

fn actions(text: &str) -> Result<Vec<Action>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut trims = false;
    while !rest.is_empty() {
        let open = rest.find("{{");
        let (literal, after) = match open {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let code = after.get(2..).unwrap_or("");
        let mut literal = if trims { literal.trim_start() } else { literal };
        if code.starts_with("- ") {
            literal = literal.trim_end();
        }
        if !literal.is_empty() {
            found.push(Action::Text(literal.to_owned()));
        }
        if open.is_none() {
            break;
        }
        let end = closing(code).ok_or("template: line:1: unclosed action")?;
        let inside = code.get(..end).unwrap_or("");
        let inside = inside.strip_prefix("- ").unwrap_or(inside);
        let (inside, trimmed) = match inside.strip_suffix(" -") {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        trims = trimmed;
        rest = code.get(end + 2..).unwrap_or("");
        let inside = inside.trim();
        if !(inside.starts_with("/*") && inside.ends_with("*/")) {
            found.push(Action::Code(inside.to_owned()));
        }
        if found.len() > MOST_ACTIONS {
            return Err("template: line:1: too many actions".to_owned());
        }
    }
    Ok(found)
}

/// Where the closing braces of an action stand, texts in it aside.
fn closing(code: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in code.char_indices() {
        match (quote, letter) {
            (Some('"'), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '`') => quote = Some(letter),
            (None, '}') if code.get(at..).is_some_and(|rest| rest.starts_with("}}")) => {
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

struct Reader {
    actions: Vec<Action>,
    at: usize,
}

impl Reader {
    fn nodes(&mut self, depth: usize) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        if depth > DEEPEST {
            return Err("template: line:1: nested too deeply".to_owned());
        }
        while let Some(action) = self.actions.get(self.at) {
            match action {
                Action::Text(text) => nodes.push(Node::Text(text.clone())),
                Action::Code(code) => match first_word(code) {
                    "end" | "else" if depth > 0 => return Ok(nodes),
                    "end" | "else" => return Ok(nodes),
                    "if" => {
                        let condition = code.get(2..).unwrap_or("").to_owned();
                        self.at += 1;
                        nodes.push(self.conditional(&condition, depth)?);
                        continue;
                    }
                    word @ ("range" | "with" | "define" | "template" | "block" | "break") => {
                        return Err(format!("template: line:1: {{{{{word}}}}} is not supported"));
                    }
                    _ => nodes.push(Node::Output(pipe(code)?)),
                },
            }
            self.at += 1;
        }
        if depth > 0 {
            return Err("template: line:1: unexpected EOF".to_owned());
        }
        Ok(nodes)
    }

    /// What follows `{{if ...}}` up to and with its `{{end}}`.
    fn conditional(&mut self, condition: &str, depth: usize) -> Result<Node, String> {
        let mut branches = vec![(pipe(condition)?, self.nodes(depth + 1)?)];
        let mut otherwise = Vec::new();
        loop {
            let Some(Action::Code(code)) = self.actions.get(self.at) else {
                return Err("template: line:1: unexpected EOF".to_owned());
            };
            let code = code.clone();
            self.at += 1;
            let rest = code.strip_prefix("else").map(str::trim);
            match rest {
                None => return Ok(Node::If(branches, otherwise)),
                Some("") => otherwise = self.nodes(depth + 1)?,
                Some(more) => {
                    let condition = more.strip_prefix("if ").ok_or_else(|| {
                        format!("template: line:1: unexpected {more:?} in {{{{else}}}}")
                    })?;
                    let condition = pipe(condition)?;
                    branches.push((condition, self.nodes(depth + 1)?));
                }
            }
        }
    }
}

fn first_word(code: &str) -> &str {
    code.split(|letter: char| !letter.is_ascii_alphabetic())
        .next()
        .unwrap_or("")
}

fn pipe(code: &str) -> Result<Pipe, String> {
    let tokens = words(code)?;
    let mut reader = PipeReader {
        tokens: &tokens,
        at: 0,
    };
    let pipe = reader.pipe(0)?;
    if reader.at < tokens.len() {
        return Err(format!(
            "template: line:1: unexpected {} in command",
            reader.shown()
        ));
    }
    Ok(pipe)
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Open,
    Close,
    Bar,
    Field(String),
    Name(String),
    Text(String),
    Number(f64),
}

fn words(code: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(letter) = rest.chars().next() {
        let name_end = |text: &str| {
            text.find(|letter: char| !(letter == '_' || letter.is_alphanumeric()))
                .unwrap_or(text.len())
        };
        let (word, used) = match letter {
            '(' => (Word::Open, 1),
            ')' => (Word::Close, 1),
            '|' => (Word::Bar, 1),
            '"' => {
                let end =
                    closing_quote(rest).ok_or("template: line:1: unterminated quoted string")?;
                let raw = rest.get(..end).unwrap_or("");
                let text =
                    serde_json::from_str(raw).unwrap_or_else(|_| raw.trim_matches('"').to_owned());
                (Word::Text(text), end)
            }
            '`' => {
                let inside = rest.get(1..).unwrap_or("");
                let end = inside
                    .find('`')
                    .ok_or("template: line:1: unterminated raw quoted string")?;
                (
                    Word::Text(inside.get(..end).unwrap_or("").to_owned()),
                    end + 2,
                )
            }
            '.' => {
                let end = name_end(rest.get(1..).unwrap_or("")) + 1;
                (Word::Field(rest.get(1..end).unwrap_or("").to_owned()), end)
            }
            letter if letter.is_ascii_digit() || letter == '-' || letter == '+' => {
                let end = rest
                    .char_indices()
                    .skip(1)
                    .find(|(_, letter)| !(letter.is_ascii_alphanumeric() || *letter == '.'))
                    .map_or(rest.len(), |(at, _)| at);
                let text = rest.get(..end).unwrap_or("");
                let number = text
                    .parse()
                    .map_err(|_| format!("template: line:1: bad number syntax: {text:?}"))?;
                (Word::Number(number), end)
            }
            letter if letter == '_' || letter.is_alphabetic() => {
                let end = name_end(rest);
                (Word::Name(rest.get(..end).unwrap_or("").to_owned()), end)
            }
            other => {
                return Err(format!("template: line:1: unexpected {other:?} in command"));
            }
        };
        words.push(word);
        rest = rest.get(used..).unwrap_or("").trim_start();
    }
    Ok(words)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

struct PipeReader<'a> {
    tokens: &'a [Word],
    at: usize,
}

impl PipeReader<'_> {
    fn shown(&self) -> String {
        match self.tokens.get(self.at) {
            Some(Word::Close) => "right paren".to_owned(),
            Some(word) => format!("{word:?}"),
            None => "end of input".to_owned(),
        }
    }

    fn pipe(&mut self, depth: usize) -> Result<Pipe, String> {
        if depth > DEEPEST {
            return Err("template: line:1: nested too deeply".to_owned());
        }
        let mut calls = vec![self.call(depth)?];
        while self.tokens.get(self.at) == Some(&Word::Bar) {
            self.at += 1;
            let call = self.call(depth)?;
            if call.function.is_none() {
                return Err(
                    "template: line:1: non executable command in pipeline stage 2".to_owned(),
                );
            }
            calls.push(call);
        }
        Ok(calls)
    }

    fn call(&mut self, depth: usize) -> Result<Call, String> {
        let mut arguments = Vec::new();
        let mut name = None;
        if let Some(Word::Name(word)) = self.tokens.get(self.at)
            && !matches!(word.as_str(), "true" | "false")
        {
            name = Some(
                function(word)
                    .ok_or_else(|| format!("template: line:1: function {word:?} not defined"))?,
            );
            self.at += 1;
        }
        while let Some(word) = self.tokens.get(self.at) {
            let argument = match word {
                Word::Bar | Word::Close => break,
                Word::Field(name) => Argument::Field(name.clone()),
                Word::Text(text) => Argument::Text(text.clone()),
                Word::Number(number) => Argument::Number(*number),
                Word::Name(word) if word == "true" || word == "false" => {
                    Argument::Bool(word == "true")
                }
                Word::Name(word) => {
                    let name = function(word).ok_or_else(|| {
                        format!("template: line:1: function {word:?} not defined")
                    })?;
                    Argument::Group(vec![Call {
                        function: Some(name),
                        arguments: Vec::new(),
                    }])
                }
                Word::Open => {
                    self.at += 1;
                    let inner = self.pipe(depth + 1)?;
                    if self.tokens.get(self.at) != Some(&Word::Close) {
                        return Err("template: line:1: unclosed left paren".to_owned());
                    }
                    Argument::Group(inner)
                }
            };
            self.at += 1;
            arguments.push(argument);
        }
        if name.is_none() && arguments.len() != 1 {
            return Err(if arguments.is_empty() {
                "template: line:1: missing value for command".to_owned()
            } else {
                "template: line:1: can't give argument to non-function".to_owned()
            });
        }
        Ok(Call {
            function: name,
            arguments,
        })
    }
}
