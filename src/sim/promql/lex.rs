//! Splits a query into tokens with their places, and tells what cannot be a token. Knows nothing of grammar.

use super::ast::{Place, Text};
use super::numbers::{DurationError, parse_duration_ms, parse_number};
use super::parse::ParseError;

/// The most bytes of a query's text.
pub(super) const TEXT_LIMIT: usize = 64 * 1024;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A metric name, label name, function or keyword.
    Word,
    /// A number.
    Number(f64),
    /// A number with units of time, in milliseconds.
    Duration(i64),
    /// A string literal, unescaped.
    Text(Text),
    /// An operator or a mark; the token's text says which.
    Symbol,
}

/// A token, its text as written and its place in the query.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub place: Place,
}

impl Token<'_> {
    pub fn is(&self, text: &str) -> bool {
        self.kind == Kind::Symbol && self.text == text
    }

    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// The value, if this is a number, a duration (in seconds) or one of the words `Inf` and `NaN`.
    pub fn number(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(value) => Some(value),
            Kind::Duration(millis) => Some(millis as f64 / 1000.0),
            Kind::Word if is_special_number(self.text) => parse_number(self.text),
            _ => None,
        }
    }
}

/// Whether a word is a number to PromQL.
pub(super) fn is_special_number(word: &str) -> bool {
    word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan")
}

