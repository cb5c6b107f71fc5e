//! Checks of services: what they refer to, their routes, releases, consumers and log templates.

use super::names::Kind;
use super::{Checker, limits};
use crate::scenario::format::service::{Consumes, Release, Route, Service};
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

impl Checker<'_> {
    /// All services: those of the estate that the scenario does not replace, then the scenario's own.
    pub(super) fn services(&mut self) {
        let subject = self.subject;
        for (name, service) in &subject.estate.services {
            let own = subject
                .scenario
                .and_then(|scenario| scenario.services.get(name));
            let place = match own {
                Some(_) => subject.scenario_places.entry("services", name),
                None => subject.estate_places.entry("services", name),
            };
            self.service(name, service, &place);
        }
    }

    fn service(&mut self, name: &str, service: &Service, at: &Place<'_>) {
        self.kubernetes_name(name, &at.name());
        self.refer(Kind::Namespace, &service.namespace, &at.field("namespace"));
        if !service.team.is_empty() {
            self.refer(Kind::Team, &service.team, &at.field("team"));
        }
        self.not_empty(&service.image, "the image", &at.field("image"));
        self.service_source(service, at);
        // Those that the scenario adds are checked where it gives them.
        let added = self
            .subject
            .scenario
            .and_then(|scenario| scenario.releases.get(name))
            .map_or(0, Vec::len);
        let own = service.releases.len().saturating_sub(added);
        self.releases(
            service,
            service.releases.get(..own).unwrap_or_default(),
            &at.field("releases"),
        );
        self.refer_all(Kind::Store, &service.stores, &at.field("stores"));
        self.service_numbers(service, at);
        self.limit(
            service.routes.len(),
            limits::MAX_ROUTES,
            "routes",
            &at.field("routes").name(),
        );
        for (path, route) in &service.routes {
            self.service_route(path, route, &at.field("routes").field(path));
        }
        for (index, consumes) in service.consumes.iter().enumerate() {
            self.consumes(service, consumes, &at.field("consumes").item(index));
        }
        self.limit(
            service.logs.len(),
            limits::MAX_TEMPLATES,
            "log templates",
            &at.field("logs").name(),
        );
        for (template, log) in &service.logs {
            self.template(&log.text, &at.field("logs").field(template).field("text"));
        }
        for path in service.files.keys() {
            self.mounted_path(path, &at.field("files").field(path).name());
        }
    }

    fn service_source(&mut self, service: &Service, at: &Place<'_>) {
        let Some(source) = &service.source else {
            return;
        };
        let place = at.field("source");
        self.refer(Kind::Repository, &source.repo, &place.field("repo"));
        self.folder(&source.repo, &source.path, &place.field("path"));
        if let Some(file) = &service.env_file {
            self.file(&source.repo, file, &at.field("env_file"));
        }
    }

    fn service_numbers(&mut self, service: &Service, at: &Place<'_>) {
        self.count(
            u64::from(service.replicas),
            0,
            limits::MAX_REPLICAS,
            &at.field("replicas"),
        );
        let resources = &service.resources;
        let place = at.field("resources");
        self.share(resources.memory_use, &place.field("memory_use"));
        if resources.memory_limit.value < 1_048_576.0 {
            self.push(
                place
                    .field("memory_limit")
                    .error(ids::BOUNDS, "no process runs in so little memory")
                    .hint("at least 1MiB; write the unit: `256MiB`"),
            );
        } else if resources.memory_request.value > resources.memory_limit.value {
            self.push(
                place
                    .field("memory_request")
                    .error(
                        ids::BOUNDS,
                        "the container asks for more memory than it may use",
                    )
                    .hint("`memory_limit` is at least `memory_request`"),
            );
        }
        if let Some(limit) = resources.cpu_limit
            && resources.cpu_request.value > limit.value
        {
            self.push(
                place
                    .field("cpu_request")
                    .error(
                        ids::BOUNDS,
                        "the container asks for more CPU than it may use",
                    )
                    .hint("`cpu_limit` is at least `cpu_request`"),
            );
        }
        if let Some(autoscale) = service.autoscale {
            let place = at.field("autoscale");
            if autoscale.min > autoscale.max || autoscale.min == 0 {
                self.push(
                    place
                        .field("min")
                        .error(
                            ids::BOUNDS,
                            format!("{} to {} pods is no range", autoscale.min, autoscale.max),
                        )
                        .hint("`min` is at least 1 and at most `max`"),
                );
            }
            self.count(
                u64::from(autoscale.max),
                1,
                limits::MAX_REPLICAS,
                &place.field("max"),
            );
            self.count(
                u64::from(autoscale.cpu_percent),
                1,
                1000,
                &place.field("cpu_percent"),
            );
        }
        if let Some(known) = &service.known_crash_loop {
            self.duration(
                known.life,
                "100ms",
                "1d",
                &at.field("known_crash_loop").field("life"),
            );
            self.exit_code(
                known.exit_code,
                &at.field("known_crash_loop").field("exit_code"),
            );
        }
        self.duration(service.starts_in, "0s", "1h", &at.field("starts_in"));
        if let Some(slow) = service.slow_above {
            self.duration(slow, "1ms", "10s", &at.field("slow_above"));
        }
    }

    /// Releases of a service, in the order of time.
    pub(super) fn releases(&mut self, service: &Service, releases: &[Release], at: &Place<'_>) {
        self.limit(releases.len(), limits::MAX_RELEASES, "releases", &at.name());
        for (index, release) in releases.iter().enumerate() {
            let place = at.item(index);
            if let Some(commit) = &release.commit {
                self.release_commit(service, commit, &place.field("commit"));
            }
            if let Some(by) = &release.by {
                self.person(by, &place.field("by"));
            }
            if let Some(deployed) = release.deployed
                && deployed < release.built
            {
                self.push(
                    place
                        .field("deployed")
                        .error(ids::ORDER, "the release is rolled out before it is built")
                        .hint(format!("it is built at {}", release.built)),
                );
            }
            let (before, _) = releases.split_at(index);
            if before.last().is_some_and(|last| last.built > release.built) {
                self.push(
                    place
                        .field("built")
                        .error(
                            ids::ORDER,
                            "releases are not in the order in which they were built",
                        )
                        .hint("write the oldest first"),
                );
            }
            if before.iter().any(|other| other.tag == release.tag) {
                self.push(
                    place
                        .field("tag")
                        .error(
                            ids::NAME_TWICE,
                            format!("the tag `{}` is given twice", release.tag),
                        )
                        .hint("a tag names one image"),
                );
            }
        }
    }

    fn service_route(&mut self, path: &str, route: &Route, at: &Place<'_>) {
        self.not_empty(path, "the route", &at.name());
        self.share(route.error_share, &at.field("error_share"));
        if route.p99 < route.p50 {
            self.push(
                at.field("p99")
                    .error(ids::BOUNDS, "the 99th percentile is below the median")
                    .hint(format!("`p99` is at least `p50`, {}", route.p50)),
            );
        }
        self.duration(route.p99, "0s", "10m", &at.field("p99"));
        if let Some(topic) = &route.produces {
            self.refer(Kind::Topic, topic, &at.field("produces"));
        }
        if let Some(timeout) = route.produce_timeout {
            self.duration(timeout, "1ms", "1h", &at.field("produce_timeout"));
        }
        if let Some(deadline) = route.deadline {
            self.duration(deadline, "1ms", "1m", &at.field("deadline"));
        }
        self.limit(
            route.calls.len(),
            limits::MAX_CALLS,
            "calls",
            &at.field("calls").name(),
        );
        for (index, call) in route.calls.iter().enumerate() {
            let place = at.field("calls").item(index);
            self.refer(Kind::Service, &call.to, &place.field("to"));
            self.route(&call.to, &call.route, &place.field("route"));
            self.number(call.per_request, 0.0, 1000.0, &place.field("per_request"));
            self.count(u64::from(call.retries), 0, 20, &place.field("retries"));
            if let Some(timeout) = call.timeout {
                self.duration(timeout, "1ms", "1h", &place.field("timeout"));
            }
        }
    }

    fn consumes(&mut self, service: &Service, consumes: &Consumes, at: &Place<'_>) {
        self.refer(Kind::KafkaCluster, &consumes.cluster, &at.field("cluster"));
        if let Some(cluster) = self.subject.estate.kafka.get(&consumes.cluster)
            && !cluster.topics.contains_key(&consumes.topic)
        {
            let hint = self.names.hint(Kind::Topic, &consumes.topic);
            self.push(
                at.field("topic")
                    .error(
                        ids::NO_TOPIC,
                        format!("`{}` has no topic `{}`", consumes.cluster, consumes.topic),
                    )
                    .hint(hint),
            );
        }
        if let Some(line) = &consumes.line
            && !service.logs.contains_key(line)
        {
            let templates: Vec<&str> = service.logs.keys().map(String::as_str).collect();
            self.push(
                at.field("line")
                    .error(
                        ids::NO_CLASS,
                        format!("the service has no log template `{line}`"),
                    )
                    .hint(format!(
                        "its templates are {}",
                        super::nearest::list(&templates)
                    )),
            );
        }
    }
}
