//! What goes on in the shell: `-f`, `-w`, `watch`, `sleep`. Runs on the simulated clock and is asked for more as it passes;
//! what it shows is a look of the shell's pane, so that the journal knows what was seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::host::Peek;
use super::language::tree::{Command, Kind, List, Word};
use super::machine::{Going, Machine, Pending, Printed};
use super::state::State;
use crate::session::{Call, Look as PaneLook};
use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::program::Place;
use crate::tools::{Family, Look, Registry, Seen, Text, ToolError, ToolExample};

/// The pane of the looks.
pub const PANE: &str = "shell";
/// The most bytes of a stream that the commands behind it are given anew.
const MOST_KEPT: usize = 256 << 10;
/// How far back each look through goes: looks are gone through every fifteen seconds.
const LOOKED_BACK: Span = Span::from_secs(60);

/// A line of which something goes on.
pub struct Job {
    /// Its number.
    pub id: u64,
    /// What goes on.
    pub pending: Pending,
    /// The whole line, and the entry that goes on.
    pub line: (List, usize),
    /// When it began.
    pub since: SimTime,
    collected: String,
    sent: String,
    due: SimTime,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Job")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What a job gave when it was asked.
#[derive(Debug, Default)]
pub struct Polled {
    /// What is printed.
    pub printed: Printed,
    /// In place of what was printed before.
    pub replaces: bool,
    /// Its exit code, once it is done.
    pub done: Option<i32>,
}

impl Job {
    /// A job that begins now.
    pub fn new(id: u64, pending: Pending, line: (List, usize), now: SimTime) -> Self {
        let due = match &pending.going {
            Going::Sleep(span) => now + *span,
            _ => now,
        };
        Self {
            id,
            collected: pending.printed.clone(),
            pending,
            line,
            since: now,
            sent: String::new(),
            due,
        }
    }

    /// The look that its output is; `None` when it shows nothing of the world.
    pub fn look(&self, place: &Place) -> Option<PaneLook> {
        match &self.pending.going {
            Going::Sleep(_) => None,
            Going::Program { argv, .. } => Some(look_of(argv, place, self.since.millis())),
            Going::Watch { line, .. } => {
                let argv = ["watch".to_owned(), line.clone()];
                Some(look_of(&argv, place, self.since.millis()))
            }
        }
    }

    /// Asks for more.
    pub fn poll(&mut self, world: &World, registry: &Registry, state: &State) -> Polled {
        let mut polled = Polled::default();
        match &mut self.pending.going {
            Going::Sleep(_) => polled.done = (world.now() >= self.due).then_some(0),
            Going::Watch { line, every, plain } => {
                if world.now() >= self.due {
                    self.due = world.now() + *every;
                    polled.replaces = true;
                    if !*plain {
                        let title = title(world, line, *every);
                        polled.printed.push(&title, false);
                    }
                    let shown = run_line(world, registry, state, line);
                    for (text, is_error) in shown.pieces {
                        polled.printed.push(&text, is_error);
                    }
                }
            }
            Going::Program { following, .. } => {
                let step = following.step(world);
                polled.done = step.done;
                polled.printed.push(&step.error, true);
                if self.pending.stages.is_empty() {
                    polled.printed.push(&step.text, false);
                } else {
                    let is_new = !step.text.is_empty() || self.sent.is_empty();
                    self.collect(&step.text);
                    if is_new && step.done.is_none() && !self.waits_for_the_end() {
                        self.send(world, registry, state, &mut polled);
                    }
                }
            }
        }
        polled
    }

    fn collect(&mut self, text: &str) {
        if self.collected.len() + text.len() > MOST_KEPT {
            self.collected.clear();
            self.sent.clear();
        }
        self.collected.push_str(text);
    }

    /// What the commands behind the stream have been given.
    pub fn collected(&self) -> &str {
        &self.collected
    }

    /// What they have printed already.
    pub fn sent(&self) -> &str {
        &self.sent
    }

    /// Runs the commands behind the stream over all that came, and prints what is new.
    fn send(&mut self, world: &World, registry: &Registry, state: &State, polled: &mut Polled) {
        let mut state = state.clone();
        let mut host = Peek { world, registry };
        let mut machine = Machine::new(&mut host, &mut state, false);
        let _ = machine.stages(&self.pending.stages, &self.collected, false);
        let text = machine.printed.text();
        if let Some(new) = text.strip_prefix(self.sent.as_str()) {
            polled.printed.push(new, false);
            if self.head_is_full(&text) {
                polled.done = Some(0);
            }
            self.sent = text;
        }
    }

    /// Whether a `head` at the end has printed all it will.
    fn head_is_full(&self, text: &str) -> bool {
        let Some((command, _)) = self.pending.stages.last() else {
            return false;
        };
        let words = plain_words(command);
        if words.first() != Some(&"head") {
            return false;
        }
        let count = words
            .iter()
            .find_map(|word| word.trim_start_matches(['-', 'n']).parse::<usize>().ok())
            .unwrap_or(10);
        text.lines().count() >= count
    }

