//! Command lines as GNU's programs read them: `-n5`, `-n 5`, `-rn`, `--lines=5`, options after operands, `--`. Refusals in their words.

use crate::session::Answer;

/// Whether a long option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// It takes none.
    Nothing,
    /// It takes one.
    Value,
    /// It may take one after `=`.
    Maybe,
}

/// What a program understands.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name.
    pub tool: &'static str,
    /// Letters; one with a value is followed by `:`.
    pub short: &'static str,
    /// Long options, and the letter they are the same as; a capital of their own where there is none.
    pub long: &'static [(&'static str, char, Takes)],
    /// The exit code of a wrong use.
    pub code: i32,
    /// What follows `Usage: `.
    pub usage: &'static str,
}

/// What was said on a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    found: Vec<(char, Option<String>)>,
    /// What is no option.
    pub operands: Vec<String>,
}

impl Options {
    /// Whether an option was given.
    pub fn has(&self, letter: char) -> bool {
        self.found.iter().any(|(found, _)| *found == letter)
    }

    /// The value of an option, of the last where it was given several times.
    pub fn value(&self, letter: char) -> Option<&str> {
        let mut found = self.found.iter().rev();
        found
            .find(|(found, _)| *found == letter)
            .and_then(|(_, value)| value.as_deref())
    }

    /// All values of an option.
    pub fn values(&self, letter: char) -> impl Iterator<Item = &str> {
        self.found
            .iter()
            .filter(move |(found, _)| *found == letter)
            .filter_map(|(_, value)| value.as_deref())
    }

    /// Which of these options was given last.
    pub fn last_of(&self, letters: &str) -> Option<char> {
        let mut found = self.found.iter().rev().map(|(found, _)| *found);
        found.find(|letter| letters.contains(*letter))
    }
}

impl Spec {
    fn takes_value(&self, letter: char) -> Option<bool> {
        let at = self.short.find(letter).filter(|_| letter != ':')?;
        let after = self.short.get(at + letter.len_utf8()..).unwrap_or("");
        Some(after.starts_with(':'))
    }

    /// A wrong use, in the program's words.
    pub fn refused(&self, what: &str) -> Answer {
        let tool = self.tool;
        let usage = if tool == "grep" {
            format!("Usage: {}\n", self.usage)
        } else {
            String::new()
        };
        Answer::failed(
            format!("{tool}: {what}\n{usage}Try '{tool} --help' for more information.\n"),
            self.code,
        )
    }

    /// Reads a command line.
    ///
    /// # Errors
    /// The answer of a wrong use, of `--help` and of `--version`.
    pub fn parse(&self, argv: &[String]) -> Result<Options, Answer> {
        let mut options = Options::default();
        let mut rest = argv.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                options.operands.extend(rest.cloned());
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                self.long(long, &mut rest, &mut options)?;
            } else if let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                self.letters(letters, &mut rest, &mut options)?;
            } else {
                options.operands.push(word.clone());
            }
        }
        Ok(options)
    }

    fn letters<'a>(
        &self,
        letters: &str,
        rest: &mut impl Iterator<Item = &'a String>,
        options: &mut Options,
    ) -> Result<(), Answer> {
        let mut after = letters;
        while let Some(letter) = after.chars().next() {
            after = after.get(letter.len_utf8()..).unwrap_or("");
            match self.takes_value(letter) {
                None => return Err(self.refused(&format!("invalid option -- '{letter}'"))),
                Some(false) => options.found.push((letter, None)),
                Some(true) => {
                    let value = if after.is_empty() {
                        rest.next().cloned()
                    } else {
                        Some(after.to_owned())
                    };
                    let Some(value) = value else {
                        return Err(
                            self.refused(&format!("option requires an argument -- '{letter}'"))
                        );
                    };
                    options.found.push((letter, Some(value)));
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn long<'a>(
        &self,
        word: &str,
        rest: &mut impl Iterator<Item = &'a String>,
        options: &mut Options,
    ) -> Result<(), Answer> {
        let (name, value) = word
            .split_once('=')
            .map_or((word, None), |(name, value)| (name, Some(value.to_owned())));
        if name == "help" {
            return Err(Answer {
                text: format!("Usage: {}\n", self.usage),
                ..Answer::default()
            });
        }
        if name == "version" {
            return Err(Answer {
                text: format!("{} of the on-call workstation\n", self.tool),
                ..Answer::default()
            });
        }
        let exact = self.long.iter().find(|(long, ..)| *long == name);
        let mut near = self.long.iter().filter(|(long, ..)| long.starts_with(name));
        let found = match (exact, near.next(), near.next()) {
            (Some(found), ..) | (None, Some(found), None) => found,
            (None, Some(_), Some(_)) => {
                return Err(self.refused(&format!("option '--{name}' is ambiguous")));
            }
            (None, None, _) => {
                return Err(self.refused(&format!("unrecognized option '--{name}'")));
            }
        };
        let (long, letter, takes) = *found;
        let value = match (takes, value) {
            (Takes::Nothing, Some(_)) => {
                return Err(self.refused(&format!("option '--{long}' doesn't allow an argument")));
            }
            (Takes::Nothing, None) => None,
            (Takes::Maybe, value) => value,
            (Takes::Value, Some(value)) => Some(value),
            (Takes::Value, None) => match rest.next() {
                Some(value) => Some(value.clone()),
                None => {
                    return Err(self.refused(&format!("option '--{long}' requires an argument")));
                }
            },
        };
        options.found.push((letter, value));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec {
        tool: "head",
        short: "n:qv",
        long: &[
            ("lines", 'n', Takes::Value),
            ("quiet", 'q', Takes::Nothing),
            ("color", 'C', Takes::Maybe),
        ],
        code: 1,
        usage: "head [OPTION]... [FILE]...",
    };

    fn parse(line: &str) -> Result<Options, Answer> {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        SPEC.parse(&argv)
    }

    #[test]
    fn options_in_all_forms() {
        for line in [
            "-n 5 x",
            "-n5 x",
            "-qn5 x",
            "x --lines=5",
            "--lines 5 x",
            "--li=5 x",
        ] {
            let options = parse(line).unwrap();
            assert_eq!(options.value('n'), Some("5"), "{line}");
            assert_eq!(options.operands, ["x"], "{line}");
        }
        assert_eq!(parse("-- -n").unwrap().operands, ["-n"]);
        assert_eq!(parse("-").unwrap().operands, ["-"]);
    }

    #[test]
    fn wrong_uses_in_the_programs_words() {
        let error = |line| parse(line).unwrap_err().error;
        assert_eq!(
            error("-z"),
            "head: invalid option -- 'z'\nTry 'head --help' for more information.\n"
        );
        assert_eq!(
            error("--no"),
            "head: unrecognized option '--no'\nTry 'head --help' for more information.\n"
        );
        assert_eq!(
            error("-n"),
            "head: option requires an argument -- 'n'\nTry 'head --help' for more information.\n"
        );
        assert_eq!(parse("--help").unwrap_err().code, 0);
    }
}
