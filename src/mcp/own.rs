//! The door's own tools: the shell's line, the clock and the score, which need a session rather than a world. Never game logic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::session::Answer;
use crate::tools::drill::{clock, score};
use crate::tools::schema;
use crate::tools::tool::read_args;

/// What programs are told of one of them.
pub struct Own {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// It changes nothing but the time.
    pub looks: bool,
    /// A second use changes nothing more.
    pub idempotent: bool,
    /// Schema of its arguments.
    pub input: fn() -> Value,
    /// Schema of its output.
    pub output: fn() -> Value,
}

/// All of them.
pub const OWN: [Own; 3] = [
    Own {
        name: clock::NAME,
        about: clock::ABOUT,
        looks: false,
        idempotent: false,
        input: schema::of_input::<clock::Args>,
        output: schema::of_output::<clock::Clock>,
    },
    Own {
        name: "drill_score",
        about: "Tells how a drill went that is over: how it ended, what it cost, and the debrief",
        looks: true,
        idempotent: true,
        input: schema::of_input::<NoArgs>,
        output: schema::of_output::<score::Score>,
    },
    Own {
        name: "shell_run",
        about: "Runs one command line on the on-call workstation: kubectl, git, ship, psql, valkey-cli, kafka-consumer-groups, pipes to grep, head, sort and the like; `help` lists the programs",
        looks: false,
        idempotent: false,
        input: schema::of_input::<ShellArgs>,
        output: schema::of_output::<Printed>,
    },
];

/// Nothing to say.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoArgs {}

/// A command line.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShellArgs {
    /// The line, as it is typed: quotes, pipes and options work as in bash. One line; `cd` stays for the next one.
    pub line: String,
}

impl ShellArgs {
    /// The line, if it is one.
    ///
    /// # Errors
    /// An answer that says what is wrong.
    pub fn read(args: &Value) -> Result<String, Answer> {
        let line = read_args::<Self>("shell_run", args)?.line;
        if line.trim().is_empty() {
            return Err(Answer::failed("shell_run: the line is empty\n", 2));
        }
        if line.contains(['\n', '\r', '\0']) {
            return Err(Answer::failed(
                "shell_run: give one line at a time; a file is written with code_write_file\n",
                2,
            ));
        }
        Ok(line)
    }
}

/// What a command line printed.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Printed {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub exit_code: i32,
    /// The folder that the shell stands in now.
    pub cwd: String,
}
