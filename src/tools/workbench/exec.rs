//! Runs one program for a shell line: the shell's own, text programs, programs of the registry, and what goes on after.

use super::host::Ran;
use super::language::parse;
use super::machine::{Going, Machine, Pending, Stop};
use crate::session::Answer;
use crate::sim::time::Span;
use crate::tools::code;
use crate::tools::code::text::Input;
use crate::tools::registry::program_call;

/// Simulated time that one line may wait in a loop or for what goes on, where nobody can interrupt it.
const LONGEST_WAIT: Span = Span::from_mins(10);
/// How long what never ends by itself is followed where nobody can interrupt it, and how often it is asked.
const FOLLOWED: Span = Span::from_secs(30);
const ASKED_EVERY: Span = Span::from_secs(5);
/// Artifacts that one line keeps.
const MOST_SHOWN: usize = 20_000;

impl Machine<'_> {
    /// Runs a program by its words.
    pub(super) fn exec(
        &mut self,
        argv: &[String],
        stdin: &str,
        may_go_on: bool,
    ) -> Result<i32, Stop> {
        let Some((name, args)) = argv.split_first() else {
            return Ok(0);
        };
        if let Some(flow) = self.builtin(name, args, stdin, may_go_on) {
            return flow;
        }
        if let Some(tool) = code::tool(name) {
            let answer = self.text_tool(&tool, args, stdin);
            return Ok(self.print(answer));
        }
        if self.host.registry().program(name).is_none() {
            let (words, code) = self.unknown(name);
            self.printed.push(&words, true);
            return Ok(code);
        }
        let (argv, piped) = self.with_own_files(argv, stdin);
        let Ran { answer, following } = self.host.run(&self.state.place, &argv, &piped);
        let code = self.print(answer);
        if piped.is_empty() && code == 0 {
            let (world, place) = (self.host.world(), &self.state.place);
            let program = self.host.registry().program(name);
            let args = argv.get(1..).unwrap_or(&[]);
            if let Some(text) = program.and_then(|program| program.editor(world, place, args)) {
                self.edit = Some((argv.join(" "), text));
                return Ok(0);
            }
        }
        match following {
            None => Ok(code),
            Some(following) => {
                let going = Going::Program {
                    following,
                    argv: argv.clone(),
                };
                self.goes_on(going, code, may_go_on)
            }
        }
    }

    /// `-f FILE` of a file outside the clones: its text is piped in, since the program sees the clones alone.
    fn with_own_files(&self, argv: &[String], stdin: &str) -> (Vec<String>, String) {
        let mut argv = argv.to_vec();
        let mut piped = stdin.to_owned();
        let at = argv
            .iter()
            .position(|word| word == "-f" || word == "--filename");
        if let Some(name) = at.and_then(|at| argv.get_mut(at + 1))
            && let Some(text) = self.state.scratch.get(&self.files().resolve(name))
        {
            piped.clone_from(text);
            "-".clone_into(name);
        }
        (argv, piped)
    }

    /// A text program: free and without a trace when it works on what is piped in, a look when it reads a clone's files.
    pub(super) fn text_tool(
        &mut self,
        tool: &code::text::Tool,
        args: &[String],
        stdin: &str,
    ) -> Answer {
        let input = Input {
            files: self.files(),
            stdin,
        };
        let answer = (tool.run)(&input, args);
        if answer.shown.is_empty() {
            return answer;
        }
        let piped = if args.iter().any(|word| word == "-") {
            stdin
        } else {
            ""
        };
        let call = program_call(tool.name, &self.state.place, args, piped);
        match self.host.trace(call) {
            Ok(()) => answer,
            Err(problem) => Answer::failed(format!("{}: {problem}\n", tool.name), 1),
        }
    }

    pub(super) fn print(&mut self, answer: Answer) -> i32 {
        self.printed.push(&answer.text, false);
        self.printed.push(&answer.error, true);
        if self.shown.len() < MOST_SHOWN {
            self.shown.extend(answer.shown);
        }
        answer.code
    }

    /// Hands out what goes on, or waits for it where nobody could interrupt it.
    pub(super) fn goes_on(
        &mut self,
        going: Going,
        code: i32,
        may_go_on: bool,
    ) -> Result<i32, Stop> {
        if may_go_on {
            self.pending = Some(Pending {
                going,
                printed: String::new(),
                stages: Vec::new(),
                negated: false,
            });
            return Ok(code);
        }
        match going {
            Going::Sleep(span) => {
                self.wait(span);
                Ok(0)
            }
            Going::Watch { line, .. } => match parse(&line) {
                Ok(list) => self.deeper(|machine| machine.list(&list, "")),
                Err(error) => {
                    self.printed.push(&format!("sh: {error}\n"), true);
                    Ok(2)
                }
            },
            Going::Program {
                mut following,
                argv,
            } => {
                if !self.host.is_live() {
                    return Ok(code);
                }
                let endless = argv.iter().any(|word| {
                    matches!(
                        word.as_str(),
                        "-f" | "--follow" | "-w" | "--watch" | "--watch-only"
                    )
                });
                let limit = if endless { FOLLOWED } else { LONGEST_WAIT };
                let mut waited = Span::ZERO;
                while waited < limit && self.waited < LONGEST_WAIT {
                    self.wait(ASKED_EVERY);
                    waited = waited + ASKED_EVERY;
                    let step = following.step(self.host.world());
                    self.printed.push(&step.text, false);
                    self.printed.push(&step.error, true);
                    if let Some(code) = step.done {
                        return Ok(code);
                    }
                }
                self.host.saw(&argv, &self.state.place, waited);
                self.printed.push(
                    &format!(
                        "(stopped after {}s: nobody is here to press Ctrl-C)\n",
                        waited.secs()
                    ),
                    true,
                );
                Ok(i32::from(!endless))
            }
        }
    }

    pub(super) fn wait(&mut self, span: Span) {
        let left = LONGEST_WAIT - self.waited;
        let span = span.min(left).max(Span::ZERO);
        if span > Span::ZERO {
            self.waited = self.waited + span;
            self.host.wait(span);
        }
    }

    /// What is said of a word that is no program, and the exit code.
    fn unknown(&self, name: &str) -> (String, i32) {
        if name.contains('/') {
            return match self.files().open(name) {
                Ok(_) => (format!("bash: {name}: Permission denied\n"), 126),
                Err("Is a directory") => (format!("bash: {name}: Is a directory\n"), 126),
                Err(problem) => (format!("bash: {name}: {problem}\n"), 127),
            };
        }
        let names = self
            .host
            .registry()
            .programs()
            .map(crate::tools::Program::name);
        let near = names
            .chain(super::builtins::NAMES)
            .map(|known| (strsim::damerau_levenshtein(known, name), known))
            .min()
            .filter(|(distance, _)| *distance <= 2 && *distance < name.chars().count());
        let hint = near.map_or_else(
            || "`help` lists what this workstation has.".to_owned(),
            |(_, near)| format!("Did you mean `{near}`? `help` lists what this workstation has."),
        );
        (
            format!("bash: {name}: command not found on the on-call workstation. {hint}\n"),
            127,
        )
    }
}