/// The tokens of a query, comments and white space left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
    if text.len() > TEXT_LIMIT {
        let message = format!(
            "query is too long: {} bytes, at most {TEXT_LIMIT}",
            text.len()
        );
        return Err(ParseError::new(message, Place::at(text, 0, 0)));
    }
    let mut lexer = Lexer {
        text,
        at: 0,
        line: 1,
        line_start: 0,
        open: Vec::new(),
    };
    let mut found = Vec::new();
    while let Some(token) = lexer.next_token()? {
        found.push(token);
    }
    lexer.check_closed()?;
    Ok(found)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    line_start: usize,
    /// Open parentheses, braces and brackets.
    open: Vec<char>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn inside(&self, bracket: char) -> bool {
        self.open.last() == Some(&bracket)
    }

    fn place(&self, start: usize, end: usize) -> Place {
        Place {
            start: start as u32,
            end: end as u32,
            line: self.line,
            column: (start.saturating_sub(self.line_start) + 1) as u32,
        }
    }

    fn error<T>(&self, start: usize, message: impl Into<String>) -> Result<T, ParseError> {
        let end = start
            + self
                .text
                .get(start..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
        Err(ParseError::new(message.into(), self.place(start, end)))
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                return;
            };
            match first {
                '\n' => {
                    self.at += 1;
                    self.line += 1;
                    self.line_start = self.at;
                }
                ' ' | '\t' | '\r' => self.at += 1,
                '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
                _ => return,
            }
        }
    }

    fn next_token(&mut self) -> Result<Option<Token<'a>>, ParseError> {
        self.skip_blank();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let second = rest.chars().nth(1);
        let token = match first {
            '"' | '\'' | '`' => self.string(first)?,
            '0'..='9' => self.number()?,
            '.' if second.is_some_and(|next| next.is_ascii_digit()) => self.number()?,
            ':' if self.inside('[') => self.symbol(1),
            'a'..='z' | 'A'..='Z' | '_' | ':' => self.word(),
            _ => self.mark(first, second)?,
        };
        Ok(Some(token))
    }

    fn token(&mut self, kind: Kind, length: usize) -> Token<'a> {
        let start = self.at;
        self.at += length;
        Token {
            kind,
            text: self.text.get(start..self.at).unwrap_or(""),
            place: self.place(start, self.at),
        }
    }

    fn symbol(&mut self, length: usize) -> Token<'a> {
        self.token(Kind::Symbol, length)
    }

    fn word(&mut self) -> Token<'a> {
        let colons = !self.inside('{');
        let length = self
            .rest()
            .bytes()
            .take_while(|byte| {
                byte.is_ascii_alphanumeric() || *byte == b'_' || (colons && *byte == b':')
            })
            .count();
        self.token(Kind::Word, length.max(1))
    }

    /// A run of digits, letters and points, with a sign after the `e` of an exponent.
    fn number(&mut self) -> Result<Token<'a>, ParseError> {
        let bytes = self.rest().as_bytes();
        let hexadecimal = matches!(bytes, [b'0', b'x' | b'X', ..]);
        let mut length = 0;
        let mut digits_only = true;
        while let Some(byte) = bytes.get(length) {
            let exponent = digits_only && !hexadecimal && matches!(byte, b'e' | b'E');
            let signed = exponent && matches!(bytes.get(length + 1), Some(b'+' | b'-'));
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
                break;
            }
            digits_only &= byte.is_ascii_digit() || matches!(byte, b'.' | b'_');
            length += if signed { 2 } else { 1 };
        }
        let text = self.rest().get(..length).unwrap_or("");
        if let Some(value) = parse_number(text) {
            return Ok(self.token(Kind::Number(value), length));
        }
        match parse_duration_ms(text) {
            Ok(millis) => Ok(self.token(Kind::Duration(millis), length)),
            Err(DurationError::OutOfRange) => self.error(self.at, "duration out of range"),
            Err(DurationError::Malformed) => {
                self.error(self.at, format!("bad number or duration syntax: {text:?}"))
            }
        }
    }

    fn mark(&mut self, first: char, second: Option<char>) -> Result<Token<'a>, ParseError> {
        let start = self.at;
        let braces = self.inside('{');
        match (first, second) {
            ('=' | '!', Some('~')) if braces => Ok(self.symbol(2)),
            ('!', Some('=')) => Ok(self.symbol(2)),
            ('!', Some(other)) => {
                let within = if braces { " inside braces" } else { "" };
                self.error(
                    start,
                    format!("unexpected character after '!'{within}: {other:?}"),
                )
            }
            ('=', Some('~')) => self.error(start, "unexpected character after '=': '~'"),
            ('=' | '<' | '>', Some('=')) if !braces => Ok(self.symbol(2)),
            ('=' | ',', _) => Ok(self.symbol(1)),
            ('}', _) if braces => Ok(self.close()),
            ('{', _) if braces => self.error(start, "unexpected left brace '{' inside braces"),
            (other, _) if braces => self.error(
                start,
                format!("unexpected character inside braces: {other:?}"),
            ),
            ('<' | '>' | '+' | '-' | '*' | '/' | '%' | '^' | '@', _) => Ok(self.symbol(1)),
            ('(' | '{' | '[', _) => {
                self.open.push(first);
                Ok(self.symbol(1))
            }
            (')', _) if self.inside('(') => Ok(self.close()),
            (']', _) if self.inside('[') => Ok(self.close()),
            (')', _) => self.error(start, "unexpected right parenthesis ')'"),
            ('}', _) => self.error(start, "unexpected right brace '}'"),
            (']', _) => self.error(start, "unexpected right bracket ']'"),
            (other, _) => self.error(start, format!("unexpected character: {other:?}")),
        }
    }

    fn close(&mut self) -> Token<'a> {
        self.open.pop();
        self.symbol(1)
    }

    fn check_closed(&self) -> Result<(), ParseError> {
        let end = self.text.len();
        match self.open.last() {
            None => Ok(()),
            Some('(') => self.error(end, "unclosed left parenthesis"),
            Some('{') => self.error(end, "unexpected end of input inside braces"),
            Some(_) => self.error(
                end,
                "unexpected end of input in subquery or range selector, expected right bracket",
            ),
        }
    }

    fn string(&mut self, mark: char) -> Result<Token<'a>, ParseError> {
        let mut bytes = Vec::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                _ if character == mark => {
                    let token = self.token(Kind::Text(Text::from_bytes(bytes)), offset + 1);
                    self.count_lines(token.text, token.place.start as usize);
                    return Ok(token);
                }
                '\n' if mark != '`' => break,
                '\\' if mark != '`' => {
                    let start = self.at + offset;
                    let rest = self.text.get(start + 1..).unwrap_or("");
                    let used = escape(rest, mark, &mut bytes)
                        .or_else(|problem| self.error(start, problem))?;
                    // `used` counts characters of the escape, all of them ASCII.
                    for _ in 0..used {
                        characters.next();
                    }
                }
                plain => {
                    let mut buffer = [0; 4];
                    bytes.extend_from_slice(plain.encode_utf8(&mut buffer).as_bytes());
                }
            }
        }
        let kind = if mark == '`' { "raw" } else { "quoted" };
        self.error(self.at, format!("unterminated {kind} string"))
    }

    fn count_lines(&mut self, text: &str, start: usize) {
        for (offset, _) in text.match_indices('\n') {
            self.line += 1;
            self.line_start = start + offset + 1;
        }
    }
}

