//! Cuts a RON text into tokens with their places. Tolerant: every text gives tokens, what is wrong is said beside them.

use std::ops::Range;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// One of `( ) [ ] { } : ,`.
    Punct(u8),
    /// A name: a field, a variant, `true`, `None`, `inf`.
    Name,
    /// A text, decoded.
    Text(String),
    /// A number.
    Number,
    /// Something else that RON knows but these files never need: a character, bytes, an attribute.
    Other,
}

/// Something wrong in the form of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where.
    pub span: Range<usize>,
    /// What.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// A byte of the text and what to read there instead, so that the rest can be read as it was meant.
    pub repair: Option<(usize, u8)>,
    /// It makes a guess of where brackets end: what is read around it is not worth a complaint.
    pub is_structural: bool,
}

impl Flaw {
    /// A flaw without a hint.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            hint: None,
            repair: None,
            is_structural: false,
        }
    }

    /// The same with what to read instead.
    #[must_use]
    pub fn repaired(mut self, at: usize, byte: u8) -> Self {
        self.repair = Some((at, byte));
        self
    }

    /// The same as a flaw of brackets.
    #[must_use]
    pub fn structural(mut self) -> Self {
        self.is_structural = true;
        self
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The tokens of a text with their bytes, and the flaws met on the way.
pub fn tokens(text: &str) -> (Vec<(Token, Range<usize>)>, Vec<Flaw>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        flaws: Vec::new(),
    };
    let mut found = Vec::new();
    while let Some(token) = lexer.next() {
        found.push(token);
    }
    (found, lexer.flaws)
}

