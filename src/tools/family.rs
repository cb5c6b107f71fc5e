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

impl Family {
    /// The name that scenarios call it by.
    pub fn key(self) -> String {
        let name = serde_json::to_value(self).unwrap_or_default();
        name.as_str().unwrap_or_default().to_owned()
    }
}
