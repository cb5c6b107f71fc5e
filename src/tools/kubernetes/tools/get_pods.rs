//! `kubectl_get_pods`: the pods of a namespace, or of all. Never what is inside one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Pod, namespace, printed, words};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::kubernetes::get_pods;
use crate::tools::tool::{Line, Look, Seen, Text, ToolError, ToolExample};

/// Lists pods.
pub struct GetPods;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The namespace; all of them when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// Pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pods {
    /// By namespace and name.
    pub pods: Vec<Pod>,
    #[serde(skip)]
    #[schemars(skip)]
    text: String,
}

impl Text for Pods {
    fn text(&self) -> String {
        self.text.clone()
    }
}

impl Look for GetPods {
    type Args = Args;
    type Output = Pods;
    const NAME: &'static str = "kubectl_get_pods";
    const FAMILY: Family = Family::Kubernetes;
    const ABOUT: &'static str =
        "Lists pods with readiness, status, restarts and age, as `kubectl get pods -o wide` does";

    fn line(_: &World, args: &Args) -> Option<Line> {
        let mut argv = words(&["kubectl", "get", "pods", "-o", "wide"]);
        match args.namespace.as_deref().filter(|name| !name.is_empty()) {
            Some(namespace) => argv.extend(words(&["-n", namespace])),
            None => argv.push("-A".to_owned()),
        }
        Some(Line::anywhere(argv))
    }

    fn look(world: &World, args: &Args) -> Result<Seen<Pods>, ToolError> {
        let wanted = namespace(world, args.namespace.as_deref())?;
        let line = Self::line(world, args).map(|line| line.argv);
        let answer = printed(world, line.unwrap_or_default().get(1..).unwrap_or_default())?;
        let rows = get_pods(world.cluster(), wanted, world.now());
        Ok(Seen {
            output: Pods {
                pods: rows.into_iter().map(Pod::from).collect(),
                text: if answer.text.is_empty() {
                    answer.error
                } else {
                    answer.text
                },
            },
            shown: answer.shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"namespace": "back"}"#,
                about: "The pods of a namespace",
                prints: "NAME                     READY   STATUS              RESTARTS            AGE    IP             NODE     NOMINATED NODE   READINESS GATES\nbroker-0                 1/1     Running             0                   91d    10.244.2.145   node-b   <none>           <none>\ncache-0                  1/1     Running             2 (14d ago)         91d    10.244.1.132   node-a   <none>           <none>\ncleanup-29540910-njv55   0/1     Completed           0                   90m    10.244.2.166   node-b   <none>           <none>\ncleanup-29540940-bbk98   0/1     Completed           0                   60m    10.244.2.138   node-b   <none>           <none>\ncleanup-29540970-9svmm   0/1     Completed           0                   30m    10.244.1.100   node-a   <none>           <none>\ncleanup-29541000-w9xz4   0/1     ContainerCreating   0                   0s     <none>         node-b   <none>           <none>\nmailer-69d854978-hlkb9   0/1     CrashLoopBackOff    11077 (2m48s ago)   213d   10.244.2.153   node-b   <none>           <none>\nworker-7c649d995-fvvwt   0/1     CrashLoopBackOff    16 (3m50s ago)      59m    10.244.1.134   node-a   <none>           <none>\n",
            },
            ToolExample {
                args: r#"{"namespace": "backs"}"#,
                about: "A namespace that does not exist",
                prints: "kubectl_get_pods: namespaces \"backs\" not found\nhint: namespaces are back, front\n",
            },
        ]
    }
}
