//! A query's text as tokens with their places. Bounded in length; never fails silently.

use super::ParseError;
use super::units;
use crate::sim::promql::lex::escape;
use crate::sim::promql::numbers::{DurationError, parse_duration_ms};

/// The longest query, as Loki's default has it.
const LONGEST: usize = 131_072;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A name, or a function that is not called here.
    Name(String),
    /// A word of the language, or a mark: `{`, `|=`, `json`.
    Mark(&'static str),
    /// A function that is called: its name in small letters.
    Function(String),
    Text(String),
    Number(f64),
    /// Seconds.
    Duration(f64),
    /// Bytes.
    Bytes(f64),
    /// `[5m]` in ms.
    Range(i64),
    /// `--strict`.
    Flag(&'static str),
    End,
}

/// A token with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Words that cannot be names.
const WORDS: [&str; 26] = [
    "and",
    "bool",
    "by",
    "decolorize",
    "drop",
    "group_left",
    "group_right",
    "ignoring",
    "ip",
    "json",
    "keep",
    "label_format",
    "label_replace",
    "line_format",
    "logfmt",
    "offset",
    "on",
    "or",
    "pattern",
    "regexp",
    "unless",
    "unpack",
    "unwrap",
    "without",
    "of",
    "variants",
];

/// Names that are functions where a parenthesis or a grouping follows.
const FUNCTIONS: [&str; 29] = [
    "absent_over_time",
    "avg",
    "avg_over_time",
    "bottomk",
    "bytes",
    "bytes_over_time",
    "bytes_rate",
    "count",
    "count_over_time",
    "duration",
    "duration_seconds",
    "first_over_time",
    "last_over_time",
    "max",
    "max_over_time",
    "min",
    "min_over_time",
    "quantile_over_time",
    "rate",
    "rate_counter",
    "sort",
    "sort_desc",
    "stddev",
    "stddev_over_time",
    "stdvar",
    "stdvar_over_time",
    "sum",
    "sum_over_time",
    "topk",
];

/// Marks, longer ones before those they begin with.
const MARKS: [&str; 28] = [
    "|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<=", "{", "}", "(", ")", ",", ".", "=",
    "|", "+", "-", "*", "/", "%", "^", ">", "<", "[", "]",
];

/// Reads all tokens; the last one is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ParseError> {
    if text.len() > LONGEST {
        return Err(ParseError {
            line: 0,
            column: 0,
            message: format!("input size too long ({} > {LONGEST})", text.len()),
            span: 0..0,
        });
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let last = token.kind == Kind::End;
        tokens.push(token);
        if last {
            return Ok(tokens);
        }
    }
}