    /// Whether a command behind it prints nothing before its input ends.
    fn waits_for_the_end(&self) -> bool {
        self.pending.stages.iter().any(|(command, _)| {
            let words = plain_words(command);
            match words.first() {
                Some(&("sort" | "tail" | "wc" | "uniq" | "tac" | "column" | "paste" | "xargs")) => {
                    true
                }
                Some(&("awk" | "gawk")) => texts(command).contains("END"),
                Some(&"jq") => words.contains(&"-s"),
                _ => !matches!(command.kind, Kind::Simple { .. }),
            }
        })
    }
}

fn plain_words(command: &Command) -> Vec<&str> {
    match &command.kind {
        Kind::Simple { words, .. } => words.iter().filter_map(Word::plain).collect(),
        _ => Vec::new(),
    }
}

fn texts(command: &Command) -> String {
    use super::language::tree::Part;
    let Kind::Simple { words, .. } = &command.kind else {
        return String::new();
    };
    let parts = words.iter().flat_map(|word| &word.parts);
    parts
        .map(|part| match part {
            Part::Text(text, _) => text.as_str(),
            _ => "",
        })
        .collect()
}

fn title(world: &World, line: &str, every: Span) -> String {
    let left = format!("Every {:.1}s: {line}", every.millis() as f64 / 1000.0);
    let host = format!("oncall.{}", world.plan().pack.estate.domain);
    let right = format!("{host}: {}", world.now().format("%a %b %e %H:%M:%S %Y"));
    format!("{left}    {right}\n\n")
}

/// Runs a line in a world that is only looked at.
pub fn run_line(world: &World, registry: &Registry, state: &State, line: &str) -> Printed {
    let mut state = state.clone();
    let mut host = Peek { world, registry };
    let mut machine = Machine::new(&mut host, &mut state, false);
    match super::language::parse(line) {
        Ok(list) => drop(machine.list(&list, "")),
        Err(error) => machine.printed.push(&format!("sh: {error}\n"), true),
    }
    machine.printed
}

/// The look that the output of a use is since an instant.
pub fn look_of(argv: &[String], place: &Place, since_ms: i64) -> PaneLook {
    let args = Args {
        argv: argv.to_vec(),
        cwd: place.cwd.clone(),
        since_ms,
    };
    PaneLook {
        pane: PANE.to_owned(),
        query: Some(Call {
            tool: StreamView::NAME.to_owned(),
            args: serde_json::to_value(args).unwrap_or_default(),
        }),
        first_row: None,
        height: 0,
        frozen: false,
    }
}

/// `stream_view`: what a use that goes on has shown lately. Journals name it for looks; nobody calls it by hand.
pub struct StreamView;

/// A use that goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The program's name and words; `watch` with one line.
    pub argv: Vec<String>,
    /// Where the shell stands.
    #[serde(default)]
    pub cwd: String,
    /// When it began.
    pub since_ms: i64,
}

/// How many things it showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Count {
    /// Things.
    pub things: usize,
}

impl Text for Count {
    fn text(&self) -> String {
        format!("{} shown\n", self.things)
    }
}

impl Look for StreamView {
    type Args = Args;
    type Output = Count;
    const NAME: &'static str = "stream_view";
    const FAMILY: Family = Family::Drill;
    const ABOUT: &'static str = "Notes what a use of a program that goes on has shown";

    const OFFERED: bool = false;

    fn cost(_: &Args) -> Span {
        Span::ZERO
    }

    fn look(world: &World, args: &Args) -> Result<Seen<Count>, ToolError> {
        let Some((name, argv)) = args.argv.split_first() else {
            return Err(ToolError::new("no program"));
        };
        let registry = Registry::standard();
        let place = Place {
            cwd: args.cwd.clone(),
        };
        let since = SimTime(args.since_ms).max(world.now() - LOOKED_BACK);
        let shown = if name == "watch" {
            let mut state = State::new(place.cwd);
            let mut host = Peek {
                world,
                registry: &registry,
            };
            let mut machine = Machine::new(&mut host, &mut state, false);
            if let Ok(list) = super::language::parse(&argv.join(" ")) {
                let _ = machine.list(&list, "");
            }
            machine.shown
        } else {
            registry
                .program(name)
                .map(|program| program.followed(world, &place, argv, since))
                .unwrap_or_default()
        };
        Ok(Seen {
            output: Count {
                things: shown.len(),
            },
            shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"argv": ["watch", "kubectl get pods -n none"], "since_ms": 0}"#,
            about: "a list of pods that is watched",
            prints: "0 shown\n",
        }]
    }
}
