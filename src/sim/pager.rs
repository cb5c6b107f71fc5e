//! The paging system: incidents, their states and timelines. Never decides when to page: the world does.

use schemars::JsonSchema;
use serde::Serialize;

use super::time::SimTime;

/// State of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IncidentState {
    /// Nobody has taken it.
    Triggered,
    /// Somebody works on it.
    Acknowledged,
    /// It is over.
    Resolved,
}

/// An entry of an incident's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimelineEntry {
    /// When.
    pub at: SimTime,
    /// Who: a handle, or `system`.
    pub by: String,
    /// What.
    pub what: String,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PagerIncident {
    /// Its id, for example `PD-1234`.
    pub id: String,
    /// Title.
    pub title: String,
    /// Service.
    pub service: String,
    /// `high` or `low`.
    pub urgency: String,
    /// Priority, if one was given.
    pub priority: Option<String>,
    /// State.
    pub state: IncidentState,
    /// When it was triggered.
    pub triggered: SimTime,
    /// Timeline, oldest first.
    pub timeline: Vec<TimelineEntry>,
}

/// All incidents.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    incidents: Vec<PagerIncident>,
    made: u32,
}

impl Pager {
    /// Adds an incident.
    pub fn add(&mut self, incident: PagerIncident) {
        let after = self
            .incidents
            .partition_point(|other| other.triggered <= incident.triggered);
        self.incidents.insert(after, incident);
    }

    /// Triggers an incident for an alert and gives it an id after the highest there is.
    pub fn trigger(&mut self, title: &str, service: &str, urgency: &str, at: SimTime) -> String {
        let number = |id: &str| {
            id.rsplit('-')
                .next()
                .and_then(|digits| digits.parse::<u32>().ok())
        };
        let highest = self
            .incidents
            .iter()
            .filter_map(|incident| number(&incident.id))
            .max()
            .unwrap_or(1000);
        self.made += 1;
        let id = format!("PD-{}", highest + 1);
        self.add(PagerIncident {
            id: id.clone(),
            title: title.to_owned(),
            service: service.to_owned(),
            urgency: urgency.to_owned(),
            priority: None,
            state: IncidentState::Triggered,
            triggered: at,
            timeline: vec![TimelineEntry {
                at,
                by: "system".to_owned(),
                what: format!("Triggered: {title}"),
            }],
        });
        id
    }

    /// All incidents, oldest first.
    pub fn incidents(&self) -> &[PagerIncident] {
        &self.incidents
    }

    /// An incident by id.
    pub fn get(&self, id: &str) -> Option<&PagerIncident> {
        self.incidents.iter().find(|incident| incident.id == id)
    }

    /// An incident by id, to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut PagerIncident> {
        self.incidents.iter_mut().find(|incident| incident.id == id)
    }
}

impl PagerIncident {
    /// Changes the state and writes it into the timeline.
    pub fn set(&mut self, state: IncidentState, by: &str, at: SimTime) {
        self.state = state;
        let what = match state {
            IncidentState::Triggered => "Triggered again",
            IncidentState::Acknowledged => "Acknowledged",
            IncidentState::Resolved => "Resolved",
        };
        self.note(by, what, at);
    }

    /// Writes into the timeline.
    pub fn note(&mut self, by: &str, what: &str, at: SimTime) {
        self.timeline.push(TimelineEntry {
            at,
            by: by.to_owned(),
            what: what.to_owned(),
        });
    }
}
