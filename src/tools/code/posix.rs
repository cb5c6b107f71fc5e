//! POSIX regular expressions as grep, sed and git take them, turned into those of the `regex` crate, which run in time
//! linear in the text. Back-references have no such form and are refused.

use regex::{Regex, RegexBuilder};
use thiserror::Error;

/// The longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 4_096;
/// Memory for a compiled pattern, in bytes.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// Which characters are special.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// `grep`: `\(`, `\|`, `\+` are special, `(`, `|`, `+` are not.
    #[default]
    Basic,
    /// `grep -E`
    Extended,
    /// `grep -F`: nothing is.
    Fixed,
    /// `grep -P`, as far as patterns need no back-tracking.
    Perl,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// `\1`
    #[error("back-references are not supported")]
    BackReference,
    /// `\(` without `\)`.
    #[error("Unmatched ( or \\(")]
    UnmatchedOpen,
    /// `\)` without `\(`.
    #[error("Unmatched ) or \\)")]
    UnmatchedClose,
    /// `[` without `]`.
    #[error("Unmatched [, [^, [:, [., or [=")]
    UnmatchedBracket,
    /// A backslash at the end.
    #[error("Trailing backslash")]
    TrailingBackslash,
    /// `\{` without `\}`, or nonsense between them.
    #[error("Invalid content of \\{{\\}}")]
    Repetition,
    /// Too long or too large.
    #[error("Regular expression too big")]
    TooBig,
    /// Anything else.
    #[error("Invalid regular expression")]
    Invalid,
}

/// Compiles a pattern.
pub fn compile(pattern: &str, syntax: Syntax, ignore_case: bool) -> Result<Regex, PatternError> {
    build(&translate(pattern, syntax)?, ignore_case)
}

/// Compiles the `regex` crate's form of a pattern within the limits.
pub fn build(expression: &str, ignore_case: bool) -> Result<Regex, PatternError> {
    RegexBuilder::new(expression)
        .case_insensitive(ignore_case)
        .size_limit(MAX_COMPILED_BYTES)
        .dfa_size_limit(MAX_COMPILED_BYTES)
        .nest_limit(100)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => PatternError::TooBig,
            _ => PatternError::Invalid,
        })
}

/// The `regex` crate's form of a pattern.
pub fn translate(pattern: &str, syntax: Syntax) -> Result<String, PatternError> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(PatternError::TooBig);
    }
    match syntax {
        Syntax::Fixed => {
            // Several lines are several patterns.
            let parts: Vec<String> = pattern.split('\n').map(regex::escape).collect();
            Ok(parts.join("|"))
        }
        Syntax::Perl => Ok(pattern.to_owned()),
        Syntax::Basic | Syntax::Extended => {
            let parts = pattern.split('\n').map(|line| {
                Translator {
                    rest: line.chars().peekable(),
                    extended: syntax == Syntax::Extended,
                    out: String::new(),
                    open: Vec::new(),
                    atom: 0,
                    repeated: false,
                    at_start: true,
                }
                .run()
            });
            Ok(parts.collect::<Result<Vec<String>, _>>()?.join("|"))
        }
    }
}

struct Translator<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    extended: bool,
    out: String,
    /// Where each open group began in `out`.
    open: Vec<usize>,
    /// Where the last character, set or group began in `out`, and whether it is repeated already.
    atom: usize,
    repeated: bool,
    /// Where `*` is an ordinary character: at the start of the pattern or of a group.
    at_start: bool,
}

