//! Autoscalers and disruption budgets in words.

use super::super::age;
use super::super::tabs::Page;
use super::{annotations, head, labels};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::autoscaling::{Autoscaler, DisruptionBound, DisruptionBudget, Limited};
use crate::sim::kubernetes::meta::{ObjectRef, labels_text};

/// An autoscaler.
pub(super) fn autoscaler(page: &mut Page, cluster: &Cluster, autoscaler: &Autoscaler) {
    head(page, &autoscaler.meta);
    labels(page, "Labels", &autoscaler.meta.labels);
    annotations(page, "Annotations", &autoscaler.meta.annotations);
    let created = age::full(autoscaler.meta.created_at);
    page.line(0, &format!("CreationTimestamp:\t{created}"));
    let target = &autoscaler.target;
    page.line(
        0,
        &format!("Reference:\t{}/{}", target.kind.name(), target.key.name),
    );
    page.line(0, "Metrics:\t( current / target )");
    let current = autoscaler.current_percent.map_or_else(
        || "<unknown>".to_owned(),
        |percent| {
            format!(
                "{percent}% ({}m)",
                used_millis(cluster, autoscaler, percent)
            )
        },
    );
    page.line(
        0,
        &format!(
            "  resource cpu on pods  (as a percentage of request):\t{current} / {}%",
            autoscaler.cpu_percent
        ),
    );
    page.line(0, &format!("Min replicas:\t{}", autoscaler.min));
    page.line(0, &format!("Max replicas:\t{}", autoscaler.max));
    let replicas = cluster.wanted_replicas(target).unwrap_or(0);
    page.line(
        0,
        &format!(
            "{} pods:\t{replicas} current / {} desired",
            target.kind.name(),
            autoscaler.desired
        ),
    );
    conditions(page, autoscaler, replicas);
}

/// What a pod uses, from its share of what it requests.
fn used_millis(cluster: &Cluster, autoscaler: &Autoscaler, percent: u32) -> i64 {
    let key = &autoscaler.target.key;
    let target = ObjectRef::new(autoscaler.target.kind, &key.namespace, &key.name);
    cluster.template_of(&target).map_or(0, |template| {
        template.request("cpu").millis() * i64::from(percent) / 100
    })
}

fn conditions(page: &mut Page, autoscaler: &Autoscaler, replicas: u32) {
    let able = if autoscaler.desired == replicas {
        (
            "ReadyForNewScale",
            "recommended size matches current size".to_owned(),
        )
    } else {
        (
            "SucceededRescale",
            format!(
                "the HPA controller was able to update the target scale to {}",
                autoscaler.desired
            ),
        )
    };
    let active = if autoscaler.current_percent.is_some() {
        (
            "True",
            "ValidMetricFound",
            "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)",
        )
    } else {
        (
            "False",
            "FailedGetResourceMetric",
            "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API",
        )
    };
    let limited = match autoscaler.limited.value {
        Limited::No => (
            "False",
            "DesiredWithinRange",
            "the desired count is within the acceptable range",
        ),
        Limited::TooManyReplicas => (
            "True",
            "TooManyReplicas",
            "the desired replica count is more than the maximum replica count",
        ),
        Limited::TooFewReplicas => (
            "True",
            "TooFewReplicas",
            "the desired replica count is less than the minimum replica count",
        ),
    };
    page.line(0, "Conditions:");
    page.line(1, "Type\tStatus\tReason\tMessage");
    page.line(1, "----\t------\t------\t-------");
    page.line(1, &format!("AbleToScale\tTrue\t{}\t{}", able.0, able.1));
    page.line(
        1,
        &format!("ScalingActive\t{}\t{}\t{}", active.0, active.1, active.2),
    );
    page.line(
        1,
        &format!(
            "ScalingLimited\t{}\t{}\t{}",
            limited.0, limited.1, limited.2
        ),
    );
}

/// A disruption budget.
pub(super) fn budget(page: &mut Page, cluster: &Cluster, budget: &DisruptionBudget) {
    head(page, &budget.meta);
    match budget.bound {
        DisruptionBound::MinAvailable(share) => {
            page.line(0, &format!("Min available:\t{share}"));
        }
        DisruptionBound::MaxUnavailable(share) => {
            page.line(0, &format!("Max unavailable:\t{share}"));
        }
    }
    page.line(0, &format!("Selector:\t{}", labels_text(&budget.selector)));
    let status = cluster.budget_status(budget);
    page.line(0, "Status:");
    page.line(2, &format!("Allowed disruptions:\t{}", status.allowed));
    page.line(2, &format!("Current:\t{}", status.current));
    page.line(2, &format!("Desired:\t{}", status.desired));
    page.line(2, &format!("Total:\t{}", status.total));
}
