//! Rows of autoscalers and disruption budgets.

use serde::Serialize;

use super::{Column, Row};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::autoscaling::{Autoscaler, DisruptionBound, DisruptionBudget};
use crate::sim::time::SimTime;
use crate::tools::kubernetes::age;

/// An autoscaler in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AutoscalerRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it scales: `Deployment/web`.
    pub reference: String,
    /// The use of CPU it last measured, in per cent.
    pub current_percent: Option<u32>,
    /// The use of CPU it aims at, in per cent.
    pub target_percent: u32,
    /// At least so many pods.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// How many there are.
    pub replicas: u32,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
}

impl Row for AutoscalerRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("REFERENCE", false),
        ("TARGETS", false),
        ("MINPODS", false),
        ("MAXPODS", false),
        ("REPLICAS", false),
        ("AGE", false),
    ];

    fn cells(&self) -> Vec<String> {
        let current = self
            .current_percent
            .map_or_else(|| "<unknown>".to_owned(), |percent| format!("{percent}%"));
        vec![
            self.name.clone(),
            self.reference.clone(),
            format!("cpu: {current}/{}%", self.target_percent),
            self.min.to_string(),
            self.max.to_string(),
            self.replicas.to_string(),
            self.age.clone(),
        ]
    }
}

/// The row of an autoscaler.
pub fn autoscaler_row(cluster: &Cluster, autoscaler: &Autoscaler, now: SimTime) -> AutoscalerRow {
    let target = &autoscaler.target;
    AutoscalerRow {
        namespace: autoscaler.meta.namespace.to_string(),
        name: autoscaler.meta.name.to_string(),
        reference: format!("{}/{}", target.kind.name(), target.key.name),
        current_percent: autoscaler.current_percent,
        target_percent: autoscaler.cpu_percent,
        min: autoscaler.min,
        max: autoscaler.max,
        replicas: cluster.wanted_replicas(target).unwrap_or(0),
        created_at: autoscaler.meta.created_at,
        age: age::since(autoscaler.meta.created_at, now),
    }
}

/// A disruption budget in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BudgetRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What must stay.
    pub min_available: Option<String>,
    /// What may be missing.
    pub max_unavailable: Option<String>,
    /// Pods that may be evicted now.
    pub allowed_disruptions: u32,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
}

impl Row for BudgetRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("MIN AVAILABLE", false),
        ("MAX UNAVAILABLE", false),
        ("ALLOWED DISRUPTIONS", false),
        ("AGE", false),
    ];

    fn cells(&self) -> Vec<String> {
        let or_not = |text: &Option<String>| text.clone().unwrap_or_else(|| "N/A".to_owned());
        vec![
            self.name.clone(),
            or_not(&self.min_available),
            or_not(&self.max_unavailable),
            self.allowed_disruptions.to_string(),
            self.age.clone(),
        ]
    }
}

/// The row of a disruption budget.
pub fn budget_row(cluster: &Cluster, budget: &DisruptionBudget, now: SimTime) -> BudgetRow {
    let (min_available, max_unavailable) = match budget.bound {
        DisruptionBound::MinAvailable(share) => (Some(share.to_string()), None),
        DisruptionBound::MaxUnavailable(share) => (None, Some(share.to_string())),
    };
    BudgetRow {
        namespace: budget.meta.namespace.to_string(),
        name: budget.meta.name.to_string(),
        min_available,
        max_unavailable,
        allowed_disruptions: cluster.budget_status(budget).allowed,
        created_at: budget.meta.created_at,
        age: age::since(budget.meta.created_at, now),
    }
}
