//! Reads a template's parts into its tree. Never fills anything.

use std::ops::Range;

use super::functions::Function;
use super::lex::{Part, Token, parts};
use super::{Operand, Piece, Pipeline, Template, TemplateError};

/// Blocks and parentheses may be nested so deep.
const MOST_DEPTH: usize = 24;

/// Reads a template.
pub(super) fn template(text: &str) -> Result<Template, TemplateError> {
    let parts = parts(text)?;
    let mut parser = Parser {
        parts: &parts,
        at: 0,
        end: text.len(),
        variables: vec!["labels".into(), "value".into(), "externalLabels".into()],
        labels: Vec::new(),
        depth: 0,
    };
    let (pieces, stop) = parser.block()?;
    match stop {
        Stop::End => Ok(Template {
            pieces,
            labels: parser.labels,
        }),
        Stop::Else(span, _) => Err(TemplateError::new("unexpected {{else}}", span)),
        Stop::Close(span) => Err(TemplateError::new("unexpected {{end}}", span)),
    }
}

struct Parser<'a> {
    parts: &'a [Part],
    at: usize,
    end: usize,
    variables: Vec<String>,
    labels: Vec<(String, Range<usize>)>,
    depth: usize,
}

/// What ended a block.
enum Stop<'a> {
    End,
    Close(Range<usize>),
    /// `else`, with the tokens of an `if` behind it.
    Else(Range<usize>, Option<Words<'a>>),
}

/// Tokens that are still to be read.
#[derive(Clone)]
struct Words<'a> {
    tokens: &'a [(Token, Range<usize>)],
    /// The action, or the parenthesis, for messages about what is missing.
    whole: Range<usize>,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.first().map(|(token, _)| token)
    }

    fn next(&mut self) -> Option<&'a (Token, Range<usize>)> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }
}

impl<'a> Parser<'a> {
    fn block(&mut self) -> Result<(Vec<Piece>, Stop<'a>), TemplateError> {
        let mut pieces = Vec::new();
        let known = self.variables.len();
        let stop = loop {
            let Some(part) = self.parts.get(self.at) else {
                break Stop::End;
            };
            self.at += 1;
            let (tokens, whole) = match part {
                Part::Text(text) => {
                    pieces.push(Piece::Text(text.clone()));
                    continue;
                }
                Part::Action(tokens, whole) => (tokens.as_slice(), whole.clone()),
            };
            let mut words = Words { tokens, whole };
            let keyword = tokens.first().and_then(|(token, span)| match token {
                Token::Name(name) => Some((name.as_str(), span.clone())),
                _ => None,
            });
            match keyword {
                Some(("end", span)) => {
                    words.next();
                    Self::nothing_left(&words)?;
                    break Stop::Close(span);
                }
                Some(("else", span)) => {
                    words.next();
                    if matches!(words.peek(), Some(Token::Name(name)) if name == "if") {
                        words.next();
                        break Stop::Else(span, Some(words));
                    }
                    Self::nothing_left(&words)?;
                    break Stop::Else(span, None);
                }
                Some(("if", _)) => {
                    words.next();
                    pieces.push(self.branch(words)?);
                }
                Some(("with", _)) => {
                    words.next();
                    pieces.push(self.with(words)?);
                }
                Some((
                    name @ ("range" | "define" | "template" | "block" | "break" | "continue"),
                    span,
                )) => {
                    return Err(TemplateError::new(
                        format!("\"{name}\" has no place in an alert's text here"),
                        span,
                    ));
                }
                _ => {
                    let pipeline = self.pipeline(&mut words, false)?;
                    pieces.push(Piece::Print(pipeline));
                }
            }
        };
        self.variables.truncate(known);
        Ok((pieces, stop))
    }

    fn nothing_left(words: &Words<'_>) -> Result<(), TemplateError> {
        match words.tokens.first() {
            None => Ok(()),
            Some((_, span)) => Err(TemplateError::new(
                "unexpected word in action",
                span.clone(),
            )),
        }
    }

