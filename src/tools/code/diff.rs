//! `diff`: what differs between two texts, in the old form or with `-u`.

use similar::{ChangeTag, DiffOp, TextDiff};

use super::options::{Spec, Takes};
use super::text::{Input, Reader, Tool};
use crate::session::Answer;
use crate::tools::Example;

/// `diff`.
pub const TOOL: Tool = Tool {
    name: "diff",
    about: "Shows what differs between two files: -u, -q",
    run,
    examples: &[
        Example {
            line: "diff a",
            about: "What it wants",
            prints: "diff: missing operand after 'a'\ndiff: Try 'diff --help' for more information.\n",
        },
        Example {
            line: "diff none other",
            about: "Files that are not there",
            prints: "diff: none: No such file or directory\ndiff: other: No such file or directory\n",
        },
    ],
};

const SPEC: Spec = Spec {
    tool: "diff",
    short: "uqsbwiBrNU:y",
    long: &[
        ("unified", 'u', Takes::Maybe),
        ("brief", 'q', Takes::Nothing),
        ("report-identical-files", 's', Takes::Nothing),
        ("color", 'c', Takes::Maybe),
        ("ignore-all-space", 'w', Takes::Nothing),
        ("ignore-space-change", 'b', Takes::Nothing),
        ("ignore-case", 'i', Takes::Nothing),
    ],
    code: 2,
    usage: "diff [OPTION]... FILES",
};

fn run(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let refused = |what: String| {
        Answer::failed(
            format!("diff: {what}\ndiff: Try 'diff --help' for more information.\n"),
            2,
        )
    };
    let (left_name, right_name) = match options.operands.as_slice() {
        [left, right] => (left, right),
        [] => return refused("missing operand".to_owned()),
        [one] => return refused(format!("missing operand after '{one}'")),
        [_, _, extra, ..] => return refused(format!("extra operand '{extra}'")),
    };
    let mut reader = Reader::new(input, "diff", "{}: ", 2);
    let (left, right) = (reader.read(left_name), reader.read(right_name));
    let (Some(left), Some(right)) = (left, right) else {
        return reader.answer(String::new(), 2);
    };
    let plain = |text: &str| -> String {
        let mut text = text.to_owned();
        if options.has('w') {
            text.retain(|letter| letter != ' ' && letter != '\t');
        }
        if options.has('b') {
            let lines: Vec<String> = text
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            text = super::text::joined(lines);
        }
        if options.has('i') {
            text = text.to_lowercase();
        }
        text
    };
    let (left, right) = (plain(&left), plain(&right));
    if left == right {
        let said = if options.has('s') {
            format!("Files {left_name} and {right_name} are identical\n")
        } else {
            String::new()
        };
        return reader.answer(said, 0);
    }
    if options.has('q') {
        return reader.answer(format!("Files {left_name} and {right_name} differ\n"), 1);
    }
    let diff = TextDiff::from_lines(left.as_str(), right.as_str());
    let around = options
        .value('U')
        .or_else(|| options.value('u'))
        .and_then(|text| text.parse().ok());
    let text = if options.has('u') || options.has('U') {
        let mut unified = diff.unified_diff();
        unified
            .context_radius(around.unwrap_or(3))
            .header(left_name, right_name)
            .to_string()
    } else {
        normal(&diff)
    };
    reader.answer(text, 1)
}

/// The form without context: `3c3`, `<`, `---`, `>`.
fn normal(diff: &TextDiff<'_, '_, str>) -> String {
    let mut out = String::new();
    let place = |start: usize, len: usize| match len {
        0 => start.to_string(),
        1 => (start + 1).to_string(),
        _ => format!("{},{}", start + 1, start + len),
    };
    for op in diff.ops() {
        let (old, new) = (op.old_range(), op.new_range());
        let letter = match op {
            DiffOp::Equal { .. } => continue,
            DiffOp::Delete { .. } => 'd',
            DiffOp::Insert { .. } => 'a',
            DiffOp::Replace { .. } => 'c',
        };
        out.push_str(&format!(
            "{}{letter}{}\n",
            place(old.start, old.len()),
            place(new.start, new.len())
        ));
        let mut parted = false;
        for change in diff.iter_changes(op) {
            let sign = match change.tag() {
                ChangeTag::Delete => '<',
                ChangeTag::Insert => {
                    if letter == 'c' && !std::mem::replace(&mut parted, true) {
                        out.push_str("---\n");
                    }
                    '>'
                }
                ChangeTag::Equal => continue,
            };
            let line = change.value();
            out.push_str(&format!("{sign} {}\n", line.trim_end_matches('\n')));
        }
    }
    out
}
