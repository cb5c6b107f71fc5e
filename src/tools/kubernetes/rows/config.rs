//! Rows of ConfigMaps, Secrets, namespaces and service accounts.

use serde::Serialize;

use super::{Column, Row};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::config::{ConfigMap, Namespace, Secret};
use crate::sim::time::SimTime;
use crate::tools::kubernetes::age;

/// A ConfigMap in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigMapRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// How many keys it holds.
    pub data: usize,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
}

impl Row for ConfigMapRow {
    const COLUMNS: &'static [Column] = &[("NAME", false), ("DATA", false), ("AGE", false)];

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), self.data.to_string(), self.age.clone()]
    }
}

/// The row of a ConfigMap.
pub fn config_map_row(_: &Cluster, config_map: &ConfigMap, now: SimTime) -> ConfigMapRow {
    ConfigMapRow {
        namespace: config_map.meta.namespace.to_string(),
        name: config_map.meta.name.to_string(),
        data: config_map.data.len(),
        created_at: config_map.meta.created_at,
        age: age::since(config_map.meta.created_at, now),
    }
}

/// A Secret in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many keys it holds.
    pub data: usize,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
}

impl Row for SecretRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("TYPE", false),
        ("DATA", false),
        ("AGE", false),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.kind.clone(),
            self.data.to_string(),
            self.age.clone(),
        ]
    }
}

/// The row of a Secret.
pub fn secret_row(_: &Cluster, secret: &Secret, now: SimTime) -> SecretRow {
    SecretRow {
        namespace: secret.meta.namespace.to_string(),
        name: secret.meta.name.to_string(),
        kind: secret.secret_type.clone(),
        data: secret.data.len(),
        created_at: secret.meta.created_at,
        age: age::since(secret.meta.created_at, now),
    }
}

/// A namespace in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamespaceRow {
    /// Its name.
    pub name: String,
    /// `Active`.
    pub status: &'static str,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
}

impl Row for NamespaceRow {
    const COLUMNS: &'static [Column] = &[("NAME", false), ("STATUS", false), ("AGE", false)];

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), self.status.to_owned(), self.age.clone()]
    }
}

/// The row of a namespace.
pub fn namespace_row(_: &Cluster, namespace: &Namespace, now: SimTime) -> NamespaceRow {
    NamespaceRow {
        name: namespace.meta.name.to_string(),
        status: "Active",
        created_at: namespace.meta.created_at,
        age: age::since(namespace.meta.created_at, now),
    }
}

/// A service account in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceAccountRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its age in a few letters.
    pub age: String,
}

impl Row for ServiceAccountRow {
    const COLUMNS: &'static [Column] = &[("NAME", false), ("SECRETS", false), ("AGE", false)];

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), "0".to_owned(), self.age.clone()]
    }
}

/// The row of a namespace's own service account.
pub fn service_account_row(namespace: &Namespace, now: SimTime) -> ServiceAccountRow {
    ServiceAccountRow {
        namespace: namespace.meta.name.to_string(),
        name: "default".to_owned(),
        age: age::since(namespace.meta.created_at, now),
    }
}
