//! `drill_notebook`: the player's notes, pinned evidence and hypotheses. Never what is true.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::command::{Command, DrillAct, Hypothesis};
use crate::sim::time::Span;
use crate::sim::{World, WorldOutcome};
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{Text, ToolError, ToolExample};

/// The longest text of a notebook.
pub const LONGEST_TEXT: usize = 8_000;
/// Characters of a title that is made from a quote.
pub const LONGEST_TITLE: usize = 100;
/// Pieces of evidence of a hypothesis or claim at most.
pub const MOST_EVIDENCE: usize = 50;
/// Entries of each kind at most.
const MOST_ENTRIES: usize = 500;

/// Reads and writes the notebook.
pub struct Notebook;

/// What to write; with nothing it is only read.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// A note to write down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Something you saw, to keep as evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// The artifact of a pin to take off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpin: Option<String>,
    /// A hypothesis to write down, or to change by its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypothesis: Option<Idea>,
}

/// Evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The `artifact` of an answer, or words quoted from something that you were shown: a log line, a commit, a message.
    pub artifact: String,
    /// What it shows, in your words.
    #[serde(default)]
    pub title: String,
}

/// A hypothesis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Idea {
    /// Its number; a new one when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// What component is at fault.
    pub component: String,
    /// By what mechanism.
    pub mechanism: String,
    /// Why now.
    pub why_now: String,
    /// How sure you are, in percent.
    pub confidence: u8,
    /// Evidence that supports it.
    pub supports: Vec<String>,
    /// Evidence that speaks against it.
    pub contradicts: Vec<String>,
    /// Given up.
    pub rejected: bool,
}

/// The notebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page {
    /// Pinned evidence.
    pub pins: Vec<Pin>,
    /// Hypotheses, by number.
    pub hypotheses: Vec<Idea>,
    /// Notes, oldest first.
    pub notes: Vec<Note>,
    /// Whether a claim was handed in.
    pub claim_made: bool,
    /// Whether a report was kept.
    pub report_kept: bool,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// When it was written, RFC 3339.
    pub at: String,
    /// The text.
    pub text: String,
}

impl Text for Page {
    fn text(&self) -> String {
        let mut text = String::new();
        for pin in &self.pins {
            text.push_str(&format!("pinned     {}: {}\n", pin.title, pin.artifact));
        }
        for idea in &self.hypotheses {
            let number = idea.number.unwrap_or_default();
            let state = if idea.rejected { " (rejected)" } else { "" };
            text.push_str(&format!(
                "hypothesis {number}{state}, {} %: {}; {}; why now: {}\n",
                idea.confidence, idea.component, idea.mechanism, idea.why_now
            ));
        }
        for note in &self.notes {
            text.push_str(&format!("note       {}: {}\n", note.at, note.text));
        }
        if text.is_empty() {
            text.push_str("The notebook is empty.\n");
        }
        text
    }
}

/// The notebook as it is.
pub fn page(world: &World) -> Page {
    let trainee = world.trainee();
    Page {
        pins: trainee
            .pins
            .iter()
            .map(|(artifact, title)| Pin {
                artifact: artifact.clone(),
                title: title.clone(),
            })
            .collect(),
        hypotheses: trainee
            .hypotheses
            .values()
            .map(|idea| Idea {
                number: Some(idea.number),
                component: idea.component.clone(),
                mechanism: idea.mechanism.clone(),
                why_now: idea.why_now.clone(),
                confidence: idea.confidence,
                supports: idea.for_it.clone(),
                contradicts: idea.against_it.clone(),
                rejected: idea.rejected,
            })
            .collect(),
        notes: trainee
            .notes
            .iter()
            .map(|(at, text)| Note {
                at: at.to_string(),
                text: text.clone(),
            })
            .collect(),
        claim_made: !trainee.claims.is_empty(),
        report_kept: trainee.report.is_some(),
    }
}

