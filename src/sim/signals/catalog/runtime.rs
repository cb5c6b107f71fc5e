//! What a language runtime's client library exposes for each process.

use super::{Catalog, Labels, is_own, service_labels};
use crate::scenario::format::service::Runtime;
use crate::sim::ids::ServiceId;
use crate::sim::plan::ServicePlan;
use crate::sim::telemetry::series::Values;

struct Kind {
    metric: &'static str,
    help: &'static str,
    /// Base; where it is a share, of the memory in ordinary use.
    base: Base,
    noise: f64,
    with_traffic: bool,
}

enum Base {
    Plain(f64),
    OfMemory(f64),
}

const fn kind(
    metric: &'static str,
    help: &'static str,
    base: Base,
    noise: f64,
    with_traffic: bool,
) -> Kind {
    Kind {
        metric,
        help,
        base,
        noise,
        with_traffic,
    }
}

/// Metrics of each runtime under the names of its usual client library (`client_golang`, `prometheus-net`, Micrometer,
/// `prom-client`, `prometheus_client`).
#[expect(clippy::too_many_lines, reason = "a table, one runtime an arm")]
fn kinds(runtime: Runtime) -> Vec<Kind> {
    use Base::{OfMemory, Plain};
    match runtime {
        Runtime::Go => vec![
            kind(
                "go_goroutines",
                "Number of goroutines that currently exist.",
                Plain(64.0),
                0.04,
                true,
            ),
            kind(
                "go_threads",
                "Number of OS threads created.",
                Plain(14.0),
                0.0,
                false,
            ),
            kind(
                "go_memstats_heap_inuse_bytes",
                "Number of heap bytes that are in use.",
                OfMemory(0.6),
                0.05,
                true,
            ),
            kind(
                "process_open_fds",
                "Number of open file descriptors.",
                Plain(48.0),
                0.03,
                true,
            ),
        ],
        Runtime::DotNet => vec![
            kind(
                "dotnet_total_memory_bytes",
                "Total known allocated memory",
                OfMemory(0.55),
                0.05,
                true,
            ),
            kind(
                "dotnet_threadpool_num_threads",
                "Number of thread pool threads",
                Plain(18.0),
                0.05,
                true,
            ),
            kind(
                "process_num_threads",
                "Total number of threads",
                Plain(31.0),
                0.03,
                false,
            ),
            kind(
                "process_open_handles",
                "Number of open handles",
                Plain(260.0),
                0.02,
                false,
            ),
        ],
        Runtime::Java => vec![
            kind(
                "jvm_memory_used_bytes",
                "The amount of used memory",
                OfMemory(0.7),
                0.08,
                true,
            ),
            kind(
                "jvm_threads_live_threads",
                "The current number of live threads including both daemon and non-daemon threads",
                Plain(52.0),
                0.02,
                false,
            ),
            kind(
                "jvm_gc_overhead",
                "An approximation of the percent of CPU time used by GC activities over the last lookback period or since monitoring began, whichever is shorter, in the range [0..1]",
                Plain(0.012),
                0.2,
                true,
            ),
        ],
        Runtime::Node => vec![
            kind(
                "nodejs_eventloop_lag_seconds",
                "Lag of event loop in seconds.",
                Plain(0.004),
                0.3,
                true,
            ),
            kind(
                "nodejs_heap_size_used_bytes",
                "Process heap size used from Node.js in bytes.",
                OfMemory(0.6),
                0.06,
                true,
            ),
            kind(
                "nodejs_active_handles_total",
                "Total number of active handles.",
                Plain(34.0),
                0.05,
                true,
            ),
        ],
        Runtime::Python | Runtime::Ruby | Runtime::Php | Runtime::Rust | Runtime::Cpp => vec![
            kind(
                "process_open_fds",
                "Number of open file descriptors.",
                Plain(29.0),
                0.03,
                true,
            ),
            kind(
                "process_threads",
                "Number of OS threads.",
                Plain(12.0),
                0.0,
                false,
            ),
        ],
        Runtime::Proxy | Runtime::Vendor => Vec::new(),
    }
}

/// Memory is given out in pages of so many bytes.
pub(super) const PAGE_BYTES: f64 = 4096.0;
/// What the operating system says a process holds.
const RESIDENT: &str = "process_resident_memory_bytes";

pub(super) fn declare(catalog: &mut Catalog<'_>, id: ServiceId, service: &ServicePlan) {
    let memory = service.spec.resources.memory_limit.value * service.spec.resources.memory_use;
    let labels = service_labels(service);
    for kind in kinds(service.spec.runtime) {
        let base = match kind.base {
            Base::Plain(base) => base,
            Base::OfMemory(share) => memory * share,
        };
        gauge(
            catalog,
            id,
            service,
            kind.metric,
            kind.help,
            labels.clone(),
            base,
            kind.noise,
            kind.with_traffic,
        );
    }
    if is_own(service.spec.runtime) {
        gauge(
            catalog,
            id,
            service,
            RESIDENT,
            "Resident memory size in bytes.",
            labels.clone(),
            memory * 0.96,
            0.03,
            false,
        );
    }
    catalog.per_pod(
        id,
        "up",
        "The scrape succeeded.",
        labels,
        Values::Constant(1.0),
        true,
    );
}

#[expect(clippy::too_many_arguments, reason = "one line of a table")]
fn gauge(
    catalog: &mut Catalog<'_>,
    id: ServiceId,
    service: &ServicePlan,
    metric: &str,
    help: &str,
    labels: Labels,
    base: f64,
    noise: f64,
    with_traffic: bool,
) {
    let mut def = catalog.counted(
        format!("{}/{metric}", service.name),
        base,
        noise,
        with_traffic,
    );
    if metric.ends_with("_seconds") || metric.ends_with("_overhead") {
        def.step = 0.0;
    } else if metric == RESIDENT {
        def.step = PAGE_BYTES;
    }
    def.leaks = metric == RESIDENT;
    catalog.per_pod(id, metric, help, labels, Values::Gauge(def), true);
}
