//! `grep`: lines that match, from files of the checkout or from what is piped in, printed as GNU grep does.

use regex::Regex;

use super::options::{Options, Spec, Takes};
use super::posix::{self, Syntax};
use super::text::{Input, MOST_BYTES, Tool};
use crate::session::Answer;
use crate::sim::artifact::Shown;
use crate::tools::Example;

/// `grep`.
pub const GREP: Tool = Tool {
    name: "grep",
    about: "Finds lines in your checkout or in what is piped into it: -n -i -v -r -c -l -o -w -E -F -A -B -C",
    run: |input, argv| grep(input, argv, None),
    examples: &[
        Example {
            line: "grep",
            about: "What it wants",
            prints: "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
        },
        Example {
            line: "seq 12 | grep -n 1.",
            about: "Lines with their numbers",
            prints: "10:10\n11:11\n12:12\n",
        },
        Example {
            line: "seq 9 | grep -A1 -B1 5",
            about: "With what is around them",
            prints: "4\n5\n6\n",
        },
        Example {
            line: "printf 'code=13 x\\n' | grep -oE '[0-9]+'",
            about: "Only what matches",
            prints: "13\n",
        },
    ],
};

/// `egrep`.
pub const EGREP: Tool = Tool {
    name: "egrep",
    about: "The same as grep -E",
    run: |input, argv| grep(input, argv, Some(Syntax::Extended)),
    examples: &[Example {
        line: "seq 20 | egrep '^(3|12)$'",
        about: "One of two",
        prints: "3\n12\n",
    }],
};

const SPEC: Spec = Spec {
    tool: "grep",
    short: "A:B:C:e:EFGHIPLRabchilm:noqrsvwxyzf:",
    long: &[
        ("after-context", 'A', Takes::Value),
        ("before-context", 'B', Takes::Value),
        ("context", 'C', Takes::Value),
        ("regexp", 'e', Takes::Value),
        ("extended-regexp", 'E', Takes::Nothing),
        ("fixed-strings", 'F', Takes::Nothing),
        ("perl-regexp", 'P', Takes::Nothing),
        ("basic-regexp", 'G', Takes::Nothing),
        ("count", 'c', Takes::Nothing),
        ("color", '1', Takes::Maybe),
        ("colour", '1', Takes::Maybe),
        ("ignore-case", 'i', Takes::Nothing),
        ("invert-match", 'v', Takes::Nothing),
        ("files-with-matches", 'l', Takes::Nothing),
        ("files-without-match", 'L', Takes::Nothing),
        ("line-number", 'n', Takes::Nothing),
        ("line-buffered", '2', Takes::Nothing),
        ("max-count", 'm', Takes::Value),
        ("only-matching", 'o', Takes::Nothing),
        ("quiet", 'q', Takes::Nothing),
        ("silent", 'q', Takes::Nothing),
        ("recursive", 'r', Takes::Nothing),
        ("dereference-recursive", 'R', Takes::Nothing),
        ("no-messages", 's', Takes::Nothing),
        ("word-regexp", 'w', Takes::Nothing),
        ("line-regexp", 'x', Takes::Nothing),
        ("with-filename", 'H', Takes::Nothing),
        ("no-filename", 'h', Takes::Nothing),
        ("include", '3', Takes::Value),
        ("exclude", '4', Takes::Value),
        ("exclude-dir", '5', Takes::Value),
    ],
    code: 2,
    usage: "grep [OPTION]... PATTERNS [FILE]...",
};

/// Files of a search at most.
const MOST_FILES: usize = 5_000;

struct Search {
    regex: Regex,
    options: Options,
    before: usize,
    after: usize,
    most: usize,
}

fn number(options: &Options, letter: char) -> Result<Option<usize>, Answer> {
    match options.value(letter) {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Answer::failed(
                format!("grep: {text}: invalid context length argument\n"),
                2,
            )),
        },
    }
}

impl Search {
    fn new(options: Options, patterns: &[String], syntax: Syntax) -> Result<Self, Answer> {
        let mut parts = Vec::new();
        for pattern in patterns {
            let translated = posix::translate(pattern, syntax)
                .map_err(|error| Answer::failed(format!("grep: {error}\n"), 2))?;
            parts.push(translated);
        }
        let mut expression = parts.join("|");
        if options.has('x') {
            expression = format!("^(?:{expression})$");
        } else if options.has('w') {
            expression = format!("(?:\\b{{start-half}})(?:{expression})(?:\\b{{end-half}})");
        }
        let regex = posix::build(&expression, options.has('i') || options.has('y'))
            .map_err(|error| Answer::failed(format!("grep: {error}\n"), 2))?;
        let around = number(&options, 'C')?.unwrap_or(0);
        let most = match options.value('m') {
            None => usize::MAX,
            Some(text) => text
                .parse()
                .map_err(|_| Answer::failed("grep: invalid max count\n", 2))?,
        };
        Ok(Self {
            before: number(&options, 'B')?.unwrap_or(around),
            after: number(&options, 'A')?.unwrap_or(around),
            most,
            regex,
            options,
        })
    }

