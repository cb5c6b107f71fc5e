//! `kubectl get`: lists and single objects, in every format.

use serde_json::{Value, json};

use super::context::Context;
use super::flags::{Flag, Parsed, switch, value};
use super::follow::Follow;
use super::outcome::KubectlOutcome;
use super::print::{self, Format, TableStyle};
use super::resources::{Request, Wanted};
use super::rows::{self, Listing};
use super::show;
use crate::sim::kubernetes::ObjectRef;

/// The flags of `get`.
pub const FLAGS: &[Flag] = &[
    switch("all-namespaces", 'A'),
    switch("allow-missing-template-keys", ' '),
    value("chunk-size", ' '),
    value("field-selector", ' '),
    value("filename", 'f'),
    switch("ignore-not-found", ' '),
    value("kustomize", 'k'),
    value("label-columns", 'L'),
    switch("no-headers", ' '),
    value("output", 'o'),
    switch("output-watch-events", ' '),
    value("raw", ' '),
    switch("recursive", 'R'),
    value("selector", 'l'),
    switch("server-print", ' '),
    switch("show-kind", ' '),
    switch("show-labels", ' '),
    switch("show-managed-fields", ' '),
    value("sort-by", ' '),
    value("subresource", ' '),
    value("template", ' '),
    switch("watch", 'w'),
    switch("watch-only", ' '),
];

/// Runs `get`.
pub fn run(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    if let Some(path) = parsed.get("raw") {
        return raw(context, path);
    }
    let format = match Format::read(parsed.get("output")) {
        Ok(format) => format,
        Err(error) => return KubectlOutcome::error(error),
    };
    if parsed.args.is_empty() {
        return KubectlOutcome::failed(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples",
        );
    }
    let request = match Request::read(context, parsed) {
        Ok(request) => request,
        Err(line) => return KubectlOutcome::failed(line),
    };
    let cluster = context.cluster();
    let (mut objects, missing) = request.find(cluster);
    if let Some(path) = parsed.get("sort-by") {
        sort(context, &mut objects, path);
    }
    let mut outcome = match &format {
        Format::Table { wide } => tables(context, parsed, &request, &objects, *wide),
        Format::Name => names(&objects),
        _ => documents(context, &format, &request, &objects),
    };
    if !(parsed.on("ignore-not-found") && matches!(request.wanted, Wanted::Names(_))) {
        for line in &missing {
            outcome.fail(line);
        }
    }
    let nothing = objects.is_empty() && missing.is_empty() && !parsed.on("ignore-not-found");
    if nothing && matches!(format, Format::Table { .. } | Format::Columns(_)) && !watches(parsed) {
        outcome.complain(&no_resources(&request));
    }
    if watches(parsed) && outcome.code == 0 {
        outcome.follow = Some(Follow::watch(context, parsed, &request, &format));
        if parsed.on("watch-only") {
            outcome.stdout.clear();
        }
    }
    outcome
}

fn watches(parsed: &Parsed) -> bool {
    parsed.on("watch") || parsed.on("watch-only")
}

fn no_resources(request: &Request) -> String {
    let namespaced = match &request.wanted {
        Wanted::Kinds(kinds) => kinds.iter().any(|kind| kind.is_namespaced()),
        Wanted::Names(_) => true,
    };
    match &request.namespace {
        Some(namespace) if namespaced => format!("No resources found in {namespace} namespace."),
        _ => "No resources found".to_owned(),
    }
}

fn sort(context: &Context<'_>, objects: &mut [ObjectRef], path: &str) {
    let cluster = context.cluster();
    objects.sort_by_cached_key(|object| SortKey {
        path: path.to_owned(),
        document: cluster.document(object).unwrap_or(Value::Null),
    });
}

/// A document that is ordered by what a path finds in it.
struct SortKey {
    path: String,
    document: Value,
}

impl PartialEq for SortKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SortKey {}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        print::compare(&self.path, &self.document, &other.document)
    }
}

