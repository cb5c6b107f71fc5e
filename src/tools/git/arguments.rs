//! Splitting a git command line into options, values and other words. Knows the form of options, never their meaning.

use std::collections::VecDeque;

use super::error::GitError;

/// One piece of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `--name`, `--name=value`, `-n`, `-n5`.
    Option {
        /// With its dashes, without the value.
        name: String,
        /// The value that hangs on it.
        attached: Option<String>,
    },
    /// Any other word.
    Word(String),
    /// `--`
    Separator,
}

/// A command line that is taken piece by piece.
pub(super) struct Arguments {
    rest: VecDeque<String>,
    /// One-letter options that take a value.
    short_values: &'static str,
    only_words: bool,
}

impl Arguments {
    /// `short_values` are the letters of one-letter options whose rest, or next word, is a value.
    pub(super) fn new(arguments: &[String], short_values: &'static str) -> Self {
        Self {
            rest: arguments.iter().cloned().collect(),
            short_values,
            only_words: false,
        }
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Option<Token> {
        let argument = self.rest.pop_front()?;
        if self.only_words || !argument.starts_with('-') || argument == "-" {
            return Some(Token::Word(argument));
        }
        if argument == "--" {
            self.only_words = true;
            return Some(Token::Separator);
        }
        if argument.starts_with("--") {
            return Some(match argument.split_once('=') {
                Some((name, value)) => option(name, Some(value)),
                None => option(&argument, None),
            });
        }
        Some(self.short(&argument))
    }

    fn short(&mut self, argument: &str) -> Token {
        let mut letters = argument.chars();
        letters.next();
        let first = letters.next().unwrap_or_default();
        let tail = letters.as_str();
        if first.is_ascii_digit() {
            // `-5` is a count.
            return option("-n", argument.get(1..));
        }
        if tail.is_empty() {
            return option(argument, None);
        }
        if self.short_values.contains(first) {
            return option(&format!("-{first}"), Some(tail));
        }
        self.rest.push_front(format!("-{tail}"));
        option(&format!("-{first}"), None)
    }

    /// The value of an option: what hangs on it, else the next word.
    pub(super) fn value(
        &mut self,
        name: &str,
        attached: Option<String>,
    ) -> Result<String, GitError> {
        if let Some(value) = attached {
            return Ok(value);
        }
        self.rest
            .pop_front()
            .ok_or_else(|| match name.strip_prefix("--") {
                Some(_) => GitError::fatal(&format!("Option '{name}' requires a value")),
                None if name == "-n" => GitError::plain("error: -n requires an argument", 128),
                None => GitError::usage(&format!(
                    "error: switch `{}' requires a value",
                    name.trim_start_matches('-')
                )),
            })
    }

    /// The value of an option as a number.
    pub(super) fn number(
        &mut self,
        name: &str,
        attached: Option<String>,
    ) -> Result<usize, GitError> {
        let value = self.value(name, attached)?;
        // Git takes a negative count for no limit.
        if value.starts_with('-') && value.len() > 1 {
            return Ok(usize::MAX);
        }
        value
            .parse()
            .map_err(|_| GitError::fatal(&format!("'{value}': not an integer")))
    }
}

fn option(name: &str, attached: Option<&str>) -> Token {
    Token::Option {
        name: name.to_owned(),
        attached: attached.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_apart_with_their_values() {
        let words: Vec<String> = [
            "-sn",
            "-S",
            "a b",
            "-Sx",
            "-3",
            "--since=now",
            "-",
            "--",
            "-n",
        ]
        .map(str::to_owned)
        .into();
        let mut arguments = Arguments::new(&words, "nS");
        assert_eq!(arguments.next(), Some(option("-s", None)));
        assert_eq!(arguments.next(), Some(option("-n", None)));
        assert_eq!(arguments.next(), Some(option("-S", None)));
        assert_eq!(arguments.value("-S", None).unwrap(), "a b");
        assert_eq!(arguments.next(), Some(option("-S", Some("x"))));
        assert_eq!(arguments.next(), Some(option("-n", Some("3"))));
        assert_eq!(arguments.next(), Some(option("--since", Some("now"))));
        assert_eq!(arguments.next(), Some(Token::Word("-".to_owned())));
        assert_eq!(arguments.next(), Some(Token::Separator));
        assert_eq!(arguments.next(), Some(Token::Word("-n".to_owned())));
        assert_eq!(arguments.next(), None);
    }
}
