//! Tools that act: typed arguments in, commands to the world out, and one output struct of what came of them.
//! Never changes anything itself: a workbench journals the commands and applies them.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::family::Family;
use super::program::{Act, Run};
use super::schema;
use super::tool::{Text, ToolError, ToolExample, failed, read_args};
use crate::session::Answer;
use crate::sim::command::{Command, Rejection};
use crate::sim::time::Span;
use crate::sim::{World, WorldOutcome};

/// What a tool does to the world, for those who decide whether it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impact {
    /// It can undo or lose something, rather than only add to it.
    pub destructive: bool,
    /// A second use with the same arguments changes nothing more.
    pub idempotent: bool,
}

impl Impact {
    /// It only adds: a message, a note.
    pub const ADDS: Self = Self {
        destructive: false,
        idempotent: false,
    };
    /// It brings something into a state, and again into the same.
    pub const SETS: Self = Self {
        destructive: true,
        idempotent: true,
    };
}

/// A tool that acts.
pub trait Change: Send + Sync + 'static {
    /// Its arguments. Unknown ones are refused: derive with `deny_unknown_fields`.
    type Args: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// What it answers when it was done.
    type Output: Serialize + Text + JsonSchema;
    /// Its name: also the name programs call it by.
    const NAME: &'static str;
    /// Its family.
    const FAMILY: Family;
    /// One sentence: what it does.
    const ABOUT: &'static str;
    /// What it does to the world.
    const IMPACT: Impact;

    /// Simulated time that a use takes, before it is done.
    fn cost(args: &Self::Args) -> Span {
        let _ = args;
        Span::from_secs(5)
    }

    /// What it asks of the world, done in order; the first that is refused stops the rest.
    ///
    /// # Errors
    /// What the real system would refuse before anything is done.
    fn commands(world: &World, args: &Self::Args) -> Result<Vec<Command>, ToolError>;

    /// What it answers after all of them were done. `outcomes` has one for each command.
    fn done(world: &World, args: &Self::Args, outcomes: &[WorldOutcome]) -> Self::Output;

    /// The world's refusal in the words of the real system.
    fn refused(rejection: &Rejection) -> ToolError {
        ToolError::new(rejection.message.clone())
    }

    /// Uses with what they print, on the small scenario of the tests.
    fn examples() -> Vec<ToolExample>;
}

/// A tool that acts, without its types, as the registry keeps it.
pub trait AnyChange: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Its family.
    fn family(&self) -> Family;
    /// What it does.
    fn about(&self) -> &'static str;
    /// What it does to the world.
    fn impact(&self) -> Impact;
    /// The JSON schema of its arguments.
    fn input_schema(&self) -> Value;
    /// The JSON schema of its output.
    fn output_schema(&self) -> Value;
    /// Simulated time that a use takes; five seconds when the arguments cannot be read.
    fn cost(&self, args: &Value) -> Span;
    /// What it wants done and how it words the outcome; a refusal is an answer.
    fn run(&self, world: &World, args: &Value) -> Run;
    /// Its examples.
    fn examples(&self) -> Vec<ToolExample>;
}

/// Makes an [`AnyChange`] of a [`Change`].
pub struct ErasedChange<T>(std::marker::PhantomData<fn() -> T>);

impl<T> Default for ErasedChange<T> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

/// Uses an acting tool for a program of the shell, whose name stands before what is refused.
pub fn changed<T: Change>(program: &'static str, world: &World, args: T::Args) -> Run {
    match T::commands(world, &args) {
        Ok(commands) => wish::<T>(program, commands, args, false),
        Err(error) => Run::Answer(failed(program, without_hint(error))),
    }
}

fn wish<T: Change>(name: &'static str, commands: Vec<Command>, args: T::Args, hint: bool) -> Run {
    let worded = move |world: &World, results: &[Result<WorldOutcome, Rejection>]| {
        let mut outcomes = Vec::with_capacity(results.len());
        for result in results {
            match result {
                Ok(outcome) => outcomes.push(outcome.clone()),
                Err(rejection) => {
                    let error = T::refused(rejection);
                    return failed(name, if hint { error } else { without_hint(error) });
                }
            }
        }
        let output = T::done(world, &args, &outcomes);
        Answer {
            text: output.text(),
            data: serde_json::to_value(&output).unwrap_or(Value::Null),
            ..Answer::default()
        }
    };
    Run::Act(Act {
        commands,
        answer: Box::new(worded),
    })
}

/// Hints name tools, which nobody types in the shell.
fn without_hint(error: ToolError) -> ToolError {
    ToolError {
        hint: None,
        ..error
    }
}

impl<T: Change> AnyChange for ErasedChange<T> {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn family(&self) -> Family {
        T::FAMILY
    }

    fn about(&self) -> &'static str {
        T::ABOUT
    }

    fn impact(&self) -> Impact {
        T::IMPACT
    }

    fn input_schema(&self) -> Value {
        schema::of_input::<T::Args>()
    }

    fn output_schema(&self) -> Value {
        schema::of_output::<T::Output>()
    }

    fn cost(&self, args: &Value) -> Span {
        serde_json::from_value(args.clone()).map_or(Span::from_secs(5), |args| T::cost(&args))
    }

    fn run(&self, world: &World, args: &Value) -> Run {
        let args: T::Args = match read_args(T::NAME, args) {
            Ok(args) => args,
            Err(answer) => return Run::Answer(answer),
        };
        match T::commands(world, &args) {
            Ok(commands) => wish::<T>(T::NAME, commands, args, true),
            Err(error) => Run::Answer(failed(T::NAME, error)),
        }
    }

    fn examples(&self) -> Vec<ToolExample> {
        T::examples()
    }
}