    /// What is printed of a text, and whether a line matched.
    fn text(&self, name: Option<&str>, text: &str, gap: &mut bool) -> (String, bool) {
        let inverted = self.options.has('v');
        let lines: Vec<&str> = text.lines().collect();
        let matching = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| self.regex.is_match(line) != inverted)
            .map(|(at, _)| at)
            .take(self.most);
        let found: Vec<usize> = matching.collect();
        let any = !found.is_empty();
        let shown = name.unwrap_or("(standard input)");
        let mut out = String::new();
        if self.options.has('q') {
        } else if self.options.has('l') || self.options.has('L') {
            if any != self.options.has('L') {
                out = format!("{shown}\n");
            }
        } else if self.options.has('c') {
            let prefix = name.map_or_else(String::new, |name| format!("{name}:"));
            out = format!("{prefix}{}\n", found.len());
        } else {
            self.lines(name, &lines, &found, gap, &mut out);
        }
        let hit = if self.options.has('L') { !any } else { any };
        (out, hit)
    }

    fn lines(
        &self,
        name: Option<&str>,
        lines: &[&str],
        found: &[usize],
        gap: &mut bool,
        out: &mut String,
    ) {
        let around = self.before + self.after > 0;
        let mut printed = 0;
        let prefix = |at: usize, sign: char| {
            let name = name.map_or_else(String::new, |name| format!("{name}{sign}"));
            if self.options.has('n') {
                format!("{name}{}{sign}", at + 1)
            } else {
                name
            }
        };
        for (index, at) in found.iter().enumerate() {
            if out.len() > MOST_BYTES {
                return;
            }
            let line = lines.get(*at).copied().unwrap_or("");
            if self.options.has('o') {
                if !self.options.has('v') {
                    for part in self.regex.find_iter(line).filter(|part| !part.is_empty()) {
                        out.push_str(&format!("{}{}\n", prefix(*at, ':'), part.as_str()));
                    }
                }
                continue;
            }
            let from = at.saturating_sub(self.before).max(printed);
            if around && *gap && (from > printed || index == 0) {
                out.push_str("--\n");
            }
            for before in from..*at {
                let line = lines.get(before).copied().unwrap_or("");
                out.push_str(&format!("{}{line}\n", prefix(before, '-')));
            }
            out.push_str(&format!("{}{line}\n", prefix(*at, ':')));
            let next = found.get(index + 1).copied().unwrap_or(usize::MAX);
            let last = at
                .saturating_add(self.after)
                .min(lines.len().saturating_sub(1));
            for after in at + 1..=last {
                if after >= next {
                    break;
                }
                let line = lines.get(after).copied().unwrap_or("");
                out.push_str(&format!("{}{line}\n", prefix(after, '-')));
            }
            printed = (last + 1).min(next).max(at + 1);
            *gap = true;
        }
    }
}

/// Whether a file's name fits a pattern with `*` and `?`.
fn fits(pattern: &str, name: &str) -> bool {
    super::glob::matches(pattern, name)
}

fn grep(input: &Input<'_>, argv: &[String], forced: Option<Syntax>) -> Answer {
    // `-5` is `-C 5`.
    let argv: Vec<String> = argv
        .iter()
        .map(|word| match word.strip_prefix('-') {
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                format!("-C{digits}")
            }
            _ => word.clone(),
        })
        .collect();
    let options = match SPEC.parse(&argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let mut operands = options.operands.clone();
    let mut patterns: Vec<String> = options.values('e').map(str::to_owned).collect();
    if patterns.is_empty() {
        if operands.is_empty() {
            return Answer::failed(
                format!(
                    "Usage: {}\nTry 'grep --help' for more information.\n",
                    SPEC.usage
                ),
                2,
            );
        }
        patterns.push(operands.remove(0));
    }
    let syntax = match options.last_of("EFGP") {
        Some('E') => Syntax::Extended,
        Some('F') => Syntax::Fixed,
        Some('P') => Syntax::Perl,
        Some(_) => Syntax::Basic,
        None => forced.unwrap_or_default(),
    };
    let search = match Search::new(options, &patterns, syntax) {
        Ok(search) => search,
        Err(answer) => return answer,
    };
    over(input, &search, &operands)
}

