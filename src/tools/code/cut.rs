//! `cut` and `paste`: columns of lines out, and lines side by side.

use super::options::{Spec, Takes};
use super::text::{Input, Reader, Tool, joined};
use crate::session::Answer;
use crate::tools::Example;

/// `cut`.
pub const CUT: Tool = Tool {
    name: "cut",
    about: "Prints parts of lines: -d SEPARATOR -f FIELDS, -c LETTERS",
    run: cut,
    examples: &[
        Example {
            line: "echo a:b:c | cut -d: -f1,3",
            about: "The first and the third field",
            prints: "a:c\n",
        },
        Example {
            line: "cut",
            about: "What it wants",
            prints: "cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.\n",
        },
    ],
};

/// `paste`.
pub const PASTE: Tool = Tool {
    name: "paste",
    about: "Joins lines: -s all into one, -d SEPARATOR",
    run: paste,
    examples: &[Example {
        line: "seq 3 | paste -sd, -",
        about: "All lines as one",
        prints: "1,2,3\n",
    }],
};

const CUT_SPEC: Spec = Spec {
    tool: "cut",
    short: "b:c:d:f:s",
    long: &[
        ("bytes", 'b', Takes::Value),
        ("characters", 'c', Takes::Value),
        ("delimiter", 'd', Takes::Value),
        ("fields", 'f', Takes::Value),
        ("only-delimited", 's', Takes::Nothing),
        ("complement", 'C', Takes::Nothing),
        ("output-delimiter", 'O', Takes::Value),
    ],
    code: 1,
    usage: "cut OPTION... [FILE]...",
};

const PASTE_SPEC: Spec = Spec {
    tool: "paste",
    short: "d:s",
    long: &[
        ("delimiters", 'd', Takes::Value),
        ("serial", 's', Takes::Nothing),
    ],
    code: 1,
    usage: "paste [OPTION]... [FILE]...",
};

/// `1`, `2-4`, `-3`, `5-`: places from one on, both ends among them.
fn ranges(text: &str) -> Option<Vec<(usize, usize)>> {
    text.split(',')
        .map(|part| {
            let (from, to) = match part.split_once('-') {
                None => (part.parse().ok()?, part.parse().ok()?),
                Some(("", "")) => return None,
                Some((from, to)) => (
                    if from.is_empty() {
                        1
                    } else {
                        from.parse().ok()?
                    },
                    if to.is_empty() {
                        usize::MAX
                    } else {
                        to.parse().ok()?
                    },
                ),
            };
            (from > 0 && from <= to).then_some((from, to))
        })
        .collect()
}

fn cut(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match CUT_SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let by_letter = options.value('c').or_else(|| options.value('b'));
    let Some(list) = by_letter.or_else(|| options.value('f')) else {
        return CUT_SPEC.refused("you must specify a list of bytes, characters, or fields");
    };
    let Some(ranges) = ranges(list) else {
        return CUT_SPEC.refused(&format!("invalid field value '{list}'"));
    };
    let wanted = |place: usize| {
        ranges
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&place))
            != options.has('C')
    };
    let separator = options.value('d').unwrap_or("\t");
    if separator.chars().count() > 1 {
        return CUT_SPEC.refused("the delimiter must be a single character");
    }
    let between = options.value('O').unwrap_or(separator);
    let mut reader = Reader::new(input, "cut", "{}: ", 1);
    let text = reader.joined(&options.operands);
    let mut lines = Vec::new();
    for line in text.lines() {
        if by_letter.is_some() {
            let letters = line.chars().zip(1..).filter(|(_, place)| wanted(*place));
            lines.push(letters.map(|(letter, _)| letter).collect::<String>());
        } else if line.contains(separator) {
            let fields = line.split(separator).zip(1..);
            let fields: Vec<&str> = fields
                .filter(|(_, place)| wanted(*place))
                .map(|(field, _)| field)
                .collect();
            lines.push(fields.join(between));
        } else if !options.has('s') {
            lines.push(line.to_owned());
        }
    }
    reader.answer(joined(lines), 0)
}

fn paste(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match PASTE_SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let separators: Vec<char> = options
        .value('d')
        .unwrap_or("\t")
        .replace("\\t", "\t")
        .replace("\\n", "\n")
        .chars()
        .collect();
    let between = |at: usize| separators.get(at % separators.len().max(1)).copied();
    let mut reader = Reader::new(input, "paste", "{}: ", 1);
    let texts = reader.all(&options.operands);
    let join = |parts: &[&str]| -> String {
        let mut line = String::new();
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                line.extend(between(at - 1));
            }
            line.push_str(part);
        }
        line
    };
    let columns: Vec<Vec<&str>> = texts
        .iter()
        .map(|(_, text)| text.lines().collect())
        .collect();
    let lines: Vec<String> = if options.has('s') {
        columns.iter().map(|column| join(column)).collect()
    } else {
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        (0..rows)
            .map(|row| {
                let cells: Vec<&str> = columns
                    .iter()
                    .map(|column| column.get(row).copied().unwrap_or(""))
                    .collect();
                join(&cells)
            })
            .collect()
    };
    reader.answer(joined(lines), 0)
}
