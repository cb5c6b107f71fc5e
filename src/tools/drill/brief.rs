//! `drill_brief`: what the player is told before the first look. Never anything that is to be found out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::World;
use crate::sim::time::Span;
use crate::tools::board::notebook;
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Reads the briefing.
pub struct Brief;

/// Nothing to say.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {}

/// The briefing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Briefing {
    /// The incident in a few words.
    pub title: String,
    /// Severity.
    pub severity: String,
    /// Your handle.
    pub you: String,
    /// The company whose systems these are.
    pub estate: String,
    /// When the page came, RFC 3339.
    pub paged_at: String,
    /// The instant now, RFC 3339.
    pub now: String,
    /// When the drill ends at the latest, RFC 3339.
    pub deadline: String,
    /// The incident that is yours, in PagerDuty.
    pub incident_id: String,
    /// The Slack channel in which it is worked.
    pub incident_channel: String,
    /// Code repositories that you have checked out.
    pub repositories: Vec<String>,
    /// The briefing, in Markdown.
    pub text: String,
    /// What is asked of you, and what earns points.
    pub goals: Vec<String>,
    /// Services: what a claim can name as the component.
    pub components: Vec<String>,
}

/// What is asked of every player.
pub fn goals(channel: &str) -> Vec<String> {
    vec![
        format!("Take the page (acknowledge it), and say in {channel} what is affected."),
        "Stop the harm to customers, then end its cause: a fix that only hides it does not last.".to_owned(),
        "Hand in a claim (component, mechanism, why now) with evidence, and resolve the page; both end the drill once the facts hold.".to_owned(),
        "Points: time to acknowledge, to the first update, to mitigate, to the cause; customer minutes lost; the claim and its evidence.".to_owned(),
    ]
}

impl Text for Briefing {
    fn text(&self) -> String {
        let mut text = format!(
            "{} [{}]\nYou are @{}, on call at {}. Your page is {} ({}), now it is {}, the drill ends at {}.\n\
             The incident is worked in {}. Repositories: {}.\n\n{}\n\nWhat is asked of you:\n",
            self.title,
            self.severity,
            self.you,
            self.estate,
            self.incident_id,
            self.paged_at,
            self.now,
            self.deadline,
            self.incident_channel,
            self.repositories.join(", "),
            self.text.trim_end(),
        );
        for goal in &self.goals {
            text.push_str(&format!("- {goal}\n"));
        }
        text.push_str(&format!(
            "\nServices (components of a claim): {}\n",
            self.components.join(", ")
        ));
        text
    }
}

impl Look for Brief {
    type Args = Args;
    type Output = Briefing;
    const NAME: &'static str = "drill_brief";
    const FAMILY: Family = Family::Drill;
    const ABOUT: &'static str =
        "Tells the situation: who you are, what was paged, what is asked of you, until when";

    fn cost(_: &Args) -> Span {
        Span::ZERO
    }

    fn look(world: &World, _: &Args) -> Result<Seen<Briefing>, ToolError> {
        let plan = world.plan();
        let (scenario, estate) = (&plan.pack.scenario, &plan.pack.estate);
        Ok(Seen {
            output: Briefing {
                title: scenario.title.clone(),
                severity: scenario.severity.clone(),
                you: scenario.trainee.clone(),
                estate: estate.title.clone(),
                paged_at: plan.page.to_string(),
                now: world.now().to_string(),
                deadline: plan.deadline.to_string(),
                incident_id: scenario.page.clone(),
                incident_channel: estate.incident_channel.clone(),
                repositories: world.repositories().keys().cloned().collect(),
                text: plan.pack.briefing.clone(),
                goals: goals(&estate.incident_channel),
                components: notebook::components(world),
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{}",
            about: "The situation",
            prints: "Jobs are refused [P1]\nYou are @you, on call at Alpha. Your page is PD-1 (2026-03-02T14:00:00Z), now it is 2026-03-02T14:00:00Z, the drill ends at 2026-03-02T17:00:00Z.\nThe incident is worked in #incidents. Repositories: alpha.\n\n# Jobs wait\n\nYou are on call for Alpha. Customers say that jobs they hand in are refused.\n\nWhat is asked of you:\n- Take the page (acknowledge it), and say in #incidents what is affected.\n- Stop the harm to customers, then end its cause: a fix that only hides it does not last.\n- Hand in a claim (component, mechanism, why now) with evidence, and resolve the page; both end the drill once the facts hold.\n- Points: time to acknowledge, to the first update, to mitigate, to the cause; customer minutes lost; the claim and its evidence.\n\nServices (components of a claim): broker, cache, gate, intake, mailer, worker\n",
        }]
    }
}
