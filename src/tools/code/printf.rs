//! `printf`, `echo` and the formats that awk shares with them. Bounded: a width never asks for more than a line.

use super::text::{Input, MOST_BYTES, Tool};
use crate::session::Answer;
use crate::tools::Example;

/// `echo`.
pub const ECHO: Tool = Tool {
    name: "echo",
    about: "Prints its words: -n without a line break, -e with escapes",
    run: echo,
    examples: &[
        Example {
            line: "echo on it",
            about: "Words",
            prints: "on it\n",
        },
        Example {
            line: "echo -e 'a\\tb'",
            about: "With escapes",
            prints: "a\tb\n",
        },
    ],
};

/// `printf`.
pub const PRINTF: Tool = Tool {
    name: "printf",
    about: "Prints words in a format",
    run: printf,
    examples: &[
        Example {
            line: "printf '%-6s|%3d\\n' ok 7",
            about: "Columns",
            prints: "ok    |  7\n",
        },
        Example {
            line: "printf '%s\\n' a b",
            about: "The format again for every word",
            prints: "a\nb\n",
        },
    ],
};

fn echo(_: &Input<'_>, argv: &[String]) -> Answer {
    let (mut line_break, mut escapes) = (true, false);
    let mut words = argv;
    while let Some((word, rest)) = words.split_first() {
        let is_flag = word.len() > 1
            && word.starts_with('-')
            && word.bytes().skip(1).all(|letter| b"neE".contains(&letter));
        if !is_flag {
            break;
        }
        line_break &= !word.contains('n');
        escapes |= word.contains('e');
        words = rest;
    }
    let mut text = words.join(" ");
    if escapes {
        let (plain, stopped) = unescape(&text);
        text = plain;
        line_break &= !stopped;
    }
    if line_break {
        text.push('\n');
    }
    Answer {
        text,
        ..Answer::default()
    }
}

/// A text with its escapes read, and whether `\c` ended it.
pub fn unescape(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('v') => out.push('\u{b}'),
            Some('e') => out.push('\u{1b}'),
            Some('c') => return (out, true),
            None | Some('\\') => out.push('\\'),
            Some('"') => out.push('"'),
            Some('\'') => out.push('\''),
            Some('/') => out.push('/'),
            Some(digit @ '0'..='7') => {
                let mut value = digit as u32 - '0' as u32;
                for _ in 0..3 {
                    match letters.peek().and_then(|letter| letter.to_digit(8)) {
                        Some(more) => {
                            value = value * 8 + more;
                            letters.next();
                        }
                        None => break,
                    }
                }
                out.extend(char::from_u32(value & 0xff));
            }
            Some('x') => {
                let mut value = 0;
                for _ in 0..2 {
                    match letters.peek().and_then(|letter| letter.to_digit(16)) {
                        Some(more) => {
                            value = value * 16 + more;
                            letters.next();
                        }
                        None => break,
                    }
                }
                out.extend(char::from_u32(value));
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    (out, false)
}

/// A value that is put into a format.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text, read as a number where one is wanted.
    Text(String),
    /// A number.
    Number(f64),
}

impl Value {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                format!("{number:.0}")
            }
            Self::Number(number) => general(*number, 6, false),
        }
    }

    /// As a number, and whether all of it was one.
    fn number(&self) -> (f64, bool) {
        match self {
            Self::Number(number) => (*number, true),
            Self::Text(text) => {
                let trimmed = text.trim();
                if let Some(letter) = trimmed.strip_prefix(['\'', '"']) {
                    return (
                        letter
                            .chars()
                            .next()
                            .map_or(0.0, |one| f64::from(one as u32)),
                        true,
                    );
                }
                if let Some(hex) = trimmed.strip_prefix("0x") {
                    let value = u64::from_str_radix(hex, 16);
                    return (value.map_or(0.0, |value| value as f64), true);
                }
                match trimmed.parse::<f64>() {
                    Ok(number) => (number, true),
                    Err(_) => (leading_number(trimmed), trimmed.is_empty()),
                }
            }
        }
    }
}

/// The number that a text begins with; zero where there is none.
pub fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let start = end;
    while digit(end) {
        end += 1;
    }
    let mut digits = end - start;
    if bytes.get(end) == Some(&b'.') {
        let mut after = end + 1;
        while digit(after) {
            after += 1;
        }
        digits += after - end - 1;
        end = after;
    }
    if digits == 0 {
        return 0.0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let mut after = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        if digit(after) {
            while digit(after) {
                after += 1;
            }
            end = after;
        }
    }
    text.get(..end).unwrap_or("").parse().unwrap_or(0.0)
}