/// How a table of this command line looks.
pub fn style(parsed: &Parsed, request: &Request, wide: bool) -> TableStyle {
    TableStyle {
        wide,
        with_namespace: request.namespace.is_none(),
        with_kind: request.show_kind,
        no_headers: parsed.on("no-headers"),
        show_labels: parsed.on("show-labels"),
        label_columns: parsed
            .all("label-columns")
            .iter()
            .flat_map(|list| list.split(','))
            .map(str::to_owned)
            .collect(),
        prefix: parsed.on("output-watch-events").then_some("EVENT"),
    }
}

fn tables(
    context: &Context<'_>,
    parsed: &Parsed,
    request: &Request,
    objects: &[ObjectRef],
    wide: bool,
) -> KubectlOutcome {
    let cluster = context.cluster();
    let listings = rows::listings(cluster, objects, context.now);
    let style = style(parsed, request, wide);
    let texts: Vec<String> = listings
        .iter()
        .map(|listing| print::table(listing, &style))
        .collect();
    KubectlOutcome {
        data: data(&listings),
        stdout: texts.join("\n"),
        shown: objects
            .iter()
            .filter_map(|object| show::row(cluster, object))
            .collect(),
        ..KubectlOutcome::default()
    }
}

/// Lists as data: one list, or several.
pub fn data(listings: &[Listing]) -> Value {
    let lists: Vec<Value> = listings
        .iter()
        .map(|listing| {
            let items: Vec<&Value> = listing.rows.iter().map(|row| &row.data).collect();
            json!({"kind": format!("{}List", listing.kind.name()), "items": items})
        })
        .collect();
    match lists.as_slice() {
        [one] => one.clone(),
        _ => Value::Array(lists),
    }
}

fn names(objects: &[ObjectRef]) -> KubectlOutcome {
    let mut outcome = KubectlOutcome::default();
    for object in objects {
        outcome.say(&object.qualified());
    }
    outcome.data = json!(objects.iter().map(ObjectRef::qualified).collect::<Vec<_>>());
    outcome
}

fn documents(
    context: &Context<'_>,
    format: &Format,
    request: &Request,
    objects: &[ObjectRef],
) -> KubectlOutcome {
    let cluster = context.cluster();
    let documents: Vec<Value> = objects
        .iter()
        .filter_map(|object| cluster.document(object).ok())
        .collect();
    let single = matches!(&request.wanted, Wanted::Names(names) if names.len() == 1);
    if documents.is_empty() && matches!(request.wanted, Wanted::Names(_)) {
        return KubectlOutcome::default();
    }
    match print::documents(format, &documents, single) {
        Ok(stdout) => KubectlOutcome {
            data: if single {
                documents.first().cloned().unwrap_or(Value::Null)
            } else {
                json!({"kind": "List", "items": documents})
            },
            stdout,
            shown: objects
                .iter()
                .flat_map(|object| show::detail(cluster, object))
                .collect(),
            ..KubectlOutcome::default()
        },
        Err(error) => KubectlOutcome::error(error),
    }
}

/// `--raw`: a few paths of the API.
fn raw(context: &Context<'_>, path: &str) -> KubectlOutcome {
    let version = &context.cluster().identity().server_version;
    match path.trim_end_matches('/') {
        "/version" => {
            let mut parts = version.trim_start_matches('v').split('.');
            let (major, minor) = (parts.next().unwrap_or("1"), parts.next().unwrap_or("32"));
            KubectlOutcome::text(
                json!({
                    "major": major, "minor": minor, "gitVersion": version,
                    "compiler": "gc", "platform": "linux/amd64",
                })
                .to_string(),
            )
        }
        "/healthz" | "/livez" | "/readyz" => KubectlOutcome::text("ok"),
        _ => KubectlOutcome::failed(
            "Error from server (NotFound): the server could not find the requested resource",
        ),
    }
}
