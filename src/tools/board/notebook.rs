//! The notebook: pins with when and where they were taken, hints with their costs, words for a claim. Never says which hint
//! belongs to which fault.

use std::collections::BTreeMap;

use crate::session::entry::Entry;
use crate::session::journal::Record;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::command::{Command, DrillAct};
use crate::sim::time::SimTime;

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// What it keeps.
    pub artifact: String,
    /// What the trainee called it.
    pub title: String,
    /// When it was pinned last.
    pub at: SimTime,
    /// The system that showed it, in a word.
    pub system: &'static str,
}

/// The pins of a drill with these records, oldest first.
pub fn pins(world: &World, records: &[Record<Entry>]) -> Vec<Pin> {
    let taken: BTreeMap<&str, (u64, SimTime)> = records
        .iter()
        .filter_map(|record| match &record.intent.entry {
            Entry::Command(Command::Drill(DrillAct::Pin { artifact, .. })) => {
                Some((artifact.as_str(), (record.intent.number, record.intent.at)))
            }
            _ => None,
        })
        .collect();
    let mut pins: Vec<(u64, Pin)> = world
        .trainee()
        .pins
        .iter()
        .map(|(artifact, title)| {
            let (number, at) = taken
                .get(artifact.as_str())
                .copied()
                .unwrap_or((0, world.plan().page));
            let pin = Pin {
                artifact: artifact.clone(),
                title: title.clone(),
                at,
                system: Shown::from_id(artifact).map_or("", |shown| system(&shown)),
            };
            (number, pin)
        })
        .collect();
    pins.sort_by_key(|(number, _)| *number);
    pins.into_iter().map(|(_, pin)| pin).collect()
}

/// The system that shows a thing.
const fn system(shown: &Shown) -> &'static str {
    match shown {
        Shown::Series { .. } => "Metrics",
        Shown::Line { .. } => "Logs",
        Shown::Object { .. } | Shown::PodStatus(_) | Shown::Rollout(_) => "kubectl",
        Shown::Commit(_) | Shown::CommitTitle(_) => "Git",
        Shown::File { .. } => "Code",
        Shown::Group(_) | Shown::Topic(_) => "Kafka",
        Shown::ValkeyInfo(_) => "Valkey",
        Shown::Message(_) => "Slack",
        Shown::SentryIssue(_) => "Sentry",
        Shown::Incident(_) => "Pager",
        Shown::WikiPage(_) => "Wiki",
        Shown::Ticket(_) => "Jira",
        Shown::CiRun { .. } => "CI",
        Shown::ImageManifest { .. } | Shown::ImageTag { .. } => "Registry",
        Shown::Flag(_) | Shown::FlagAudit(_) => "Flags",
        Shown::Schedule(_) => "On-call",
        Shown::StatusIncident(_) | Shown::StatusComponent(_) => "Status",
        Shown::TerraformResource(_) | Shown::TerraformDrift(_) => "Terraform",
        Shown::Alarm(_) => "AWS",
        Shown::Trace(_) | Shown::Span { .. } => "Traces",
        Shown::Table { .. } => "psql",
    }
}

/// A hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Its number.
    pub number: u32,
    /// `where to look`, `what to look for` or `what it means`.
    pub title: &'static str,
    /// Points.
    pub cost: u32,
    /// What it says, once taken.
    pub text: Option<String>,
    /// Can be taken: the one before it was.
    pub is_open: bool,
}

/// All hints, in the order in which they can be taken.
pub fn hints(world: &World) -> Vec<Hint> {
    let taken = &world.trainee().hints;
    let plan = world.plan();
    (0_u32..)
        .map_while(|number| plan.hint(number).map(|(_, hint)| (number, hint)))
        .map(|(number, hint)| Hint {
            number,
            title: match number % 3 {
                0 => "where to look",
                1 => "what to look for",
                _ => "what it means",
            },
            cost: hint.cost,
            text: taken.contains(&number).then(|| hint.says.clone()),
            is_open: number == 0 || number % 3 == 0 || taken.contains(&(number - 1)),
        })
        .collect()
}

/// Services, for the component of a claim.
pub fn components(world: &World) -> Vec<String> {
    world
        .plan()
        .services
        .iter()
        .map(|service| service.name.clone())
        .collect()
}

/// Mechanisms, for a claim: the same list in every scenario.
pub fn mechanisms() -> Vec<String> {
    [
        "a setting is missing or wrong",
        "a change of code is wrong",
        "more work than it can do",
        "something finite is used up",
        "processes crash again and again",
        "data is lost",
        "something behind it fails",
        "the network fails",
        "a certificate, token or lease ran out",
        "a node or disk fails",
        "things happen in the wrong order",
    ]
    .map(str::to_owned)
    .to_vec()
}
