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
    /// All families, in the order in which they are listed.
    pub const ALL: [Self; 24] = [
        Self::Slack,
        Self::PagerDuty,
        Self::Sentry,
        Self::Prometheus,
        Self::Logs,
        Self::Git,
        Self::Code,
        Self::Kubernetes,
        Self::Kafka,
        Self::Valkey,
        Self::Postgres,
        Self::FeatureFlags,
        Self::Jira,
        Self::Wiki,
        Self::Ci,
        Self::StatusPage,
        Self::OnCall,
        Self::Terraform,
        Self::ImageRegistry,
        Self::CloudWatch,
        Self::Datadog,
        Self::Delivery,
        Self::Host,
        Self::Drill,
    ];

    /// The name that scenarios call it by.
    pub fn key(self) -> String {
        let name = serde_json::to_value(self).unwrap_or_default();
        name.as_str().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::format::systems::SYSTEMS;

    #[test]
    fn scenarios_can_limit_every_system_but_the_drill_itself() {
        let limited = Family::ALL.into_iter().filter(|own| *own != Family::Drill);
        let keys: Vec<String> = limited.map(Family::key).collect();
        assert_eq!(keys, SYSTEMS);
    }
}
