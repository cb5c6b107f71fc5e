//! What each service logs: an access line for each request by how it ended, its own templates, those of faults.
//! Never counts anything: lines are written by the same atoms that the request counters count.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Signals;
use super::stack;
use crate::scenario::format::estate::Estate;
use crate::scenario::format::service::Runtime;
use crate::scenario::format::telemetry::Level;
use crate::sim::ids::ServiceId;
use crate::sim::plan::{ClassPlan, Plan, RoutePlan, ServicePlan};
use crate::sim::telemetry::atom::AtomId;
use crate::sim::telemetry::homes::{Home, Stderr};
use crate::sim::telemetry::logs::{LogDef, RETENTION_MS};
use crate::sim::telemetry::template::{FieldKind, Template};
use crate::sim::telemetry::wrap::{LogFormat, wrap, wrap_error};

const HOUR_MS: i64 = 3_600_000;
/// Access lines of good requests are kept for a day, all others for a week, when the estate says nothing.
const ACCESS_RETENTION_MS: i64 = 24 * HOUR_MS;
/// One good request in so many writes its access line, when the estate says nothing.
const ACCESS_ONE_IN: u32 = 10;

/// Declares all lines of a plan.
pub(super) fn declare(signals: &mut Signals, plan: &Plan) {
    for (index, service) in plan.services.iter().enumerate() {
        let id = ServiceId(index as u32);
        let home = Home {
            namespace: Arc::from(service.spec.namespace.as_str()),
            container: Arc::from(service.name.as_str()),
            stderr: stderr_of(service.spec.runtime),
        };
        signals.telemetry.set_home(&service.name, home);
        for route_id in &service.routes {
            let (Some(route), Some(atoms)) = (
                plan.routes.get(route_id.index()),
                signals.route(*route_id).map(|route| route.atoms.clone()),
            ) else {
                continue;
            };
            for (class, atom) in route.classes.iter().zip(atoms) {
                access(signals, plan, service, route, class, atom);
            }
        }
        for (name, template) in &service.spec.logs {
            own(signals, id, service, name, template.level, &template.text);
        }
    }
    for fault in &plan.faults {
        for log in &fault.effects.logs {
            if let Some(service) = plan.services.get(log.service.index()) {
                own(
                    signals,
                    log.service,
                    service,
                    &log.name,
                    log.level,
                    &log.template,
                );
            }
        }
    }
}

/// The form in which a runtime's services log.
pub const fn format_of(runtime: Runtime) -> LogFormat {
    match runtime {
        Runtime::Go | Runtime::Node => LogFormat::Json,
        Runtime::Rust | Runtime::Cpp => LogFormat::Logfmt,
        Runtime::DotNet => LogFormat::DotNet,
        Runtime::Java => LogFormat::Java,
        Runtime::Python => LogFormat::Plain,
        Runtime::Ruby => LogFormat::Ruby,
        Runtime::Php => LogFormat::Php,
        Runtime::Proxy | Runtime::Vendor => LogFormat::Bare,
    }
}

/// What a runtime's logger writes to standard error when nobody has told it otherwise.
const fn stderr_of(runtime: Runtime) -> Stderr {
    match runtime {
        Runtime::Python | Runtime::Php => Stderr::Always,
        Runtime::Node | Runtime::Proxy => Stderr::Errors,
        _ => Stderr::Never,
    }
}

/// Fields that a template may name without saying what they are.
fn bound() -> BTreeMap<String, FieldKind> {
    [
        ("trace", FieldKind::TraceId),
        ("span", FieldKind::SpanId),
        ("duration_ms", FieldKind::DurationMs),
        ("pod", FieldKind::Pod),
        ("node", FieldKind::Node),
    ]
    .into_iter()
    .map(|(name, kind)| (name.to_owned(), kind))
    .collect()
}

/// A template's text as a template; a text that cannot be read, which the checks refuse, is shown as it is.
pub(in crate::sim) fn template(text: &str) -> Template {
    Template::parse_with(text, &bound()).unwrap_or_else(|_| Template::literal(text))
}

fn access(
    signals: &mut Signals,
    plan: &Plan,
    service: &ServicePlan,
    route: &RoutePlan,
    class: &ClassPlan,
    atom: AtomId,
) {
    let good = class.name == "ok";
    let level = if good { Level::Info } else { Level::Error };
    let runtime = service.spec.runtime;
    let line = if runtime == Runtime::Proxy {
        proxied(plan, route, class)
    } else {
        answered(service, route, class, level)
    };
    let estate = &plan.pack.estate;
    let one_in = access_one_in(estate);
    let kept_ms = if estate.access_log_retention.millis == 0 {
        ACCESS_RETENTION_MS
    } else {
        estate.access_log_retention.millis
    };
    add(
        signals,
        LogDef {
            atom,
            service: Arc::from(service.name.as_str()),
            name: Arc::from(format!("{} {}", route.name, class.name)),
            level,
            template: line,
            keep_one_in: if good { one_in } else { 1 },
            retention_ms: if good { kept_ms } else { RETENTION_MS },
        },
    );
}

/// One good request in so many writes its access line.
pub(in crate::sim) const fn access_one_in(estate: &Estate) -> u32 {
    match estate.access_log_one_in {
        0 => ACCESS_ONE_IN,
        one_in => one_in,
    }
}

