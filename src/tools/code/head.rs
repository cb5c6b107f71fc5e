//! `head` and `tail`: the first and the last lines. A followed file never grows here: nobody else writes in your checkout.

use super::options::{Options, Spec, Takes};
use super::text::{Input, Reader, Tool, joined};
use crate::session::Answer;
use crate::tools::Example;

/// `head`.
pub const HEAD: Tool = Tool {
    name: "head",
    about: "Prints the first lines: -n COUNT, -n -COUNT for all but the last, -c BYTES",
    run: |input, argv| run(input, argv, &HEAD_SPEC),
    examples: &[
        Example {
            line: "seq 20 | head -n 2",
            about: "The first two lines",
            prints: "1\n2\n",
        },
        Example {
            line: "head -z",
            about: "An option it does not have",
            prints: "head: invalid option -- 'z'\nTry 'head --help' for more information.\n",
        },
    ],
};

/// `tail`.
pub const TAIL: Tool = Tool {
    name: "tail",
    about: "Prints the last lines: -n COUNT, -n +LINE from a line on, -f follows",
    run: |input, argv| run(input, argv, &TAIL_SPEC),
    examples: &[
        Example {
            line: "seq 20 | tail -2",
            about: "The last two lines",
            prints: "19\n20\n",
        },
        Example {
            line: "seq 20 | tail -n +19",
            about: "From the nineteenth on",
            prints: "19\n20\n",
        },
    ],
};

const HEAD_SPEC: Spec = Spec {
    tool: "head",
    short: "n:c:qv",
    long: &[
        ("lines", 'n', Takes::Value),
        ("bytes", 'c', Takes::Value),
        ("quiet", 'q', Takes::Nothing),
        ("silent", 'q', Takes::Nothing),
        ("verbose", 'v', Takes::Nothing),
    ],
    code: 1,
    usage: "head [OPTION]... [FILE]...",
};

const TAIL_SPEC: Spec = Spec {
    tool: "tail",
    short: "n:c:qvfFs:",
    long: &[
        ("lines", 'n', Takes::Value),
        ("bytes", 'c', Takes::Value),
        ("follow", 'f', Takes::Maybe),
        ("retry", 'F', Takes::Nothing),
        ("quiet", 'q', Takes::Nothing),
        ("silent", 'q', Takes::Nothing),
        ("verbose", 'v', Takes::Nothing),
        ("sleep-interval", 's', Takes::Value),
    ],
    code: 1,
    usage: "tail [OPTION]... [FILE]...",
};

/// `-5` and `+5` as `-n 5` and `-n +5`.
fn old_form(argv: &[String]) -> Vec<String> {
    let before = std::iter::once("").chain(argv.iter().map(String::as_str));
    argv.iter()
        .zip(before)
        .flat_map(|(word, before)| {
            let digits = word.strip_prefix('-').unwrap_or("");
            let is_value = matches!(before, "-n" | "-c" | "--lines" | "--bytes");
            if !is_value && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                vec!["-n".to_owned(), digits.to_owned()]
            } else {
                vec![word.clone()]
            }
        })
        .collect()
}

/// A count with its sign: `5`, `-5`, `+5`, `2K`.
fn count(options: &Options, letter: char, spec: &Spec) -> Result<Option<(char, usize)>, Answer> {
    let Some(text) = options.value(letter) else {
        return Ok(None);
    };
    let what = if letter == 'c' { "bytes" } else { "lines" };
    let (sign, digits) = match text.chars().next() {
        Some(sign @ ('-' | '+')) => (sign, text.get(1..).unwrap_or("")),
        _ => (' ', text),
    };
    let (digits, factor) = match digits.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 1024),
        None => (digits, 1),
    };
    match digits.parse::<usize>() {
        Ok(number) => Ok(Some((sign, number.saturating_mul(factor)))),
        Err(_) => Err(Answer::failed(
            format!("{}: invalid number of {what}: '{text}'\n", spec.tool),
            1,
        )),
    }
}

fn run(input: &Input<'_>, argv: &[String], spec: &'static Spec) -> Answer {
    let options = match spec.parse(&old_form(argv)) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let (bytes, lines) = match (count(&options, 'c', spec), count(&options, 'n', spec)) {
        (Ok(bytes), Ok(lines)) => (bytes, lines.unwrap_or((' ', 10))),
        (Err(answer), _) | (_, Err(answer)) => return answer,
    };
    let mut reader = Reader::new(input, spec.tool, "cannot open '{}' for reading: ", 1);
    let texts = reader.all(&options.operands);
    let titled = (options.operands.len() > 1 && !options.has('q')) || options.has('v');
    let mut text = String::new();
    for (index, (name, all)) in texts.iter().enumerate() {
        if titled {
            let gap = if index > 0 { "\n" } else { "" };
            let name = if name == "-" { "standard input" } else { name };
            text.push_str(&format!("{gap}==> {name} <==\n"));
        }
        text.push_str(&match bytes {
            Some(bytes) => part_of_bytes(all, bytes, spec.tool == "head"),
            None => part_of_lines(all, lines, spec.tool == "head"),
        });
    }
    reader.answer(text, 0)
}

/// Which part of `len` things is meant.
const fn span(len: usize, (sign, count): (char, usize), first: bool) -> (usize, usize) {
    let count_or_all = if count < len { count } else { len };
    match (first, sign) {
        (true, '-') => (0, len - count_or_all),
        (true, _) => (0, count_or_all),
        (false, '+') => (
            if count_or_all == 0 {
                0
            } else if count > len {
                len
            } else {
                count - 1
            },
            len,
        ),
        (false, _) => (len - count_or_all, len),
    }
}

fn part_of_lines(text: &str, wanted: (char, usize), first: bool) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let (from, to) = span(lines.len(), wanted, first);
    joined(lines.get(from..to).unwrap_or(&[]))
}

fn part_of_bytes(text: &str, wanted: (char, usize), first: bool) -> String {
    let (from, to) = span(text.len(), wanted, first);
    String::from_utf8_lossy(text.as_bytes().get(from..to).unwrap_or(&[])).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::text::run_on;
    use super::*;

    #[test]
    fn first_and_last_in_all_forms() {
        let text = "a\nb\nc\nd\n";
        let head = |argv: &[&str]| run_on(&HEAD, argv, text).0;
        let tail = |argv: &[&str]| run_on(&TAIL, argv, text).0;
        assert_eq!(head(&["-n", "-3"]), "a\n");
        assert_eq!(head(&["-c3"]), "a\nb");
        assert_eq!(head(&["-9"]), text);
        assert_eq!(head(&["-n", "0"]), "");
        assert_eq!(tail(&["-n1"]), "d\n");
        assert_eq!(tail(&["-n", "+3"]), "c\nd\n");
        assert_eq!(tail(&["-n", "+9"]), "");
        assert_eq!(tail(&["-n", "+0"]), text);
        assert_eq!(head(&["-n", "x"]), "head: invalid number of lines: 'x'\n");
    }
}
