//! What moves the cluster along: one file a controller, each a part of `Cluster`. Nothing here is asked from outside.

mod autoscaler;
mod batch;
mod deployment;
mod kubelet;
mod node;
mod pods;
mod replica_set;
mod scheduler;
mod sets;
mod starting;

pub(super) use pods::NewPod;
pub use sets::daemon_tolerations;
pub(super) use sets::{daemon_pod, numbered_pod, push_revision};