    fn deeper(&mut self, at: &Range<usize>) -> Result<(), TemplateError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(TemplateError::new("nested too deep", at.clone()));
        }
        Ok(())
    }

    fn closed(&self, stop: Stop<'a>) -> Result<(), TemplateError> {
        match stop {
            Stop::Close(_) => Ok(()),
            Stop::End => Err(TemplateError::new("unexpected EOF", self.end..self.end)),
            Stop::Else(span, _) => Err(TemplateError::new("unexpected {{else}}", span)),
        }
    }

    fn branch(&mut self, mut words: Words<'a>) -> Result<Piece, TemplateError> {
        self.deeper(&words.whole)?;
        let mut arms = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let condition = self.pipeline(&mut words, false)?;
            let (body, stop) = self.block()?;
            arms.push((condition, body));
            match stop {
                Stop::Else(_, Some(next)) => words = next,
                Stop::Else(_, None) => {
                    let (body, stop) = self.block()?;
                    otherwise = body;
                    self.closed(stop)?;
                    break;
                }
                stop => {
                    self.closed(stop)?;
                    break;
                }
            }
        }
        self.depth -= 1;
        Ok(Piece::If { arms, otherwise })
    }

    fn with(&mut self, mut words: Words<'a>) -> Result<Piece, TemplateError> {
        self.deeper(&words.whole)?;
        let value = self.pipeline(&mut words, false)?;
        let (body, stop) = self.block()?;
        let mut otherwise = Vec::new();
        match stop {
            Stop::Else(_, None) => {
                let (pieces, stop) = self.block()?;
                otherwise = pieces;
                self.closed(stop)?;
            }
            stop => self.closed(stop)?,
        }
        self.depth -= 1;
        Ok(Piece::With {
            value,
            body,
            otherwise,
        })
    }

    fn pipeline(&mut self, words: &mut Words<'a>, inner: bool) -> Result<Pipeline, TemplateError> {
        let mut assign = None;
        if let [(Token::Variable(name), _), (Token::Assign, _), rest @ ..] = words.tokens {
            words.tokens = rest;
            assign = Some(name.clone());
        }
        let mut commands: Vec<Vec<Operand>> = Vec::new();
        loop {
            let command = self.command(words)?;
            if !commands.is_empty() && !matches!(command.first(), Some(Operand::Function(_))) {
                return Err(TemplateError::new(
                    "non executable command in pipeline",
                    words.whole.clone(),
                ));
            }
            commands.push(command);
            match words.peek() {
                Some(Token::Pipe) => {
                    words.next();
                }
                Some(Token::Close) if inner => break,
                None => break,
                Some(_) => Self::nothing_left(words)?,
            }
        }
        if let Some(name) = &assign {
            self.variables.push(name.clone());
        }
        Ok(Pipeline { assign, commands })
    }

    fn command(&mut self, words: &mut Words<'a>) -> Result<Vec<Operand>, TemplateError> {
        let mut operands: Vec<Operand> = Vec::new();
        while let Some(token) = words.peek() {
            if matches!(token, Token::Pipe | Token::Close) {
                break;
            }
            let operand = self.operand(words, operands.as_slice())?;
            let argument_of_value =
                operands.len() == 1 && !matches!(operands.first(), Some(Operand::Function(_)));
            if argument_of_value {
                return Err(TemplateError::new(
                    "can't give argument to non-function",
                    words.whole.clone(),
                ));
            }
            operands.push(operand);
        }
        if operands.is_empty() {
            return Err(TemplateError::new(
                "missing value for command",
                words.whole.clone(),
            ));
        }
        Ok(operands)
    }

    fn operand(
        &mut self,
        words: &mut Words<'a>,
        before: &[Operand],
    ) -> Result<Operand, TemplateError> {
        let missing = || TemplateError::new("missing value for command", 0..0);
        let (token, span) = words.next().ok_or_else(missing)?;
        Ok(match token {
            Token::Name(name) => match name.as_str() {
                "true" => Operand::Bool(true),
                "false" => Operand::Bool(false),
                "nil" => Operand::Nil,
                name => {
                    let function = Function::named(name).ok_or_else(|| {
                        TemplateError::new(format!("function {name:?} not defined"), span.clone())
                    })?;
                    Operand::Function(function)
                }
            },
            Token::Text(text) => {
                if matches!(
                    before,
                    [Operand::Function(Function::Index), labels] if is_labels(labels)
                ) {
                    self.labels.push((text.clone(), span.clone()));
                }
                Operand::Text(text.clone())
            }
            Token::Number(number) => Operand::Number(*number),
            Token::Whole(whole) => Operand::Whole(*whole),
            Token::Dot => Operand::Dot(Vec::new()),
            Token::Field(name) => {
                let (fields, whole) = fields(words, vec![name.clone()], span.clone());
                if let [first, rest @ ..] = fields.as_slice() {
                    match (first.as_str(), rest) {
                        ("Labels", [label]) => self.labels.push((label.clone(), whole)),
                        ("Labels" | "Value" | "ExternalLabels", []) | ("ExternalLabels", [_]) => {}
                        _ => {
                            let unknown = rest.last().unwrap_or(first);
                            return Err(TemplateError::new(
                                format!("can't evaluate field {unknown}"),
                                whole,
                            ));
                        }
                    }
                }
                Operand::Dot(fields)
            }
            Token::Variable(name) => {
                if !self.variables.contains(name) && !name.is_empty() {
                    return Err(TemplateError::new(
                        format!("undefined variable \"${name}\""),
                        span.clone(),
                    ));
                }
                let (fields, whole) = fields(words, Vec::new(), span.clone());
                if let ("labels", [label]) = (name.as_str(), fields.as_slice()) {
                    self.labels.push((label.clone(), whole));
                } else if fields.len() > 1 || (name == "value" && !fields.is_empty()) {
                    let unknown = fields.last().map_or("", String::as_str);
                    return Err(TemplateError::new(
                        format!("can't evaluate field {unknown}"),
                        whole,
                    ));
                }
                Operand::Variable(name.clone(), fields)
            }
            Token::Open => {
                let opened = span.clone();
                self.deeper(&opened)?;
                let pipeline = self.pipeline(words, true)?;
                self.depth -= 1;
                if words.next().is_none() {
                    return Err(TemplateError::new(
                        "unclosed left paren",
                        opened.start..words.whole.end,
                    ));
                }
                let (fields, _) = fields(words, Vec::new(), opened);
                Operand::Paren(Box::new(pipeline), fields)
            }
            Token::Pipe | Token::Close | Token::Assign => {
                return Err(TemplateError::new(
                    "unexpected word in action",
                    span.clone(),
                ));
            }
        })
    }
}

/// The fields that follow an operand without a space between.
fn fields(
    words: &mut Words<'_>,
    mut names: Vec<String>,
    mut whole: Range<usize>,
) -> (Vec<String>, Range<usize>) {
    while let Some((Token::Field(name), span)) = words.tokens.first() {
        if span.start != whole.end {
            break;
        }
        names.push(name.clone());
        whole.end = span.end;
        words.next();
    }
    (names, whole)
}

fn is_labels(operand: &Operand) -> bool {
    match operand {
        Operand::Variable(name, fields) => name == "labels" && fields.is_empty(),
        Operand::Dot(fields) => matches!(fields.as_slice(), [only] if only == "Labels"),
        _ => false,
    }
}
