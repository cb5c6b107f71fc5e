//! `wc`: counts lines, words and bytes.

use super::options::{Spec, Takes};
use super::text::{Input, Reader, Tool};
use crate::session::Answer;
use crate::tools::Example;

/// `wc`.
pub const TOOL: Tool = Tool {
    name: "wc",
    about: "Counts lines, words and bytes: -l -w -c -m -L",
    run,
    examples: &[
        Example {
            line: "printf 'a b\\nc\\n' | wc -l",
            about: "Lines",
            prints: "2\n",
        },
        Example {
            line: "printf 'a b\\nc\\n' | wc",
            about: "Lines, words, bytes",
            prints: "      2       3       6\n",
        },
    ],
};

const SPEC: Spec = Spec {
    tool: "wc",
    short: "lwcmL",
    long: &[
        ("lines", 'l', Takes::Nothing),
        ("words", 'w', Takes::Nothing),
        ("bytes", 'c', Takes::Nothing),
        ("chars", 'm', Takes::Nothing),
        ("max-line-length", 'L', Takes::Nothing),
    ],
    code: 1,
    usage: "wc [OPTION]... [FILE]...",
};

fn run(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let mut reader = Reader::new(input, "wc", "{}: ", 1);
    let texts = reader.all(&options.operands);
    let wanted: Vec<char> = if "lwcmL".chars().any(|letter| options.has(letter)) {
        "lwmcL"
            .chars()
            .filter(|letter| options.has(*letter))
            .collect()
    } else {
        vec!['l', 'w', 'c']
    };
    let count = |text: &str| -> Vec<usize> {
        let one = |letter: &char| match letter {
            'l' => text.matches('\n').count(),
            'w' => text.split_whitespace().count(),
            'm' => text.chars().count(),
            'L' => text
                .lines()
                .map(|line| line.chars().count())
                .max()
                .unwrap_or(0),
            _ => text.len(),
        };
        wanted.iter().map(one).collect()
    };
    let mut rows: Vec<(Vec<usize>, String)> = texts
        .iter()
        .map(|(name, text)| (count(text), name.clone()))
        .collect();
    if options.operands.len() > 1 {
        let total = (0..wanted.len())
            .map(|at| rows.iter().filter_map(|(counts, _)| counts.get(at)).sum())
            .collect();
        rows.push((total, "total".to_owned()));
    }
    let from_pipe = options.operands.is_empty();
    let digits = rows
        .iter()
        .flat_map(|(counts, _)| counts)
        .map(|count| count.to_string().len())
        .max()
        .unwrap_or(1);
    let width = match (from_pipe, wanted.len(), rows.len()) {
        (_, 1, 1) => 1,
        (true, ..) => 7,
        _ => digits,
    };
    let text: String = rows
        .iter()
        .map(|(counts, name)| {
            let cells: Vec<String> = counts
                .iter()
                .map(|count| format!("{count:>width$}"))
                .collect();
            let name = if from_pipe {
                String::new()
            } else {
                format!(" {name}")
            };
            format!("{}{name}\n", cells.join(" "))
        })
        .collect();
    reader.answer(text, 0)
}
