//! What each service logs: an access line for each request by how it ended, its own templates, those of faults.
//! Never counts anything: lines are written by the same atoms that the request counters count.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Signals;
use crate::scenario::format::service::Runtime;
use crate::scenario::format::telemetry::Level;
use crate::sim::ids::ServiceId;
use crate::sim::plan::{ClassPlan, Plan, RoutePlan, ServicePlan};
use crate::sim::telemetry::atom::AtomId;
use crate::sim::telemetry::homes::{Home, Stderr};
use crate::sim::telemetry::logs::LogDef;
use crate::sim::telemetry::template::{FieldKind, Template};
use crate::sim::telemetry::wrap::{LogFormat, wrap};

const HOUR_MS: i64 = 3_600_000;
/// Access lines of good requests are kept for a day, all others for a week, when the estate says nothing.
const ACCESS_RETENTION_MS: i64 = 24 * HOUR_MS;
const RETENTION_MS: i64 = 7 * 24 * HOUR_MS;
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
        Runtime::Python | Runtime::Ruby | Runtime::Php => LogFormat::Plain,
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
fn template(text: &str) -> Template {
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
    let said = match (&class.line, good) {
        (Some(line), _) => line.clone(),
        (None, true) => "request".to_owned(),
        (None, false) => format!("request failed: {}", class.name),
    };
    let extra: Vec<(String, Template)> = [
        ("route", path(&route.name)),
        ("status", class.status.clone()),
        ("duration_ms", "{duration_ms}".to_owned()),
        ("trace_id", "{trace}".to_owned()),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), template(&text)))
    .collect();
    let format = match format_of(service.spec.runtime) {
        LogFormat::Bare => LogFormat::Logfmt,
        format => format,
    };
    let estate = &plan.pack.estate;
    let one_in = if estate.access_log_one_in == 0 {
        ACCESS_ONE_IN
    } else {
        estate.access_log_one_in
    };
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
            template: wrap(&template(&said), format, level, "", &extra),
            keep_one_in: if good { one_in } else { 1 },
            retention_ms: if good { kept_ms } else { RETENTION_MS },
        },
    );
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
                "",
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
