//! What programs of several families need: tables of text, answers of a tool, refusals in words. Never a family's own form.

use super::program::{Act, Run};
use super::tool::{AnyLook, Erased, Look};
use crate::session::Answer;
use crate::sim::command::{Command, Rejection};
use crate::sim::{World, WorldOutcome};

/// Rows in columns as wide as their widest cell, two blanks between them; the last column is not padded.
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, wanted) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(wanted.saturating_sub(width(cell)) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// A row of texts.
pub fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// Uses a tool for a program.
pub fn looked<T: Look>(world: &World, args: &T::Args) -> Run {
    let args = serde_json::to_value(args).unwrap_or_default();
    Run::Answer(Erased::<T>::default().answer(world, &args))
}

/// Asks for one command and says a text when it was done; a rejection is printed as `program: text`.
pub fn act(program: &'static str, command: Command, done: impl Into<String>) -> Run {
    let done = done.into();
    Run::Act(Act {
        commands: vec![command],
        answer: Box::new(move |_, results| match first_rejection(results) {
            Some(rejection) => Answer::failed(format!("{program}: {}\n", rejection.message), 1),
            None => Answer {
                text: done,
                ..Answer::default()
            },
        }),
    })
}

/// The first command that was refused.
pub fn first_rejection(results: &[Result<WorldOutcome, Rejection>]) -> Option<&Rejection> {
    results.iter().find_map(|result| result.as_ref().err())
}

/// A program was used wrongly: how it is used, code 2.
pub fn usage(text: &str) -> Run {
    Run::failed(format!("usage: {text}\n"), 2)
}

/// Words, and options with their values, in the order in which they were given.
pub type WordsAndOptions = (Vec<String>, Vec<(String, String)>);

/// Splits arguments into words and the values of options; each option named in `valued` takes the word after it, and
/// `--name=value` works too.
pub fn options(argv: &[String], valued: &[&str]) -> Result<WordsAndOptions, String> {
    let (mut words, mut found) = (Vec::new(), Vec::new());
    let mut rest = argv.iter();
    while let Some(word) = rest.next() {
        if let Some((name, value)) = word
            .split_once('=')
            .filter(|(name, _)| valued.contains(name))
        {
            found.push((name.to_owned(), value.to_owned()));
        } else if valued.contains(&word.as_str()) {
            let value = rest
                .next()
                .ok_or_else(|| format!("option {word} needs a value"))?;
            found.push((word.clone(), value.clone()));
        } else {
            words.push(word.clone());
        }
    }
    Ok((words, found))
}

/// The last value given for any of these options.
pub fn value<'a>(found: &'a [(String, String)], names: &[&str]) -> Option<&'a str> {
    found
        .iter()
        .rev()
        .find(|(name, _)| names.contains(&name.as_str()))
        .map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [row(["A", "BB", "C"]), row(["aaaa", "b", ""])];
        assert_eq!(columns(&rows), "A     BB  C\naaaa  b\n");
    }

    #[test]
    fn options_take_their_values_from_the_next_word_or_after_an_equals_sign() {
        let argv: Vec<String> = ["x", "-n", "3", "--to=4", "--dry"]
            .map(str::to_owned)
            .to_vec();
        let (words, found) = options(&argv, &["-n", "--to"]).unwrap();
        assert_eq!(words, ["x", "--dry"]);
        assert_eq!(value(&found, &["-n"]), Some("3"));
        assert_eq!(value(&found, &["--to"]), Some("4"));
        assert!(options(&argv[1..2], &["-n"]).is_err());
    }
}