fn over(input: &Input<'_>, search: &Search, operands: &[String]) -> Answer {
    let options = &search.options;
    let recursive = options.has('r') || options.has('R');
    let mut answer = Answer::default();
    let mut files = Vec::new();
    if operands.is_empty() && recursive {
        walk(input, search, ".", "", &mut files);
    }
    for name in operands {
        if name != "-" && input.files.is_folder(name) && input.files.open(name).is_err() {
            if recursive {
                let shown = name.trim_end_matches('/');
                walk(input, search, name, &format!("{shown}/"), &mut files);
            } else {
                answer
                    .error
                    .push_str(&format!("grep: {name}: Is a directory\n"));
            }
        } else {
            files.push(name.clone());
        }
    }
    if operands.is_empty() && !recursive {
        files.push("-".to_owned());
    }
    let named = !options.has('h') && (options.has('H') || recursive || operands.len() > 1);
    let (mut any, mut trouble, mut gap) = (false, false, false);
    for name in files {
        let (text, clone) = if name == "-" {
            (input.stdin.to_owned(), None)
        } else {
            match input.files.open(&name) {
                Ok(opened) => (opened.text, opened.clone),
                Err(problem) => {
                    if !options.has('s') {
                        answer.error.push_str(&format!("grep: {name}: {problem}\n"));
                    }
                    trouble = true;
                    continue;
                }
            }
        };
        let shown = if name == "-" {
            "(standard input)"
        } else {
            name.as_str()
        };
        let name = (named || options.has('l') || options.has('L')).then_some(shown);
        let (printed, hit) = search.text(name, &text, &mut gap);
        any |= hit;
        if let Some((repo, path)) = clone
            && hit
        {
            answer.shown.push(Shown::File {
                repo,
                path,
                text: printed.clone(),
            });
        }
        answer.text.push_str(&printed);
        if (options.has('q') && any) || answer.text.len() > MOST_BYTES {
            break;
        }
    }
    answer.code = if trouble && !(options.has('q') && any) {
        2
    } else {
        i32::from(!any)
    };
    answer
}

fn walk(input: &Input<'_>, search: &Search, folder: &str, prefix: &str, files: &mut Vec<String>) {
    let mut stack = vec![(input.files.resolve(folder), prefix.to_owned())];
    let options = &search.options;
    while let Some((path, prefix)) = stack.pop() {
        let mut inside = Vec::new();
        for (name, whole, is_folder) in input.files.list(&path) {
            if files.len() >= MOST_FILES {
                return;
            }
            if is_folder {
                if !options.values('5').any(|pattern| fits(pattern, &name)) {
                    inside.push((whole, format!("{prefix}{name}/")));
                }
                continue;
            }
            let wanted = options.value('3').is_none()
                || options.values('3').any(|pattern| fits(pattern, &name));
            if wanted && !options.values('4').any(|pattern| fits(pattern, &name)) {
                files.push(format!("{prefix}{name}"));
            }
        }
        inside.reverse();
        stack.extend(inside);
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::run_on;
    use super::*;

    fn over(argv: &[&str], text: &str) -> (String, i32) {
        run_on(&GREP, argv, text)
    }

    #[test]
    fn what_is_printed() {
        let text = "alpha\nbeta\ngamma\n";
        assert_eq!(over(&["-v", "beta"], text), ("alpha\ngamma\n".into(), 0));
        assert_eq!(over(&["-c", "a"], text), ("3\n".into(), 0));
        assert_eq!(over(&["zeta"], text), (String::new(), 1));
        assert_eq!(over(&["-i", "ALPHA"], text), ("alpha\n".into(), 0));
        assert_eq!(
            over(&["-e", "alpha", "-e", "gamma"], text).0,
            "alpha\ngamma\n"
        );
        assert_eq!(over(&["al\\|be"], text).0, "alpha\nbeta\n");
        assert_eq!(over(&["-q", "a"], text), (String::new(), 0));
        assert_eq!(over(&["-m1", "a"], text).0, "alpha\n");
        assert_eq!(over(&["-w", "alph"], text).1, 1);
        assert_eq!(over(&["-w", "alpha"], text).1, 0);
        assert_eq!(over(&["-x", "bet"], text).1, 1);
        assert_eq!(over(&["--color=auto", "beta"], text).0, "beta\n");
        assert_eq!(over(&["-H", "beta"], text).0, "(standard input):beta\n");
        assert_eq!(over(&["-P", "a(?=l)"], text).1, 2);
    }

    #[test]
    fn context_as_grep_parts_it() {
        let text: String = (1..=20).map(|n| format!("{n}\n")).collect();
        assert_eq!(
            over(&["-A1", "-n", "^[59]$"], &text).0,
            "5:5\n6-6\n--\n9:9\n10-10\n"
        );
        assert_eq!(over(&["-C1", "^[56]$"], &text).0, "4\n5\n6\n7\n");
        assert_eq!(over(&["-B2", "^2$"], &text).0, "1\n2\n");
    }

    #[test]
    fn refusals() {
        assert_eq!(
            over(&["-k", "x"], ""),
            (
                "grep: invalid option -- 'k'\nUsage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n".into(),
                2
            )
        );
        assert_eq!(
            over(&["a\\("], ""),
            ("grep: Unmatched ( or \\(\n".into(), 2)
        );
        assert_eq!(
            over(&["x", "none"], ""),
            ("grep: none: No such file or directory\n".into(), 2)
        );
    }
}