impl Translator<'_> {
    fn run(mut self) -> Result<String, PatternError> {
        while let Some(character) = self.rest.next() {
            self.one(character)?;
        }
        if !self.open.is_empty() {
            return Err(PatternError::UnmatchedOpen);
        }
        Ok(self.out)
    }

    fn one(&mut self, character: char) -> Result<(), PatternError> {
        let start = std::mem::take(&mut self.at_start);
        match character {
            '\\' => return self.escape(start),
            '[' => {
                let set = bracket(&mut self.rest)?;
                self.atom(&set);
            }
            '.' => self.atom("."),
            '*' if start => self.literal('*'),
            '*' => self.repeat("*"),
            '^' if self.extended || start => {
                self.out.push('^');
                self.at_start = true;
            }
            '$' if self.extended || self.ends_here() => self.out.push('$'),
            '(' | ')' | '|' | '+' | '?' | '{' if self.extended => {
                return self.special(character, start);
            }
            other => self.literal(other),
        }
        Ok(())
    }

    fn escape(&mut self, start: bool) -> Result<(), PatternError> {
        let Some(character) = self.rest.next() else {
            return Err(PatternError::TrailingBackslash);
        };
        match character {
            '(' | ')' | '|' | '+' | '?' | '{' if !self.extended => {
                return self.special(character, start);
            }
            '1'..='9' => return Err(PatternError::BackReference),
            'w' => self.atom("[[:word:]]"),
            'W' => self.atom("[^[:word:]]"),
            's' => self.atom("\\s"),
            'S' => self.atom("\\S"),
            'b' => self.out.push_str("\\b"),
            'B' => self.out.push_str("\\B"),
            '<' => self.out.push_str("\\b{start}"),
            '>' => self.out.push_str("\\b{end}"),
            '`' => self.out.push_str("\\A"),
            '\'' => self.out.push_str("\\z"),
            other => self.literal(other),
        }
        Ok(())
    }

    fn special(&mut self, character: char, start: bool) -> Result<(), PatternError> {
        match character {
            '(' => {
                self.open.push(self.out.len());
                self.out.push('(');
                self.at_start = true;
            }
            ')' => {
                let Some(began) = self.open.pop() else {
                    // grep -E takes a lone closing bracket as itself.
                    if self.extended {
                        self.literal(')');
                        return Ok(());
                    }
                    return Err(PatternError::UnmatchedClose);
                };
                self.out.push(')');
                self.atom = began;
                self.repeated = false;
            }
            '|' => {
                self.out.push('|');
                self.at_start = true;
            }
            '{' => return self.interval(start),
            sign if start => self.literal(sign),
            sign => self.repeat(sign.encode_utf8(&mut [0; 4])),
        }
        Ok(())
    }

    /// `{2}`, `{2,}`, `{,3}`, `{2,3}`
    fn interval(&mut self, start: bool) -> Result<(), PatternError> {
        let mut inside = String::new();
        let mut ahead = self.rest.clone();
        loop {
            match ahead.next() {
                Some('}') if self.extended => break,
                Some('\\') if !self.extended && ahead.peek() == Some(&'}') => {
                    ahead.next();
                    break;
                }
                Some(c) if c.is_ascii_digit() || c == ',' => inside.push(c),
                // A brace that begins no interval is a brace for grep -E.
                _ if self.extended => {
                    self.literal('{');
                    return Ok(());
                }
                _ => return Err(PatternError::Repetition),
            }
        }
        let (low, high) = inside.split_once(',').unwrap_or((&inside, &inside));
        let number = |text: &str| text.is_empty() || text.parse::<u16>().is_ok_and(|n| n <= 1_000);
        if start || inside.is_empty() || !number(low) || !number(high) {
            return Err(PatternError::Repetition);
        }
        self.rest = ahead;
        let low = if low.is_empty() { "0" } else { low };
        let interval = if inside.contains(',') {
            format!("{{{low},{high}}}")
        } else {
            format!("{{{low}}}")
        };
        self.repeat(&interval);
        Ok(())
    }

    /// Repeats the last character, set or group. A repetition of a repetition gets brackets, lest it read as a lazy one.
    fn repeat(&mut self, sign: &str) {
        if std::mem::replace(&mut self.repeated, true) {
            self.out.insert_str(self.atom, "(?:");
            self.out.push(')');
        }
        self.out.push_str(sign);
    }

    fn atom(&mut self, text: &str) {
        self.atom = self.out.len();
        self.repeated = false;
        self.out.push_str(text);
    }

    fn literal(&mut self, character: char) {
        let mut buffer = [0; 4];
        let escaped = regex::escape(character.encode_utf8(&mut buffer));
        self.atom(&escaped);
    }

    fn ends_here(&self) -> bool {
        let mut ahead = self.rest.clone();
        match ahead.next() {
            None => true,
            Some('\\') => matches!(ahead.next(), Some(')' | '|')),
            Some(_) => false,
        }
    }
}

