//! `drill_report`: keeps the incident report with the drill. Never grades it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::command::{Command, DrillAct};
use crate::sim::time::Span;
use crate::sim::{World, WorldOutcome};
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{Text, ToolError, ToolExample};

/// The longest report.
const LONGEST_REPORT: usize = 64 * 1024;

/// Keeps the report.
pub struct Report;

/// The report.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The text, in Markdown: what happened, its impact, its cause, what was done, what is left to do.
    pub text: String,
}

/// What was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Kept {
    /// Words of the report.
    pub words: usize,
}

impl Text for Kept {
    fn text(&self) -> String {
        format!("report of {} words kept\n", self.words)
    }
}

impl Change for Report {
    type Args = Args;
    type Output = Kept;
    const NAME: &'static str = "drill_report";
    const FAMILY: Family = Family::Drill;
    const ABOUT: &'static str =
        "Keeps your incident report with the drill; a later one replaces it";
    const IMPACT: Impact = Impact {
        destructive: false,
        idempotent: true,
    };

    fn cost(_: &Args) -> Span {
        Span::ZERO
    }

    fn commands(_: &World, args: &Args) -> Result<Vec<Command>, ToolError> {
        if args.text.trim().is_empty() {
            return Err(ToolError::new("the report is empty"));
        }
        if args.text.len() > LONGEST_REPORT {
            return Err(ToolError::new(format!(
                "the report is too long: at most {LONGEST_REPORT} bytes"
            )));
        }
        Ok(vec![Command::Drill(DrillAct::Report(args.text.clone()))])
    }

    fn done(_: &World, args: &Args, _: &[WorldOutcome]) -> Kept {
        Kept {
            words: args.text.split_whitespace().count(),
        }
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"text": "Jobs were refused for an hour."}"#,
            about: "A short report",
            prints: "report of 6 words kept\n",
        }]
    }
}
