//! `kubectl_logs`: what a pod's container wrote. Never another pod's lines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{namespace, pod, printed, words};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::tool::{Line, Look, Seen, Text, ToolError, ToolExample};

/// Lines at most.
const MOST_LINES: usize = 2_000;

/// Reads a pod's log.
pub struct Logs;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The pod's name.
    pub pod_name: String,
    /// Its namespace; found by the name when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The container, where the pod has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Newest lines, 1 to 2000.
    #[serde(default = "hundred")]
    pub tail: usize,
    /// The life before the last restart.
    #[serde(default)]
    pub previous: bool,
}

fn hundred() -> usize {
    100
}

/// Lines of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Written {
    /// Namespace of the pod.
    pub namespace: String,
    /// The pod.
    pub pod_name: String,
    /// The lines, oldest first.
    pub lines: Vec<String>,
}

impl Text for Written {
    fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

fn argv(world: &World, args: &Args) -> Result<Vec<String>, ToolError> {
    let wanted = namespace(world, args.namespace.as_deref())?;
    let found = pod(world, &args.pod_name, wanted)?;
    let tail = args.tail.clamp(1, MOST_LINES).to_string();
    let mut argv = words(&[
        "logs",
        &found.meta.name,
        "-n",
        &found.meta.namespace,
        "--tail",
        &tail,
    ]);
    if let Some(container) = args.container.as_deref().filter(|name| !name.is_empty()) {
        argv.extend(words(&["-c", container]));
    }
    if args.previous {
        argv.push("--previous".to_owned());
    }
    Ok(argv)
}

impl Look for Logs {
    type Args = Args;
    type Output = Written;
    const NAME: &'static str = "kubectl_logs";
    const FAMILY: Family = Family::Kubernetes;
    const ABOUT: &'static str = "Reads the newest lines that a pod's container wrote, or those of its life before the last restart";

    fn line(world: &World, args: &Args) -> Option<Line> {
        let mut line = words(&["kubectl"]);
        line.extend(argv(world, args).ok()?);
        Some(Line::anywhere(line))
    }

    fn look(world: &World, args: &Args) -> Result<Seen<Written>, ToolError> {
        let answer = printed(world, &argv(world, args)?)?;
        let wanted = namespace(world, args.namespace.as_deref())?;
        let found = pod(world, &args.pod_name, wanted)?;
        Ok(Seen {
            output: Written {
                namespace: found.meta.namespace.to_string(),
                pod_name: found.meta.name.to_string(),
                lines: answer.text.lines().map(str::to_owned).collect(),
            },
            shown: answer.shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"pod_name": "nobody-0"}"#,
            about: "A pod that does not exist",
            prints: "kubectl_logs: pods \"nobody-0\" not found\nhint: kubectl_get_pods lists them\n",
        }]
    }
}