/// The bytes of a text token that a part of its decoded text was written with. `None` where they cannot be told.
pub fn written(raw: &str, part: &Range<usize>) -> Option<Range<usize>> {
    let mut lexer = Lexer {
        text: raw,
        at: 0,
        flaws: Vec::new(),
    };
    if let Some(hashes) = lexer.raw_hashes("r") {
        let start = hashes + 2;
        return Some(part.start + start..part.end + start);
    }
    lexer.at = 1;
    let mut out = String::new();
    let mut start = None;
    loop {
        if out.len() >= part.start && start.is_none() {
            start = Some(lexer.at);
        }
        if out.len() >= part.end {
            return Some(start?..lexer.at);
        }
        let here = lexer.at;
        let next = lexer.peek()?;
        lexer.at += next.len_utf8();
        match next {
            '"' => return None,
            '\\' => lexer.escape(here, &mut out),
            _ => out.push(next),
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    flaws: Vec<Flaw>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        let rest = self.rest();
        let length = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += length;
    }

    fn next(&mut self) -> Option<(Token, Range<usize>)> {
        loop {
            self.skip_blank();
            let start = self.at;
            let first = self.peek()?;
            let token = match first {
                '(' | ')' | '[' | ']' | '{' | '}' | ':' | ',' => {
                    self.at += 1;
                    Token::Punct(first as u8)
                }
                '"' => self.text_token(),
                '\'' => self.char_token(),
                '#' => {
                    self.attribute();
                    continue;
                }
                '=' | ';' if !self.is_run(first) => self.mistaken(first),
                '0'..='9' | '+' | '-' | '.' => {
                    self.skip_while(is_number_part);
                    Token::Number
                }
                _ if self.raw_hashes("r").is_some() => self.raw_text(1),
                _ if self.raw_hashes("br").is_some() => {
                    self.raw_text(2);
                    Token::Other
                }
                _ if self.rest().starts_with("b\"") => {
                    self.at += 1;
                    self.text_token();
                    Token::Other
                }
                _ if is_name_start(first) => {
                    if self.rest().starts_with("r#") {
                        self.at += 2;
                    }
                    self.skip_while(is_name_part);
                    Token::Name
                }
                _ => {
                    self.stray(first);
                    continue;
                }
            };
            return Some((token, start..self.at));
        }
    }

    /// Whether a character comes twice here.
    fn is_run(&self, first: char) -> bool {
        self.rest().chars().nth(1) == Some(first)
    }

    /// The sign of another language where RON has one of its own: said, and read as that.
    fn mistaken(&mut self, first: char) -> Token {
        let meant = if first == '=' { b':' } else { b',' };
        let start = self.at;
        self.stray(first);
        if let Some(flaw) = self.flaws.last_mut() {
            flaw.repair = Some((start, meant));
        }
        Token::Punct(meant)
    }

    /// A character that begins nothing: said once for a run of them.
    fn stray(&mut self, first: char) {
        let start = self.at;
        self.skip_while(|c| c == first);
        let shown: String = first.escape_debug().collect();
        let flaw = Flaw::new(start..self.at, format!("`{shown}` has no meaning here"));
        self.flaws.push(match first {
            '=' => flaw.hint("a field and its value are joined by `:`"),
            ';' => flaw.hint("entries are separated by `,`"),
            '`' | '\u{201c}' | '\u{201d}' | '\u{201e}' => flaw.hint("texts are written in `\"`"),
            _ => flaw,
        });
    }

    fn skip_blank(&mut self) {
        loop {
            self.skip_while(char::is_whitespace);
            if self.rest().starts_with("//") {
                self.skip_while(|c| c != '\n');
            } else if self.rest().starts_with("/*") {
                self.skip_block_comment();
            } else {
                return;
            }
        }
    }

    fn skip_block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return;
                }
            } else if let Some(next) = rest.chars().next() {
                self.at += next.len_utf8();
            } else {
                self.flaws.push(
                    Flaw::new(start..start + 2, "this comment has no end")
                        .hint("close it with `*/`"),
                );
                return;
            }
        }
    }

    fn text_token(&mut self) -> Token {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(next) = self.peek() else {
                self.flaws.push(
                    Flaw::new(start..start + 1, "this text has no end").hint("close it with `\"`"),
                );
                return Token::Text(out);
            };
            let here = self.at;
            self.at += next.len_utf8();
            match next {
                '"' => return Token::Text(out),
                '\\' => self.escape(here, &mut out),
                _ => out.push(next),
            }
        }
    }

    fn escape(&mut self, start: usize, out: &mut String) {
        let Some(kind) = self.peek() else { return };
        self.at += kind.len_utf8();
        match kind {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '0' => out.push('\0'),
            '\\' | '"' | '\'' => out.push(kind),
            '\n' => self.skip_while(char::is_whitespace),
            'x' => {
                let digits = self.rest().get(..2).unwrap_or("").to_owned();
                self.code_point(start, &digits, digits.len(), out);
            }
            'u' if self.peek() == Some('{') => {
                let digits: String = self
                    .rest()
                    .chars()
                    .skip(1)
                    .take_while(|c| *c != '}')
                    .take(7)
                    .collect();
                self.code_point(start, &digits, digits.len() + 2, out);
            }
            _ => self.bad_escape(start),
        }
    }

    fn code_point(&mut self, start: usize, digits: &str, length: usize, out: &mut String) {
        match u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)
        {
            Some(character) => {
                self.at = (self.at + length).min(self.text.len());
                out.push(character);
            }
            None => self.bad_escape(start),
        }
    }

    fn bad_escape(&mut self, start: usize) {
        let end = self.at;
        self.flaws.push(
            Flaw::new(start..end, "no character is written like this")
                .hint("a backslash itself is written `\\\\`; in a raw text, `r#\"...\"#`, it stands for itself"),
        );
    }

    fn char_token(&mut self) -> Token {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        while let Some(next) = self.peek() {
            if next == '\n' {
                break;
            }
            self.at += next.len_utf8();
            if next == '\'' && !escaped {
                break;
            }
            escaped = next == '\\' && !escaped;
        }
        self.flaws.push(
            Flaw::new(start..self.at, "texts are not written in single quotes")
                .hint("write `\"...\"`"),
        );
        Token::Other
    }

    fn attribute(&mut self) {
        let start = self.at;
        let line = self.rest().find('\n').unwrap_or(self.rest().len());
        let length = self
            .rest()
            .find(']')
            .map_or(line, |at| (at + 1).min(line))
            .max(1);
        self.at += length;
        self.flaws.push(
            Flaw::new(start..self.at, "attributes are not used in these files")
                .hint("remove it: optional values are written without `Some` in any case"),
        );
    }

    /// The number of `#` before the quote of a raw text that starts with `prefix` here.
    fn raw_hashes(&self, prefix: &str) -> Option<usize> {
        let after = self.rest().strip_prefix(prefix)?;
        let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
        (after.as_bytes().get(hashes) == Some(&b'"')).then_some(hashes)
    }

    fn raw_text(&mut self, prefix: usize) -> Token {
        let start = self.at;
        self.at += prefix;
        let hashes = self.rest().bytes().take_while(|byte| *byte == b'#').count();
        self.at += hashes + 1;
        let end = format!("\"{}", "#".repeat(hashes));
        let found = self.rest().find(&end);
        let length = found.unwrap_or(self.rest().len());
        let out = self.rest().get(..length).unwrap_or("").to_owned();
        self.at += length;
        if found.is_some() {
            self.at += end.len();
        } else {
            self.flaws.push(
                Flaw::new(
                    start..start + prefix + hashes + 1,
                    "this raw text has no end",
                )
                .hint(format!("close it with `{end}`")),
            );
        }
        Token::Text(out)
    }
}

