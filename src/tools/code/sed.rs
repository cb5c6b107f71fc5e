//! `sed`: a stream editor's most used commands: `s`, `p`, `d`, `q`, `y`, `=`, `a`, `i`, `c`, with addresses and `-n`, `-E`, `-i`.

use regex::Regex;

use super::options::{Spec, Takes};
use super::posix::{self, Syntax};
use super::text::{Input, MOST_BYTES, Reader, Tool};
use crate::session::Answer;
use crate::tools::Example;

/// `sed`.
pub const TOOL: Tool = Tool {
    name: "sed",
    about: "Edits a stream of lines: s/A/B/g, -n '10,20p', /X/d, -E; -i changes files of your checkout",
    run,
    examples: &[
        Example {
            line: "seq 9 | sed -n '3,4p'",
            about: "Lines three and four",
            prints: "3\n4\n",
        },
        Example {
            line: "echo v1.2 | sed -E 's/v([0-9]+)/version \\1/'",
            about: "Replaces, with what was found",
            prints: "version 1.2\n",
        },
        Example {
            line: "echo x | sed s/x",
            about: "A command that is not finished",
            prints: "sed: -e expression #1, char 3: unterminated `s' command\n",
        },
    ],
};

const SPEC: Spec = Spec {
    tool: "sed",
    short: "nEre:i:su",
    long: &[
        ("quiet", 'n', Takes::Nothing),
        ("silent", 'n', Takes::Nothing),
        ("regexp-extended", 'E', Takes::Nothing),
        ("expression", 'e', Takes::Value),
        ("in-place", 'I', Takes::Maybe),
    ],
    code: 1,
    usage: "sed [OPTION]... {script-only-if-no-other-script} [input-file]...",
};

enum Address {
    Line(usize),
    Last,
    Pattern(Regex),
    Step(usize, usize),
    Plus(usize),
}

enum Action {
    Substitute {
        pattern: Regex,
        with: Vec<Piece>,
        all: bool,
        nth: usize,
        print: bool,
    },
    Print,
    Delete,
    Quit,
    Number,
    Translate(Vec<(char, char)>),
    Append(String),
    Insert(String),
    Change(String),
}

enum Piece {
    Text(String),
    Group(usize),
    /// `\U`, `\L`, `\E`
    Case(char),
}

struct Command {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    actions: Vec<Action>,
    /// Up to which line a range that has begun reaches.
    until: Option<usize>,
}

struct Script<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    taken: usize,
    extended: bool,
}

