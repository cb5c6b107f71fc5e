//! HorizontalPodAutoscalers and PodDisruptionBudgets: what is wanted, and what the autoscaler last saw.

use super::fate::WorkloadKey;
use super::meta::{Labels, ObjectMeta};
use super::workload::{Share, Since};
use crate::sim::time::SimTime;

/// A HorizontalPodAutoscaler on CPU.
#[derive(Clone, Debug, Hash)]
pub struct Autoscaler {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// What it scales.
    pub target: WorkloadKey,
    /// At least so many pods.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// The use of CPU it aims at, in per cent of what is requested.
    pub cpu_percent: u32,
    /// What it last measured.
    pub current_percent: Option<u32>,
    /// What it last wanted.
    pub desired: u32,
    /// When it last scaled.
    pub last_scaled: Option<SimTime>,
    /// Recommendations of the last five minutes: scaling down takes the highest.
    pub(super) recommendations: Vec<(SimTime, u32)>,
    /// Whether the number is held at a bound, and since when.
    pub limited: Since<Limited>,
    /// Whether the last measurement succeeded, and since when.
    pub active: Since<bool>,
}

/// Whether an autoscaler is held at one of its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limited {
    /// It is free to choose.
    No,
    /// It would want more than its maximum.
    TooManyReplicas,
    /// It would want fewer than its minimum.
    TooFewReplicas,
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Hash)]
pub struct DisruptionBudget {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// What must stay, or may go.
    pub bound: DisruptionBound,
    /// Which pods it protects.
    pub selector: Labels,
}

/// What a budget promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DisruptionBound {
    /// At least so many stay.
    MinAvailable(Share),
    /// At most so many may be missing.
    MaxUnavailable(Share),
}

/// How a budget stands now: it follows from the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetStatus {
    /// Pods that may be evicted now.
    pub allowed: u32,
    /// Healthy pods.
    pub current: u32,
    /// Healthy pods there must be.
    pub desired: u32,
    /// Pods there should be.
    pub total: u32,
}