/// A number as `%g` prints it.
pub fn general(number: f64, digits: usize, alternate: bool) -> String {
    if !number.is_finite() {
        return if number.is_nan() {
            "nan".to_owned()
        } else if number > 0.0 {
            "inf".to_owned()
        } else {
            "-inf".to_owned()
        };
    }
    let digits = digits.max(1);
    if number == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{number:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| -> String {
        if alternate || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    let places = (digits as i32 - 1 - exponent).max(0) as usize;
    trim(&format!("{number:.places$}"))
}

/// The widest field.
const WIDEST: usize = 2_000;

#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of a conversion are independent of one another"
)]
struct Conversion {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

impl Conversion {
    fn print(&self, value: &Value) -> Result<String, String> {
        let (number, whole) = value.number();
        let problem =
            |text: String| -> Result<String, String> { if whole { Ok(text) } else { Err(text) } };
        let signed = |text: String| {
            if text.starts_with('-') {
                text
            } else if self.plus {
                format!("+{text}")
            } else if self.space {
                format!(" {text}")
            } else {
                text
            }
        };
        let places = self.precision.unwrap_or(6).min(60);
        let body = match self.letter {
            's' => {
                let text = value.text();
                Ok(match self.precision {
                    Some(precision) => text.chars().take(precision).collect(),
                    None => text,
                })
            }
            'b' => Ok(unescape(&value.text()).0),
            'q' => Ok(quoted(&value.text())),
            'c' => Ok(match value {
                Value::Number(number) => char::from_u32(*number as u32)
                    .map(String::from)
                    .unwrap_or_default(),
                Value::Text(text) => text.chars().take(1).collect(),
            }),
            'd' | 'i' => problem(signed(format!("{:.0}", number.trunc() + 0.0))),
            'u' => problem(format!("{:.0}", number.trunc().max(0.0))),
            'x' => problem(format!("{:x}", number as i64)),
            'X' => problem(format!("{:X}", number as i64)),
            'o' => problem(format!("{:o}", number as i64)),
            'f' | 'F' => problem(signed(format!("{number:.places$}"))),
            'e' | 'E' => {
                let text = format!("{number:.places$e}");
                let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let exponent: i32 = exponent.parse().unwrap_or(0);
                let sign = if exponent < 0 { '-' } else { '+' };
                problem(signed(format!("{mantissa}e{sign}{:02}", exponent.abs())))
            }
            _ => problem(signed(general(number, places, self.alternate))),
        };
        let pad = |text: String| self.padded(text);
        body.map(pad).map_err(|text| self.padded(text))
    }

    fn padded(&self, text: String) -> String {
        let length = unicode_width::UnicodeWidthStr::width(text.as_str());
        let missing = self.width.min(WIDEST).saturating_sub(length);
        if missing == 0 {
            text
        } else if self.left {
            format!("{text}{}", " ".repeat(missing))
        } else if self.zero && !matches!(self.letter, 's' | 'c' | 'b' | 'q') {
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => (text.get(..1).unwrap_or(""), digits),
                None => ("", text.as_str()),
            };
            format!("{sign}{}{digits}", "0".repeat(missing))
        } else {
            format!("{}{text}", " ".repeat(missing))
        }
    }
}

/// A word as a shell reads it back.
fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "_-./:=@%+,".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// What a format gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Formatted {
    /// The text.
    pub text: String,
    /// Values it took.
    pub used: usize,
    /// Values that were no numbers where one was wanted.
    pub wrong: Vec<String>,
    /// A conversion that does not exist.
    pub unknown: Option<String>,
}

