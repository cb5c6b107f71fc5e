//! Runs an awk program over lines. Bounded in steps, memory and output.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use regex::Regex;

use super::super::posix::{Syntax, compile};
use super::super::printf;
use super::super::text::MOST_BYTES;
use super::tree::{Comparison, Expr, Pattern, Program, Sign, Statement};
use super::value::Value;

/// Steps that one program takes at most.
const MOST_STEPS: usize = 3_000_000;
/// Elements of all arrays, and bytes of one text.
const MOST_ELEMENTS: usize = 200_000;
const LONGEST_TEXT: usize = 1 << 20;
/// Fields of a line.
const MOST_FIELDS: usize = 10_000;

/// What a program gave.
#[derive(Debug, Default)]
pub struct Ran {
    /// What it printed.
    pub text: String,
    /// Its exit code.
    pub code: i32,
    /// Why it ended early.
    pub error: Option<String>,
}

enum Stop {
    Next,
    Exit,
    Break,
    Continue,
    Failed(String),
}

type Done<T> = Result<T, Stop>;

fn failed<T>(words: &str) -> Done<T> {
    Err(Stop::Failed(words.to_owned()))
}

#[derive(Default)]
struct Machine {
    variables: BTreeMap<String, Value>,
    arrays: BTreeMap<String, BTreeMap<String, Value>>,
    elements: usize,
    line: String,
    fields: Vec<String>,
    /// Patterns that were built while it ran.
    built: BTreeMap<String, Regex>,
    out: String,
    code: i32,
    steps: usize,
}

/// Runs a program over texts.
pub fn run(
    program: &Program,
    texts: &[(String, String)],
    separator: Option<String>,
    variables: Vec<(String, String)>,
) -> Ran {
    let mut machine = Machine::default();
    for (name, value) in [
        ("FS", " "),
        ("OFS", " "),
        ("ORS", "\n"),
        ("SUBSEP", "\u{1c}"),
    ] {
        machine.set(name, Value::Text(value.to_owned()));
    }
    if let Some(separator) = separator {
        machine.set("FS", Value::Text(separator));
    }
    for (name, value) in variables {
        machine.set(&name, Value::Input(value));
    }
    let result = machine.whole(program, texts);
    let error = match result {
        Err(Stop::Failed(words)) => Some(words),
        _ => None,
    };
    Ran {
        text: machine.out,
        code: machine.code,
        error,
    }
}

