//! Tools that look: typed arguments in, one plain output struct out, which is the data, the text and a pane's rows.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::family::Family;
use super::schema;
use crate::session::{Answer, Call};
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
    type Args: Serialize + DeserializeOwned + JsonSchema;
    /// Its output: a struct, so that its JSON is an object.
    type Output: Serialize + Text + JsonSchema;
    /// Its name: also the name programs call it by.
    const NAME: &'static str;
    /// Its family.
    const FAMILY: Family;
    /// One sentence: what it answers.
    const ABOUT: &'static str;
    /// Whether programs are offered it; a pane's own view is not.
    const OFFERED: bool = true;

    /// Simulated time that a use takes.
    fn cost(args: &Self::Args) -> Span {
        let _ = args;
        Span::from_secs(2)
    }

    /// The command line of the shell that is the same look, where there is one. The journal then has that line, so that
    /// a look is one thing whatever the door.
    fn line(world: &World, args: &Self::Args) -> Option<Line> {
        let _ = (world, args);
        None
    }

    /// Looks.
    ///
    /// # Errors
    /// As the real system would refuse.
    fn look(world: &World, args: &Self::Args) -> Result<Seen<Self::Output>, ToolError>;

    /// Uses with what they print, on the small scenario of the tests.
    fn examples() -> Vec<ToolExample>;
}

/// A command line of the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The folder it is run in; `None` for wherever the shell stands.
    pub cwd: Option<String>,
    /// The program and its arguments.
    pub argv: Vec<String>,
}

impl Line {
    /// A line that means the same in every folder.
    pub const fn anywhere(argv: Vec<String>) -> Self {
        Self { cwd: None, argv }
    }

    /// A line in a folder.
    pub fn within(cwd: impl Into<String>, argv: Vec<String>) -> Self {
        Self {
            cwd: Some(cwd.into()),
            argv,
        }
    }
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
    /// Whether programs are offered it.
    fn is_offered(&self) -> bool;
    /// The JSON schema of its arguments.
    fn input_schema(&self) -> Value;
    /// The JSON schema of its output.
    fn output_schema(&self) -> Value;
    /// The command line of the shell that is the same look, where there is one and the arguments can be read.
    fn line(&self, world: &World, args: &Value) -> Option<Line>;
    /// Simulated time that a use takes; two seconds when the arguments cannot be read.
    fn cost(&self, args: &Value) -> Span;
    /// The arguments as the tool's own type writes them: what journals keep.
    ///
    /// # Errors
    /// When they cannot be read: an answer with code 2 that says what is wrong.
    fn read(&self, args: &Value) -> Result<Value, Answer>;
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

    fn is_offered(&self) -> bool {
        T::OFFERED
    }

    fn input_schema(&self) -> Value {
        schema::of_input::<T::Args>()
    }

    fn output_schema(&self) -> Value {
        schema::of_output::<T::Output>()
    }

    fn line(&self, world: &World, args: &Value) -> Option<Line> {
        serde_json::from_value(args.clone())
            .ok()
            .and_then(|args| T::line(world, &args))
    }

    fn cost(&self, args: &Value) -> Span {
        serde_json::from_value(args.clone()).map_or(Span::from_secs(2), |args| T::cost(&args))
    }

    fn read(&self, args: &Value) -> Result<Value, Answer> {
        let args = read_args::<T::Args>(T::NAME, args)?;
        Ok(serde_json::to_value(args).unwrap_or_default())
    }

    fn answer(&self, world: &World, args: &Value) -> Answer {
        let asked = args;
        let args: T::Args = match read_args(T::NAME, args) {
            Ok(args) => args,
            Err(answer) => return answer,
        };
        match T::look(world, &args) {
            Ok(seen) => Answer {
                text: seen.output.text(),
                data: serde_json::to_value(&seen.output).unwrap_or(Value::Null),
                shown: seen.shown,
                asked: Some(Call {
                    tool: T::NAME.to_owned(),
                    args: asked.clone(),
                }),
                ..Answer::default()
            },
            Err(error) => failed(T::NAME, error),
        }
    }

    fn examples(&self) -> Vec<ToolExample> {
        T::examples()
    }
}

/// The arguments as the tool's own type.
///
/// # Errors
/// An answer with code 2 that says what is wrong and, for a name, which is meant.
pub fn read_args<A: DeserializeOwned>(name: &str, args: &Value) -> Result<A, Answer> {
    serde_json::from_value(args.clone()).map_err(|error| {
        let message = error.to_string();
        let hint = meant(&message).map_or_else(String::new, |meant| {
            format!("\nhint: did you mean `{meant}`?")
        });
        Answer::failed(format!("{name}: {message}{hint}\n"), 2)
    })
}

/// The nearest of the names that an error expected, for one that does not exist.
fn meant(message: &str) -> Option<String> {
    let mut names = message.split('`').skip(1).step_by(2);
    let given = names.next().filter(|_| message.starts_with("unknown "))?;
    names
        .map(|name| (strsim::damerau_levenshtein(name, given), name))
        .min()
        .filter(|(distance, name)| *distance <= 2.max(name.len() / 3))
        .map(|(_, name)| name.to_owned())
}

/// A tool's refusal as an answer, with its hint.
pub fn failed(name: &str, error: ToolError) -> Answer {
    let hint = error
        .hint
        .map_or_else(String::new, |hint| format!("\nhint: {hint}"));
    Answer::failed(format!("{name}: {}{hint}\n", error.message), 1)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Args {
        service: String,
        #[serde(default)]
        limit: usize,
    }

    #[test]
    fn what_is_wrong_with_arguments_is_said_with_the_name_that_was_meant() {
        let error = |args| read_args::<Args>("logs", &args).unwrap_err().error;
        assert_eq!(
            error(json!({"service": "a", "limt": 1})),
            "logs: unknown field `limt`, expected `service` or `limit`\nhint: did you mean `limit`?\n"
        );
        assert_eq!(error(json!({})), "logs: missing field `service`\n");
        assert_eq!(
            error(json!({"service": "a", "limit": "x"})),
            "logs: invalid type: string \"x\", expected usize\n"
        );
        assert_eq!(
            error(json!({"service": "a", "zebra": 1})),
            "logs: unknown field `zebra`, expected `service` or `limit`\n"
        );
    }
}
