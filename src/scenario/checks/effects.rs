//! Checks of a fault's effects.

use super::Checker;
use super::names::Kind;
use crate::scenario::format::Map;
use crate::scenario::format::effect::Effect;
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

impl Checker<'_> {
    /// One effect.
    pub(super) fn effect(&mut self, effect: &Effect, at: &Place<'_>) {
        match effect {
            Effect::Add {
                metric,
                matching,
                by,
            } => {
                self.bent(metric, matching, at);
                self.number(*by, -1e15, 1e15, &at.field("by"));
            }
            Effect::Scale {
                metric,
                matching,
                by,
            } => {
                self.bent(metric, matching, at);
                self.number(*by, 0.0, 1e6, &at.field("by"));
            }
            Effect::Toward {
                metric,
                matching,
                to,
                after_starts,
            } => {
                self.bent(metric, matching, at);
                self.number(*to, -1e15, 1e15, &at.field("to"));
                if let Some((of, lasts)) = after_starts {
                    let place = at.field("after_starts");
                    self.refer(Kind::Service, of, &place.item(0));
                    self.duration(*lasts, "1s", "1d", &place.item(1));
                }
            }
            Effect::Blind { metric } => self.blind(metric, &at.field("metric")),
            Effect::Fills { stock, .. } => self.refer(Kind::Stock, stock, &at.field("stock")),
            Effect::Rebalances { group, .. } => self.refer(Kind::Group, group, &at.field("group")),
            Effect::ConsumesLess { group, share } => {
                self.refer(Kind::Group, group, &at.field("group"));
                self.share(*share, &at.field("share"));
            }
            _ => self.effect_on_service(effect, at),
        }
    }

    fn effect_on_service(&mut self, effect: &Effect, at: &Place<'_>) {
        match effect {
            Effect::Errors {
                of,
                route,
                class,
                share,
                line,
                takes,
                ..
            } => {
                self.on_route(of, route.as_deref(), at);
                self.share(*share, &at.field("share"));
                self.duration(*takes, "0s", "50s", &at.field("takes"));
                self.not_empty(class, "the class", &at.field("class"));
                if let Some(line) = line {
                    self.template(line, &at.field("line"));
                }
            }
            Effect::Latency {
                of,
                route,
                factor,
                add,
            } => {
                self.on_route(of, route.as_deref(), at);
                self.number(*factor, 0.0, 10_000.0, &at.field("factor"));
                self.duration(*add, "0s", "1h", &at.field("add"));
            }
            Effect::Traffic { of, factor } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.number(*factor, 0.0, 1000.0, &at.field("factor"));
            }
            Effect::Log {
                of, name, template, ..
            } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.not_empty(name, "the name", &at.field("name"));
                self.template(template, &at.field("template"));
            }
            Effect::Crash {
                of,
                after,
                exit_code,
                says,
                ..
            } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.duration(*after, "100ms", "1d", &at.field("after"));
                self.exit_code(*exit_code, &at.field("exit_code"));
                for (index, (when, _, _)) in says.iter().enumerate() {
                    if when > after {
                        self.push(
                            at.field("says")
                                .item(index)
                                .item(0)
                                .error(
                                    ids::DURATION,
                                    "the container has crashed before it can say this",
                                )
                                .hint(format!("it crashes {after} after its start")),
                        );
                    }
                }
            }
            Effect::PoolUse { of, to: share } | Effect::CapacityLoss { of, share } => {
                self.refer(Kind::Service, of, &at.field("of"));
                let field = if matches!(effect, Effect::PoolUse { .. }) {
                    "to"
                } else {
                    "share"
                };
                self.share(*share, &at.field(field));
            }
            Effect::MemoryLeak { of, .. } | Effect::NotReady { of } => {
                self.refer(Kind::Service, of, &at.field("of"));
            }
            _ => {}
        }
    }

    fn on_route(&mut self, of: &str, route: Option<&str>, at: &Place<'_>) {
        self.refer(Kind::Service, of, &at.field("of"));
        if let Some(route) = route {
            self.route(of, route, &at.field("route"));
        }
    }

    fn bent(&mut self, metric: &str, matching: &Map<String>, at: &Place<'_>) {
        self.metric(metric, &at.field("metric"));
        for label in matching.keys() {
            self.prometheus_name(label, &at.field("matching").field(label).name());
        }
    }

    /// The beginning of metrics' names.
    fn blind(&mut self, prefix: &str, at: &Place<'_>) {
        let any = self
            .names
            .all(Kind::Metric)
            .any(|name| name.starts_with(prefix));
        if !any && !self.any_metric {
            self.push(
                at.error(
                    ids::NO_METRIC,
                    format!("no series' name begins with `{prefix}`"),
                )
                .hint("name the beginning of a metric, for example `redis_`"),
            );
        }
    }
}