impl Machine {
    fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }

    fn special(&self, name: &str) -> String {
        self.variables
            .get(name)
            .map(Value::text)
            .unwrap_or_default()
    }

    fn whole(&mut self, program: &Program, texts: &[(String, String)]) -> Done<()> {
        let result = self.main(program, texts);
        match result {
            // `exit` skips to what runs at the end.
            Ok(()) | Err(Stop::Next | Stop::Break | Stop::Continue | Stop::Exit) => {}
            Err(failed) => return Err(failed),
        }
        match self.block(&program.end) {
            Err(Stop::Failed(words)) => Err(Stop::Failed(words)),
            _ => Ok(()),
        }
    }

    fn main(&mut self, program: &Program, texts: &[(String, String)]) -> Done<()> {
        self.block(&program.begin)?;
        let mut inside = vec![false; program.rules.len()];
        let mut number = 0.0;
        for (name, text) in texts {
            let name = if name == "-" { "" } else { name };
            self.set("FILENAME", Value::Text(name.to_owned()));
            for (line, in_file) in text.lines().zip(1_u32..) {
                number += 1.0;
                self.set("NR", Value::Number(number));
                self.set("FNR", Value::Number(f64::from(in_file)));
                self.take_line(line.to_owned())?;
                match self.rules(program, &mut inside) {
                    Ok(()) | Err(Stop::Next) => {}
                    Err(stop) => return Err(stop),
                }
            }
        }
        Ok(())
    }

    fn rules(&mut self, program: &Program, inside: &mut [bool]) -> Done<()> {
        for (rule, inside) in program.rules.iter().zip(inside) {
            let runs = match &rule.pattern {
                Pattern::Always => true,
                Pattern::When(condition) => self.value(condition)?.holds(),
                Pattern::Between(first, last) => {
                    if !*inside && self.value(first)?.holds() {
                        *inside = true;
                        if self.value(last)?.holds() {
                            *inside = false;
                        }
                        true
                    } else if *inside {
                        if self.value(last)?.holds() {
                            *inside = false;
                        }
                        true
                    } else {
                        false
                    }
                }
            };
            if runs {
                if let Some(action) = &rule.action {
                    self.block(action)?;
                } else {
                    let line = self.line.clone();
                    self.print(&line)?;
                    let end = self.special("ORS");
                    self.print(&end)?;
                }
            }
        }
        Ok(())
    }

    fn print(&mut self, text: &str) -> Done<()> {
        if self.out.len() + text.len() > MOST_BYTES {
            return failed("stopped: too much output");
        }
        self.out.push_str(text);
        Ok(())
    }

    fn take_line(&mut self, line: String) -> Done<()> {
        self.fields = Self::split(&line, &self.special("FS"))?;
        self.line = line;
        self.set("NF", Value::Number(self.fields.len() as f64));
        Ok(())
    }

    fn split(text: &str, separator: &str) -> Done<Vec<String>> {
        let mut letters = separator.chars();
        let fields: Vec<String> = match (letters.next(), letters.next()) {
            _ if text.is_empty() => Vec::new(),
            (Some(' '), None) => text.split_whitespace().map(str::to_owned).collect(),
            (None, _) => text.chars().map(String::from).collect(),
            (Some(letter), None) if letter != '\\' => {
                text.split(letter).map(str::to_owned).collect()
            }
            _ => match compile(separator, Syntax::Extended, false) {
                Ok(regex) => regex.split(text).map(str::to_owned).collect(),
                Err(error) => return failed(&format!("{error}: {separator}")),
            },
        };
        if fields.len() > MOST_FIELDS {
            return failed("stopped: too many fields");
        }
        Ok(fields)
    }

    fn step(&mut self) -> Done<()> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return failed("stopped: the program ran too long");
        }
        Ok(())
    }

    fn block(&mut self, statements: &[Statement]) -> Done<()> {
        for statement in statements {
            self.statement(statement)?;
        }
        Ok(())
    }

    /// A loop's body: whether the loop goes on.
    fn body(&mut self, statement: &Statement) -> Done<bool> {
        match self.statement(statement) {
            Ok(()) | Err(Stop::Continue) => Ok(true),
            Err(Stop::Break) => Ok(false),
            Err(stop) => Err(stop),
        }
    }

    fn statement(&mut self, statement: &Statement) -> Done<()> {
        self.step()?;
        match statement {
            Statement::Expr(expr) => self.value(expr).map(drop),
            Statement::Print(list) => {
                let text = if list.is_empty() {
                    self.line.clone()
                } else {
                    let between = self.special("OFS");
                    let mut parts = Vec::new();
                    for expr in list {
                        parts.push(self.value(expr)?.text());
                    }
                    parts.join(&between)
                };
                let end = self.special("ORS");
                self.print(&text)?;
                self.print(&end)
            }
            Statement::Printf(list) => {
                let text = self.formatted(list)?;
                self.print(&text)
            }
            Statement::If(condition, yes, no) => {
                if self.value(condition)?.holds() {
                    self.statement(yes)
                } else if let Some(no) = no {
                    self.statement(no)
                } else {
                    Ok(())
                }
            }
            Statement::While(condition, body) => {
                while self.value(condition)?.holds() {
                    self.step()?;
                    if !self.body(body)? {
                        break;
                    }
                }
                Ok(())
            }
            Statement::Do(body, condition) => loop {
                self.step()?;
                if !self.body(body)? || !self.value(condition)?.holds() {
                    return Ok(());
                }
            },
            Statement::For(first, condition, step, body) => {
                self.statement(first)?;
                loop {
                    self.step()?;
                    let goes_on = match condition {
                        Some(condition) => self.value(condition)?.holds(),
                        None => true,
                    };
                    if !goes_on || !self.body(body)? {
                        return Ok(());
                    }
                    self.statement(step)?;
                }
            }
            Statement::Each(name, array, body) => {
                let keys: Vec<String> = self
                    .arrays
                    .get(array)
                    .map(|array| array.keys().cloned().collect())
                    .unwrap_or_default();
                for key in keys {
                    self.set(name, Value::Input(key));
                    if !self.body(body)? {
                        break;
                    }
                }
                Ok(())
            }
            Statement::Block(statements) => self.block(statements),
            Statement::Next => Err(Stop::Next),
            Statement::Exit(code) => {
                if let Some(code) = code {
                    self.code = self.value(code)?.number() as i32 & 0xff;
                }
                Err(Stop::Exit)
            }
            Statement::Break => Err(Stop::Break),
            Statement::Continue => Err(Stop::Continue),
            Statement::Delete(name, None) => {
                let gone = self.arrays.remove(name).map_or(0, |array| array.len());
                self.elements = self.elements.saturating_sub(gone);
                Ok(())
            }
            Statement::Delete(name, Some(key)) => {
                let key = self.key(key)?;
                if let Some(array) = self.arrays.get_mut(name)
                    && array.remove(&key).is_some()
                {
                    self.elements = self.elements.saturating_sub(1);
                }
                Ok(())
            }
            Statement::Nothing => Ok(()),
        }
    }

    fn formatted(&mut self, list: &[Expr]) -> Done<String> {
        let mut values = Vec::new();
        for expr in list {
            values.push(match self.value(expr)? {
                Value::Number(number) => printf::Value::Number(number),
                other => printf::Value::Text(other.text()),
            });
        }
        let Some((pattern, rest)) = values.split_first() else {
            return Ok(String::new());
        };
        let pattern = match pattern {
            printf::Value::Text(text) => text.clone(),
            printf::Value::Number(number) => super::value::number_text(*number),
        };
        let formatted = printf::format(&pattern, rest);
        match formatted.unknown {
            Some(unknown) => failed(&format!("printf: unknown format {unknown}")),
            None => Ok(formatted.text),
        }
    }

    fn key(&mut self, key: &[Expr]) -> Done<String> {
        let mut parts = Vec::new();
        for expr in key {
            parts.push(self.value(expr)?.text());
        }
        Ok(parts.join(&self.special("SUBSEP")))
    }

    fn element(&mut self, name: &str, key: &str) -> Done<&mut Value> {
        if self.elements > MOST_ELEMENTS {
            return failed("stopped: too many elements");
        }
        let array = self.arrays.entry(name.to_owned()).or_default();
        if !array.contains_key(key) {
            self.elements += 1;
        }
        Ok(array.entry(key.to_owned()).or_default())
    }

    fn assign(&mut self, place: &Expr, value: Value) -> Done<()> {
        if let Value::Text(text) | Value::Input(text) = &value
            && text.len() > LONGEST_TEXT
        {
            return failed("stopped: a text became too long");
        }
        match place {
            Expr::Variable(name) => {
                if name == "NF" {
                    let count = (value.number().max(0.0) as usize).min(MOST_FIELDS);
                    self.fields.resize(count, String::new());
                    self.rebuild();
                }
                self.set(name, value);
            }
            Expr::Element(name, key) => {
                let key = self.key(key)?;
                *self.element(name, &key)? = value;
            }
            Expr::Field(index) => {
                let index = self.value(index)?.number();
                if !(0.0..MOST_FIELDS as f64).contains(&index) {
                    return failed("trying to access out of range field");
                }
                let index = index as usize;
                if index == 0 {
                    self.take_line(value.text())?;
                } else {
                    if self.fields.len() < index {
                        self.fields.resize(index, String::new());
                    }
                    if let Some(field) = self.fields.get_mut(index - 1) {
                        *field = value.text();
                    }
                    self.set("NF", Value::Number(self.fields.len() as f64));
                    self.rebuild();
                }
            }
            _ => return failed("assignment to no variable"),
        }
        Ok(())
    }

    fn rebuild(&mut self) {
        self.line = self.fields.join(&self.special("OFS"));
    }

    fn is_match(&mut self, text: &str, pattern: &Expr) -> Done<bool> {
        if let Expr::Regex(regex) = pattern {
            return Ok(regex.is_match(text));
        }
        let pattern = self.value(pattern)?.text();
        Ok(self.pattern(&pattern)?.is_match(text))
    }

    fn pattern(&mut self, text: &str) -> Done<Regex> {
        if let Some(regex) = self.built.get(text) {
            return Ok(regex.clone());
        }
        match compile(text, Syntax::Extended, false) {
            Ok(regex) => {
                if self.built.len() > 100 {
                    self.built.clear();
                }
                self.built.insert(text.to_owned(), regex.clone());
                Ok(regex)
            }
            Err(error) => failed(&format!(
                "regular expression compile failed ({error}): {text}"
            )),
        }
    }

    fn value(&mut self, expr: &Expr) -> Done<Value> {
        self.step()?;
        Ok(match expr {
            Expr::Number(number) => Value::Number(*number),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Regex(regex) => truth(regex.is_match(&self.line)),
            Expr::Variable(name) => self.variables.get(name).cloned().unwrap_or_default(),
            Expr::Element(name, key) => {
                let key = self.key(key)?;
                self.element(name, &key)?.clone()
            }
            Expr::Field(index) => {
                let index = self.value(index)?.number();
                if index < 0.0 {
                    return failed("trying to access out of range field -1");
                }
                if index < 1.0 {
                    Value::Input(self.line.clone())
                } else {
                    let field = self.fields.get(index as usize - 1);
                    field.cloned().map_or(Value::Unset, Value::Input)
                }
            }
            Expr::Assign(place, sign, right) => {
                let right = self.value(right)?;
                let value = match sign {
                    None => right,
                    Some(sign) => {
                        let left = self.value(place)?.number();
                        Value::Number(sum(left, *sign, right.number())?)
                    }
                };
                self.assign(place, value.clone())?;
                value
            }
            Expr::Choice(condition, yes, no) => {
                if self.value(condition)?.holds() {
                    self.value(yes)?
                } else {
                    self.value(no)?
                }
            }
            Expr::Or(left, right) => truth(self.value(left)?.holds() || self.value(right)?.holds()),
            Expr::And(left, right) => {
                truth(self.value(left)?.holds() && self.value(right)?.holds())
            }
            Expr::In(key, array) => {
                let key = self.key(key)?;
                truth(
                    self.arrays
                        .get(array)
                        .is_some_and(|array| array.contains_key(&key)),
                )
            }
            Expr::Match(left, pattern, negated) => {
                let text = self.value(left)?.text();
                truth(self.is_match(&text, pattern)? != *negated)
            }
            Expr::Compare(left, how, right) => {
                let order = self.value(left)?.compare(&self.value(right)?);
                truth(match how {
                    Comparison::Less => order == Ordering::Less,
                    Comparison::AtMost => order != Ordering::Greater,
                    Comparison::Equal => order == Ordering::Equal,
                    Comparison::Unequal => order != Ordering::Equal,
                    Comparison::More => order == Ordering::Greater,
                    Comparison::AtLeast => order != Ordering::Less,
                })
            }
            Expr::Join(left, right) => {
                let mut text = self.value(left)?.text();
                text.push_str(&self.value(right)?.text());
                if text.len() > LONGEST_TEXT {
                    return failed("stopped: a text became too long");
                }
                Value::Text(text)
            }
            Expr::Sum(left, sign, right) => {
                let left = self.value(left)?.number();
                Value::Number(sum(left, *sign, self.value(right)?.number())?)
            }
            Expr::Negative(value) => Value::Number(-self.value(value)?.number()),
            Expr::Positive(value) => Value::Number(self.value(value)?.number()),
            Expr::Not(value) => truth(!self.value(value)?.holds()),
            Expr::Step(place, before, by) => {
                let old = self.value(place)?.number();
                self.assign(place, Value::Number(old + by))?;
                Value::Number(if *before { old + by } else { old })
            }
            Expr::Call(name, list) => self.call(name, list)?,
        })
    }

    fn call(&mut self, name: &str, list: &[Expr]) -> Done<Value> {
        if let ("length", [Expr::Variable(array)]) = (name, list)
            && let Some(array) = self.arrays.get(array)
        {
            return Ok(Value::Number(array.len() as f64));
        }
        match name {
            "split" => return self.split_into(list),
            "sub" | "gsub" => return self.replace(list, name == "gsub"),
            "match" => return self.find(list),
            "sprintf" => return self.formatted(list).map(Value::Text),
            _ => {}
        }
        let mut values = Vec::new();
        for expr in list {
            values.push(self.value(expr)?);
        }
        let text = |at: usize| values.get(at).map(Value::text).unwrap_or_default();
        let number = |at: usize| values.get(at).map(Value::number);
        let first = number(0).unwrap_or(0.0);
        Ok(match name {
            "length" if list.is_empty() => Value::Number(self.line.chars().count() as f64),
            "length" => Value::Number(text(0).chars().count() as f64),
            "index" => {
                let (whole, part) = (text(0), text(1));
                let at = whole.find(&part).and_then(|at| whole.get(..at));
                Value::Number(at.map_or(0.0, |before| before.chars().count() as f64 + 1.0))
            }
            "substr" => {
                let start = number(1).unwrap_or(1.0).round();
                let end = number(2).map_or(f64::INFINITY, |length| start + length.round());
                let letters = text(0);
                let letters = letters.chars().zip(1_u32..);
                let part =
                    letters.filter(|(_, at)| f64::from(*at) >= start && f64::from(*at) < end);
                Value::Text(part.map(|(letter, _)| letter).collect())
            }
            "toupper" => Value::Text(text(0).to_uppercase()),
            "tolower" => Value::Text(text(0).to_lowercase()),
            "int" => Value::Number(first.trunc()),
            "sqrt" => Value::Number(first.sqrt()),
            "exp" => Value::Number(first.exp()),
            _ => Value::Number(first.ln()),
        })
    }

    fn split_into(&mut self, list: &[Expr]) -> Done<Value> {
        let [text, Expr::Variable(array), rest @ ..] = list else {
            return failed("split: second argument is not an array");
        };
        let text = self.value(text)?.text();
        let parts = match rest.first() {
            Some(Expr::Regex(regex)) if !text.is_empty() => {
                regex.split(&text).map(str::to_owned).collect()
            }
            Some(separator) => {
                let separator = self.value(separator)?.text();
                Self::split(&text, &separator)?
            }
            None => Self::split(&text, &self.special("FS"))?,
        };
        self.arrays.remove(array);
        let count = parts.len();
        for (part, place) in parts.into_iter().zip(1_u32..) {
            *self.element(array, &place.to_string())? = Value::Input(part);
        }
        Ok(Value::Number(count as f64))
    }

    fn replace(&mut self, list: &[Expr], all: bool) -> Done<Value> {
        let [pattern, with, rest @ ..] = list else {
            return failed("sub: too few arguments");
        };
        let with = self.value(with)?.text();
        let whole_line = Expr::Field(Box::new(Expr::Number(0.0)));
        let place = rest.first().unwrap_or(&whole_line);
        let text = self.value(place)?.text();
        let regex = match pattern {
            Expr::Regex(regex) => regex.clone(),
            other => {
                let pattern = self.value(other)?.text();
                self.pattern(&pattern)?
            }
        };
        let mut count = 0;
        let mut out = String::new();
        let mut from = 0;
        for found in regex.find_iter(&text) {
            out.push_str(text.get(from..found.start()).unwrap_or(""));
            let mut letters = with.chars();
            while let Some(letter) = letters.next() {
                match letter {
                    '\\' => out.extend(letters.next()),
                    '&' => out.push_str(found.as_str()),
                    letter => out.push(letter),
                }
            }
            from = found.end();
            count += 1;
            if !all || out.len() > LONGEST_TEXT {
                break;
            }
        }
        if count > 0 {
            out.push_str(text.get(from..).unwrap_or(""));
            self.assign(place, Value::Text(out))?;
        }
        Ok(Value::Number(f64::from(count)))
    }

    fn find(&mut self, list: &[Expr]) -> Done<Value> {
        let [text, pattern, ..] = list else {
            return failed("match: too few arguments");
        };
        let text = self.value(text)?.text();
        let regex = match pattern {
            Expr::Regex(regex) => regex.clone(),
            other => {
                let pattern = self.value(other)?.text();
                self.pattern(&pattern)?
            }
        };
        let found = regex.find(&text).map(|found| {
            let before = text.get(..found.start()).unwrap_or("").chars().count();
            (before as f64 + 1.0, found.as_str().chars().count() as f64)
        });
        let (start, length) = found.unwrap_or((0.0, -1.0));
        self.set("RSTART", Value::Number(start));
        self.set("RLENGTH", Value::Number(length));
        Ok(Value::Number(start))
    }
}

fn truth(holds: bool) -> Value {
    Value::Number(f64::from(u8::from(holds)))
}

fn sum(left: f64, sign: Sign, right: f64) -> Done<f64> {
    Ok(match sign {
        Sign::Plus => left + right,
        Sign::Minus => left - right,
        Sign::Times => left * right,
        Sign::Over if right == 0.0 => return failed("division by zero"),
        Sign::Over => left / right,
        Sign::Rest if right == 0.0 => return failed("division by zero in %"),
        Sign::Rest => left % right,
        Sign::Power => left.powf(right),
    })
}