/// Reads one escape after its backslash into `bytes`; how many characters it took, or what is wrong with it.
pub(in crate::sim) fn escape(rest: &str, mark: char, bytes: &mut Vec<u8>) -> Result<usize, String> {
    let Some(first) = rest.chars().next() else {
        return Err("escape sequence not terminated".to_owned());
    };
    let plain = match first {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        _ if first == mark => mark as u8,
        '0'..='7' => return numeric_escape(rest, 0, 3, 8, bytes),
        'x' => return numeric_escape(rest, 1, 2, 16, bytes),
        'u' => return numeric_escape(rest, 1, 4, 16, bytes),
        'U' => return numeric_escape(rest, 1, 8, 16, bytes),
        other => {
            return Err(format!(
                "unknown escape sequence U+{:04X} {other:?}",
                other as u32
            ));
        }
    };
    bytes.push(plain);
    Ok(1)
}

/// `\x` and octal escapes are bytes, `\u` and `\U` are characters.
fn numeric_escape(
    rest: &str,
    skip: usize,
    digits: usize,
    radix: u32,
    bytes: &mut Vec<u8>,
) -> Result<usize, String> {
    let value = rest
        .get(skip..skip + digits)
        .filter(|text| text.chars().all(|digit| digit.is_digit(radix)))
        .and_then(|text| u32::from_str_radix(text, radix).ok())
        .ok_or_else(|| "illegal character in escape sequence".to_owned())?;
    let out_of_range = || "escape sequence is an invalid Unicode code point".to_owned();
    if digits <= 3 {
        bytes.push(u8::try_from(value).map_err(|_| out_of_range())?);
    } else {
        let character = char::from_u32(value).ok_or_else(out_of_range)?;
        let mut buffer = [0; 4];
        bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    }
    Ok(skip + digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &str) -> Vec<String> {
        tokens(query)
            .unwrap()
            .iter()
            .map(|token| token.text.to_owned())
            .collect()
    }

    fn problem(query: &str) -> String {
        tokens(query).unwrap_err().to_string()
    }

    #[test]
    fn splits_words_numbers_and_marks() {
        assert_eq!(
            texts("a:b{c=~'d',e!=\"f\"}[5m:30s]@-1e-3>=bool 0x1f # end"),
            [
                "a:b", "{", "c", "=~", "'d'", ",", "e", "!=", "\"f\"", "}", "[", "5m", ":", "30s",
                "]", "@", "-", "1e-3", ">=", "bool", "0x1f"
            ]
        );
        assert_eq!(texts("1-2"), ["1", "-", "2"]);
        assert_eq!(texts("5m-.5"), ["5m", "-", ".5"]);
    }

    #[test]
    fn strings_are_bytes_until_they_are_used() {
        let found = tokens(r#""a\tb\u00e9" `\n` "\xff""#).unwrap();
        assert_eq!(found[0].kind, Kind::Text(Text::from_bytes("a\tbé".into())));
        assert_eq!(found[1].kind, Kind::Text(Text::from_bytes(b"\\n".to_vec())));
        assert_eq!(found[2].kind, Kind::Text(Text::from_bytes(vec![0xff])));
    }

    #[test]
    fn places_count_lines() {
        let found = tokens("a +\n  `x\ny` b").unwrap();
        assert_eq!((found[2].place.line, found[2].place.column), (2, 3));
        assert_eq!((found[3].place.line, found[3].place.column), (3, 4));
    }

    #[test]
    fn what_is_no_token_is_told() {
        assert_eq!(
            problem("a & b"),
            "1:3: parse error: unexpected character: '&'"
        );
        assert_eq!(
            problem("5mm"),
            "1:1: parse error: bad number or duration syntax: \"5mm\""
        );
        assert_eq!(
            problem("\"a"),
            "1:1: parse error: unterminated quoted string"
        );
        assert_eq!(
            problem("sum(a"),
            "1:6: parse error: unclosed left parenthesis"
        );
        assert_eq!(
            problem("a)"),
            "1:2: parse error: unexpected right parenthesis ')'"
        );
        assert_eq!(
            problem("{a=\"b\""),
            "1:7: parse error: unexpected end of input inside braces"
        );
        assert_eq!(
            problem("a =~ b"),
            "1:3: parse error: unexpected character after '=': '~'"
        );
        assert_eq!(
            problem("\"\\q\""),
            "1:2: parse error: unknown escape sequence U+0071 'q'"
        );
        assert_eq!(
            problem("a[300y]"),
            "1:3: parse error: duration out of range"
        );
    }
}
