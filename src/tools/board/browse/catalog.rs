//! What can be listed and opened, one row for each kind. A further kind is one row here and nothing else anywhere.

use super::Source::{Kind as List, Line, Tool};
use super::{Kind, View};

/// A way to open a row with a tool.
const fn tool(name: &'static str, args: &'static [(&'static str, &'static str)]) -> View {
    View {
        verb: "open",
        source: Tool(name, &[]),
        args,
        is_markdown: false,
    }
}

/// A way to open a row as another kind's list.
const fn list(kind: &'static str, args: &'static [(&'static str, &'static str)]) -> View {
    View {
        verb: "open",
        source: List(kind),
        args,
        is_markdown: false,
    }
}

/// A way to open a row with a line of the shell.
const fn line(verb: &'static str, words: &'static [&'static str]) -> View {
    View {
        verb,
        source: Line(words),
        args: &[("NAME", "{NAME}"), ("NAMESPACE", "{NAMESPACE}")],
        is_markdown: false,
    }
}

const PODS: Kind = Kind {
    name: "pods",
    aliases: &["po", "pod"],
    system: "Kubernetes",
    about: "pods of all namespaces",
    list: Tool("kubectl_get_pods", &[]),
    rows: "pods",
    columns: &[
        ("NAMESPACE", "namespace"),
        ("NAME", "name"),
        ("READY", "ready"),
        ("STATUS", "status"),
        ("RESTARTS", "restarts"),
        ("AGE", "age"),
        ("NODE", "node"),
        ("IP", "ip"),
    ],
    search: None,
    views: &[
        View {
            verb: "describe",
            ..tool(
                "kubectl_describe_pod",
                &[("pod_name", "{name}"), ("namespace", "{namespace}")],
            )
        },
        View {
            verb: "logs",
            ..tool(
                "kubectl_logs",
                &[("pod_name", "{name}"), ("namespace", "{namespace}")],
            )
        },
        View {
            args: &[("NAME", "{name}"), ("NAMESPACE", "{namespace}")],
            ..line(
                "yaml",
                &[
                    "kubectl",
                    "get",
                    "pod",
                    "{NAME}",
                    "-n",
                    "{NAMESPACE}",
                    "-o",
                    "yaml",
                ],
            )
        },
    ],
    is_listed: true,
};

/// Declares kinds of Kubernetes that kubectl lists in all namespaces: name, aliases, the word, what is listed.
macro_rules! namespaced {
    ($name:literal, $aliases:expr, $about:literal) => {
        Kind {
            name: $name,
            aliases: $aliases,
            system: "Kubernetes",
            about: $about,
            list: Line(&["kubectl", "get", $name, "-A"]),
            rows: "",
            columns: &[],
            search: None,
            views: &[
                line(
                    "describe",
                    &["kubectl", "describe", $name, "{NAME}", "-n", "{NAMESPACE}"],
                ),
                line(
                    "yaml",
                    &[
                        "kubectl",
                        "get",
                        $name,
                        "{NAME}",
                        "-n",
                        "{NAMESPACE}",
                        "-o",
                        "yaml",
                    ],
                ),
            ],
            is_listed: true,
        }
    };
}

/// Declares kinds of Kubernetes without a namespace.
macro_rules! cluster_wide {
    ($name:literal, $aliases:expr, $about:literal) => {
        Kind {
            name: $name,
            aliases: $aliases,
            system: "Kubernetes",
            about: $about,
            list: Line(&["kubectl", "get", $name, "-o", "wide"]),
            rows: "",
            columns: &[],
            search: None,
            views: &[
                View {
                    args: &[("NAME", "{NAME}")],
                    ..line("describe", &["kubectl", "describe", $name, "{NAME}"])
                },
                View {
                    args: &[("NAME", "{NAME}")],
                    ..line("yaml", &["kubectl", "get", $name, "{NAME}", "-o", "yaml"])
                },
            ],
            is_listed: true,
        }
    };
}

const EVENTS: Kind = Kind {
    name: "events",
    aliases: &["ev", "event"],
    system: "Kubernetes",
    about: "events of all namespaces, newest first",
    list: Tool("kubectl_get_events", &[]),
    rows: "events",
    columns: &[
        ("LAST SEEN", "last_seen"),
        ("TYPE", "type"),
        ("REASON", "reason"),
        ("OBJECT", "object"),
        ("MESSAGE", "message"),
        ("COUNT", "count"),
        ("NAMESPACE", "namespace"),
    ],
    search: None,
    views: &[],
    is_listed: true,
};

const RELEASES: Kind = Kind {
    name: "releases",
    aliases: &["helm", "rel"],
    system: "Helm",
    about: "what is deployed, in which version",
    list: Line(&["helm", "list"]),
    rows: "",
    columns: &[],
    search: None,
    views: &[],
    is_listed: true,
};

const CATALOGUE: Kind = Kind {
    name: "catalogue",
    aliases: &["svccat", "owners"],
    system: "Service catalogue",
    about: "services: what each does, who owns it",
    list: Line(&["services"]),
    rows: "",
    columns: &[],
    search: None,
    views: &[View {
        args: &[("SERVICE", "{SERVICE}")],
        ..line("open", &["services", "{SERVICE}"])
    }],
    is_listed: true,
};

const PAGES: Kind = Kind {
    name: "wiki",
    aliases: &["runbooks", "pages", "docs"],
    system: "Wiki",
    about: "runbooks and other pages; Enter on a command puts it into the shell",
    list: Tool("wiki_search", &[]),
    rows: "pages",
    columns: &[
        ("PAGE", "page"),
        ("TITLE", "title"),
        ("EDITED", "edited_ms"),
        ("BY", "edited_by"),
        ("EXCERPT", "excerpt"),
    ],
    search: Some("query"),
    views: &[View {
        is_markdown: true,
        ..tool("wiki_get_page", &[("page", "{page}")])
    }],
    is_listed: true,
};

const TICKETS: Kind = Kind {
    name: "tickets",
    aliases: &["jira"],
    system: "Jira",
    about: "tickets by JQL or words",
    list: Tool("jira_search", &[]),
    rows: "issues",
    columns: &[
        ("KEY", "key"),
        ("SUMMARY", "summary"),
        ("STATUS", "status"),
        ("PRIORITY", "priority"),
        ("UPDATED", "updated_ms"),
        ("ASSIGNEE", "assignee"),
        ("TYPE", "type"),
        ("CREATED", "created_ms"),
        ("REPORTER", "reporter"),
        ("LABELS", "labels"),
    ],
    search: Some("query"),
    views: &[tool("jira_get_issue", &[("key", "{key}")])],
    is_listed: true,
};

const SPRINTS: Kind = Kind {
    name: "sprints",
    aliases: &["sprint"],
    system: "Jira",
    about: "sprints; Enter lists a sprint's tickets",
    list: Tool("jira_list_sprints", &[]),
    rows: "sprints",
    columns: &[
        ("NAME", "name"),
        ("STATE", "state"),
        ("START", "start_ms"),
        ("END", "end_ms"),
        ("TICKETS", "issues"),
        ("DONE", "done"),
        ("GOAL", "goal"),
    ],
    search: None,
    views: &[list("tickets", &[("query", "sprint = \"{name}\"")])],
    is_listed: true,
};

const ERRORS: Kind = Kind {
    name: "errors",
    aliases: &["sentry", "exceptions"],
    system: "Sentry",
    about: "issues of all projects, the last seen first",
    list: Tool("sentry_list_issues", &[]),
    rows: "issues",
    columns: &[
        ("ISSUE", "id"),
        ("TITLE", "title"),
        ("LEVEL", "level"),
        ("24H", "events_last_day"),
        ("FIRST SEEN", "first_seen_ms"),
        ("LAST SEEN", "last_seen_ms"),
        ("EVENTS", "events"),
        ("ASSIGNEE", "assignee"),
        ("CULPRIT", "culprit"),
    ],
    search: None,
    views: &[tool("sentry_get_issue", &[("issue_id", "{id}")])],
    is_listed: true,
};

const PROJECTS: Kind = Kind {
    name: "projects",
    aliases: &["proj"],
    system: "Sentry",
    about: "projects; Enter lists a project's issues",
    list: Tool("sentry_list_projects", &[]),
    rows: "projects",
    columns: &[
        ("PROJECT", "name"),
        ("SERVICE", "service"),
        ("ISSUES", "issues"),
        ("24H", "events_last_day"),
    ],
    search: None,
    views: &[list("errors", &[("project", "{name}")])],
    is_listed: true,
};

const INCIDENTS: Kind = Kind {
    name: "incidents",
    aliases: &["pd", "pagerduty"],
    system: "PagerDuty",
    about: "incidents, those that nobody has taken first",
    list: Tool("pagerduty_list_incidents", &[]),
    rows: "incidents",
    columns: &[
        ("ID", "id"),
        ("TITLE", "title"),
        ("STATUS", "status"),
        ("TRIGGERED", "triggered_ms"),
        ("PRIORITY", "priority"),
        ("SERVICE", "service"),
        ("URGENCY", "urgency"),
        ("TAKEN BY", "acknowledged_by"),
    ],
    search: None,
    views: &[tool("pagerduty_get_timeline", &[("incident_id", "{id}")])],
    is_listed: true,
};

const ON_CALL: Kind = Kind {
    name: "oncall",
    aliases: &["oc", "schedules"],
    system: "On-call",
    about: "who is on call; Enter shows a team's schedule",
    list: Tool("oncall_who_is_on_call", &[]),
    rows: "on_call",
    columns: &[
        ("TEAM", "team"),
        ("LEVEL", "level"),
        ("WHO", "handle"),
        ("NAME", "name"),
        ("ROLE", "role"),
        ("LOCAL TIME", "local_time"),
        ("UNTIL", "until_ms"),
        ("CHANNEL", "channel"),
    ],
    search: None,
    views: &[tool("oncall_get_schedule", &[("team", "{team}")])],
    is_listed: true,
};

const COMPONENTS: Kind = Kind {
    name: "components",
    aliases: &["statuspage", "status"],
    system: "Status page",
    about: "what customers are told of each component",
    list: Tool("statuspage_get_status", &[]),
    rows: "components",
    columns: &[
        ("COMPONENT", "name"),
        ("STATUS", "status"),
        ("UPTIME %", "uptime_percent"),
        ("SUPPLIER", "supplier"),
        ("ABOUT", "about"),
    ],
    search: None,
    views: &[],
    is_listed: true,
};

const NOTICES: Kind = Kind {
    name: "notices",
    aliases: &["sp", "statusincidents"],
    system: "Status page",
    about: "incidents and maintenance that customers were told of",
    list: Tool("statuspage_list_incidents", &[]),
    rows: "incidents",
    columns: &[
        ("ID", "id"),
        ("TITLE", "title"),
        ("STATUS", "status"),
        ("IMPACT", "impact"),
        ("CREATED", "created_ms"),
        ("SUPPLIER", "supplier"),
        ("COMPONENTS", "components"),
    ],
    search: None,
    views: &[],
    is_listed: true,
};

const RUNS: Kind = Kind {
    name: "runs",
    aliases: &["ci", "actions", "builds"],
    system: "CI/CD",
    about: "runs of builds and deployments; Enter shows jobs and logs",
    list: Tool("ci_list_runs", &[]),
    rows: "runs",
    columns: &[
        ("RUN", "id"),
        ("TITLE", "title"),
        ("CONCLUSION", "conclusion"),
        ("STARTED", "started_ms"),
        ("WORKFLOW", "workflow"),
        ("TOOK", "elapsed_ms"),
        ("REPO", "repo"),
        ("ACTOR", "actor"),
        ("STATUS", "status"),
        ("BRANCH", "branch"),
    ],
    search: None,
    views: &[tool("ci_get_run_logs", &[("run_id", "{id}")])],
    is_listed: true,
};

const FLAGS: Kind = Kind {
    name: "flags",
    aliases: &["ff", "featureflags"],
    system: "Feature flags",
    about: "flags with their values; Enter shows who switched them",
    list: Tool("featureflags_list", &[]),
    rows: "flags",
    columns: &[
        ("FLAG", "flag"),
        ("VALUE", "on"),
        ("CHANGED", "changed_ms"),
        ("BY", "changed_by"),
        ("WHAT IT SWITCHES", "about"),
        ("SHARE %", "percent"),
        ("SERVICE", "service"),
        ("OWNER", "owner"),
    ],
    search: None,
    views: &[tool("featureflags_get", &[("flag", "{flag}")])],
    is_listed: true,
};

const RESOURCES: Kind = Kind {
    name: "terraform",
    aliases: &["tf", "resources"],
    system: "Terraform",
    about: "resources of the infrastructure's state",
    list: Tool("terraform_list_resources", &[]),
    rows: "resources",
    columns: &[("ADDRESS", "address"), ("TYPE", "type"), ("ID", "id")],
    search: Some("prefix"),
    views: &[tool("terraform_show_state", &[("resource", "{address}")])],
    is_listed: true,
};

const REPOSITORIES: Kind = Kind {
    name: "images",
    aliases: &["registry", "repos"],
    system: "Image registry",
    about: "repositories of images; Enter lists tags, then manifests",
    list: Tool("registry_list_repositories", &[]),
    rows: "repositories",
    columns: &[
        ("REPOSITORY", "name"),
        ("NEWEST TAG", "newest"),
        ("BUILT", "built_ms"),
    ],
    search: None,
    views: &[list("tags", &[("repo", "{name}")])],
    is_listed: true,
};

const TAGS: Kind = Kind {
    name: "tags",
    aliases: &[],
    system: "Image registry",
    about: "tags of a repository",
    list: Tool("registry_list_tags", &[]),
    rows: "tags",
    columns: &[
        ("TAG", "tag"),
        ("DIGEST", "digest"),
        ("CREATED", "created_ms"),
        ("PUSHED", "pushed_ms"),
    ],
    search: None,
    views: &[tool(
        "registry_get_manifest",
        &[("repo", "{repo}"), ("tag", "{tag}")],
    )],
    is_listed: false,
};

const ALARMS: Kind = Kind {
    name: "alarms",
    aliases: &["cw", "cloudwatch"],
    system: "CloudWatch",
    about: "alarms of the cloud account",
    list: Tool("cloudwatch_list_alarms", &[]),
    rows: "alarms",
    columns: &[
        ("ALARM", "name"),
        ("STATE", "state"),
        ("SINCE", "since_ms"),
        ("REASON", "reason"),
        ("METRIC", "metric"),
        ("THRESHOLD", "threshold"),
        ("DIMENSIONS", "dimensions"),
    ],
    search: Some("prefix"),
    views: &[],
    is_listed: true,
};

const CLOUD_METRICS: Kind = Kind {
    name: "cloudmetrics",
    aliases: &["cwm", "cwmetrics"],
    system: "CloudWatch",
    about: "metrics of the cloud account; Enter reads three hours",
    list: Tool("cloudwatch_get_metrics", &[]),
    rows: "metrics",
    columns: &[
        ("NAMESPACE", "namespace"),
        ("METRIC", "metric"),
        ("DIMENSIONS", "dimensions"),
        ("UNIT", "unit"),
    ],
    search: Some("namespace"),
    views: &[tool(
        "cloudwatch_get_metrics",
        &[
            ("namespace", "{namespace}"),
            ("metric", "{metric}"),
            ("dimensions", "{dimensions=}"),
        ],
    )],
    is_listed: true,
};

const LOG_GROUPS: Kind = Kind {
    name: "loggroups",
    aliases: &["lg", "cwlogs"],
    system: "CloudWatch",
    about: "log groups; Enter lists the events of a quarter of an hour",
    list: Tool("cloudwatch_list_log_groups", &[]),
    rows: "groups",
    columns: &[
        ("LOG GROUP", "name"),
        ("SERVICE", "service"),
        ("KEPT DAYS", "retention_days"),
        ("CREATED", "created_ms"),
    ],
    search: Some("prefix"),
    views: &[list("logevents", &[("log_group", "{name}")])],
    is_listed: true,
};

const LOG_EVENTS: Kind = Kind {
    name: "logevents",
    aliases: &[],
    system: "CloudWatch",
    about: "events of a log group",
    list: Tool("cloudwatch_filter_log_events", &[]),
    rows: "events",
    columns: &[
        ("AT", "at_ms"),
        ("MESSAGE", "message"),
        ("STREAM", "stream"),
    ],
    search: Some("pattern"),
    views: &[],
    is_listed: false,
};

const METRICS: Kind = Kind {
    name: "metriclist",
    aliases: &["prometheus", "prom"],
    system: "Prometheus",
    about: "metrics by name; Enter shows their series now",
    list: Tool("prometheus_list_metrics", &[]),
    rows: "metrics",
    columns: &[("METRIC", "name"), ("KIND", "kind"), ("HELP", "help")],
    search: Some("match"),
    views: &[tool("prometheus_query", &[("query", "{name}")])],
    is_listed: true,
};

const ALERTS: Kind = Kind {
    name: "alerts",
    aliases: &["al", "alertmanager"],
    system: "Prometheus",
    about: "alerts that are pending or fire",
    list: Tool("prometheus_alerts", &[]),
    rows: "alerts",
    columns: &[
        ("ALERT", "labels/alertname"),
        ("STATE", "state"),
        ("SUMMARY", "annotations/summary"),
        ("SEVERITY", "labels/severity"),
        ("SINCE", "activeAt"),
        ("SILENCED", "silenced"),
        ("VALUE NOW", "value"),
    ],
    search: Some("match"),
    views: &[],
    is_listed: true,
};

const RULES: Kind = Kind {
    name: "rules",
    aliases: &["alertrules"],
    system: "Prometheus",
    about: "alerting and recording rules with their expressions",
    list: Tool("prometheus_rules", &[]),
    rows: "groups/rules",
    columns: &[
        ("RULE", "name"),
        ("STATE", "state"),
        ("EXPRESSION", "query"),
        ("FOR S", "duration"),
        ("KIND", "type"),
        ("HEALTH", "health"),
    ],
    search: Some("match"),
    views: &[],
    is_listed: true,
};

static KINDS: &[Kind] = &[
    PODS,
    namespaced!(
        "deployments",
        &["deploy", "dp"],
        "deployments of all namespaces"
    ),
    namespaced!("statefulsets", &["sts"], "stateful sets of all namespaces"),
    namespaced!("daemonsets", &["ds"], "daemon sets of all namespaces"),
    namespaced!("replicasets", &["rs"], "replica sets of all namespaces"),
    namespaced!("services", &["svc"], "services of all namespaces"),
    namespaced!("endpoints", &["ep"], "the addresses behind services"),
    namespaced!("ingresses", &["ing"], "ingresses of all namespaces"),
    namespaced!("configmaps", &["cm"], "configuration of all namespaces"),
    namespaced!("secrets", &["sec"], "names of secrets of all namespaces"),
    namespaced!("hpa", &["autoscalers"], "autoscalers of all namespaces"),
    namespaced!("jobs", &["job"], "jobs of all namespaces"),
    namespaced!("cronjobs", &["cj"], "cron jobs of all namespaces"),
    namespaced!("pvc", &["claims"], "volume claims of all namespaces"),
    cluster_wide!("nodes", &["no"], "nodes of the cluster"),
    cluster_wide!("namespaces", &["ns"], "namespaces of the cluster"),
    EVENTS,
    INCIDENTS,
    ALERTS,
    RULES,
    METRICS,
    ERRORS,
    PROJECTS,
    RUNS,
    REPOSITORIES,
    TAGS,
    RELEASES,
    FLAGS,
    TICKETS,
    SPRINTS,
    PAGES,
    ON_CALL,
    CATALOGUE,
    COMPONENTS,
    NOTICES,
    RESOURCES,
    ALARMS,
    CLOUD_METRICS,
    LOG_GROUPS,
    LOG_EVENTS,
];

/// The catalogue.
pub fn kinds() -> &'static [Kind] {
    KINDS
}
