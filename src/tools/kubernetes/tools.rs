//! Typed tools over kubectl: what a program asks without a command line. Never prints what kubectl does not.

pub mod describe_pod;
pub mod get_events;
pub mod get_pods;
pub mod logs;

use schemars::JsonSchema;
use serde::Serialize;

use super::program::Kubectl;
use super::rows::pods::PodRow;
use crate::session::Answer;
use crate::sim::World;
use crate::sim::kubernetes::pod::Pod as ClusterPod;
use crate::tools::program::{Place, Program, Run};
use crate::tools::tool::ToolError;

/// A pod in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The workload it belongs to.
    pub workload: String,
    /// Ready containers of all: `1/1`.
    pub ready: String,
    /// The status as kubectl shows it: `Running`, `CrashLoopBackOff`, `Terminating`.
    pub status: String,
    /// Restarts of all containers.
    pub restarts: u32,
    /// How long ago a container was last started again.
    pub restarted_ago: Option<String>,
    /// Its age.
    pub age: String,
    /// Its node.
    pub node: Option<String>,
    /// Its address.
    pub ip: Option<String>,
}

impl From<PodRow> for Pod {
    fn from(row: PodRow) -> Self {
        Self {
            ready: format!("{}/{}", row.ready_containers, row.containers),
            namespace: row.namespace,
            name: row.name,
            workload: row.workload,
            status: row.status,
            restarts: row.restarts,
            restarted_ago: row.restarted_ago,
            age: row.age,
            node: row.node,
            ip: row.ip,
        }
    }
}

/// What a command line of kubectl prints.
fn printed(world: &World, argv: &[String]) -> Result<Answer, ToolError> {
    match Kubectl.run(world, &Place::default(), argv, "") {
        Run::Answer(answer) if answer.code == 0 => Ok(answer),
        Run::Answer(answer) => Err(ToolError::new(answer.error.trim_end())),
        Run::Act(_) => Err(ToolError::new("this changes the cluster and is no look")),
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A namespace that is asked for, if it exists.
fn namespace<'a>(world: &World, wanted: Option<&'a str>) -> Result<Option<&'a str>, ToolError> {
    let Some(name) = wanted.filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let known = &world.plan().pack.estate.namespaces;
    let has_pods = world
        .cluster()
        .pods()
        .values()
        .any(|pod| *pod.meta.namespace == *name);
    if known.contains_key(name) || has_pods {
        return Ok(Some(name));
    }
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    Err(ToolError {
        message: format!("namespaces {name:?} not found"),
        hint: Some(format!("namespaces are {}", names.join(", "))),
    })
}

/// The pod of a name, in a namespace or in any.
fn pod<'a>(
    world: &'a World,
    name: &str,
    namespace: Option<&str>,
) -> Result<&'a ClusterPod, ToolError> {
    let in_scope =
        |pod: &&ClusterPod| namespace.is_none_or(|wanted| *pod.meta.namespace == *wanted);
    let pods = || {
        world
            .cluster()
            .pods()
            .values()
            .map(AsRef::as_ref)
            .filter(in_scope)
    };
    if let Some(pod) = pods().find(|pod| *pod.meta.name == *name) {
        return Ok(pod);
    }
    let of_workload: Vec<String> = pods()
        .filter(|pod| *pod.workload.key.name == *name || name.starts_with(&*pod.workload.key.name))
        .map(|pod| pod.meta.name.to_string())
        .take(10)
        .collect();
    let hint = if of_workload.is_empty() {
        "kubectl_get_pods lists them".to_owned()
    } else {
        format!("pods of that workload are {}", of_workload.join(", "))
    };
    Err(ToolError {
        message: format!("pods {name:?} not found"),
        hint: Some(hint),
    })
}