/// Puts values into a format once. Values that are missing are empty.
pub fn format(format: &str, values: &[Value]) -> Formatted {
    let mut out = Formatted::default();
    let mut letters = format.chars().peekable();
    let empty = Value::Text(String::new());
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.text.push(letter);
            continue;
        }
        if letters.next_if_eq(&'%').is_some() {
            out.text.push('%');
            continue;
        }
        let mut conversion = Conversion {
            left: false,
            zero: false,
            plus: false,
            space: false,
            alternate: false,
            width: 0,
            precision: None,
            letter: 's',
        };
        let mut raw = String::from("%");
        while let Some(flag) = letters.next_if(|letter| "-0+ #'".contains(*letter)) {
            raw.push(flag);
            match flag {
                '-' => conversion.left = true,
                '0' => conversion.zero = true,
                '+' => conversion.plus = true,
                ' ' => conversion.space = true,
                '#' => conversion.alternate = true,
                _ => {}
            }
        }
        let mut number = |out: &mut Formatted, raw: &mut String| -> Option<usize> {
            if letters.next_if_eq(&'*').is_some() {
                let value = values.get(out.used).unwrap_or(&empty).number().0;
                out.used += 1;
                return Some(value.abs() as usize);
            }
            let mut digits = String::new();
            while let Some(digit) = letters.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            raw.push_str(&digits);
            digits.parse().ok()
        };
        conversion.width = number(&mut out, &mut raw).unwrap_or(0);
        if letters.peek() == Some(&'.') {
            letters.next();
            raw.push('.');
            let mut digits = String::new();
            while let Some(digit) = letters.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            raw.push_str(&digits);
            conversion.precision = Some(digits.parse().unwrap_or(0));
        }
        while letters
            .next_if(|letter| "hlLqjzt".contains(*letter))
            .is_some()
        {}
        match letters.next() {
            Some(letter) if "sbcdiuxXofFeEgGq".contains(letter) => conversion.letter = letter,
            other => {
                raw.extend(other);
                out.unknown.get_or_insert(raw);
                return out;
            }
        }
        let value = values.get(out.used).unwrap_or(&empty);
        out.used += 1;
        match conversion.print(value) {
            Ok(text) => out.text.push_str(&text),
            Err(text) => {
                out.wrong.push(value.text());
                out.text.push_str(&text);
            }
        }
    }
    out
}

fn printf(_: &Input<'_>, argv: &[String]) -> Answer {
    let argv = match argv.split_first() {
        Some((first, rest)) if first == "--" => rest,
        _ => argv,
    };
    let Some((pattern, words)) = argv.split_first() else {
        return Answer::failed("printf: usage: printf [-v var] format [arguments]\n", 2);
    };
    let (pattern, stopped) = unescape(pattern);
    let values: Vec<Value> = words.iter().cloned().map(Value::Text).collect();
    let mut answer = Answer::default();
    let mut rest = values.as_slice();
    loop {
        let formatted = format(&pattern, rest);
        answer.text.push_str(&formatted.text);
        for wrong in formatted.wrong {
            answer
                .error
                .push_str(&format!("bash: printf: {wrong}: invalid number\n"));
            answer.code = 1;
        }
        if let Some(unknown) = formatted.unknown {
            let letter = unknown.chars().last().unwrap_or('%');
            answer.error.push_str(&format!(
                "bash: printf: `{letter}': invalid format character\n"
            ));
            answer.code = 1;
            return answer;
        }
        rest = rest.get(formatted.used..).unwrap_or(&[]);
        if rest.is_empty() || formatted.used == 0 || stopped || answer.text.len() > MOST_BYTES {
            return answer;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::run_on;
    use super::*;

    #[test]
    fn numbers_in_all_forms() {
        let print = |argv: &[&str]| run_on(&PRINTF, argv, "").0;
        assert_eq!(print(&["%05d|%+d|%x", "42", "7", "255"]), "00042|+7|ff");
        assert_eq!(print(&["%.2f %e", "3.14159", "1500"]), "3.14 1.500000e+03");
        assert_eq!(print(&["%g %g", "0.0001", "1e10"]), "0.0001 1e+10");
        assert_eq!(
            print(&["%5s|%-5s|%.1s\n", "a", "b", "cd"]),
            "    a|b    |c\n"
        );
        assert_eq!(print(&["%d", "x"]), "0bash: printf: x: invalid number\n");
        assert_eq!(
            print(&["%y"]),
            "bash: printf: `y': invalid format character\n"
        );
        assert_eq!(print(&["100%%"]), "100%");
        assert_eq!(print(&["%-*s|", "4", "a"]), "a   |");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_format_is_answered(pattern in "[%sdxfgeq*.0-9 \\\\nta-]{0,12}", word in "\\PC{0,6}") {
            let _ = run_on(&PRINTF, &[&pattern, &word, "3"], "");
        }
    }
}
