//! The Kubernetes family: kubectl over a view of the cluster. Command lines in, typed answers and commands out.
//!
//! [`run`] takes a whole command line. What it lists, panes and programs can have from [`rows`] without one. Acting verbs
//! change nothing themselves: they give [`KubeCommand`](crate::sim::kubernetes::KubeCommand)s, tried on a copy.

pub mod age;
pub mod follow;
pub mod outcome;
pub mod rows;
pub mod top;
pub mod view;

mod act;
mod change;
mod context;
mod create;
mod describe;
mod edit;
mod elsewhere;
mod events;
mod exec;
mod flags;
mod get;
mod gotemplate;
mod help;
mod info;
mod jsonpath;
mod logs;
mod nodes;
mod print;
pub mod program;
mod resources;
mod rollout;
mod selector;
mod set;
mod show;
mod tabs;
pub mod tools;
mod verbs;
mod wait;
mod yaml;

pub use follow::{Follow, FollowStep};
pub use outcome::{EditRequest, KubectlOutcome};
pub use rows::events::get_events;
pub use rows::pods::get_pods;
pub use rows::workloads::get_deployments;
pub use view::{
    ExecOutput, ExecSource, KubeView, LogLine, LogQuery, LogSource, Usage, UsageSource,
};

use crate::sim::kubernetes::{Cluster, ObjectRef};
use crate::sim::time::SimTime;
use context::Context;

/// The most words and bytes of a command line that are read.
const LIMITS: (usize, usize) = (1_000, 1 << 20);

/// Runs a command line: `argv` without the word `kubectl`, quotes already taken off.
pub fn run(view: &dyn KubeView, argv: &[String], now: SimTime) -> KubectlOutcome {
    run_with_input(view, argv, "", now)
}

/// Runs a command line with something piped into it: manifests for `-f -`, the editor's text for `edit`.
pub fn run_with_input(
    view: &dyn KubeView,
    argv: &[String],
    stdin: &str,
    now: SimTime,
) -> KubectlOutcome {
    let bytes: usize = argv.iter().map(String::len).sum();
    if argv.len() > LIMITS.0 || bytes > LIMITS.1 {
        return KubectlOutcome::error("argument list too long");
    }
    verbs::dispatch(view, argv, stdin, now).cleaned()
}

/// Takes the text of an editor that `edit` asked for.
pub fn finish_edit(
    view: &dyn KubeView,
    request: &EditRequest,
    text: &str,
    now: SimTime,
) -> KubectlOutcome {
    let context = Context {
        view,
        namespace: request.target.namespace.clone(),
        now,
        stdin: "",
    };
    edit::finish(&context, request, text).cleaned()
}

/// What `kubectl describe` says of an object; `None` if there is no such object.
pub fn describe_object(cluster: &Cluster, object: &ObjectRef, now: SimTime) -> Option<String> {
    describe::describe(cluster, object, now, true)
}

/// An object's document as `kubectl get -o yaml` prints it; `None` if there is no such object.
pub fn object_yaml(cluster: &Cluster, object: &ObjectRef) -> Option<String> {
    cluster
        .document(object)
        .ok()
        .map(|document| yaml::yaml(&document))
}

/// The words a command line can go on with: verbs, kinds, names of objects, in order and without doubles. `argv` ends in
/// the word that is being typed, which may be empty.
pub fn complete(cluster: &Cluster, argv: &[String]) -> Vec<String> {
    verbs::complete(cluster, argv)
}

#[cfg(test)]
mod tests;