/// Line and column of a byte, from 1.
pub(super) fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() as u32 + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(start..).unwrap_or("").chars().count() as u32 + 1;
    (line, column)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn error<T>(
        &self,
        start: usize,
        end: usize,
        message: impl Into<String>,
    ) -> Result<T, ParseError> {
        let (line, column) = line_and_column(self.text, start);
        Err(ParseError {
            line,
            column,
            message: message.into(),
            span: start..end.max(start),
        })
    }

    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            let comment = if rest.trim_start().starts_with('#') {
                rest.trim_start()
                    .find('\n')
                    .unwrap_or(rest.trim_start().len())
            } else {
                0
            };
            if blank + comment == 0 {
                return;
            }
            self.at += blank + comment;
        }
    }

    fn take(&mut self, kind: Kind, length: usize) -> Token {
        let start = self.at;
        self.at += length;
        Token {
            kind,
            start,
            end: self.at,
        }
    }

    fn next(&mut self) -> Result<Token, ParseError> {
        self.skip();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(self.take(Kind::End, 0));
        };
        match first {
            '"' | '`' => self.string(first),
            '\'' => self.error(
                self.at,
                self.at + 1,
                "syntax error: unexpected character '\\''",
            ),
            '0'..='9' => Ok(self.number()),
            '.' if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => Ok(self.number()),
            '[' => self.range(),
            '-' if rest.starts_with("--strict") => Ok(self.take(Kind::Flag("--strict"), 8)),
            '-' if rest.starts_with("--keep-empty") => {
                Ok(self.take(Kind::Flag("--keep-empty"), 12))
            }
            '_' => Ok(self.word()),
            letter if letter.is_alphabetic() => Ok(self.word()),
            other => match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
                Some(mark) => Ok(self.take(Kind::Mark(mark), mark.len())),
                None => self.error(
                    self.at,
                    self.at + other.len_utf8(),
                    format!(
                        "syntax error: unexpected character '{}'",
                        other.escape_default()
                    ),
                ),
            },
        }
    }

    fn word(&mut self) -> Token {
        let rest = self.rest();
        let length = rest
            .find(|letter: char| !(letter == '_' || letter.is_alphanumeric()))
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or("").to_owned();
        let small = word.to_ascii_lowercase();
        if FUNCTIONS.contains(&small.as_str()) {
            let kind = if called(rest.get(length..).unwrap_or("")) {
                Kind::Function(small)
            } else {
                Kind::Name(word)
            };
            return self.take(kind, length);
        }
        if small == "vector" && called(rest.get(length..).unwrap_or("")) {
            return self.take(Kind::Function(small), length);
        }
        // Names, too, unless they are called.
        let callable = matches!(small.as_str(), "ip" | "label_replace");
        if callable
            && !rest
                .get(length..)
                .unwrap_or("")
                .trim_start()
                .starts_with('(')
        {
            return self.take(Kind::Name(word), length);
        }
        match WORDS.iter().find(|known| **known == small) {
            Some(known) => self.take(Kind::Mark(known), length),
            None => self.take(Kind::Name(word), length),
        }
    }

    fn number(&mut self) -> Token {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut digits = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
            .count();
        let exponent = bytes
            .get(digits)
            .is_some_and(|byte| matches!(byte, b'e' | b'E'));
        if exponent {
            let sign = usize::from(
                bytes
                    .get(digits + 1)
                    .is_some_and(|byte| matches!(byte, b'+' | b'-')),
            );
            let more = bytes
                .iter()
                .skip(digits + 1 + sign)
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if more > 0 {
                digits += 1 + sign + more;
            }
        }
        let long = rest
            .find(|letter: char| !(letter == '.' || letter.is_alphanumeric()))
            .unwrap_or(rest.len());
        let number = rest.get(..digits).unwrap_or("");
        let value = number.parse::<f64>().ok();
        if long > digits {
            let word = rest.get(..long).unwrap_or("");
            let promql = parse_duration_ms(word).ok().map(|ms| ms as f64 / 1000.0);
            if let Some(seconds) = promql.or_else(|| units::duration_seconds(word)) {
                return self.take(Kind::Duration(seconds), long);
            }
            if let Some(size) = units::bytes(word) {
                return self.take(Kind::Bytes(size), long);
            }
        }
        match value {
            Some(value) => self.take(Kind::Number(value), digits),
            // `1.2.3`: no number; the parser says so.
            None => self.take(Kind::Name(number.to_owned()), digits.max(1)),
        }
    }

    fn range(&mut self) -> Result<Token, ParseError> {
        let rest = self.rest();
        let (_, column) = line_and_column(self.text, self.at);
        // Loki does not know the line of a range.
        let wrong = |message: String, length: usize| ParseError {
            line: 0,
            column,
            message,
            span: self.at..self.at + length,
        };
        let Some(end) = rest.find(']') else {
            return Err(wrong(
                "missing closing ']' in duration".to_owned(),
                rest.len(),
            ));
        };
        let inside = rest.get(1..end).unwrap_or("");
        let millis = match parse_duration_ms(inside) {
            Ok(millis) => millis,
            Err(DurationError::OutOfRange) => {
                return Err(wrong("duration out of range".to_owned(), end + 1));
            }
            Err(DurationError::Malformed) => {
                return Err(wrong(
                    format!("not a valid duration string: \"{inside}\""),
                    end + 1,
                ));
            }
        };
        Ok(self.take(Kind::Range(millis), end + 1))
    }

    fn string(&mut self, mark: char) -> Result<Token, ParseError> {
        let mut bytes = Vec::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((offset, letter)) = letters.next() {
            match letter {
                _ if letter == mark => {
                    return match String::from_utf8(bytes) {
                        Ok(text) => Ok(self.take(Kind::Text(text), offset + 1)),
                        Err(_) => self.error(self.at, self.at + offset + 1, "invalid UTF-8 rune"),
                    };
                }
                '\n' if mark == '"' => break,
                '\\' if mark == '"' => {
                    let rest = self.text.get(self.at + offset + 1..).unwrap_or("");
                    let Ok(used) = escape(rest, mark, &mut bytes) else {
                        return self.error(self.at, self.at + offset + 1, "invalid char escape");
                    };
                    // An escape is of ASCII characters.
                    for _ in 0..used {
                        letters.next();
                    }
                }
                plain => {
                    let mut buffer = [0; 4];
                    bytes.extend_from_slice(plain.encode_utf8(&mut buffer).as_bytes());
                }
            }
        }
        self.error(self.at, self.text.len(), "literal not terminated")
    }
}

/// Whether a function's name is followed by its arguments, or by a grouping and then them.
fn called(rest: &str) -> bool {
    let rest = rest.trim_start();
    if rest.starts_with('(') {
        return true;
    }
    let small: String = rest
        .chars()
        .take(7)
        .collect::<String>()
        .to_ascii_lowercase();
    ["by", "without"]
        .into_iter()
        .filter(|word| small.starts_with(word))
        .any(|word| {
            rest.get(word.len()..)
                .unwrap_or("")
                .trim_start()
                .starts_with('(')
        })
}