/// A bracket expression after its `[`. A backslash in it is an ordinary character; classes such as `[:digit:]` are kept.
fn bracket(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, PatternError> {
    let mut set = String::from("[");
    if rest.next_if_eq(&'^').is_some() {
        set.push('^');
    }
    let mut first = true;
    loop {
        let character = rest.next().ok_or(PatternError::UnmatchedBracket)?;
        match character {
            ']' if !first => break,
            '[' if rest.peek() == Some(&':') => {
                rest.next();
                let mut name = String::new();
                loop {
                    match rest.next().ok_or(PatternError::UnmatchedBracket)? {
                        ':' => break,
                        c => name.push(c),
                    }
                }
                if rest.next() != Some(']') || !name.bytes().all(|b| b.is_ascii_lowercase()) {
                    return Err(PatternError::UnmatchedBracket);
                }
                set.push_str("[:");
                set.push_str(&name);
                set.push_str(":]");
            }
            '[' | ']' | '\\' | '&' | '~' | '^' => {
                set.push('\\');
                set.push(character);
            }
            '-' if first || rest.peek() == Some(&']') => set.push_str("\\-"),
            other => set.push(other),
        }
        first = false;
    }
    set.push(']');
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found<'a>(pattern: &str, syntax: Syntax, text: &'a str) -> Option<&'a str> {
        compile(pattern, syntax, false)
            .unwrap()
            .find(text)
            .map(|found| found.as_str())
    }

    #[test]
    fn basic_patterns_have_few_special_characters() {
        assert_eq!(found("a+b(c", Syntax::Basic, "xa+b(cx"), Some("a+b(c"));
        assert_eq!(
            found("\\(ab\\)\\{2\\}\\|z", Syntax::Basic, "ababab"),
            Some("abab")
        );
        assert_eq!(found("*a", Syntax::Basic, "x*a"), Some("*a"));
        assert_eq!(found("a$b^c", Syntax::Basic, "a$b^c"), Some("a$b^c"));
        assert_eq!(found("^a.c$", Syntax::Basic, "abc"), Some("abc"));
        assert_eq!(found("[]a]b", Syntax::Basic, "]b"), Some("]b"));
        assert_eq!(found("[[:digit:]\\-]x", Syntax::Basic, "7x"), Some("7x"));
        assert_eq!(found("{", Syntax::Basic, "{"), Some("{"));
    }

    #[test]
    fn extended_patterns_have_more() {
        assert_eq!(found("(a|b)+c?", Syntax::Extended, "xabac"), Some("abac"));
        assert_eq!(found("a{2,3}", Syntax::Extended, "aaaa"), Some("aaa"));
        assert_eq!(found("ba**", Syntax::Extended, "baaa"), Some("baaa"));
        assert_eq!(found("a+?", Syntax::Extended, "aaa"), Some("aaa"));
        assert_eq!(found("{a", Syntax::Extended, "{a"), Some("{a"));
        assert_eq!(found("\\bcat\\b", Syntax::Extended, "a cat."), Some("cat"));
        assert_eq!(found("a.b|c", Syntax::Fixed, "a.b|c"), Some("a.b|c"));
    }

    #[test]
    fn what_cannot_be_is_said() {
        let error = |pattern: &str, syntax| compile(pattern, syntax, false).unwrap_err();
        assert_eq!(error("(a", Syntax::Extended), PatternError::UnmatchedOpen);
        assert_eq!(error("a\\)", Syntax::Basic), PatternError::UnmatchedClose);
        assert_eq!(error("[a", Syntax::Basic), PatternError::UnmatchedBracket);
        assert_eq!(error("a\\", Syntax::Basic), PatternError::TrailingBackslash);
        assert_eq!(
            error("\\(a\\)\\1", Syntax::Basic),
            PatternError::BackReference
        );
        assert_eq!(
            error("a{1000}{1000}", Syntax::Extended),
            PatternError::TooBig
        );
        assert_eq!(error("(?=x)", Syntax::Perl), PatternError::Invalid);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_pattern_is_compiled_or_refused(pattern in "([a-c.*+?^$|(){}\\[\\]\\\\,0-9:-]|\\[:alpha:\\]){0,20}") {
            for syntax in [Syntax::Basic, Syntax::Extended, Syntax::Fixed, Syntax::Perl] {
                let _ = compile(&pattern, syntax, true);
            }
        }
    }
}
