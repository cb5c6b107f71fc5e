//! Tools that look: typed arguments in, one plain output struct out, which is the data, the text and a pane's rows.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::family::Family;
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::Span;

/// Why a tool did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ToolError {
    /// The text as the real system words it.
    pub message: String,
    /// What to do instead, where there is something.
    pub hint: Option<String>,
}

impl ToolError {
    /// An error with its text.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }
}

/// An output and what it showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen<O> {
    /// The output.
    pub output: O,
    /// What it showed.
    pub shown: Vec<Shown>,
}

impl<O> Seen<O> {
    /// Another output that showed the same.
    pub fn map<P>(self, change: impl FnOnce(O) -> P) -> Seen<P> {
        Seen {
            output: change(self.output),
            shown: self.shown,
        }
    }
}

/// How an output is printed in the shell.
pub trait Text {
    /// The text, with a line break at its end unless it is empty.
    fn text(&self) -> String;
}

/// A tool that looks.
pub trait Look: Send + Sync + 'static {
    /// Its arguments. Unknown ones are refused: derive with `deny_unknown_fields`.
    type Args: Serialize + DeserializeOwned;
    /// Its output.
    type Output: Serialize + Text;
    /// Its name: also the name programs call it by.
    const NAME: &'static str;
    /// Its family.
    const FAMILY: Family;
    /// One sentence: what it answers.
    const ABOUT: &'static str;

    /// Simulated time that a use takes.
    fn cost(args: &Self::Args) -> Span {
        let _ = args;
        Span::from_secs(2)
    }

    /// Looks.
    ///
    /// # Errors
    /// As the real system would refuse.
    fn look(world: &World, args: &Self::Args) -> Result<Seen<Self::Output>, ToolError>;

    /// Uses with what they print, on the small scenario of the tests.
    fn examples() -> Vec<ToolExample>;
}

/// A use of a tool and what it prints.
#[derive(Clone, Copy, Debug)]
pub struct ToolExample {
    /// Arguments as JSON.
    pub args: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Exactly what it prints on the small scenario at its page.
    pub prints: &'static str,
}

/// A tool without its types, as the registry keeps it.
pub trait AnyLook: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Its family.
    fn family(&self) -> Family;
    /// What it answers.
    fn about(&self) -> &'static str;
    /// Simulated time that a use takes; two seconds when the arguments cannot be read.
    fn cost(&self, args: &Value) -> Span;
    /// Looks; arguments that cannot be read are an answer with code 2.
    fn answer(&self, world: &World, args: &Value) -> Answer;
    /// Its examples.
    fn examples(&self) -> Vec<ToolExample>;
}

/// Makes an [`AnyLook`] of a [`Look`].
pub struct Erased<T>(std::marker::PhantomData<fn() -> T>);

impl<T> Default for Erased<T> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<T: Look> AnyLook for Erased<T> {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn family(&self) -> Family {
        T::FAMILY
    }

    fn about(&self) -> &'static str {
        T::ABOUT
    }

    fn cost(&self, args: &Value) -> Span {
        serde_json::from_value(args.clone()).map_or(Span::from_secs(2), |args| T::cost(&args))
    }

    fn answer(&self, world: &World, args: &Value) -> Answer {
        let args: T::Args = match serde_json::from_value(args.clone()) {
            Ok(args) => args,
            Err(error) => return Answer::failed(format!("{}: {error}\n", T::NAME), 2),
        };
        match T::look(world, &args) {
            Ok(seen) => Answer {
                text: seen.output.text(),
                data: serde_json::to_value(&seen.output).unwrap_or(Value::Null),
                shown: seen.shown,
                ..Answer::default()
            },
            Err(error) => {
                let hint = error
                    .hint
                    .map_or_else(String::new, |hint| format!("\nhint: {hint}"));
                Answer::failed(format!("{}: {}{hint}\n", T::NAME, error.message), 1)
            }
        }
    }

    fn examples(&self) -> Vec<ToolExample> {
        T::examples()
    }
}
