//! What a use of kubectl gives: data, text, what it showed, and what it asks of the cluster.

use serde_json::Value;

use super::follow::Follow;
use crate::sim::artifact::Shown;
use crate::sim::kubernetes::{KubeCommand, ObjectRef};

/// What a use of kubectl gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KubectlOutcome {
    /// The answer as data; null where there is text alone.
    pub data: Value,
    /// Standard output, with a line break at its end unless it is empty or the format says otherwise.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
    /// What it showed.
    pub shown: Vec<Shown>,
    /// What it asks of the cluster. They were tried on a copy: applied at the same instant, they succeed.
    pub commands: Vec<KubeCommand>,
    /// What is to be watched until it is done, after the commands were applied.
    pub follow: Option<Follow>,
    /// A text to be edited; the rest is `kubectl::finish_edit`'s.
    pub edit: Option<EditRequest>,
}

/// An object in an editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditRequest {
    /// The object.
    pub target: ObjectRef,
    /// What the editor shows.
    pub text: String,
}

impl KubectlOutcome {
    /// Text on standard output.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            stdout: text.into(),
            ..Self::default()
        }
    }

    /// `error: MESSAGE` and exit code 1.
    pub fn error(message: impl AsRef<str>) -> Self {
        Self::failed(format!("error: {}", message.as_ref()))
    }

    /// A whole line on standard error and exit code 1.
    pub fn failed(line: impl Into<String>) -> Self {
        let mut stderr = line.into();
        stderr.push('\n');
        Self {
            stderr,
            code: 1,
            ..Self::default()
        }
    }

    /// Adds a line to standard output.
    pub fn say(&mut self, line: &str) {
        self.stdout.push_str(line);
        self.stdout.push('\n');
    }

    /// Adds a line to standard error.
    pub fn complain(&mut self, line: &str) {
        self.stderr.push_str(line);
        self.stderr.push('\n');
    }

    /// Adds a line to standard error and fails.
    pub fn fail(&mut self, line: &str) {
        self.complain(line);
        self.code = 1;
    }

    /// Drops control characters that a text from outside may carry; line breaks and tabs stay.
    pub(super) fn cleaned(mut self) -> Self {
        for text in [&mut self.stdout, &mut self.stderr] {
            if text
                .chars()
                .any(|letter| letter.is_control() && letter != '\n' && letter != '\t')
            {
                text.retain(|letter| !letter.is_control() || letter == '\n' || letter == '\t');
            }
        }
        self
    }
}
