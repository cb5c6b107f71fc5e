//! The kinds of object the cluster knows, with their names as the API and kubectl write them.

use serde::{Deserialize, Serialize};

/// A kind of Kubernetes object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are Kubernetes' own kinds")]
pub enum Kind {
    Pod,
    Service,
    Endpoints,
    ConfigMap,
    Secret,
    Event,
    Namespace,
    Node,
    ServiceAccount,
    PersistentVolumeClaim,
    ControllerRevision,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    HorizontalPodAutoscaler,
    PodDisruptionBudget,
    Ingress,
    Lease,
    LimitRange,
    ResourceQuota,
}

/// The fixed words of one kind.
struct Words {
    name: &'static str,
    resource: &'static str,
    singular: &'static str,
    short: &'static [&'static str],
    group: &'static str,
    version: &'static str,
}

impl Kind {
    /// Every kind, in the order `kubectl api-resources` lists them (by group, then by name).
    pub const ALL: [Self; 23] = [
        Self::ConfigMap,
        Self::Endpoints,
        Self::Event,
        Self::LimitRange,
        Self::Namespace,
        Self::Node,
        Self::PersistentVolumeClaim,
        Self::Pod,
        Self::ResourceQuota,
        Self::Secret,
        Self::ServiceAccount,
        Self::Service,
        Self::ControllerRevision,
        Self::DaemonSet,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::HorizontalPodAutoscaler,
        Self::CronJob,
        Self::Job,
        Self::Lease,
        Self::Ingress,
        Self::PodDisruptionBudget,
    ];

    #[expect(clippy::too_many_lines, reason = "a table, one kind an arm")]
    const fn words(self) -> Words {
        let (name, resource, singular, short, group, version): (
            _,
            _,
            _,
            &'static [&'static str],
            _,
            _,
        ) = match self {
            Self::Pod => ("Pod", "pods", "pod", &["po"], "", "v1"),
            Self::Service => ("Service", "services", "service", &["svc"], "", "v1"),
            Self::Endpoints => ("Endpoints", "endpoints", "endpoints", &["ep"], "", "v1"),
            Self::ConfigMap => ("ConfigMap", "configmaps", "configmap", &["cm"], "", "v1"),
            Self::Secret => ("Secret", "secrets", "secret", &[], "", "v1"),
            Self::Event => ("Event", "events", "event", &["ev"], "", "v1"),
            Self::Namespace => ("Namespace", "namespaces", "namespace", &["ns"], "", "v1"),
            Self::Node => ("Node", "nodes", "node", &["no"], "", "v1"),
            Self::ServiceAccount => (
                "ServiceAccount",
                "serviceaccounts",
                "serviceaccount",
                &["sa"],
                "",
                "v1",
            ),
            Self::PersistentVolumeClaim => (
                "PersistentVolumeClaim",
                "persistentvolumeclaims",
                "persistentvolumeclaim",
                &["pvc"],
                "",
                "v1",
            ),
            Self::ControllerRevision => (
                "ControllerRevision",
                "controllerrevisions",
                "controllerrevision",
                &[],
                "apps",
                "v1",
            ),
            Self::Deployment => (
                "Deployment",
                "deployments",
                "deployment",
                &["deploy"],
                "apps",
                "v1",
            ),
            Self::ReplicaSet => (
                "ReplicaSet",
                "replicasets",
                "replicaset",
                &["rs"],
                "apps",
                "v1",
            ),
            Self::StatefulSet => (
                "StatefulSet",
                "statefulsets",
                "statefulset",
                &["sts"],
                "apps",
                "v1",
            ),
            Self::DaemonSet => (
                "DaemonSet",
                "daemonsets",
                "daemonset",
                &["ds"],
                "apps",
                "v1",
            ),
            Self::Job => ("Job", "jobs", "job", &[], "batch", "v1"),
            Self::CronJob => ("CronJob", "cronjobs", "cronjob", &["cj"], "batch", "v1"),
            Self::HorizontalPodAutoscaler => (
                "HorizontalPodAutoscaler",
                "horizontalpodautoscalers",
                "horizontalpodautoscaler",
                &["hpa"],
                "autoscaling",
                "v2",
            ),
            Self::PodDisruptionBudget => (
                "PodDisruptionBudget",
                "poddisruptionbudgets",
                "poddisruptionbudget",
                &["pdb"],
                "policy",
                "v1",
            ),
            Self::Ingress => (
                "Ingress",
                "ingresses",
                "ingress",
                &["ing"],
                "networking.k8s.io",
                "v1",
            ),
            Self::Lease => ("Lease", "leases", "lease", &[], "coordination.k8s.io", "v1"),
            Self::LimitRange => (
                "LimitRange",
                "limitranges",
                "limitrange",
                &["limits"],
                "",
                "v1",
            ),
            Self::ResourceQuota => (
                "ResourceQuota",
                "resourcequotas",
                "resourcequota",
                &["quota"],
                "",
                "v1",
            ),
        };
        Words {
            name,
            resource,
            singular,
            short,
            group,
            version,
        }
    }

    /// `Deployment`.
    pub const fn name(self) -> &'static str {
        self.words().name
    }

    /// `deployments`.
    pub const fn resource(self) -> &'static str {
        self.words().resource
    }

    /// `deployment`.
    pub const fn singular(self) -> &'static str {
        self.words().singular
    }

    /// `deploy` and the like; often none.
    pub const fn short_names(self) -> &'static [&'static str] {
        self.words().short
    }

    /// `apps`; empty for the core group.
    pub const fn group(self) -> &'static str {
        self.words().group
    }

    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(self) -> String {
        let words = self.words();
        if words.group.is_empty() {
            words.version.to_owned()
        } else {
            format!("{}/{}", words.group, words.version)
        }
    }

    /// `deployments.apps`, or `pods`: how the server's errors name the resource.
    pub fn qualified_resource(self) -> String {
        with_group(self.resource(), self.group())
    }

    /// `deployment.apps`, or `pod`: how kubectl names the object it acted on.
    pub fn qualified_singular(self) -> String {
        with_group(self.singular(), self.group())
    }

    /// Whether objects of this kind live in a namespace.
    pub const fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespace | Self::Node)
    }

    /// The kind a word on the command line means: plural, singular, short or with its group, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let (resource, group) = word.split_once('.').unwrap_or((word.as_str(), ""));
        Self::ALL.into_iter().find(|kind| {
            let named = resource == kind.resource()
                || resource == kind.singular()
                || kind.short_names().contains(&resource);
            let grouped = group.is_empty()
                || group == kind.group()
                || group.strip_prefix("v1.") == Some(kind.group())
                || group.strip_prefix("v2.") == Some(kind.group());
            named && grouped
        })
    }
}

fn with_group(word: &str, group: &str) -> String {
    if group.is_empty() {
        word.to_owned()
    } else {
        format!("{word}.{group}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_name_is_understood() {
        for word in [
            "deploy",
            "deployment",
            "Deployments",
            "deployments.apps",
            "deployment.v1.apps",
        ] {
            assert_eq!(Kind::parse(word), Some(Kind::Deployment), "{word}");
        }
        assert_eq!(Kind::parse("pds"), None);
        assert_eq!(Kind::parse("pods.apps"), None);
        assert_eq!(Kind::Pod.qualified_resource(), "pods");
        assert_eq!(Kind::Deployment.qualified_singular(), "deployment.apps");
    }
}