impl Script<'_> {
    fn next(&mut self) -> Option<char> {
        let letter = self.rest.next();
        self.taken += usize::from(letter.is_some());
        letter
    }

    fn skip(&mut self, letters: &str) {
        while self
            .rest
            .peek()
            .is_some_and(|letter| letters.contains(*letter))
        {
            self.next();
        }
    }

    fn number(&mut self) -> Option<usize> {
        let mut digits = String::new();
        while let Some(digit) = self.rest.peek().filter(|letter| letter.is_ascii_digit()) {
            digits.push(*digit);
            self.next();
        }
        digits.parse().ok()
    }

    /// Text up to a separator that is not escaped.
    fn until(&mut self, end: char) -> Option<String> {
        let mut out = String::new();
        let mut in_set = false;
        loop {
            let letter = self.next()?;
            if letter == '\\' {
                let after = self.next()?;
                if after == end && !"()|+?{}.*[]^$".contains(end) {
                    out.push(after);
                } else if after == 'n' {
                    out.push('\n');
                } else {
                    out.push('\\');
                    out.push(after);
                }
                continue;
            }
            if letter == end && !in_set {
                return Some(out);
            }
            if letter == '[' {
                in_set = true;
            } else if letter == ']' {
                in_set = false;
            }
            out.push(letter);
        }
    }

    fn pattern(&self, text: &str, ignore_case: bool) -> Result<Regex, String> {
        let syntax = if self.extended {
            Syntax::Extended
        } else {
            Syntax::Basic
        };
        posix::compile(text, syntax, ignore_case).map_err(|error| error.to_string())
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        match self.rest.peek() {
            Some('$') => {
                self.next();
                Ok(Some(Address::Last))
            }
            Some('+') => {
                self.next();
                Ok(self.number().map(Address::Plus))
            }
            Some(letter) if letter.is_ascii_digit() => {
                let line = self.number().unwrap_or(0);
                if self.rest.peek() == Some(&'~') {
                    self.next();
                    let step = self.number().unwrap_or(0);
                    return Ok(Some(Address::Step(line, step)));
                }
                Ok(Some(Address::Line(line)))
            }
            Some('/') => {
                self.next();
                let text = self.until('/').ok_or("unterminated address regex")?;
                let ignore_case = self.rest.next_if_eq(&'I').is_some();
                self.pattern(&text, ignore_case)
                    .map(|regex| Some(Address::Pattern(regex)))
            }
            _ => Ok(None),
        }
    }

    fn commands(&mut self) -> Result<Vec<Command>, String> {
        let mut commands = Vec::new();
        loop {
            self.skip(" \t\n;");
            if self.rest.peek().is_none() {
                return Ok(commands);
            }
            let from = self.address()?;
            self.skip(" ");
            let to = if from.is_some() && self.rest.peek() == Some(&',') {
                self.next();
                self.skip(" ");
                Some(self.address()?.ok_or("unexpected `,'")?)
            } else {
                None
            };
            self.skip(" ");
            let mut negated = false;
            while self.rest.peek() == Some(&'!') {
                self.next();
                negated = true;
            }
            self.skip(" ");
            let mut actions = Vec::new();
            if self.rest.peek() == Some(&'{') {
                self.next();
                loop {
                    self.skip(" \t\n;");
                    match self.rest.peek() {
                        None => return Err("unmatched `{'".to_owned()),
                        Some('}') => {
                            self.next();
                            break;
                        }
                        Some(_) => actions.push(self.action()?),
                    }
                }
            } else {
                actions.push(self.action()?);
            }
            commands.push(Command {
                from,
                to,
                negated,
                actions,
                until: None,
            });
            if commands.len() > 200 {
                return Err("too many commands".to_owned());
            }
        }
    }

    fn text(&mut self) -> String {
        self.skip(" \t");
        if self.rest.peek() == Some(&'\\') {
            self.next();
            self.skip(" \t\n");
        }
        let mut text = String::new();
        while let Some(letter) = self.next() {
            if letter == '\n' {
                break;
            }
            text.push(letter);
        }
        text
    }

    fn action(&mut self) -> Result<Action, String> {
        let letter = self.next().ok_or("missing command")?;
        let action = match letter {
            'p' => Action::Print,
            'd' => Action::Delete,
            'q' => Action::Quit,
            '=' => Action::Number,
            'a' => return Ok(Action::Append(self.text())),
            'i' => return Ok(Action::Insert(self.text())),
            'c' => return Ok(Action::Change(self.text())),
            's' => self.substitute()?,
            'y' => {
                let end = self.next().ok_or("unterminated `y' command")?;
                let from = self.until(end).ok_or("unterminated `y' command")?;
                let to = self.until(end).ok_or("unterminated `y' command")?;
                if from.chars().count() != to.chars().count() {
                    return Err("strings for `y' command are different lengths".to_owned());
                }
                Action::Translate(from.chars().zip(to.chars()).collect())
            }
            other => return Err(format!("unknown command: `{other}'")),
        };
        self.skip(" \t");
        match self.rest.peek() {
            None | Some(';' | '\n' | '}') => Ok(action),
            Some(_) => {
                self.next();
                Err("extra characters after command".to_owned())
            }
        }
    }

    fn substitute(&mut self) -> Result<Action, String> {
        let unterminated = || "unterminated `s' command".to_owned();
        let end = self.next().ok_or_else(unterminated)?;
        let text = self.until(end).ok_or_else(unterminated)?;
        let mut with = String::new();
        loop {
            match self.next().ok_or_else(unterminated)? {
                letter if letter == end => break,
                '\\' => {
                    let after = self.next().ok_or_else(unterminated)?;
                    if after != end {
                        with.push('\\');
                    }
                    with.push(after);
                }
                letter => with.push(letter),
            }
        }
        let (mut all, mut print, mut ignore_case, mut nth) = (false, false, false, 1);
        while let Some(flag) = self.rest.peek().copied() {
            match flag {
                'g' => all = true,
                'p' => print = true,
                'i' | 'I' => ignore_case = true,
                '1'..='9' => {
                    nth = self.number().unwrap_or(1);
                    continue;
                }
                ' ' | ';' | '\n' | '}' => break,
                _ => {
                    self.next();
                    return Err("unknown option to `s'".to_owned());
                }
            }
            self.next();
        }
        let pattern = self.pattern(&text, ignore_case)?;
        let with = pieces(&with);
        let groups = with.iter().filter_map(|piece| match piece {
            Piece::Group(group) => Some(*group),
            _ => None,
        });
        if let Some(group) = groups
            .max()
            .filter(|group| *group >= pattern.captures_len())
        {
            return Err(format!("invalid reference \\{group} on `s' command's RHS"));
        }
        Ok(Action::Substitute {
            pattern,
            with,
            all,
            nth,
            print,
        })
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut letters = text.chars();
    let flush = |plain: &mut String, pieces: &mut Vec<Piece>| {
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(plain)));
        }
    };
    while let Some(letter) = letters.next() {
        match letter {
            '&' => {
                flush(&mut plain, &mut pieces);
                pieces.push(Piece::Group(0));
            }
            '\\' => match letters.next() {
                Some(digit @ '0'..='9') => {
                    flush(&mut plain, &mut pieces);
                    pieces.push(Piece::Group(digit as usize - '0' as usize));
                }
                Some(case @ ('U' | 'L' | 'E' | 'u' | 'l')) => {
                    flush(&mut plain, &mut pieces);
                    pieces.push(Piece::Case(case));
                }
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            other => plain.push(other),
        }
    }
    flush(&mut plain, &mut pieces);
    pieces
}

