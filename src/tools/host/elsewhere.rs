//! What half of all engineers type first and what has its home elsewhere here: each says where. Never "not found" alone.

use super::Small;
use crate::sim::World;
use crate::tools::program::{Example, Run};
use crate::tools::shared::columns;

macro_rules! elsewhere {
    ($($name:literal, $about:literal, $code:literal, $says:expr;)*) => {
        [$(Small {
            name: $name,
            about: $about,
            seconds: 1,
            run: |_, _| Run::failed(concat!($name, ": ", $says, "\n"), $code),
            examples: &[Example {
                line: $name,
                about: "Where to look instead",
                prints: concat!($name, ": ", $says, "\n"),
            }],
        }),*]
    };
}

const SAID: [Small; 14] = elsewhere! {
    "docker-compose", "Says where containers run", 1, "the compose file is for developers' machines; production runs in the cluster. Try: kubectl get deploy -A";
    "ssh", "Says how to reach a machine", 255, "nodes take no logins here. Into a container: kubectl exec POD -- COMMAND";
    "systemctl", "Says where services run", 1, "nothing of the company runs under systemd on this workstation. Try: kubectl get pods -A";
    "journalctl", "Says where logs are", 1, "this workstation's journal says nothing of production. Try: kubectl logs, or the log search";
    "dmesg", "Says where a kernel's messages show", 1, "this is the workstation's kernel, not a node's. A container killed for its memory shows in: kubectl describe pod POD";
    "top", "Says where use of CPU and memory shows", 1, "this workstation is idle. Try: kubectl top pods -A, kubectl top nodes";
    "htop", "Says where use of CPU and memory shows", 1, "this workstation is idle. Try: kubectl top pods -A, kubectl top nodes";
    "ps", "Says where processes run", 1, "nothing of production runs on this workstation. Try: kubectl get pods -A";
    "free", "Says where memory shows", 1, "this workstation has memory enough. Try: kubectl top nodes, kubectl describe node NODE";
    "df", "Says where disks show", 1, "this workstation's disk is not the trouble. Volumes and nodes have their series: search the metrics for disk or filesystem";
    "ss", "Says where connections show", 1, "no connection of production ends on this workstation. Try: kubectl get svc -A, kubectl get endpoints -A";
    "netstat", "Says where connections show", 1, "no connection of production ends on this workstation. Try: kubectl get svc -A, kubectl get endpoints -A";
    "vault", "Says who may read secrets", 2, "permission denied. The on-call role reads no secrets; names of keys show in: kubectl get secrets -A";
    "argocd", "Says how things are rolled out", 20, "no such server here. Rollouts show in: kubectl rollout history, and in the channel of deployments";
};

const HELM: Small = Small {
    name: "helm",
    about: "Lists what is deployed; releases themselves are changed by rollouts",
    seconds: 2,
    run: helm,
    examples: &[Example {
        line: "helm list",
        about: "What is deployed",
        prints: "NAME    NAMESPACE  STATUS    APP VERSION\nbroker  back       deployed  3.9.0\ncache   back       deployed  8.0.1\ngate    front      deployed  2.0.0\nintake  front      deployed  1.9.3\nmailer  back       deployed  0.1.0\nworker  back       deployed  1.4.0\n",
    }],
};

const PROGRAM_COUNT: usize = 15;

/// The programs.
pub const PROGRAMS: [Small; PROGRAM_COUNT] = {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = SAID;
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, HELM]
};

/// `helm list`: a row for each service with the tag that it wants.
fn helm(world: &World, argv: &[String]) -> Run {
    let verb = argv.first().map_or("", String::as_str);
    if !matches!(verb, "list" | "ls") {
        return Run::failed(
            format!(
                "helm: '{verb}' is not for the on-call role; charts are the platform team's. helm list works, and kubectl rollout undo goes back\n"
            ),
            1,
        );
    }
    let mut rows = vec![
        ["NAME", "NAMESPACE", "STATUS", "APP VERSION"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for (service, id) in world.plan().services.iter().zip(0_u32..) {
        let tag = world
            .wanted_tag(crate::sim::ids::ServiceId(id))
            .unwrap_or("-");
        rows.push(vec![
            service.name.clone(),
            service.spec.namespace.clone(),
            "deployed".to_owned(),
            tag.to_owned(),
        ]);
    }
    Run::text(columns(&rows))
}
