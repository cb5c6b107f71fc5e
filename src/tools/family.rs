//! The families of tools: one for each system that the trainee has open.

use serde::Serialize;

/// A simulated system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the system of that name")]
pub enum Family {
    Slack,
    PagerDuty,
    Sentry,
    Prometheus,
    Logs,
    Git,
    Code,
    Kubernetes,
    Kafka,
    Valkey,
    Postgres,
    FeatureFlags,
    Jira,
    Wiki,
    Ci,
    StatusPage,
    OnCall,
    Terraform,
    ImageRegistry,
    CloudWatch,
    Datadog,
    Delivery,
    Host,
    Drill,
}
