//! What the words of a command line mean: kinds, names, `TYPE/NAME`, comma lists, `all`.

use super::context::Context;
use super::flags::Parsed;
use super::selector::{FieldSelector, LabelSelector};
use crate::sim::kubernetes::meta::Labels;
use crate::sim::kubernetes::{Cluster, Kind, ObjectRef};

/// What `all` stands for, in the order it is shown.
pub const ALL: [Kind; 9] = [
    Kind::Pod,
    Kind::Service,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::CronJob,
    Kind::HorizontalPodAutoscaler,
];

/// What is asked for: whole kinds, or objects by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Every object of these kinds that the selectors leave.
    Kinds(Vec<Kind>),
    /// These objects, in this order.
    Names(Vec<(Kind, String)>),
}

/// A request for objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub wanted: Wanted,
    /// Whether kinds are shown with the names, because several were asked for.
    pub show_kind: bool,
    /// The namespace; `None` for all.
    pub namespace: Option<String>,
    /// Which labels.
    pub labels: LabelSelector,
    /// The label selector as it was written.
    pub labels_text: String,
    /// Which fields.
    pub fields: FieldSelector,
}

/// The kind a word means; the error is kubectl's line.
pub fn kind_of(word: &str) -> Result<Kind, String> {
    Kind::parse(word)
        .ok_or_else(|| format!("error: the server doesn't have a resource type \"{word}\""))
}