fn substitute(
    line: &str,
    pattern: &Regex,
    with: &[Piece],
    all: bool,
    nth: usize,
) -> Option<String> {
    let mut out = String::new();
    let mut from = 0;
    for (index, found) in pattern.captures_iter(line).enumerate() {
        let Some(whole) = found.get(0) else { continue };
        if index + 1 < nth {
            continue;
        }
        out.push_str(line.get(from..whole.start()).unwrap_or(""));
        let mut case = 'E';
        for piece in with {
            let text = match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Group(group) => found.get(*group).map_or("", |part| part.as_str()),
                Piece::Case(letter) => {
                    case = *letter;
                    continue;
                }
            };
            match case {
                'U' => out.push_str(&text.to_uppercase()),
                'L' => out.push_str(&text.to_lowercase()),
                'u' | 'l' => {
                    let mut letters = text.chars();
                    if let Some(first) = letters.next() {
                        if case == 'u' {
                            out.extend(first.to_uppercase());
                        } else {
                            out.extend(first.to_lowercase());
                        }
                        out.push_str(letters.as_str());
                        case = 'E';
                    }
                }
                _ => out.push_str(text),
            }
        }
        from = whole.end();
        if !all || out.len() > MOST_BYTES {
            out.push_str(line.get(from..).unwrap_or(""));
            return Some(out);
        }
    }
    if from == 0 && out.is_empty() {
        return None;
    }
    out.push_str(line.get(from..).unwrap_or(""));
    Some(out)
}

fn is_at(address: &Address, number: usize, last: bool, line: &str) -> bool {
    match address {
        Address::Line(wanted) => *wanted == number,
        Address::Last => last,
        Address::Pattern(regex) => regex.is_match(line),
        Address::Step(first, 0) => *first == number,
        Address::Step(first, step) => number >= *first && (number - first).is_multiple_of(*step),
        Address::Plus(_) => false,
    }
}

