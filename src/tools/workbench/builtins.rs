//! What the shell does itself: `cd`, `export`, `alias`, `history`, `test`, `xargs`, `tee`, `watch`, `sleep` and their like.

use super::language::tree::{Kind, List, Word};
use super::language::{is_name, parse};
use super::machine::{Going, Machine, Stop};
use crate::sim::time::Span;
use crate::tools::code::{sed, text::Input};
use crate::tools::program::{Following, Step};

/// The words, for completion and near misses.
pub const NAMES: [&str; 32] = [
    "alias", "break", "cd", "clear", "command", "continue", "edit", "eval", "exit", "export",
    "false", "history", "nano", "printenv", "pwd", "read", "sleep", "tee", "test", "time",
    "timeout", "true", "type", "unalias", "unset", "vi", "vim", "watch", "which", "xargs", "for",
    "while",
];

/// Runs that one `xargs` makes at most.
const MOST_RUNS: usize = 200;

type Flow = Result<i32, Stop>;

/// The names of a `read` that is a loop's whole condition.
pub fn read_of(condition: &List) -> Option<&[Word]> {
    let [(_, pipeline)] = condition.as_slice() else {
        return None;
    };
    let [(command, _)] = pipeline.stages.as_slice() else {
        return None;
    };
    let Kind::Simple { words, .. } = &command.kind else {
        return None;
    };
    let (first, rest) = words.split_first()?;
    (first.plain() == Some("read")).then_some(rest)
}

/// A file that is followed: nobody else writes in the checkout, so nothing ever comes.
struct Nothing;

impl Following for Nothing {
    fn step(&mut self, _: &crate::sim::World) -> Step {
        Step::default()
    }
}

