//! `drill_hint`: hints with what they cost, told before one is taken. Never says which hint belongs to which fault.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::command::{Command, DrillAct};
use crate::sim::time::Span;
use crate::sim::{World, WorldOutcome};
use crate::tools::board::notebook;
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{Text, ToolError, ToolExample};

/// Tells costs, or takes a hint.
pub struct TakeHint;

/// Which hint.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The number of the hint to take, for its cost; without it, hints and their costs are listed and nothing is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take: Option<u32>,
}

/// Hints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hints {
    /// In groups of three, each of which leads further than the one before.
    pub hints: Vec<Hint>,
}

/// A hint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hint {
    /// Its number.
    pub number: u32,
    /// What it tells: where to look, what to look for, or what it means.
    pub title: &'static str,
    /// Points it costs.
    pub cost: u32,
    /// It can be taken: the one before it in its group was.
    pub can_be_taken: bool,
    /// What it says, once taken.
    pub says: Option<String>,
}

impl Text for Hints {
    fn text(&self) -> String {
        let lines = self.hints.iter().map(|hint| {
            if let Some(says) = &hint.says {
                format!("{}  taken: {says}\n", hint.number)
            } else {
                let later = if hint.can_be_taken {
                    ""
                } else {
                    ", after the one before it"
                };
                format!(
                    "{}  {}: {} points{later}\n",
                    hint.number, hint.title, hint.cost
                )
            }
        });
        lines.collect()
    }
}

fn hints(world: &World) -> Vec<Hint> {
    let all = notebook::hints(world).into_iter();
    all.map(|hint| Hint {
        number: hint.number,
        title: hint.title,
        cost: hint.cost,
        can_be_taken: hint.is_open,
        says: hint.text,
    })
    .collect()
}

impl Change for TakeHint {
    type Args = Args;
    type Output = Hints;
    const NAME: &'static str = "drill_hint";
    const FAMILY: Family = Family::Drill;
    const ABOUT: &'static str = "Lists hints with the points they cost; takes one, and pays for it, when its number is given";
    const IMPACT: Impact = Impact {
        destructive: true,
        idempotent: true,
    };

    fn cost(_: &Args) -> Span {
        Span::ZERO
    }

    fn commands(world: &World, args: &Args) -> Result<Vec<Command>, ToolError> {
        let Some(number) = args.take else {
            return Ok(Vec::new());
        };
        let all = hints(world);
        let Some(hint) = all.iter().find(|hint| hint.number == number) else {
            return Err(ToolError {
                message: format!("there is no hint {number}"),
                hint: Some("drill_hint without a number lists them".to_owned()),
            });
        };
        if hint.says.is_some() {
            return Ok(Vec::new());
        }
        if !hint.can_be_taken {
            return Err(ToolError {
                message: format!(
                    "hint {number} comes after hint {}",
                    number.saturating_sub(1)
                ),
                hint: None,
            });
        }
        Ok(vec![Command::Drill(DrillAct::Hint { number })])
    }

    fn done(world: &World, _: &Args, _: &[WorldOutcome]) -> Hints {
        Hints {
            hints: hints(world),
        }
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{}",
                about: "What hints cost",
                prints: "0  where to look: 5 points\n1  what to look for: 10 points, after the one before it\n2  what it means: 25 points, after the one before it\n3  where to look: 5 points\n4  what to look for: 10 points, after the one before it\n5  what it means: 20 points, after the one before it\n6  where to look: 2 points\n7  what to look for: 5 points, after the one before it\n8  what it means: 10 points, after the one before it\n",
            },
            ToolExample {
                args: r#"{"take": 1}"#,
                about: "The second before the first",
                prints: "drill_hint: hint 1 comes after hint 0\n",
            },
        ]
    }
}