impl Command {
    fn holds(&mut self, number: usize, last: bool, line: &str) -> bool {
        let Some(from) = &self.from else {
            return !self.negated;
        };
        let inside = match (&self.to, self.until) {
            (None, _) => is_at(from, number, last, line),
            (Some(to), Some(until)) => {
                let ends = number >= until
                    || match to {
                        Address::Line(_) | Address::Plus(_) => false,
                        to => is_at(to, number, last, line),
                    };
                if ends {
                    self.until = None;
                }
                true
            }
            (Some(to), None) if is_at(from, number, last, line) => {
                let until = match to {
                    Address::Line(to) => *to,
                    Address::Plus(more) => number.saturating_add(*more),
                    _ => usize::MAX,
                };
                self.until = (until > number && !last).then_some(until);
                true
            }
            _ => false,
        };
        inside != self.negated
    }
}

/// Runs a script over a text.
fn edit(commands: &mut [Command], text: &str, quiet: bool) -> String {
    let mut out = String::new();
    let lines: Vec<&str> = text.lines().collect();
    'lines: for (index, original) in lines.iter().enumerate() {
        if out.len() > MOST_BYTES {
            break;
        }
        let (number, last) = (index + 1, index + 1 == lines.len());
        let mut line = (*original).to_owned();
        let mut after = String::new();
        let mut quits = false;
        for command in &mut *commands {
            if !command.holds(number, last, &line) {
                continue;
            }
            for action in &command.actions {
                match action {
                    Action::Print => out.push_str(&format!("{line}\n")),
                    Action::Number => out.push_str(&format!("{number}\n")),
                    Action::Delete => {
                        out.push_str(&after);
                        continue 'lines;
                    }
                    Action::Quit => quits = true,
                    Action::Append(text) => after.push_str(&format!("{text}\n")),
                    Action::Insert(text) => out.push_str(&format!("{text}\n")),
                    Action::Change(text) => {
                        out.push_str(&format!("{text}\n"));
                        continue 'lines;
                    }
                    Action::Translate(pairs) => {
                        line = line
                            .chars()
                            .map(|letter| {
                                let pair = pairs.iter().find(|(from, _)| *from == letter);
                                pair.map_or(letter, |(_, to)| *to)
                            })
                            .collect();
                    }
                    Action::Substitute {
                        pattern,
                        with,
                        all,
                        nth,
                        print,
                    } => {
                        if let Some(changed) = substitute(&line, pattern, with, *all, *nth) {
                            line = changed;
                            if *print {
                                out.push_str(&format!("{line}\n"));
                            }
                        }
                    }
                }
                if quits {
                    break;
                }
            }
        }
        if !quiet {
            out.push_str(&format!("{line}\n"));
        }
        out.push_str(&after);
        if quits {
            break;
        }
    }
    out
}

fn is_in_place(word: &str) -> bool {
    word == "-i" || word.starts_with("--in-place") || word == "-i.bak"
}

/// The files that `sed -i` changes with their new texts; `None` when it is another use. For the shell, which writes them.
pub fn in_place(
    input: &Input<'_>,
    argv: &[String],
) -> Option<Result<Vec<(String, String)>, Answer>> {
    if !argv.iter().any(|word| is_in_place(word)) {
        return None;
    }
    let rest: Vec<String> = argv
        .iter()
        .filter(|word| !is_in_place(word))
        .cloned()
        .collect();
    let options = match SPEC.parse(&rest) {
        Ok(options) => options,
        Err(answer) => return Some(Err(answer)),
    };
    let (scripts, operands) = scripts(&options);
    if operands.is_empty() {
        return Some(Err(Answer::failed("sed: no input files\n", 1)));
    }
    let mut changed = Vec::new();
    let mut reader = Reader::new(input, "sed", "can't read {}: ", 2);
    for name in &operands {
        let mut commands = match parse(&scripts, options.has('E') || options.has('r')) {
            Ok(commands) => commands,
            Err(answer) => return Some(Err(answer)),
        };
        match reader.read(name) {
            Some(text) => {
                changed.push((name.clone(), edit(&mut commands, &text, options.has('n'))));
            }
            None => return Some(Err(reader.answer(String::new(), 2))),
        }
    }
    Some(Ok(changed))
}