const fn is_number_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '+' | '-')
}

fn is_name_start(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn is_name_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Token> {
        let (found, flaws) = tokens(text);
        assert_eq!(flaws, [], "{text}");
        found.into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn texts_are_decoded() {
        let text = |s: &str| Token::Text(s.to_owned());
        assert_eq!(kinds(r#""a\n\u{e9}\x41\"""#), [text("a\né\u{41}\"")]);
        assert_eq!(kinds("r\"a\\n\""), [text("a\\n")]);
        assert_eq!(kinds("r##\"a\"#b\"##"), [text("a\"#b")]);
    }

    #[test]
    fn a_part_of_a_text_is_found_as_it_was_written() {
        let part = |raw: &str, part: Range<usize>| raw[written(raw, &part).unwrap()].to_owned();
        assert_eq!(part(r#""a{b=\"c\"} > d""#, 2..7), r#"b=\"c\""#);
        assert_eq!(part(r#""\u{e9}x""#, 2..3), "x");
        assert_eq!(part("r#\"a\"b\"#", 1..3), "\"b");
        assert_eq!(part("\"ab\"", 2..2), "");
        assert_eq!(written("\"ab\"", &(5..6)), None);
    }

    #[test]
    fn comments_and_names_and_numbers_are_told_apart() {
        assert_eq!(
            kinds("/* a /* nested */ b */ r#type: -1.5e3, // x\n Go(true)"),
            [
                Token::Name,
                Token::Punct(b':'),
                Token::Number,
                Token::Punct(b','),
                Token::Name,
                Token::Punct(b'('),
                Token::Name,
                Token::Punct(b')'),
            ]
        );
    }

    #[test]
    fn flaws_are_said_with_their_place() {
        let flaw = |text: &str| {
            let (_, flaws) = tokens(text);
            assert_eq!(flaws.len(), 1, "{text}: {flaws:?}");
            (flaws[0].span.clone(), flaws[0].message.clone())
        };
        assert_eq!(flaw("a = 1").0, 2..3);
        assert_eq!(flaw("(a: \"x").1, "this text has no end");
        assert_eq!(flaw("(a: \"x\\q\")").0, 6..8);
        assert_eq!(flaw("/* x").1, "this comment has no end");
        assert_eq!(flaw("#![enable(x)] a").0, 0..13);
        assert_eq!(flaw("'x'").0, 0..3);
    }
}
