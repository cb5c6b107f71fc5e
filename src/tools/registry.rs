//! All tools and programs, by name: the one place that lists them. Never runs one by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::change::AnyChange;
use super::family::Family;
use super::limits;
use super::program::{Place, Program, Run};
use super::tool::AnyLook;
use crate::session::{Answer, Call, Refused, Toolbox, Used};
use crate::sim::World;
use crate::sim::command::Command;
use crate::sim::time::Span;

/// All tools and programs.
pub struct Registry {
    tools: BTreeMap<&'static str, Box<dyn AnyLook>>,
    changes: BTreeMap<&'static str, Box<dyn AnyChange>>,
    programs: BTreeMap<&'static str, Box<dyn Program>>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Registry")
            .field("tools", &self.tools.len())
            .finish_non_exhaustive()
    }
}

impl Registry {
    /// Everything there is.
    pub fn standard() -> Arc<Self> {
        let mut registry = Self {
            tools: BTreeMap::new(),
            changes: BTreeMap::new(),
            programs: BTreeMap::new(),
        };
        for tool in super::all_tools() {
            registry.tools.insert(tool.name(), tool);
        }
        for change in super::all_changes() {
            registry.changes.insert(change.name(), change);
        }
        for program in super::all_programs() {
            registry.programs.insert(program.name(), program);
        }
        Arc::new(registry)
    }

    /// Tools that look, in the order of their names.
    pub fn tools(&self) -> impl Iterator<Item = &dyn AnyLook> {
        self.tools.values().map(AsRef::as_ref)
    }

    /// A tool that looks, by name.
    pub fn tool(&self, name: &str) -> Option<&dyn AnyLook> {
        self.tools.get(name).map(AsRef::as_ref)
    }

    /// Tools that act, in the order of their names.
    pub fn changes(&self) -> impl Iterator<Item = &dyn AnyChange> {
        self.changes.values().map(AsRef::as_ref)
    }

    /// A tool that acts, by name.
    pub fn change(&self, name: &str) -> Option<&dyn AnyChange> {
        self.changes.get(name).map(AsRef::as_ref)
    }

    /// Programs in the order of their names.
    pub fn programs(&self) -> impl Iterator<Item = &dyn Program> {
        self.programs.values().map(AsRef::as_ref)
    }

    /// A program by name.
    pub fn program(&self, name: &str) -> Option<&dyn Program> {
        self.programs.get(name).map(AsRef::as_ref)
    }
}

/// The call that a use of a program is in the journal.
pub fn program_call(name: &str, place: &Place, argv: &[String], stdin: &str) -> Call {
    let mut args = serde_json::json!({ "argv": argv });
    if let Some(args) = args.as_object_mut() {
        if !place.cwd.is_empty() {
            args.insert("cwd".to_owned(), Value::from(place.cwd.clone()));
        }
        if !stdin.is_empty() {
            args.insert("stdin".to_owned(), Value::from(stdin));
        }
    }
    Call {
        tool: name.to_owned(),
        args,
    }
}

struct ProgramArgs {
    argv: Vec<String>,
    place: Place,
    stdin: String,
}

fn program_args(args: &Value) -> Option<ProgramArgs> {
    let argv = args.get("argv")?.as_array()?;
    let argv: Option<Vec<String>> = argv
        .iter()
        .map(|word| word.as_str().map(str::to_owned))
        .collect();
    let text = |name: &str| {
        args.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Some(ProgramArgs {
        argv: argv?,
        place: Place { cwd: text("cwd") },
        stdin: text("stdin"),
    })
}

impl Registry {
    /// The family that a use is of.
    fn family(&self, used: Used<'_>) -> Option<Family> {
        match used {
            Used::Call(call) => self
                .tool(&call.tool)
                .map(AnyLook::family)
                .or_else(|| self.program(&call.tool).map(Program::family)),
            Used::Command(Command::SlackPost { .. }) => Some(Family::Slack),
            Used::Command(Command::Pager { .. }) => Some(Family::PagerDuty),
            Used::Command(Command::SetFlag { .. }) => Some(Family::FeatureFlags),
            Used::Command(_) => None,
        }
    }
}

impl Toolbox for Registry {
    fn cost(&self, _world: &World, call: &Call) -> Span {
        if let Some(tool) = self.tool(&call.tool) {
            return tool.cost(&call.args);
        }
        let program = self.program(&call.tool);
        program
            .and_then(|program| program_args(&call.args).map(|args| program.cost(&args.argv)))
            .unwrap_or(Span::from_secs(1))
    }

    fn answer(&self, world: &World, call: &Call) -> Answer {
        if let Some(tool) = self.tool(&call.tool) {
            return tool.answer(world, &call.args);
        }
        let (Some(program), Some(args)) = (self.program(&call.tool), program_args(&call.args))
        else {
            return Answer::failed(
                format!(
                    "{}: no such tool, or its arguments cannot be read\n",
                    call.tool
                ),
                127,
            );
        };
        match program.run(world, &args.place, &args.argv, &args.stdin) {
            Run::Answer(answer) => answer,
            Run::Act(_) => Answer::failed(
                format!("{}: this use changes the world and is no look\n", call.tool),
                1,
            ),
        }
    }

    fn system(&self, used: Used<'_>) -> Option<String> {
        self.family(used).map(Family::key)
    }

    fn refusal(&self, used: Used<'_>, refused: Refused) -> Answer {
        let family = self.family(used).unwrap_or(Family::Drill);
        match used {
            Used::Call(call) => limits::answer(family, call, refused),
            Used::Command(_) => {
                let (words, code) = limits::words(family, None, refused);
                Answer::failed(words, code)
            }
        }
    }
}