fn scripts(options: &super::options::Options) -> (Vec<String>, Vec<String>) {
    let mut operands = options.operands.clone();
    let mut scripts: Vec<String> = options.values('e').map(str::to_owned).collect();
    if scripts.is_empty() && !operands.is_empty() {
        scripts.push(operands.remove(0));
    }
    (scripts, operands)
}

fn parse(scripts: &[String], extended: bool) -> Result<Vec<Command>, Answer> {
    let mut commands = Vec::new();
    for (index, text) in scripts.iter().enumerate() {
        let mut script = Script {
            rest: text.chars().peekable(),
            taken: 0,
            extended,
        };
        let parsed = script.commands().map_err(|error| {
            let place = script.taken;
            Answer::failed(
                format!("sed: -e expression #{}, char {place}: {error}\n", index + 1),
                1,
            )
        })?;
        commands.extend(parsed);
    }
    Ok(commands)
}

fn run(input: &Input<'_>, argv: &[String]) -> Answer {
    if argv.iter().any(|word| is_in_place(word)) {
        return Answer::failed(
            "sed: couldn't open temporary file: Read-only file system\n",
            4,
        );
    }
    let options = match SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let (scripts, operands) = scripts(&options);
    if scripts.is_empty() {
        return Answer::failed(format!("Usage: {}\n", SPEC.usage), 1);
    }
    let mut commands = match parse(&scripts, options.has('E') || options.has('r')) {
        Ok(commands) => commands,
        Err(answer) => return answer,
    };
    let mut reader = Reader::new(input, "sed", "can't read {}: ", 2);
    let text = reader.joined(&operands);
    let edited = edit(&mut commands, &text, options.has('n'));
    reader.answer(edited, 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::run_on;
    use super::*;

    fn sed(argv: &[&str], text: &str) -> String {
        run_on(&TOOL, argv, text).0
    }

    #[test]
    fn commands_and_addresses() {
        let text = "one\ntwo\nthree\nfour\n";
        assert_eq!(sed(&["2d"], text), "one\nthree\nfour\n");
        assert_eq!(sed(&["-n", "$p"], text), "four\n");
        assert_eq!(sed(&["-n", "/two/,/three/p"], text), "two\nthree\n");
        assert_eq!(sed(&["-n", "2,+1p"], text), "two\nthree\n");
        assert_eq!(sed(&["2q"], text), "one\ntwo\n");
        assert_eq!(sed(&["/t/!d"], text), "two\nthree\n");
        assert_eq!(sed(&["s/o/0/g;s/e/3/2"], text), "0ne\ntw0\nthre3\nf0ur\n");
        assert_eq!(sed(&["s|o|/|"], "o\n"), "/\n");
        assert_eq!(sed(&["-E", "s/(t)(w)/\\2\\1/"], "two\n"), "wto\n");
        assert_eq!(sed(&["s/.*/\\U&/"], "two\n"), "TWO\n");
        assert_eq!(sed(&["-n", "-e", "1p", "-e", "3p"], text), "one\nthree\n");
        assert_eq!(
            sed(&["1!G"], text),
            "sed: -e expression #1, char 3: unknown command: `G'\n"
        );
        assert_eq!(sed(&["-n", "/two/{=;p}"], text), "2\ntwo\n");
        assert_eq!(sed(&["y/ot/01/"], "two\n"), "1w0\n");
        assert_eq!(sed(&["2i\\ new"], "a\nb\n"), "a\nnew\nb\n");
        assert_eq!(sed(&["s/x*/-/g"], "b\n"), "-b-\n");
        assert_eq!(
            sed(&["s/a/\\1/"], ""),
            "sed: -e expression #1, char 7: invalid reference \\1 on `s' command's RHS\n"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_script_is_run_or_refused(script in "[0-9spdq/a-c,;{}!$\\\\&g =]{0,16}", text in "[a-c\n]{0,20}") {
            let _ = run_on(&TOOL, &["-n", &script], &text);
        }
    }
}