impl Machine<'_> {
    /// Runs what the shell does itself; `None` when it is a program's word.
    pub(super) fn builtin(
        &mut self,
        name: &str,
        args: &[String],
        stdin: &str,
        may_go_on: bool,
    ) -> Option<Flow> {
        let code = match name {
            ":" | "true" | "set" | "shopt" | "jobs" | "wait" | "disown" => 0,
            "false" => 1,
            "break" => return Some(Err(Stop::Break)),
            "continue" => return Some(Err(Stop::Continue)),
            "exit" | "logout" => {
                let code = args.first().and_then(|text| text.parse().ok());
                return Some(Err(Stop::Exit(code.unwrap_or(self.state.status))));
            }
            "cd" => self.change_folder(args.first().map(String::as_str)),
            "pwd" => {
                let folder = super::shown_folder(self.host.world(), &self.state.place.cwd);
                self.say(&folder)
            }
            "export" | "declare" | "local" | "readonly" => self.export(args),
            "unset" => {
                for name in args {
                    self.state.variables.remove(name);
                }
                0
            }
            "alias" => self.alias(args),
            "unalias" => self.unalias(args),
            "history" => self.history(args),
            "read" => {
                let names: Vec<String> = args.to_vec();
                let line = stdin.lines().next();
                self.read_into(&names, line.unwrap_or(""));
                i32::from(line.is_none())
            }
            "test" => self.test(args),
            "[" | "[[" => self.bracket(name, args),
            "clear" | "reset" => {
                self.cleared = true;
                0
            }
            "edit" | "vi" | "vim" | "nano" | "emacs" => self.edit(name, args),
            "type" | "which" | "command" => {
                return Some(self.which(name, args, stdin, may_go_on));
            }
            "eval" | "source" | "." | "bash" | "sh" => {
                return Some(self.eval(name, args, stdin));
            }
            "tee" => self.tee(args, stdin),
            "xargs" => return Some(self.xargs(args, stdin)),
            "printenv" => self.printenv(args),
            "sleep" => return Some(self.sleep(args, may_go_on)),
            "watch" => return Some(self.watch(args, may_go_on)),
            "timeout" | "nohup" | "sudo" | "stdbuf" | "nice" => {
                return Some(self.prefix(name, args, stdin));
            }
            "tail" if is_followed(args) => return Some(self.tail(args, stdin, may_go_on)),
            "sed" => return self.edit_in_place(args, stdin),
            "fg" | "bg" => self.complain(&format!("bash: {name}: current: no such job"), 1),
            "let" => {
                let text = args.join(" ");
                let value = super::sum::value(&text, &|name| self.lookup(name).unwrap_or_default());
                match value {
                    Ok(value) => i32::from(value == 0),
                    Err(error) => self.complain(&format!("bash: let: {error}"), 1),
                }
            }
            _ => return None,
        };
        Some(Ok(code))
    }

    fn say(&mut self, words: &str) -> i32 {
        self.printed.push(&format!("{words}\n"), false);
        0
    }

    fn complain(&mut self, words: &str, code: i32) -> i32 {
        self.printed.push(&format!("{words}\n"), true);
        code
    }

    fn change_folder(&mut self, to: Option<&str>) -> i32 {
        let target = match to {
            None | Some("") => String::new(),
            Some("-") => self.state.before.clone(),
            Some(to) => self.files().resolve(to),
        };
        let absolute = format!("/{target}");
        if self.files().is_folder(&absolute) {
            if to == Some("-") {
                let shown = super::shown_folder(self.host.world(), &target);
                self.say(&shown);
            }
            self.state.before = std::mem::replace(&mut self.state.place.cwd, target);
            return 0;
        }
        let problem = if self.files().exists(&absolute) {
            "Not a directory"
        } else {
            "No such file or directory"
        };
        self.complain(
            &format!("bash: cd: {}: {problem}", to.unwrap_or_default()),
            1,
        )
    }

    fn export(&mut self, args: &[String]) -> i32 {
        let args: Vec<&String> = args.iter().filter(|word| !word.starts_with('-')).collect();
        if args.is_empty() {
            let lines: Vec<String> = self
                .state
                .variables
                .iter()
                .filter(|(_, (_, exported))| *exported)
                .map(|(name, (value, _))| format!("declare -x {name}=\"{value}\""))
                .collect();
            for line in lines {
                self.say(&line);
            }
            return 0;
        }
        let mut code = 0;
        for word in args {
            let (name, value) = word
                .split_once('=')
                .map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
            if !is_name(name) {
                code = self.complain(
                    &format!("bash: export: `{word}': not a valid identifier"),
                    1,
                );
                continue;
            }
            let value = match value {
                Some(value) => value.to_owned(),
                None => self.lookup(name).unwrap_or_default(),
            };
            self.state.set(name, value);
            if let Some((_, exported)) = self.state.variables.get_mut(name) {
                *exported = true;
            }
        }
        code
    }

    fn printenv(&mut self, args: &[String]) -> i32 {
        if args.is_empty() {
            return self.exec(&["env".to_owned()], "", false).unwrap_or(1);
        }
        let mut code = 0;
        for name in args {
            match self.lookup(name) {
                Some(value) => {
                    self.say(&value);
                }
                None => code = 1,
            }
        }
        code
    }

    fn alias(&mut self, args: &[String]) -> i32 {
        if args.is_empty() {
            let lines: Vec<String> = self
                .state
                .aliases
                .iter()
                .map(|(name, value)| format!("alias {name}='{value}'"))
                .collect();
            for line in lines {
                self.say(&line);
            }
            return 0;
        }
        let mut code = 0;
        for word in args {
            match word.split_once('=') {
                Some((name, value)) if !name.is_empty() && self.state.aliases.len() < 200 => {
                    self.state.aliases.insert(name.to_owned(), value.to_owned());
                }
                _ => match self.state.aliases.get(word).cloned() {
                    Some(value) => {
                        self.say(&format!("alias {word}='{value}'"));
                    }
                    None => code = self.complain(&format!("bash: alias: {word}: not found"), 1),
                },
            }
        }
        code
    }

    fn unalias(&mut self, args: &[String]) -> i32 {
        let mut code = 0;
        for name in args {
            if name == "-a" {
                self.state.aliases.clear();
            } else if self.state.aliases.remove(name).is_none() {
                code = self.complain(&format!("bash: unalias: {name}: not found"), 1);
            }
        }
        code
    }

    fn history(&mut self, args: &[String]) -> i32 {
        if args.first().is_some_and(|word| word == "-c") {
            self.state.history.clear();
            return 0;
        }
        let count = self.state.history.len();
        let wanted = match args.first().map(|text| text.parse::<usize>()) {
            None => count,
            Some(Ok(wanted)) => wanted,
            Some(Err(_)) => {
                let word = args.first().map_or("", String::as_str);
                return self.complain(
                    &format!("bash: history: {word}: numeric argument required"),
                    1,
                );
            }
        };
        let lines: Vec<String> = self
            .state
            .history
            .iter()
            .zip(1..)
            .skip(count.saturating_sub(wanted))
            .map(|(line, number)| format!("{number:>5}  {line}"))
            .collect();
        for line in lines {
            self.say(&line);
        }
        0
    }

    /// Puts a line's words into variables; the last takes the rest.
    pub(super) fn read_into(&mut self, names: &[String], line: &str) {
        let names: Vec<&String> = names.iter().filter(|name| !name.starts_with('-')).collect();
        let Some((last, first)) = names.split_last() else {
            self.state.set("REPLY", line.to_owned());
            return;
        };
        let mut rest = line.trim();
        for name in first {
            let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            self.state.set(name, word.to_owned());
            rest = after.trim_start();
        }
        self.state.set(last, rest.to_owned());
    }

    fn bracket(&mut self, name: &str, args: &[String]) -> i32 {
        let close = if name == "[" { "]" } else { "]]" };
        match args.split_last() {
            Some((last, inside)) if last == close => self.test(inside),
            _ => self.complain(&format!("bash: {name}: missing `{close}'"), 2),
        }
    }

    fn test(&mut self, args: &[String]) -> i32 {
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        match self.holds(&words) {
            Ok(holds) => i32::from(!holds),
            Err(problem) => self.complain(&format!("bash: [: {problem}"), 2),
        }
    }

    fn holds(&self, words: &[&str]) -> Result<bool, String> {
        if let Some(at) = words.iter().position(|word| *word == "-o") {
            let (left, right) = (
                words.get(..at).unwrap_or(&[]),
                words.get(at + 1..).unwrap_or(&[]),
            );
            return Ok(self.holds(left)? || self.holds(right)?);
        }
        if let Some(at) = words.iter().position(|word| *word == "-a") {
            let (left, right) = (
                words.get(..at).unwrap_or(&[]),
                words.get(at + 1..).unwrap_or(&[]),
            );
            return Ok(self.holds(left)? && self.holds(right)?);
        }
        let number = |text: &str| {
            text.trim()
                .parse::<i64>()
                .map_err(|_| format!("{text}: integer expression expected"))
        };
        Ok(match words {
            ["!", rest @ ..] => !self.holds(rest)?,
            [word] | ["-n", word] => !word.is_empty(),
            ["-z", word] => word.is_empty(),
            ["-f" | "-s" | "-r", word] => self.files().open(word).is_ok(),
            ["-e", word] => self.files().exists(word),
            ["-d", word] => self.files().is_folder(word),
            [] | ["-x" | "-L" | "-h", _] => false,
            [left, "=" | "==", right] => crate::tools::code::glob::matches(right, left),
            [left, "!=", right] => !crate::tools::code::glob::matches(right, left),
            [left, "=~", right] => {
                use crate::tools::code::posix::{Syntax, compile};
                compile(right, Syntax::Extended, false)
                    .map_err(|error| error.to_string())?
                    .is_match(left)
            }
            [left, "<", right] => left < right,
            [left, ">", right] => left > right,
            [left, "-eq", right] => number(left)? == number(right)?,
            [left, "-ne", right] => number(left)? != number(right)?,
            [left, "-lt", right] => number(left)? < number(right)?,
            [left, "-le", right] => number(left)? <= number(right)?,
            [left, "-gt", right] => number(left)? > number(right)?,
            [left, "-ge", right] => number(left)? >= number(right)?,
            [sign, _] => return Err(format!("{sign}: unary operator expected")),
            [_, sign, _] => return Err(format!("{sign}: binary operator expected")),
            _ => return Err("too many arguments".to_owned()),
        })
    }

    fn edit(&mut self, name: &str, args: &[String]) -> i32 {
        let Some(file) = args.iter().find(|word| !word.starts_with(['-', '+'])) else {
            return self.complain(&format!("{name}: which file? {name} FILE"), 1);
        };
        let path = self.files().resolve(file);
        let in_clone = path
            .split_once('/')
            .is_some_and(|(repo, _)| self.host.world().worktree(repo).is_some());
        match self.files().open(file) {
            Ok(opened) if in_clone => {
                self.edit = Some((path, opened.text));
                0
            }
            Err("No such file or directory") if in_clone => {
                self.edit = Some((path, String::new()));
                0
            }
            Ok(_) => self.complain(
                &format!("{name}: {file}: only files of the clones are edited"),
                1,
            ),
            Err(problem) => self.complain(&format!("{name}: {file}: {problem}"), 1),
        }
    }

    fn which(&mut self, name: &str, args: &[String], stdin: &str, may_go_on: bool) -> Flow {
        if name == "command" && args.first().is_none_or(|word| word != "-v") {
            return self.exec(args, stdin, may_go_on);
        }
        let mut code = 0;
        for word in args.iter().filter(|word| !word.starts_with('-')) {
            let is_program = self.host.registry().program(word).is_some();
            let path = format!("/usr/bin/{word}");
            let said = match (self.state.aliases.get(word.as_str()), name) {
                (Some(value), "type") => Some(format!("{word} is aliased to `{value}'")),
                (Some(value), "command") => Some(format!("alias {word}='{value}'")),
                _ if is_program && name == "type" => Some(format!("{word} is {path}")),
                _ if is_program => Some(path),
                _ if NAMES.contains(&word.as_str()) && name == "type" => {
                    Some(format!("{word} is a shell builtin"))
                }
                _ if NAMES.contains(&word.as_str()) && name == "command" => Some(word.clone()),
                _ => None,
            };
            match said {
                Some(said) => {
                    self.say(&said);
                }
                None if name == "type" => {
                    code = self.complain(&format!("bash: type: {word}: not found"), 1);
                }
                None => code = 1,
            }
        }
        Ok(code)
    }

    /// `eval WORDS`, `bash -c LINE`, `source FILE`.
    fn eval(&mut self, name: &str, args: &[String], stdin: &str) -> Flow {
        let line = match (name, args) {
            ("eval", words) => words.join(" "),
            ("bash" | "sh", [flag, line, ..]) if flag == "-c" => line.clone(),
            ("bash" | "sh", []) if stdin.is_empty() => {
                return Ok(self.complain(&format!("{name}: you are in one; it takes -c 'LINE'"), 1));
            }
            ("bash" | "sh", []) => stdin.to_owned(),
            (_, [file, ..]) => match self.files().open(file) {
                Ok(opened) => opened.text,
                Err(problem) => {
                    return Ok(self.complain(&format!("bash: {file}: {problem}"), 1));
                }
            },
            _ => return Ok(self.complain("bash: source: filename argument required", 2)),
        };
        match parse(&line) {
            Ok(list) => {
                let group = super::language::tree::Command {
                    kind: Kind::Group {
                        body: list,
                        own: matches!(name, "bash" | "sh"),
                    },
                    redirects: Vec::new(),
                };
                self.stages(&[(group, false)], stdin, false)
            }
            Err(error) => Ok(self.complain(&format!("bash: {error}"), 2)),
        }
    }

    fn tee(&mut self, args: &[String], stdin: &str) -> i32 {
        self.printed.push(stdin, false);
        let append = args.iter().any(|word| word == "-a" || word == "--append");
        let mut code = 0;
        for name in args.iter().filter(|word| !word.starts_with('-')) {
            if name != "/dev/null" && !self.write(name, stdin, append) {
                code = 1;
            }
        }
        code
    }

    fn xargs(&mut self, args: &[String], stdin: &str) -> Flow {
        let (mut each, mut place, mut only_if_any) = (usize::MAX, None, false);
        let mut separator = None;
        let mut rest = args.iter().peekable();
        let number = |text: Option<&String>| text.and_then(|text| text.parse::<usize>().ok());
        while let Some(word) = rest.next_if(|word| word.starts_with('-') && word.len() > 1) {
            match word.as_str() {
                "-n" | "-L" | "--max-args" => match number(rest.next()) {
                    Some(count) if count > 0 => each = count,
                    _ => {
                        return Ok(self.complain("xargs: value for -n option should be >= 1", 1));
                    }
                },
                "-I" | "--replace" => place = rest.next().cloned(),
                "-r" | "--no-run-if-empty" => only_if_any = true,
                "-t" | "-p" | "-x" => {}
                "-P" | "-s" | "--max-procs" => drop(rest.next()),
                "-0" | "--null" => separator = Some('\0'),
                "-d" => {
                    let text = rest.next().map_or("", String::as_str);
                    separator = text.replace("\\n", "\n").chars().next();
                }
                word if word.starts_with("-n") || word.starts_with("-L") => {
                    match word.get(2..).and_then(|text| text.parse().ok()) {
                        Some(count) if count > 0 => each = count,
                        _ => {
                            return Ok(
                                self.complain("xargs: value for -n option should be >= 1", 1)
                            );
                        }
                    }
                }
                word if word.starts_with("-I") => place = word.get(2..).map(str::to_owned),
                word if word.starts_with("-P") => {}
                word => {
                    let letter = word.chars().nth(1).unwrap_or('?');
                    return Ok(self.complain(
                        &format!("xargs: invalid option -- '{letter}'\nTry 'xargs --help' for more information."),
                        1,
                    ));
                }
            }
        }
        let mut command: Vec<String> = rest.cloned().collect();
        if command.is_empty() {
            command.push("echo".to_owned());
        }
        let items: Vec<String> = match (separator, &place) {
            (Some(separator), _) => stdin
                .trim_end_matches(separator)
                .split(separator)
                .map(str::to_owned)
                .collect(),
            (None, Some(_)) => stdin.lines().map(|line| line.trim().to_owned()).collect(),
            (None, None) => plain_words(stdin),
        };
        if items.is_empty() && (only_if_any || place.is_some()) {
            return Ok(0);
        }
        let runs: Vec<Vec<String>> = match &place {
            Some(place) => items
                .iter()
                .map(|item| {
                    command
                        .iter()
                        .map(|word| word.replace(place, item))
                        .collect()
                })
                .collect(),
            None if items.is_empty() => vec![command],
            None => items
                .chunks(each.min(5_000))
                .map(|chunk| command.iter().chain(chunk).cloned().collect())
                .collect(),
        };
        let mut code = 0;
        for argv in runs.into_iter().take(MOST_RUNS) {
            match self.exec(&argv, "", false)? {
                0 => {}
                127 => return Ok(127),
                _ => code = 123,
            }
        }
        Ok(code)
    }

    fn sleep(&mut self, args: &[String], may_go_on: bool) -> Flow {
        if args.is_empty() {
            return Ok(self.complain(
                "sleep: missing operand\nTry 'sleep --help' for more information.",
                1,
            ));
        }
        let mut total = 0.0;
        for text in args {
            match duration(text) {
                Some(seconds) => total += seconds,
                None => {
                    return Ok(self.complain(
                        &format!("sleep: invalid time interval '{text}'\nTry 'sleep --help' for more information."),
                        1,
                    ));
                }
            }
        }
        let span = Span::from_millis((total * 1000.0) as i64);
        self.goes_on(Going::Sleep(span), 0, may_go_on)
    }

    fn watch(&mut self, args: &[String], may_go_on: bool) -> Flow {
        let (mut seconds, mut plain) = (2.0, false);
        let mut rest = args.iter().peekable();
        while let Some(word) = rest.next_if(|word| word.starts_with('-')) {
            match word.as_str() {
                "-n" | "--interval" => {
                    match rest.next().and_then(|text| text.parse::<f64>().ok()) {
                        Some(value) if value.is_finite() => seconds = value,
                        _ => return Ok(self.complain("watch: failed to parse argument", 1)),
                    }
                }
                "-t" | "--no-title" => plain = true,
                "-d" | "-c" | "-x" | "-g" | "-e" | "--differences" | "--color" => {}
                word if word.starts_with("-n") => {
                    match word.get(2..).and_then(|text| text.parse::<f64>().ok()) {
                        Some(value) if value.is_finite() => seconds = value,
                        _ => return Ok(self.complain("watch: failed to parse argument", 1)),
                    }
                }
                word => {
                    return Ok(self.complain(&format!("watch: unrecognized option '{word}'"), 1));
                }
            }
        }
        let words: Vec<&str> = rest.map(String::as_str).collect();
        let line = words.join(" ");
        if line.trim().is_empty() {
            return Ok(self.complain("Usage: watch [options] command", 1));
        }
        let every = Span::from_millis((seconds.clamp(0.1, 3600.0) * 1000.0) as i64);
        self.goes_on(Going::Watch { line, every, plain }, 0, may_go_on)
    }

    /// `timeout 5 PROGRAM`, `sudo PROGRAM`: the program itself.
    fn prefix(&mut self, name: &str, args: &[String], stdin: &str) -> Flow {
        let mut words: Vec<String> = args
            .iter()
            .skip_while(|word| word.starts_with('-'))
            .cloned()
            .collect();
        if name == "timeout" && !words.is_empty() {
            words.remove(0);
        }
        if words.is_empty() {
            return Ok(self.complain(&format!("{name}: missing operand"), 125));
        }
        if name == "sudo" {
            self.printed.push(
                "sudo: not needed: what the on-call role may do, you may do\n",
                true,
            );
        }
        self.exec(&words, stdin, false)
    }

    fn tail(&mut self, args: &[String], stdin: &str, may_go_on: bool) -> Flow {
        let Some(tool) = crate::tools::code::tool("tail") else {
            return Ok(1);
        };
        let answer = self.text_tool(&tool, args, stdin);
        let code = self.print(answer);
        let from_file = args.iter().any(|word| !word.starts_with('-'));
        if code != 0 || !from_file {
            return Ok(code);
        }
        let argv = [&["tail".to_owned()], args].concat();
        let following = Box::new(Nothing);
        self.goes_on(Going::Program { following, argv }, 0, may_go_on)
    }

    fn edit_in_place(&mut self, args: &[String], stdin: &str) -> Option<Flow> {
        let input = Input {
            files: self.files(),
            stdin,
        };
        let changed = match sed::in_place(&input, args)? {
            Ok(changed) => changed,
            Err(answer) => return Some(Ok(self.print(answer))),
        };
        for (name, text) in changed {
            if !self.write(&name, &text, false) {
                return Some(Ok(4));
            }
        }
        Some(Ok(0))
    }
}

fn is_followed(args: &[String]) -> bool {
    args.iter().any(|word| {
        word == "--follow"
            || (word.starts_with('-')
                && !word.starts_with("--")
                && word.contains(['f', 'F'])
                && !word.contains(|letter: char| letter.is_ascii_digit() && word.starts_with("-f")))
    })
}

/// `30`, `1.5m`, `2h`: seconds.
fn duration(text: &str) -> Option<f64> {
    let (digits, factor) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(digits) => (
            digits,
            match text.chars().last() {
                Some('m') => 60.0,
                Some('h') => 3600.0,
                Some('d') => 86_400.0,
                _ => 1.0,
            },
        ),
        None => (text, 1.0),
    };
    let value = digits.parse::<f64>().ok()? * factor;
    (value.is_finite() && value >= 0.0).then_some(value.min(86_400.0))
}

/// Words as xargs reads them: quotes keep blanks together.
fn plain_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
