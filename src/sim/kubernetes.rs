//! The cluster: objects, controllers and kubelets on simulated time. Never decides why a container fails.
//!
//! [`Cluster`] holds the objects and moves them along with [`Cluster::advance`]; [`KubeCommand`] changes what is wanted;
//! [`ContainerFate`] is how the world says what a container does once it was started.

pub mod autoscaling;
pub mod batch;
pub mod cluster;
pub mod command;
pub mod config;
pub mod digest;
pub mod error;
pub mod event;
pub mod fate;
pub mod kind;
pub mod manifest;
pub mod meta;
pub mod network;
pub mod node;
pub mod pod;
pub mod quantity;
pub mod spec;
pub mod template;
pub mod workload;

mod controllers;
pub use controllers::daemon_tolerations;
mod names;
mod schedule;
mod timers;

pub use cluster::Cluster;
pub use command::{Applied, KubeCommand};
pub use error::KubeError;
pub use fate::{ClusterEvent, ClusterEventKind, ContainerFate, CrashReason, Fate, PodRef};
pub use kind::Kind;
pub use meta::{ObjectKey, ObjectMeta, ObjectRef};
pub use quantity::Quantity;
pub use spec::ClusterSpec;

#[cfg(test)]
mod tests;
