//! The metrics that the account has: those of nodes and containers, and those that the estate declares. Each is an
//! expression over the estate's series. Never a series of its own.

use super::account;
use crate::sim::World;
use crate::sim::promql::{self, Expr};
use crate::sim::time::{SimTime, Span};
use crate::tools::prometheus::query::evaluate_range;
use crate::tools::tool::ToolError;

/// A metric under one set of dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Dimensions: name and value.
    pub dimensions: Vec<(String, String)>,
    /// Unit as CloudWatch calls it.
    pub unit: String,
    /// What gives its samples.
    pub expr: String,
}

/// Samples of a metric: an instant and a value for each period that has one.
pub type Points = Vec<(SimTime, f64)>;

/// All metrics, in a fixed order.
pub fn all(world: &World) -> Vec<Metric> {
    let plan = world.plan();
    let estate = &plan.pack.estate;
    let mut found = Vec::new();
    for (name, node) in &estate.nodes {
        let instance = account::instance(world, name);
        let mut add =
            |namespace: &str, metric: &str, dimension: (&str, &str), unit: &str, expr: String| {
                let mut dimensions = vec![(dimension.0.to_owned(), dimension.1.to_owned())];
                if namespace == "ContainerInsights" {
                    dimensions.insert(0, ("ClusterName".to_owned(), estate.cluster.clone()));
                }
                found.push(Metric {
                    namespace: namespace.to_owned(),
                    name: metric.to_owned(),
                    dimensions,
                    unit: unit.to_owned(),
                    expr,
                });
            };
        add(
            "AWS/EC2",
            "CPUUtilization",
            ("InstanceId", &instance),
            "Percent",
            format!(
                "clamp_max(100 * node_load1{{node=\"{name}\"}} / {}, 100)",
                node.cpu.value
            ),
        );
        add(
            "ContainerInsights",
            "node_memory_utilization",
            ("NodeName", name),
            "Percent",
            format!(
                "100 * (1 - node_memory_MemAvailable_bytes{{node=\"{name}\"}} / node_memory_MemTotal_bytes{{node=\"{name}\"}})"
            ),
        );
        add(
            "ContainerInsights",
            "node_filesystem_available",
            ("NodeName", name),
            "Bytes",
            format!("node_filesystem_avail_bytes{{node=\"{name}\"}}"),
        );
    }
    for service in &plan.services {
        let dimensions = vec![
            ("ClusterName".to_owned(), estate.cluster.clone()),
            ("Namespace".to_owned(), service.spec.namespace.clone()),
            ("PodName".to_owned(), service.name.clone()),
        ];
        for (metric, unit, expr) in [
            (
                "pod_number_of_container_restarts",
                "Count",
                format!(
                    "sum(kube_pod_container_status_restarts_total{{container=\"{}\"}})",
                    service.name
                ),
            ),
            (
                "pod_memory_working_set",
                "Bytes",
                format!(
                    "sum(container_memory_working_set_bytes{{container=\"{}\"}})",
                    service.name
                ),
            ),
        ] {
            found.push(Metric {
                namespace: "ContainerInsights".to_owned(),
                name: metric.to_owned(),
                dimensions: dimensions.clone(),
                unit: unit.to_owned(),
                expr,
            });
        }
    }
    for declared in &estate.cloud_metrics {
        found.push(Metric {
            namespace: declared.namespace.clone(),
            name: declared.metric.clone(),
            dimensions: declared
                .dimensions
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            unit: if declared.unit.is_empty() {
                "None".to_owned()
            } else {
                declared.unit.clone()
            },
            expr: declared.is.clone(),
        });
    }
    found.sort_by(|a, b| {
        (&a.namespace, &a.name, &a.dimensions).cmp(&(&b.namespace, &b.name, &b.dimensions))
    });
    found
}

impl Metric {
    /// Its expression.
    ///
    /// # Errors
    /// When the estate's expression is none, which the checks refuse.
    pub fn expression(&self) -> Result<Expr, ToolError> {
        promql::parse(&self.expr).map_err(|error| ToolError::new(error.to_string()))
    }

    /// Its samples at the ends of periods.
    ///
    /// # Errors
    /// As the query engine refuses.
    pub fn points(
        &self,
        world: &World,
        from: SimTime,
        until: SimTime,
        period: Span,
    ) -> Result<Points, ToolError> {
        let (matrix, _) = evaluate_range(world, &self.expression()?, from, until, period)?;
        let Some(column) = matrix.columns.first() else {
            return Ok(Vec::new());
        };
        let times = matrix.times.iter().enumerate();
        Ok(times
            .filter_map(|(place, at)| Some((*at, column.get(place)?)))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn every_metric_has_samples() {
        let world = small_world();
        let until = world.now().floor_to(Span::from_mins(5));
        for metric in all(&world) {
            let points = metric
                .points(
                    &world,
                    until - Span::from_mins(30),
                    until,
                    Span::from_mins(5),
                )
                .unwrap();
            assert!(!points.is_empty(), "{metric:?}");
        }
    }
}
