//! Silences: which alerts nobody is told of, and until when. Never changes whether an alert fires.

use super::rule::ALERT_NAME;
use crate::sim::promql::labels::Labels;
use crate::sim::time::SimTime;

/// A silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Labels that an alert must have; `alertname` is one of them.
    pub matching: Vec<(String, String)>,
    /// From when.
    pub from: SimTime,
    /// Until when.
    pub until: SimTime,
    /// Who made it.
    pub by: String,
    /// Why.
    pub comment: String,
}

impl Silence {
    /// A silence of everything that an alert's rule brings.
    pub fn of_alert(alert: &str, from: SimTime, until: SimTime, by: &str) -> Self {
        Self {
            matching: vec![(ALERT_NAME.to_owned(), alert.to_owned())],
            from,
            until,
            by: by.to_owned(),
            comment: String::new(),
        }
    }

    /// Whether it holds back an alert at an instant. One that matches nothing holds nothing back.
    pub fn mutes(&self, labels: &Labels, at: SimTime) -> bool {
        self.is_active(at)
            && !self.matching.is_empty()
            && self
                .matching
                .iter()
                .all(|(name, value)| labels.get(name) == value)
    }

    /// Whether it holds at an instant.
    pub fn is_active(&self, at: SimTime) -> bool {
        self.from <= at && at < self.until
    }

    /// Its id, as Alertmanager gives one: made from what it silences and when.
    pub fn id(&self) -> String {
        let text = format!("{:?} {} {}", self.matching, self.from.millis(), self.by);
        let hash = crate::sim::draw::StreamId::of(&text);
        let digits = format!("{:016x}{:016x}", hash.number(), hash.child(1).number());
        let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or("0").to_owned();
        format!(
            "{}-{}-{}-{}-{}",
            part(0..8),
            part(8..12),
            part(12..16),
            part(16..20),
            part(20..32)
        )
    }
}
