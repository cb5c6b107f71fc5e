//! `drill_claim`: hands in what the player holds for the root cause. Never says whether it is right.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::notebook::{MOST_EVIDENCE, text_of};
use crate::sim::command::{Claim, Command, DrillAct};
use crate::sim::time::Span;
use crate::sim::{World, WorldOutcome};
use crate::tools::board::notebook;
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{Text, ToolError, ToolExample};

/// Hands in a claim.
pub struct HandIn;

/// The claim.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The service at fault: one of the components of `drill_brief`.
    pub component: String,
    /// By what mechanism it comes, step by step, to what customers see.
    pub mechanism: String,
    /// Why now: what changed, and when.
    pub why_now: String,
    /// Artifacts that show it: of answers or of the notebook's pins, or words quoted from what you were shown.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// What was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HandedIn {
    /// How many claims you have handed in; the last one counts.
    pub claims: usize,
    /// Pieces of evidence of this one.
    pub evidence: usize,
    /// Your incident, which is to be resolved when it is over.
    pub incident_id: String,
}

impl Text for HandedIn {
    fn text(&self) -> String {
        format!(
            "claim {} handed in with {} pieces of evidence; the last one counts. Resolve {} when the incident is over.\n",
            self.claims, self.evidence, self.incident_id
        )
    }
}

impl Change for HandIn {
    type Args = Args;
    type Output = HandedIn;
    const NAME: &'static str = "drill_claim";
    const FAMILY: Family = Family::Drill;
    const ABOUT: &'static str = "Hands in your claim of the root cause; a later claim replaces it, and it is judged when the drill is over";
    const IMPACT: Impact = Impact::ADDS;

    fn cost(_: &Args) -> Span {
        Span::ZERO
    }

    fn commands(world: &World, args: &Args) -> Result<Vec<Command>, ToolError> {
        let components = notebook::components(world);
        if !components.contains(&args.component) {
            let near = components
                .iter()
                .map(|name| (strsim::damerau_levenshtein(name, &args.component), name))
                .min()
                .filter(|(distance, _)| *distance <= 3);
            return Err(ToolError {
                message: format!("{:?} is no component of this estate", args.component),
                hint: Some(near.map_or_else(
                    || format!("components are {}", components.join(", ")),
                    |(_, near)| format!("did you mean {near}?"),
                )),
            });
        }
        if args.evidence.len() > MOST_EVIDENCE {
            return Err(ToolError::new(format!(
                "at most {MOST_EVIDENCE} pieces of evidence: give those that show it best"
            )));
        }
        for evidence in &args.evidence {
            text_of("a piece of evidence", evidence)?;
        }
        Ok(vec![Command::Drill(DrillAct::Claim(Claim {
            component: args.component.clone(),
            mechanism: text_of("the mechanism", &args.mechanism)?,
            why_now: text_of("why_now", &args.why_now)?,
            evidence: args.evidence.clone(),
        }))])
    }

    fn done(world: &World, args: &Args, _: &[WorldOutcome]) -> HandedIn {
        HandedIn {
            claims: world.trainee().claims.len(),
            evidence: args.evidence.len(),
            incident_id: world.plan().pack.scenario.page.clone(),
        }
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"component": "gate", "mechanism": "it is slow", "why_now": "since noon"}"#,
                about: "A claim",
                prints: "claim 1 handed in with 0 pieces of evidence; the last one counts. Resolve PD-1 when the incident is over.\n",
            },
            ToolExample {
                args: r#"{"component": "gates", "mechanism": "it is slow", "why_now": "since noon"}"#,
                about: "A component that does not exist",
                prints: "drill_claim: \"gates\" is no component of this estate\nhint: did you mean gate?\n",
            },
        ]
    }
}
