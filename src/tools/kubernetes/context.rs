//! Where a command line is run: the cluster, the namespace it means, the instant.

use super::flags::Parsed;
use super::view::KubeView;
use crate::sim::kubernetes::Cluster;
use crate::sim::time::SimTime;

/// Where a command line is run.
pub struct Context<'a> {
    /// What is looked at.
    pub view: &'a dyn KubeView,
    /// The namespace it means.
    pub namespace: String,
    /// The instant.
    pub now: SimTime,
    /// What was piped in.
    pub stdin: &'a str,
}

impl<'a> Context<'a> {
    /// The context of a command line; the error is kubectl's line.
    pub fn read(
        view: &'a dyn KubeView,
        parsed: &Parsed,
        now: SimTime,
        stdin: &'a str,
    ) -> Result<Self, String> {
        let identity = view.cluster().identity();
        for (flag, what, known) in [
            ("context", "context", &identity.name),
            ("cluster", "cluster", &identity.name),
            ("user", "auth info", &identity.user),
        ] {
            if let Some(name) = parsed.get(flag)
                && name != known
            {
                return Err(match what {
                    "context" => format!(
                        "Error in configuration: context was not found for specified context: {name}"
                    ),
                    _ => format!("error: {what} \"{name}\" does not exist"),
                });
            }
        }
        if let Some(server) = parsed.get("server")
            && server.trim_end_matches('/') != identity.server
        {
            let host = server.split("://").last().unwrap_or(server);
            return Err(format!(
                "The connection to the server {host} was refused - did you specify the right host or port?"
            ));
        }
        let namespace = parsed
            .get("namespace")
            .filter(|name| !name.is_empty())
            .unwrap_or(&identity.default_namespace);
        Ok(Self {
            view,
            namespace: namespace.to_owned(),
            now,
            stdin,
        })
    }

    /// The cluster.
    pub fn cluster(&self) -> &'a Cluster {
        self.view.cluster()
    }
}
