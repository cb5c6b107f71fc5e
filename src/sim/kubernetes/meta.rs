//! What every object carries: name, namespace, labels, owner, times. Label selectors too.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use crate::sim::time::SimTime;

/// Labels or annotations, in the order the API shows them.
pub type Labels = BTreeMap<String, String>;

/// Where an object is kept: namespace (empty for cluster-wide kinds) and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    /// The namespace; empty for nodes and namespaces.
    pub namespace: Arc<str>,
    /// The object's name.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// A key of these two names.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            out.write_str(&self.name)
        } else {
            write!(out, "{}/{}", self.namespace, self.name)
        }
    }
}

/// One object of the cluster, named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// What kind of object.
    pub kind: Kind,
    /// Its namespace; empty for cluster-wide kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ObjectRef {
    /// A reference to an object.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The key under which the cluster keeps it.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(&self.namespace, &self.name)
    }

    /// `deployment.apps/web`: how kubectl names what it acted on.
    pub fn qualified(&self) -> String {
        format!("{}/{}", self.kind.qualified_singular(), self.name)
    }
}

/// The owner that made an object and deletes it with itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OwnerReference {
    /// The owner's kind.
    pub kind: Kind,
    /// The owner's name, in the same namespace.
    pub name: Arc<str>,
    /// The owner's UID.
    pub uid: Arc<str>,
}

/// The metadata of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectMeta {
    /// Its name.
    pub name: Arc<str>,
    /// Its namespace; empty for cluster-wide kinds.
    pub namespace: Arc<str>,
    /// Its UID.
    pub uid: Arc<str>,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// When it was made.
    pub created_at: SimTime,
    /// Rises with each change of the specification.
    pub generation: u64,
    /// Rises with each change of anything, over the whole cluster.
    pub resource_version: u64,
    /// What made it, if a controller did.
    pub owner: Option<OwnerReference>,
}

impl ObjectMeta {
    /// The key under which the cluster keeps the object.
    pub fn key(&self) -> ObjectKey {
        ObjectKey {
            namespace: Arc::clone(&self.namespace),
            name: Arc::clone(&self.name),
        }
    }
}

/// Whether `labels` carry every pair of `selector`. An empty selector selects nothing, as for a Service.
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty()
        && selector
            .iter()
            .all(|(name, value)| labels.get(name) == Some(value))
}

/// `app=web,tier=front`, or `<none>`: how kubectl writes labels in one line.
pub fn labels_text(labels: &Labels) -> String {
    if labels.is_empty() {
        return "<none>".to_owned();
    }
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join(",")
}
