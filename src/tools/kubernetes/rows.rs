//! Rows of `kubectl get`: one struct a kind, one value a line, the same for the shell, panes and programs.

pub mod batch;
pub mod cluster;
pub mod config;
pub mod events;
pub mod network;
pub mod pods;
pub mod scaling;
pub mod workloads;

use serde::Serialize;
use serde_json::Value;

use crate::sim::kubernetes::meta::Labels;
use crate::sim::kubernetes::{Cluster, Kind, ObjectRef};
use crate::sim::time::SimTime;

/// A column: its header, and whether it is shown with `-o wide` alone.
pub type Column = (&'static str, bool);

/// A row of one kind.
pub trait Row: Serialize {
    /// The columns, without the namespace.
    const COLUMNS: &'static [Column];

    /// The cells, one for each column.
    fn cells(&self) -> Vec<String>;
}

/// The rows of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The kind.
    pub kind: Kind,
    /// Its columns.
    pub columns: &'static [Column],
    /// Its rows.
    pub rows: Vec<Listed>,
}

/// One row, with the object it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The object.
    pub object: ObjectRef,
    /// Its labels.
    pub labels: Labels,
    /// Its cells.
    pub cells: Vec<String>,
    /// The row as data.
    pub data: Value,
}

/// The row of an object; `None` if there is no such object or its kind has no table.
pub fn row(cluster: &Cluster, object: &ObjectRef, now: SimTime) -> Option<Listed> {
    let (namespace, name) = (object.namespace.as_str(), object.name.as_str());
    macro_rules! of {
        ($found:expr, $row:path) => {{
            let found = $found?;
            listed(object, &found.meta.labels, &$row(cluster, found, now))
        }};
    }
    Some(match object.kind {
        Kind::Pod => of!(cluster.pod(namespace, name), pods::pod_row),
        Kind::Deployment => of!(
            cluster.deployment(namespace, name),
            workloads::deployment_row
        ),
        Kind::ReplicaSet => of!(
            cluster.replica_set(namespace, name),
            workloads::replica_set_row
        ),
        Kind::StatefulSet => of!(
            cluster.stateful_set(namespace, name),
            workloads::stateful_set_row
        ),
        Kind::DaemonSet => of!(
            cluster.daemon_set(namespace, name),
            workloads::daemon_set_row
        ),
        Kind::Job => of!(cluster.job(namespace, name), batch::job_row),
        Kind::CronJob => of!(cluster.cron_job(namespace, name), batch::cron_job_row),
        Kind::Service => of!(cluster.service(namespace, name), network::service_row),
        Kind::Endpoints => of!(cluster.service(namespace, name), network::endpoints_row),
        Kind::Ingress => of!(cluster.ingress(namespace, name), network::ingress_row),
        Kind::ConfigMap => of!(cluster.config_map(namespace, name), config::config_map_row),
        Kind::Secret => of!(cluster.secret(namespace, name), config::secret_row),
        Kind::Namespace => of!(cluster.namespace(name), config::namespace_row),
        Kind::HorizontalPodAutoscaler => {
            of!(cluster.autoscaler(namespace, name), scaling::autoscaler_row)
        }
        Kind::PodDisruptionBudget => of!(cluster.budget(namespace, name), scaling::budget_row),
        Kind::Node => of!(cluster.node(name), cluster::node_row),
        Kind::ServiceAccount => {
            let owner = cluster.namespace(namespace)?;
            listed(
                object,
                &Labels::new(),
                &config::service_account_row(owner, now),
            )
        }
        Kind::Event => {
            let events = cluster.events();
            let found = events.iter().find(|event| *event.name == *name)?;
            listed(object, &Labels::new(), &events::event_row(found, now))
        }
        _ => return None,
    })
}

/// The columns of a kind.
pub const fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Pod => pods::PodRow::COLUMNS,
        Kind::Deployment => workloads::DeploymentRow::COLUMNS,
        Kind::ReplicaSet => workloads::ReplicaSetRow::COLUMNS,
        Kind::StatefulSet => workloads::StatefulSetRow::COLUMNS,
        Kind::DaemonSet => workloads::DaemonSetRow::COLUMNS,
        Kind::Job => batch::JobRow::COLUMNS,
        Kind::CronJob => batch::CronJobRow::COLUMNS,
        Kind::Service => network::ServiceRow::COLUMNS,
        Kind::Endpoints => network::EndpointsRow::COLUMNS,
        Kind::Ingress => network::IngressRow::COLUMNS,
        Kind::ConfigMap => config::ConfigMapRow::COLUMNS,
        Kind::Secret => config::SecretRow::COLUMNS,
        Kind::Namespace => config::NamespaceRow::COLUMNS,
        Kind::HorizontalPodAutoscaler => scaling::AutoscalerRow::COLUMNS,
        Kind::PodDisruptionBudget => scaling::BudgetRow::COLUMNS,
        Kind::Node => cluster::NodeRow::COLUMNS,
        Kind::ServiceAccount => config::ServiceAccountRow::COLUMNS,
        Kind::Event => events::EventRow::COLUMNS,
        _ => &[],
    }
}

fn listed<R: Row>(object: &ObjectRef, labels: &Labels, row: &R) -> Listed {
    Listed {
        object: object.clone(),
        labels: labels.clone(),
        cells: row.cells(),
        data: serde_json::to_value(row).unwrap_or_default(),
    }
}

/// Objects gathered by kind, in the order of the kinds.
pub fn listings(cluster: &Cluster, objects: &[ObjectRef], now: SimTime) -> Vec<Listing> {
    let mut listings: Vec<Listing> = Vec::new();
    for object in objects {
        let Some(row) = row(cluster, object, now) else {
            continue;
        };
        match listings
            .iter_mut()
            .find(|listing| listing.kind == object.kind)
        {
            Some(listing) => listing.rows.push(row),
            None => listings.push(Listing {
                kind: object.kind,
                columns: columns(object.kind),
                rows: vec![row],
            }),
        }
    }
    listings
}

/// `<none>` for nothing.
fn or_none(text: String) -> String {
    if text.is_empty() {
        "<none>".to_owned()
    } else {
        text
    }
}

/// The names and images of a template's containers, as the wide tables show them.
fn containers_of(
    template: &crate::sim::kubernetes::template::PodTemplate,
) -> (Vec<String>, Vec<String>) {
    template
        .spec
        .containers
        .iter()
        .map(|container| (container.name.clone(), container.image.clone()))
        .unzip()
}