/// What a service says of a request that ended in a class; fields as in a template.
pub(in crate::sim) fn said(class: &ClassPlan, runtime: Runtime) -> String {
    match (&class.line, class.name.as_str(), runtime) {
        (Some(line), _, _) => line.clone(),
        (None, "ok", Runtime::DotNet) => "Request finished".to_owned(),
        (None, "ok", _) => "request completed".to_owned(),
        (None, "error", _) => "request failed".to_owned(),
        (None, "dependency", _) => "request failed: upstream error".to_owned(),
        (None, RoutePlan::LATE, _) => "request failed: upstream timed out".to_owned(),
        (None, other, _) => format!("request failed: {other}"),
    }
}

/// A request as the service itself logs it when it has answered.
fn answered(service: &ServicePlan, route: &RoutePlan, class: &ClassPlan, level: Level) -> Template {
    let runtime = service.spec.runtime;
    let said = said(class, runtime);
    let extra: Vec<(String, Template)> = [
        ("route", path(&route.name)),
        ("status", class.status.clone()),
        ("duration_ms", "{duration_ms}".to_owned()),
        ("trace_id", "{trace}".to_owned()),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), template(&text)))
    .collect();
    let format = match format_of(runtime) {
        LogFormat::Bare => LogFormat::Logfmt,
        format => format,
    };
    let good = class.name == "ok";
    // What a client did wrong is no exception of the program; nor is a text with several lines of its own.
    let of_client = class.status.starts_with('4')
        || matches!(
            class.status.as_str(),
            "NOT_FOUND" | "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "PERMISSION_DENIED"
        );
    let trace = if good || of_client || said.contains('\n') {
        String::new()
    } else {
        let reason = class
            .line
            .as_ref()
            .map_or(said.as_str(), |_| "the request could not be served");
        stack::of(runtime, &service.name, &route.name, reason)
    };
    let logger = stack::logger(runtime, &service.name, good);
    wrap_error(&template(&said), format, level, &logger, &extra, &trace)
}

/// A request in a proxy's access log: the combined format with the flags, duration and trace behind it.
fn proxied(plan: &Plan, route: &RoutePlan, class: &ClassPlan) -> Template {
    let called = route.calls.first();
    let upstream = called
        .and_then(|call| plan.routes.get(call.to.index()))
        .and_then(|to| plan.services.get(to.service.index()))
        .map_or("-", |to| to.name.as_str());
    // Who comes in from outside has an address of the outside.
    let outside = plan.entries.iter().any(|entry| {
        let entered = plan.routes.get(entry.route.index());
        entered.is_some_and(|own| own.service == route.service && own.name == route.name)
    });
    let client = if outside {
        "{a:digits(77..95)}.{b:digits(1..254)}.{c:digits(0..254)}.{d:digits(1..254)}"
    } else {
        "{ip:ip}"
    };
    let (method, path_shown) = match route.name.split_once(' ') {
        Some((method, name)) => (method, path(name)),
        None => ("POST", format!("/{}", path(&route.name))),
    };
    let flags = match class.name.as_str() {
        // What is passed on after a while is the upstream's own answer.
        "ok" | "error" | RoutePlan::LATE => "-",
        "dependency" => "UF",
        "overloaded" => "UO",
        _ => "UT",
    };
    let status = &class.status;
    let said = class
        .line
        .as_ref()
        .map_or_else(String::new, |line| format!(" {line}"));
    let bytes = if class.name == "ok" {
        "{bytes:digits(420..48200)}"
    } else {
        "{bytes:digits(87..180)}"
    };
    let agents = "{agent:word(Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15|Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0|Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile|Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0)}";
    template(&format!(
        "{client} - - [{{time:time}}] \"{method} {path_shown} HTTP/2\" {status} {flags} {bytes} \"{agents}\" upstream={upstream} status={status} duration_ms={{duration_ms}} trace_id={{trace}}{said}"
    ))
}

/// A route as its access lines show it: `:id` and `{id}` are numbers there.
fn path(route: &str) -> String {
    route
        .split('/')
        .map(|part| {
            let name = part
                .strip_prefix(':')
                .or_else(|| part.strip_prefix('{')?.strip_suffix('}'));
            name.map_or_else(
                || part.replace(['{', '}'], ""),
                |name| format!("{{{name}:digits(1..9999)}}"),
            )
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn own(
    signals: &mut Signals,
    id: ServiceId,
    service: &ServicePlan,
    name: &str,
    level: Level,
    text: &str,
) {
    let Some(atom) = signals
        .service(id)
        .and_then(|service| service.templates.get(name))
        .copied()
    else {
        return;
    };
    add(
        signals,
        LogDef {
            atom,
            service: Arc::from(service.name.as_str()),
            name: Arc::from(name),
            level,
            template: wrap(
                &template(text),
                format_of(service.spec.runtime),
                level,
                &stack::logger(service.spec.runtime, &service.name, false),
                &[],
            ),
            keep_one_in: 1,
            retention_ms: RETENTION_MS,
        },
    );
}

fn add(signals: &mut Signals, def: LogDef) {
    if signals.telemetry.add_log(def).is_err() {
        signals.refused += 1;
    }
}
