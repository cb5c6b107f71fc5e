//! Namespaces, ConfigMaps and Secrets. A Secret's values are never shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::meta::ObjectMeta;
use crate::sim::time::{SimTime, Span};

/// A Namespace.
#[derive(Clone, Debug, Hash)]
pub struct Namespace {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
}

/// A ConfigMap.
#[derive(Clone, Debug, Hash)]
pub struct ConfigMap {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// What it holds.
    pub data: Arc<BTreeMap<String, String>>,
    /// What it held before its latest changes, oldest first, each with the instant it was replaced; only those that a
    /// mounted copy can still show.
    pub(super) replaced: Vec<(SimTime, Arc<BTreeMap<String, String>>)>,
}

/// How long a mounted ConfigMap may lag behind, at most.
pub const MOUNT_SYNC: Span = Span::from_secs(90);

impl ConfigMap {
    /// What a mount shows that follows with this delay.
    pub fn mounted(&self, at: SimTime, delay: Span) -> &Arc<BTreeMap<String, String>> {
        self.replaced
            .iter()
            .find(|(replaced_at, _)| *replaced_at + delay > at)
            .map_or(&self.data, |(_, data)| data)
    }

    /// Takes new contents.
    pub(super) fn replace(&mut self, data: BTreeMap<String, String>, at: SimTime) {
        self.replaced
            .retain(|(replaced_at, _)| *replaced_at + MOUNT_SYNC > at);
        self.replaced.push((at, Arc::clone(&self.data)));
        self.data = Arc::new(data);
    }
}

/// A Secret. Values are kept for containers that take them as variables.
#[derive(Clone, Debug, Hash)]
pub struct Secret {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// `Opaque` and the like.
    pub secret_type: String,
    /// What it holds; only the lengths are ever shown.
    pub data: BTreeMap<String, String>,
}