/// A text that a notebook takes.
///
/// # Errors
/// When it is empty or too long.
pub fn text_of(what: &str, text: &str) -> Result<String, ToolError> {
    if text.trim().is_empty() {
        return Err(ToolError::new(format!("{what} is empty")));
    }
    if text.len() > LONGEST_TEXT {
        return Err(ToolError::new(format!(
            "{what} is too long: at most {LONGEST_TEXT} bytes"
        )));
    }
    Ok(text.to_owned())
}

fn hypothesis(world: &World, idea: &Idea) -> Result<DrillAct, ToolError> {
    let known = &world.trainee().hypotheses;
    let next = known.keys().next_back().map_or(1, |last| last + 1);
    if let Some(number) = idea.number.filter(|number| !known.contains_key(number)) {
        return Err(ToolError {
            message: format!("there is no hypothesis {number}"),
            hint: Some("leave the number out for a new one".to_owned()),
        });
    }
    if idea.confidence > 100 {
        return Err(ToolError::new("confidence is a percentage, 0 to 100"));
    }
    text_of("the component of the hypothesis", &idea.component)?;
    if idea.supports.len().max(idea.contradicts.len()) > MOST_EVIDENCE {
        return Err(ToolError::new(format!(
            "at most {MOST_EVIDENCE} pieces of evidence"
        )));
    }
    Ok(DrillAct::Hypothesis(Hypothesis {
        number: idea.number.unwrap_or(next),
        component: idea.component.clone(),
        mechanism: idea.mechanism.clone(),
        why_now: idea.why_now.clone(),
        confidence: idea.confidence,
        for_it: idea.supports.clone(),
        against_it: idea.contradicts.clone(),
        rejected: idea.rejected,
    }))
}

impl Change for Notebook {
    type Args = Args;
    type Output = Page;
    const NAME: &'static str = "drill_notebook";
    const FAMILY: Family = Family::Drill;
    const ABOUT: &'static str = "Reads your notebook, after writing down a note, a piece of evidence or a hypothesis if you give one";
    const IMPACT: Impact = Impact::ADDS;

    fn cost(_: &Args) -> Span {
        Span::ZERO
    }

    fn commands(world: &World, args: &Args) -> Result<Vec<Command>, ToolError> {
        let trainee = world.trainee();
        let mut acts = Vec::new();
        if let Some(note) = &args.note {
            acts.push(DrillAct::Note(text_of("the note", note)?));
        }
        if let Some(pin) = &args.pin {
            text_of("the artifact", &pin.artifact)?;
            let title = if pin.title.is_empty() {
                pin.artifact.chars().take(LONGEST_TITLE).collect()
            } else {
                text_of("the title", &pin.title)?
            };
            acts.push(DrillAct::Pin {
                artifact: pin.artifact.clone(),
                title,
            });
        }
        if let Some(artifact) = &args.unpin {
            if !trainee.pins.contains_key(artifact) {
                return Err(ToolError {
                    message: "nothing is pinned under that artifact".to_owned(),
                    hint: Some("drill_notebook without arguments lists what is pinned".to_owned()),
                });
            }
            acts.push(DrillAct::Unpin {
                artifact: artifact.clone(),
            });
        }
        if let Some(idea) = &args.hypothesis {
            acts.push(hypothesis(world, idea)?);
        }
        let full = trainee
            .notes
            .len()
            .max(trainee.pins.len())
            .max(trainee.hypotheses.len());
        if !acts.is_empty() && full >= MOST_ENTRIES {
            return Err(ToolError::new("the notebook is full"));
        }
        Ok(acts.into_iter().map(Command::Drill).collect())
    }

    fn done(world: &World, _: &Args, _: &[WorldOutcome]) -> Page {
        page(world)
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{}",
                about: "An empty notebook",
                prints: "The notebook is empty.\n",
            },
            ToolExample {
                args: r#"{"hypothesis": {"component": "queue", "mechanism": "it is full", "confidence": 40}}"#,
                about: "A hypothesis",
                prints: "hypothesis 1, 40 %: queue; it is full; why now: \n",
            },
            ToolExample {
                args: r#"{"hypothesis": {"number": 7, "component": "queue"}}"#,
                about: "A hypothesis that does not exist",
                prints: "drill_notebook: there is no hypothesis 7\nhint: leave the number out for a new one\n",
            },
        ]
    }
}
