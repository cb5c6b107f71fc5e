//! `kubectl_describe_pod`: one pod in all words, with its events. Never a pod that is gone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Pod, namespace, pod, printed, words};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::kubernetes::rows::pods::pod_row;
use crate::tools::tool::{Line, Look, Seen, Text, ToolError, ToolExample};

/// Describes a pod.
pub struct DescribePod;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The pod's name.
    pub pod_name: String,
    /// Its namespace; found by the name when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// A pod in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Description {
    /// The pod as a row.
    pub pod: Pod,
    /// What `kubectl describe pod` prints: containers with image, state, last state, environment, limits; events.
    pub description: String,
}

impl Text for Description {
    fn text(&self) -> String {
        self.description.clone()
    }
}

fn argv(world: &World, args: &Args) -> Result<Vec<String>, ToolError> {
    let wanted = namespace(world, args.namespace.as_deref())?;
    let found = pod(world, &args.pod_name, wanted)?;
    Ok(words(&[
        "describe",
        "pod",
        &found.meta.name,
        "-n",
        &found.meta.namespace,
    ]))
}

impl Look for DescribePod {
    type Args = Args;
    type Output = Description;
    const NAME: &'static str = "kubectl_describe_pod";
    const FAMILY: Family = Family::Kubernetes;
    const ABOUT: &'static str =
        "Describes a pod: containers, images, environment, states, exit codes, probes and events";

    fn line(world: &World, args: &Args) -> Option<Line> {
        let mut line = words(&["kubectl"]);
        line.extend(argv(world, args).ok()?);
        Some(Line::anywhere(line))
    }

    fn look(world: &World, args: &Args) -> Result<Seen<Description>, ToolError> {
        let answer = printed(world, &argv(world, args)?)?;
        let wanted = namespace(world, args.namespace.as_deref())?;
        let found = pod(world, &args.pod_name, wanted)?;
        Ok(Seen {
            output: Description {
                pod: pod_row(world.cluster(), found, world.now()).into(),
                description: answer.text,
            },
            shown: answer.shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"pod_name": "worker"}"#,
            about: "A workload is no pod",
            prints: "kubectl_describe_pod: pods \"worker\" not found\nhint: pods of that workload are worker-7c649d995-fvvwt\n",
        }]
    }
}
