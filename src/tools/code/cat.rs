//! `cat` and `tac`: files one after another, forwards or backwards.

use super::options::{Spec, Takes};
use super::text::{Input, Reader, Tool, joined};
use crate::session::Answer;
use crate::tools::Example;

/// `cat`.
pub const CAT: Tool = Tool {
    name: "cat",
    about: "Prints files of your checkout, or what is piped into it",
    run: cat,
    examples: &[
        Example {
            line: "cat nothing",
            about: "A file that is not there",
            prints: "cat: nothing: No such file or directory\n",
        },
        Example {
            line: "printf 'a\\n\\nb\\n' | cat -n",
            about: "With numbered lines",
            prints: "     1\ta\n     2\t\n     3\tb\n",
        },
    ],
};

/// `tac`.
pub const TAC: Tool = Tool {
    name: "tac",
    about: "Prints lines in reverse order",
    run: tac,
    examples: &[Example {
        line: "seq 3 | tac",
        about: "The last line first",
        prints: "3\n2\n1\n",
    }],
};

const SPEC: Spec = Spec {
    tool: "cat",
    short: "AbeEnstTuv",
    long: &[
        ("number", 'n', Takes::Nothing),
        ("number-nonblank", 'b', Takes::Nothing),
        ("show-all", 'A', Takes::Nothing),
        ("show-ends", 'E', Takes::Nothing),
        ("show-tabs", 'T', Takes::Nothing),
        ("squeeze-blank", 's', Takes::Nothing),
    ],
    code: 1,
    usage: "cat [OPTION]... [FILE]...",
};

fn cat(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let mut reader = Reader::new(input, "cat", "{}: ", 1);
    let text = reader.joined(&options.operands);
    let ends = "AEe".chars().any(|letter| options.has(letter));
    let tabs = "ATt".chars().any(|letter| options.has(letter));
    let plain = !ends && !tabs && !"nbs".chars().any(|letter| options.has(letter));
    if plain {
        return reader.answer(text, 0);
    }
    let (mut number, mut blank) = (0, false);
    let mut lines = Vec::new();
    for line in text.lines() {
        let was_blank = std::mem::replace(&mut blank, line.is_empty());
        if options.has('s') && was_blank && line.is_empty() {
            continue;
        }
        let mut shown = if tabs {
            line.replace('\t', "^I")
        } else {
            line.to_owned()
        };
        if ends {
            shown.push('$');
        }
        let numbered = if options.has('b') {
            !line.is_empty()
        } else {
            options.has('n')
        };
        if numbered {
            number += 1;
            shown = format!("{number:>6}\t{shown}");
        }
        lines.push(shown);
    }
    reader.answer(joined(lines), 0)
}

fn tac(input: &Input<'_>, argv: &[String]) -> Answer {
    let mut reader = Reader::new(input, "tac", "failed to open '{}' for reading: ", 1);
    let operands: Vec<String> = argv
        .iter()
        .filter(|word| !word.starts_with("--"))
        .cloned()
        .collect();
    let text = reader.joined(&operands);
    let lines: Vec<&str> = text.lines().rev().collect();
    reader.answer(joined(lines), 0)
}
