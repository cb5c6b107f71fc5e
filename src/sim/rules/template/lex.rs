//! Tokens of a template: texts between actions, and the words of each action. Knows no grammar.

use std::ops::Range;

use super::TemplateError;

/// Text, or the tokens of an action with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    Action(Vec<(Token, Range<usize>)>, Range<usize>),
}

/// A word of an action.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name: a keyword or a function.
    Name(String),
    /// `$name`, without the sign.
    Variable(String),
    /// `.name` that follows what stands before it without a space, or begins an operand.
    Field(String),
    /// `.` alone.
    Dot,
    Text(String),
    Number(f64),
    Whole(i64),
    Pipe,
    Assign,
    Open,
    Close,
}

/// Cuts a template into texts and actions.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut at = 0;
    let mut trims_next = false;
    loop {
        let rest = text.get(at..).unwrap_or("");
        let start = rest.find("{{");
        let plain = start.map_or(rest, |start| rest.get(..start).unwrap_or(""));
        let mut plain = if trims_next {
            plain.trim_start()
        } else {
            plain
        };
        let Some(start) = start.map(|start| at + start) else {
            push_text(&mut parts, plain);
            return Ok(parts);
        };
        let mut inner = start + 2;
        let marker = text.get(inner + 1..).unwrap_or("");
        if follows(text, inner, "-") && marker.starts_with(char::is_whitespace) {
            plain = plain.trim_end();
            inner += 1;
        }
        push_text(&mut parts, plain);
        let comment = text.get(inner..).unwrap_or("").trim_start();
        let (end, trims) = if comment.starts_with("/*") {
            end_of_comment(text, start, text.len() - comment.len())?
        } else {
            let (tokens, end, trims) = action(text, start, inner)?;
            parts.push(Part::Action(tokens, start..end));
            (end, trims)
        };
        at = end;
        trims_next = trims;
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
}

fn follows(text: &str, at: usize, what: &str) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(what))
}

fn unclosed(text: &str, start: usize) -> TemplateError {
    TemplateError::new("unclosed action", start..text.len())
}

fn end_of_comment(text: &str, start: usize, at: usize) -> Result<(usize, bool), TemplateError> {
    let wrong = || TemplateError::new("unclosed comment", start..text.len());
    let rest = text.get(at..).ok_or_else(wrong)?;
    let close = at + rest.find("*/").ok_or_else(wrong)? + 2;
    let after = text.get(close..).unwrap_or("");
    let spaces = after.len() - after.trim_start().len();
    if spaces > 0 && after.trim_start().starts_with("-}}") {
        return Ok((close + spaces + 3, true));
    }
    if after.starts_with("}}") {
        return Ok((close + 2, false));
    }
    Err(TemplateError::new(
        "comment ends before closing delimiter",
        start..close,
    ))
}

/// The tokens of an action that begins at `start`, where it ends, and whether the text behind it loses its spaces.
#[expect(clippy::type_complexity, reason = "taken apart at once, in one place")]
fn action(
    text: &str,
    start: usize,
    mut at: usize,
) -> Result<(Vec<(Token, Range<usize>)>, usize, bool), TemplateError> {
    let mut tokens: Vec<(Token, Range<usize>)> = Vec::new();
    loop {
        let rest = text.get(at..).unwrap_or("");
        let Some(first) = rest.chars().next() else {
            return Err(unclosed(text, start));
        };
        if rest.starts_with("}}") {
            return Ok((tokens, at + 2, false));
        }
        if first.is_whitespace() {
            let spaces = rest.len() - rest.trim_start().len();
            if rest.trim_start().starts_with("-}}") {
                return Ok((tokens, at + spaces + 3, true));
            }
            at += spaces;
            continue;
        }
        let (token, length) = token(text, at, first, rest)?;
        tokens.push((token, at..at + length));
        at += length;
    }
}

fn token(text: &str, at: usize, first: char, rest: &str) -> Result<(Token, usize), TemplateError> {
    let word = |from: usize| {
        let tail = rest.get(from..).unwrap_or("");
        let length = tail
            .char_indices()
            .find(|(_, c)| !(c.is_alphanumeric() || *c == '_'))
            .map_or(tail.len(), |(end, _)| end);
        tail.get(..length).unwrap_or("").to_owned()
    };
    Ok(match first {
        '|' => (Token::Pipe, 1),
        '(' => (Token::Open, 1),
        ')' => (Token::Close, 1),
        ':' if rest.starts_with(":=") => (Token::Assign, 2),
        '"' => quoted(text, at, rest)?,
        '`' => {
            let close = rest
                .get(1..)
                .and_then(|tail| tail.find('`'))
                .ok_or_else(|| {
                    TemplateError::new("unterminated raw quoted string", at..text.len())
                })?;
            let inner = rest.get(1..=close).unwrap_or("").to_owned();
            (Token::Text(inner), close + 2)
        }
        '$' => {
            let name = word(1);
            let length = 1 + name.len();
            (Token::Variable(name), length)
        }
        '.' => {
            let name = word(1);
            let digits = name.starts_with(|c: char| c.is_ascii_digit());
            if digits {
                number(at, rest)?
            } else if name.is_empty() {
                (Token::Dot, 1)
            } else {
                let length = 1 + name.len();
                (Token::Field(name), length)
            }
        }
        c if c.is_ascii_digit() || (matches!(c, '-' | '+')) => number(at, rest)?,
        c if c.is_alphabetic() || c == '_' => {
            let name = word(0);
            let length = name.len();
            (Token::Name(name), length)
        }
        c => {
            return Err(TemplateError::new(
                format!("unexpected {c:?} in command"),
                at..at + c.len_utf8(),
            ));
        }
    })
}

fn number(at: usize, rest: &str) -> Result<(Token, usize), TemplateError> {
    let mut length = 0;
    let mut before = ' ';
    for c in rest.chars() {
        let sign = matches!(c, '+' | '-') && (length == 0 || matches!(before, 'e' | 'E'));
        if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || sign) {
            break;
        }
        before = c;
        length += c.len_utf8();
    }
    let word = rest.get(..length).unwrap_or("");
    if let Ok(whole) = word.parse::<i64>() {
        return Ok((Token::Whole(whole), length));
    }
    let plain = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))
        && word
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
    match word.parse::<f64>() {
        Ok(number) if plain => Ok((Token::Number(number), length)),
        _ => Err(TemplateError::new(
            format!("bad number syntax: {word:?}"),
            at..at + length.max(1),
        )),
    }
}

fn quoted(text: &str, at: usize, rest: &str) -> Result<(Token, usize), TemplateError> {
    let mut value = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((place, c)) = characters.next() {
        match c {
            '"' => return Ok((Token::Text(value), place + 1)),
            '\n' => break,
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, c @ ('\\' | '"' | '\''))) => value.push(c),
                // Regular expressions come with escapes that Go's strings refuse too.
                _ => {
                    return Err(TemplateError::new(
                        "invalid syntax in a quoted string",
                        at..at + place + 1,
                    ));
                }
            },
            c => value.push(c),
        }
    }
    Err(TemplateError::new(
        "unterminated quoted string",
        at..text.len(),
    ))
}