/// Reads the words of a command line. The error is kubectl's line.
pub fn wanted(args: &[String]) -> Result<(Wanted, bool), String> {
    let slashed = args.iter().filter(|word| word.contains('/')).count();
    if slashed > 0 {
        if slashed < args.len() {
            return Err("error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'".to_owned());
        }
        let mut names = Vec::new();
        for word in args {
            let parts: Vec<&str> = word.split('/').collect();
            let [kind, name] = parts.as_slice() else {
                return Err(
                    "error: arguments in resource/name form may not have more than one slash"
                        .to_owned(),
                );
            };
            if kind.is_empty() || name.is_empty() {
                return Err(
                    "error: arguments in resource/name form must have a single resource and name"
                        .to_owned(),
                );
            }
            names.push((kind_of(kind)?, (*name).to_owned()));
        }
        let mut kinds: Vec<Kind> = names.iter().map(|(kind, _)| *kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        return Ok((Wanted::Names(names), kinds.len() > 1));
    }
    let Some((first, names)) = args.split_first() else {
        return Ok((Wanted::Kinds(Vec::new()), false));
    };
    let mut kinds = Vec::new();
    for word in first.split(',').filter(|word| !word.is_empty()) {
        if word == "all" {
            kinds.extend(ALL);
        } else {
            kinds.push(kind_of(word)?);
        }
    }
    let several = kinds.len() > 1;
    if names.is_empty() {
        return Ok((Wanted::Kinds(kinds), several));
    }
    if first == "all" {
        return Err("error: resource(s) were provided, but no name was specified".to_owned());
    }
    let named = kinds
        .iter()
        .flat_map(|kind| names.iter().map(|name| (*kind, name.clone())))
        .collect();
    Ok((Wanted::Names(named), several))
}

impl Request {
    /// Reads a request with its namespace and selectors. The error is kubectl's line.
    pub fn read(context: &Context<'_>, parsed: &Parsed) -> Result<Self, String> {
        let (wanted, show_kind) = wanted(&parsed.args)?;
        let everywhere = parsed.on("all-namespaces");
        let labels_text = parsed.get("selector").unwrap_or_default().to_owned();
        let labels =
            LabelSelector::parse(&labels_text).map_err(|error| format!("error: {error}"))?;
        let fields = FieldSelector::parse(parsed.get("field-selector").unwrap_or_default())
            .map_err(|error| format!("error: {error}"))?;
        if let Wanted::Names(names) = &wanted {
            let namespaced = names.iter().any(|(kind, _)| kind.is_namespaced());
            if everywhere && namespaced {
                return Err(
                    "error: a resource cannot be retrieved by name across all namespaces"
                        .to_owned(),
                );
            }
            if !labels_text.is_empty() {
                return Err(
                    "error: name cannot be provided when a selector is specified".to_owned(),
                );
            }
            if !fields.is_empty() {
                return Err(
                    "error: name cannot be provided when a field selector is specified".to_owned(),
                );
            }
        }
        Ok(Self {
            wanted,
            show_kind: show_kind || parsed.on("show-kind"),
            namespace: (!everywhere).then(|| context.namespace.clone()),
            labels,
            labels_text,
            fields,
        })
    }

    /// The objects there are, and a line for each that was named and is not there.
    pub fn find(&self, cluster: &Cluster) -> (Vec<ObjectRef>, Vec<String>) {
        match &self.wanted {
            Wanted::Kinds(kinds) => {
                let mut found = Vec::new();
                for kind in kinds {
                    if let Err(error) = self.fields.check(*kind, &self.labels_text) {
                        return (Vec::new(), vec![error]);
                    }
                    found.extend(self.list(cluster, *kind));
                }
                (found, Vec::new())
            }
            Wanted::Names(names) => {
                let (mut found, mut missing) = (Vec::new(), Vec::new());
                for (kind, name) in names {
                    let namespace = if kind.is_namespaced() {
                        self.namespace.as_deref().unwrap_or_default()
                    } else {
                        ""
                    };
                    let object = ObjectRef::new(*kind, namespace, name);
                    if exists(cluster, &object) {
                        found.push(object);
                    } else {
                        missing.push(not_found(*kind, name));
                    }
                }
                (found, missing)
            }
        }
    }

    fn list(&self, cluster: &Cluster, kind: Kind) -> Vec<ObjectRef> {
        let in_scope = |namespace: &str| {
            !kind.is_namespaced()
                || self
                    .namespace
                    .as_deref()
                    .is_none_or(|wanted| wanted == namespace)
        };
        let mut found = objects(cluster, kind);
        found.retain(|(object, labels)| in_scope(&object.namespace) && self.labels.matches(labels));
        found
            .into_iter()
            .map(|(object, _)| object)
            .filter(|object| {
                self.fields.is_empty()
                    || cluster
                        .document(object)
                        .is_ok_and(|document| self.fields.matches(&document))
            })
            .collect()
    }
}

/// kubectl's line for an object that is not there.
pub fn not_found(kind: Kind, name: &str) -> String {
    format!(
        "Error from server (NotFound): {} \"{name}\" not found",
        kind.qualified_resource()
    )
}

/// Whether there is such an object.
pub fn exists(cluster: &Cluster, object: &ObjectRef) -> bool {
    match object.kind {
        Kind::ServiceAccount => {
            object.name == "default" && cluster.namespace(&object.namespace).is_some()
        }
        _ => cluster.document(object).is_ok(),
    }
}

/// Every object of a kind with its labels, by namespace and name.
pub fn objects(cluster: &Cluster, kind: Kind) -> Vec<(ObjectRef, Labels)> {
    macro_rules! of {
        ($objects:expr) => {
            $objects
                .iter()
                .map(|(key, object)| {
                    (
                        ObjectRef::new(kind, &key.namespace, &key.name),
                        object.meta.labels.clone(),
                    )
                })
                .collect()
        };
    }
    match kind {
        Kind::Pod => of!(cluster.pods()),
        Kind::Deployment => of!(cluster.deployments()),
        Kind::ReplicaSet => of!(cluster.replica_sets()),
        Kind::StatefulSet => of!(cluster.stateful_sets()),
        Kind::DaemonSet => of!(cluster.daemon_sets()),
        Kind::Job => of!(cluster.jobs()),
        Kind::CronJob => of!(cluster.cron_jobs()),
        Kind::Service => of!(cluster.services()),
        Kind::Endpoints => cluster
            .services()
            .iter()
            .filter(|(_, service)| !service.selector.is_empty())
            .map(|(key, service)| {
                (
                    ObjectRef::new(kind, &key.namespace, &key.name),
                    service.meta.labels.clone(),
                )
            })
            .collect(),
        Kind::ConfigMap => of!(cluster.config_maps()),
        Kind::Secret => of!(cluster.secrets()),
        Kind::HorizontalPodAutoscaler => of!(cluster.autoscalers()),
        Kind::PodDisruptionBudget => of!(cluster.budgets()),
        Kind::Ingress => of!(cluster.ingresses()),
        Kind::Namespace => of!(cluster.namespaces()),
        Kind::Node => of!(cluster.nodes()),
        Kind::Event => {
            // The server keeps events by their own names, not by time.
            let mut events: Vec<(ObjectRef, Labels)> = cluster
                .events()
                .into_iter()
                .map(|event| {
                    let namespace = crate::sim::kubernetes::manifest::event_namespace(event);
                    (ObjectRef::new(kind, namespace, &event.name), Labels::new())
                })
                .collect();
            events.sort();
            events
        }
        Kind::ServiceAccount => cluster
            .namespaces()
            .keys()
            .map(|key| (ObjectRef::new(kind, &key.name, "default"), Labels::new()))
            .collect(),
        _ => Vec::new(),
    }
}
