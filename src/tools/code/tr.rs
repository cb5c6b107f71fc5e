//! `tr`: changes, deletes and squeezes letters of what is piped into it.

use super::options::{Spec, Takes};
use super::text::{Input, Tool};
use crate::session::Answer;
use crate::tools::Example;

/// `tr`.
pub const TOOL: Tool = Tool {
    name: "tr",
    about: "Changes letters of what is piped into it: SET1 SET2, -d, -s, -c",
    run,
    examples: &[
        Example {
            line: "echo a,b | tr , '\\n'",
            about: "Commas to line breaks",
            prints: "a\nb\n",
        },
        Example {
            line: "echo Ready | tr a-z A-Z",
            about: "Small letters to capitals",
            prints: "READY\n",
        },
        Example {
            line: "tr",
            about: "What it wants",
            prints: "tr: missing operand\nTry 'tr --help' for more information.\n",
        },
    ],
};

const SPEC: Spec = Spec {
    tool: "tr",
    short: "cCdst",
    long: &[
        ("complement", 'c', Takes::Nothing),
        ("delete", 'd', Takes::Nothing),
        ("squeeze-repeats", 's', Takes::Nothing),
        ("truncate-set1", 't', Takes::Nothing),
    ],
    code: 1,
    usage: "tr [OPTION]... STRING1 [STRING2]",
};

/// The letters of a set: `a-z`, `[:digit:]`, `\n`.
fn set(text: &str) -> Vec<char> {
    let class = |name: &str| -> Option<Vec<char>> {
        let test: fn(&char) -> bool = match name {
            "digit" => char::is_ascii_digit,
            "alpha" => char::is_ascii_alphabetic,
            "alnum" => char::is_ascii_alphanumeric,
            "lower" => char::is_ascii_lowercase,
            "upper" => char::is_ascii_uppercase,
            "space" => |letter| letter.is_ascii_whitespace() || *letter == '\u{b}',
            "blank" => |letter| matches!(letter, ' ' | '\t'),
            "punct" => char::is_ascii_punctuation,
            "cntrl" => char::is_ascii_control,
            "print" => |letter| letter.is_ascii_graphic() || *letter == ' ',
            _ => return None,
        };
        Some((0_u8..128).map(char::from).filter(test).collect())
    };
    let mut out: Vec<char> = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix("[:")
            && let Some((name, after)) = inside.split_once(":]")
            && let Some(letters) = class(name)
        {
            out.extend(letters);
            rest = after;
            continue;
        }
        let (letter, after) = escaped(letter, rest);
        rest = after;
        let mut ahead = rest.chars();
        if ahead.next() == Some('-')
            && let Some(end) = ahead.next()
        {
            let (end, after) = escaped(end, rest.get(1..).unwrap_or(""));
            if letter <= end {
                out.extend((letter..=end).take(1 << 12));
                rest = after;
                continue;
            }
        }
        out.push(letter);
    }
    out
}

/// A letter that may begin an escape, and what follows it.
fn escaped(letter: char, rest: &str) -> (char, &str) {
    let after = rest.get(letter.len_utf8()..).unwrap_or("");
    if letter != '\\' {
        return (letter, after);
    }
    let Some(next) = after.chars().next() else {
        return ('\\', after);
    };
    let meant = match next {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        other => other,
    };
    (meant, after.get(next.len_utf8()..).unwrap_or(""))
}

fn run(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let sets: Vec<Vec<char>> = options.operands.iter().map(|text| set(text)).collect();
    let (first, second) = match (sets.as_slice(), options.has('d'), options.has('s')) {
        ([], ..) => return SPEC.refused("missing operand"),
        ([_], false, false) => {
            return SPEC.refused(&format!(
                "missing operand after '{}'\nTwo strings must be given when translating.",
                options.operands.first().map_or("", String::as_str)
            ));
        }
        ([_, _, _, ..], ..) => {
            return SPEC.refused(&format!(
                "extra operand '{}'",
                options.operands.get(2).map_or("", String::as_str)
            ));
        }
        ([first], ..) => (first, None),
        ([first, second], ..) => (first, Some(second)),
    };
    let complement = options.has('c') || options.has('C');
    let within = |letter: char| first.contains(&letter) != complement;
    let mut text = String::with_capacity(input.stdin.len());
    let mut last = None;
    for letter in input.stdin.chars() {
        if options.has('d') && within(letter) {
            continue;
        }
        let changed = match second {
            Some(second) if !options.has('d') && within(letter) => {
                let place = if complement {
                    usize::MAX
                } else {
                    first
                        .iter()
                        .rposition(|known| *known == letter)
                        .unwrap_or(0)
                };
                second
                    .get(place)
                    .or_else(|| second.last())
                    .copied()
                    .unwrap_or(letter)
            }
            _ => letter,
        };
        let squeezed = options.has('s')
            && last == Some(changed)
            && match second {
                Some(second) => second.contains(&changed),
                None => within(changed),
            };
        if !squeezed {
            text.push(changed);
        }
        last = Some(changed);
    }
    Answer {
        text,
        ..Answer::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::run_on;
    use super::*;

    #[test]
    fn sets_deletions_and_squeezes() {
        let tr = |argv: &[&str], text: &str| run_on(&TOOL, argv, text).0;
        assert_eq!(tr(&["-d", "[:digit:]"], "a1b22\n"), "ab\n");
        assert_eq!(tr(&["-s", " "], "a   b  c\n"), "a b c\n");
        assert_eq!(tr(&["-cd", "0-9\\n"], "a1b2\n"), "12\n");
        assert_eq!(tr(&["-s", "[:space:]", "\\n"], "a  b\n"), "a\nb\n");
        assert_eq!(tr(&["abc", "x"], "aabc\n"), "xxxx\n");
    }
}
