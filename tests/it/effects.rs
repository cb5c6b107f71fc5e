//! Effects, scopes, stocks and facts, each in a small scenario with one more fault that a flag switches on and off.

use std::collections::BTreeMap;
use std::sync::Arc;

use firedrill::scenario::format::fault::{Fault, Stock};
use firedrill::scenario::loader::{self, Source};
use firedrill::scenario::pack::Pack;
use firedrill::sim::World;
use firedrill::sim::WorldOutcome as Outcome;
use firedrill::sim::command::{Command, KafkaCommand, OffsetTarget};
use firedrill::sim::kubernetes::template::EnvVar;
use firedrill::sim::kubernetes::{Kind, KubeCommand, ObjectRef};
use firedrill::sim::plan::Plan;
use firedrill::sim::promql::matcher::{MatchOp, Matcher};
use firedrill::sim::promql::source::SeriesSource;
use firedrill::sim::time::Span;
use ron::extensions::Extensions;

const FLAG: &str = "batch-size-v2";

/// A part of a scenario as its files write it.
fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let options = ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME);
    options.from_str(text).expect("a part of a scenario")
}

/// The small scenario with one more fault, `extra`, and what else a test changes.
fn world(fault: &str, change: impl FnOnce(&mut Pack)) -> World {
    let root = Source::folder(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/scenarios"
    ));
    let mut pack = loader::load(&root, "small").expect("the small scenario has no problems");
    let fault: Fault = read(fault);
    pack.scenario.faults.insert("extra".to_owned(), fault);
    change(&mut pack);
    let world = World::open(Arc::new(Plan::new(Arc::new(pack))), 11);
    assert_eq!(world.plan().gaps, Vec::<String>::new());
    world
}

fn fault(scope: &str, when: &str, effects: &str) -> String {
    format!(
        "(says: \"a test's\", scope: {scope}, kind: ResourceExhaustion, when: {when}, effects: [{effects}])"
    )
}

fn switch(world: &mut World, on: bool) {
    let flag = FLAG.to_owned();
    world.apply(&Command::SetFlag { flag, on }).unwrap();
}

fn wait(world: &mut World, seconds: i64) {
    world.advance_to(world.now() + Span::from_secs(seconds));
}

fn pods(world: &World, service: &str) -> Vec<String> {
    let id = world.plan().names.services[service];
    let pods = world.fleet().of(id);
    pods.map(|(pod, _)| pod.to_string()).collect()
}

/// The newest samples of a metric with some labels, by the pod that they are of.
fn newest(world: &World, metric: &str, labels: &[(&str, &str)]) -> BTreeMap<String, f64> {
    let mut matchers = vec![Matcher::new("__name__", MatchOp::Equal, metric).unwrap()];
    for (name, value) in labels {
        matchers.push(Matcher::new(name, MatchOp::Equal, value).unwrap());
    }
    let telemetry = world.signals().telemetry();
    let from = world.now() - Span::from_secs(16);
    let mut found: BTreeMap<String, f64> = BTreeMap::new();
    for series in telemetry.select(&matchers, from, world.now()).unwrap() {
        let pod = series.labels.get("pod").to_owned();
        if let Some(value) = series.values.last().filter(|value| !value.is_nan()) {
            *found.entry(pod).or_default() += value;
        }
    }
    found
}

fn failing(world: &World, service: &str, route: &str) -> f64 {
    let id = world.plan().names.routes[&(service.to_owned(), route.to_owned())];
    world.flows().routes[id.index()].failing()
}

/// A topic of three partitions whose second one nobody works off while the flag is on; nothing else is wrong.
fn stuck_partition() -> World {
    let stuck = fault(
        "Partition(topic: \"jobs\", partition: 1)",
        &format!("FlagOn(\"{FLAG}\")"),
        "ConsumesLess(group: \"worker\", share: 1.0)",
    );
    world(&stuck, |pack| {
        for (name, fault) in &mut pack.scenario.faults {
            if name != "extra" {
                fault.when = read("Not(All([]))");
            }
        }
        let deeper = "(says: \"a test's\", scope: Estate, kind: DataLoss, when: LagAbove(group: \"worker\", partition: 1, messages: 60))";
        pack.scenario
            .faults
            .insert("deeper".to_owned(), read(deeper));
        let other = deeper.replace("partition: 1", "partition: 2");
        pack.scenario
            .faults
            .insert("other".to_owned(), read(&other));
        let topics = &mut pack.estate.kafka.get_mut("main").unwrap().topics;
        topics.get_mut("jobs").unwrap().partitions = 3;
    })
}

/// The newest samples of a metric of the group or topic, by partition.
fn by_partition(world: &World, metric: &str) -> Vec<f64> {
    let one = |partition: &str| {
        newest(world, metric, &[("partition", partition)])
            .values()
            .sum()
    };
    ["0", "1", "2"].map(one).to_vec()
}

#[test]
fn a_fault_of_a_partition_holds_up_that_one_alone() {
    let mut world = stuck_partition();
    let group = world.plan().names.groups["worker"];
    let active = |world: &World, name: &str| {
        let id = world.plan().names.faults[name];
        world.intensity(id) > 0.0
    };
    wait(&mut world, 60);
    assert_eq!(world.lag(group), 0);
    switch(&mut world, true);
    wait(&mut world, 120);
    let lags: Vec<u64> = (0..3).map(|one| world.lag_in(group, Some(one))).collect();
    assert!(lags[1] > 60 && lags[0] == 0 && lags[2] == 0, "{lags:?}");
    assert_eq!(world.lag(group), lags[1]);
    assert!(active(&world, "deeper") && !active(&world, "other"));
    // The exporter says of each partition what the broker knows.
    let state = &world.groups()[group.index()];
    let log = &world.topics()[world.plan().names.topics["jobs"].index()];
    let ends = by_partition(&world, "kafka_topic_partition_current_offset");
    assert_eq!(ends.iter().sum::<f64>(), log.end as f64);
    let told = by_partition(&world, "kafka_consumergroup_lag");
    assert_eq!(told[1], lags[1] as f64);
    assert!(told[0] < 8.0 && told[2] < 8.0, "{told:?}");
    let offsets = by_partition(&world, "kafka_consumergroup_current_offset");
    assert_eq!(offsets[1], state.partitions[1].committed as f64);
    // A member that is past the bad message works off what has piled up.
    switch(&mut world, false);
    wait(&mut world, 120);
    assert_eq!(world.lag(group), 0);
    assert!(!active(&world, "deeper"));
}

#[test]
fn an_offset_is_set_in_some_partitions_alone() {
    let mut world = stuck_partition();
    let group = world.plan().names.groups["worker"];
    switch(&mut world, true);
    wait(&mut world, 60);
    let scale = KubeCommand::Scale {
        target: ObjectRef::new(Kind::Deployment, "back", "worker"),
        replicas: 0,
        expected: None,
    };
    world.apply(&Command::Kubernetes(Box::new(scale))).unwrap();
    wait(&mut world, 60);
    let before: Vec<u64> = world.groups()[group.index()]
        .partitions
        .iter()
        .map(|one| one.committed)
        .collect();
    let reset = KafkaCommand::ResetOffsets {
        group: "worker".to_owned(),
        topic: "jobs".to_owned(),
        partitions: vec![1],
        to: OffsetTarget::ShiftBy(1),
    };
    let outcome = world.apply(&Command::Kafka(reset)).unwrap();
    assert_eq!(outcome, Outcome::Offsets(vec![(1, before[1] + 1)]));
    let state = &world.groups()[group.index()];
    let after: Vec<u64> = state.partitions.iter().map(|one| one.committed).collect();
    assert_eq!(after, [before[0], before[1] + 1, before[2]]);
    assert_eq!(state.skipped(), 1);
    let beyond = KafkaCommand::ResetOffsets {
        group: "worker".to_owned(),
        topic: "jobs".to_owned(),
        partitions: vec![1, 3],
        to: OffsetTarget::Latest,
    };
    let refused = world.apply(&Command::Kafka(beyond)).unwrap_err();
    assert_eq!(refused.id, "no-such-partition");
    let state = &world.groups()[group.index()];
    assert_eq!(state.partitions[1].committed, before[1] + 1);
}

#[test]
fn a_leak_fills_a_container_until_the_kernel_kills_it() {
    let leak = fault(
        "Service(\"gate\")",
        &format!("FlagOn(\"{FLAG}\")"),
        "MemoryLeak(of: \"gate\", per_minute: \"60MiB\")",
    );
    let mut world = world(&leak, |_| {});
    let memory = |world: &World| {
        newest(
            world,
            "container_memory_working_set_bytes",
            &[("container", "gate")],
        )
    };
    let mebibyte = 1_048_576.0;
    switch(&mut world, true);
    wait(&mut world, 120);
    let grown = memory(&world);
    assert_eq!(grown.len(), 2);
    // 40 % of 256 MiB, and two minutes' leak, give or take the noise.
    for (pod, bytes) in &grown {
        assert!(
            (195.0..250.0).contains(&(bytes / mebibyte)),
            "{pod} holds {bytes}"
        );
    }
    wait(&mut world, 60);
    let gates = pods(&world, "gate");
    for pod in &gates {
        let status = &world.cluster().pod("front", pod).unwrap().containers[0];
        assert_eq!(status.restart_count, 1, "{pod}");
        let last = status.last.as_ref().expect("a life before this one");
        assert_eq!((last.exit_code, last.reason.name()), (137, "OOMKilled"));
    }
    for (pod, bytes) in memory(&world) {
        assert!(
            bytes / mebibyte < 140.0,
            "{pod} holds {bytes} after its restart"
        );
    }
    switch(&mut world, false);
    wait(&mut world, 5);
    let held = memory(&world);
    wait(&mut world, 1800);
    for pod in &gates {
        let status = &world.cluster().pod("front", pod).unwrap().containers[0];
        assert_eq!(status.restart_count, 1, "without a leak nothing is killed");
        assert!(memory(&world)[pod] / held[pod] < 1.3);
    }
}

#[test]
fn a_leak_is_the_same_in_any_stride() {
    let leak = fault(
        "Service(\"gate\")",
        &format!("FlagOn(\"{FLAG}\")"),
        "MemoryLeak(of: \"gate\", per_minute: \"60MiB\")",
    );
    let mut at_once = world(&leak, |_| {});
    let mut in_pieces = at_once.clone();
    for world in [&mut at_once, &mut in_pieces] {
        switch(world, true);
    }
    wait(&mut at_once, 1200);
    for _ in 0..400 {
        wait(&mut in_pieces, 3);
    }
    assert_eq!(at_once.hash(), in_pieces.hash());
}

#[test]
fn what_is_blind_is_not_scraped_until_it_sees_again() {
    let blind = fault(
        "Service(\"gate\")",
        &format!("FlagOn(\"{FLAG}\")"),
        "Blind(metric: \"http_requests\")",
    );
    let mut world = world(&blind, |_| {});
    let seen = |world: &World| newest(world, "http_requests_total", &[("service", "gate")]).len();
    assert_eq!(seen(&world), 2);
    switch(&mut world, true);
    wait(&mut world, 60);
    assert_eq!(seen(&world), 0);
    assert!(!newest(&world, "container_memory_working_set_bytes", &[]).is_empty());
    switch(&mut world, false);
    wait(&mut world, 60);
    assert_eq!(seen(&world), 2);
}

const BAD: &str = "Errors(of: \"gate\", route: \"GET /jobs\", class: \"broken\", share: 0.8, status: \"500\"), Latency(of: \"gate\", route: \"GET /jobs\", factor: 8.0)";

/// Failed requests of a route since a moment, by pod.
fn errors_since(world: &World, before: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let mut now = newest(
        world,
        "http_requests_total",
        &[("service", "gate"), ("status", "500")],
    );
    for (pod, value) in &mut now {
        *value -= before.get(pod).copied().unwrap_or(0.0);
    }
    now
}

#[test]
fn a_share_of_the_pods_is_hit_and_replacing_it_mends_it() {
    let bad = fault(
        "Pods(of: \"gate\", share: 0.5)",
        &format!("FlagOn(\"{FLAG}\")"),
        BAD,
    );
    let mut world = world(&bad, |_| {});
    let ordinary = failing(&world, "gate", "GET /jobs");
    let before = newest(
        &world,
        "http_requests_total",
        &[("service", "gate"), ("status", "500")],
    );
    switch(&mut world, true);
    wait(&mut world, 600);
    let more = failing(&world, "gate", "GET /jobs") - ordinary;
    assert!(
        (more - 0.4).abs() < 0.01,
        "half of the pods fail 80 %: {more}"
    );
    let errors = errors_since(&world, &before);
    let (bad_pod, most) = errors.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    let least = errors.values().copied().fold(f64::MAX, f64::min);
    assert!(*most > 1000.0 && least < most / 20.0, "{errors:?}");
    let sums = |world: &World| {
        let sum = newest(
            world,
            "http_request_duration_seconds_sum",
            &[("service", "gate")],
        );
        let count = newest(
            world,
            "http_request_duration_seconds_count",
            &[("service", "gate")],
        );
        (sum, count)
    };
    let (sum, count) = sums(&world);
    wait(&mut world, 300);
    let (later_sum, later_count) = sums(&world);
    let mean = |pod: &String| (later_sum[pod] - sum[pod]) / (later_count[pod] - count[pod]);
    let good_pod = errors.keys().find(|pod| *pod != bad_pod).unwrap();
    assert!(
        mean(bad_pod) > 1.3 * mean(good_pod),
        "{} and {}",
        mean(bad_pod),
        mean(good_pod)
    );

    let target = ObjectRef::new(Kind::Pod, "front", bad_pod);
    let delete = KubeCommand::Delete {
        target,
        grace: None,
        force: false,
    };
    world.apply(&Command::Kubernetes(Box::new(delete))).unwrap();
    wait(&mut world, 120);
    assert_eq!(pods(&world, "gate").len(), 2);
    assert!((failing(&world, "gate", "GET /jobs") - ordinary).abs() < 1e-6);
}

#[test]
fn each_pod_is_judged_by_its_own_copy() {
    let bad = fault(
        "Pods(of: \"gate\")",
        "EnvIs(of: \"gate\", name: \"MODE\", value: \"new\")",
        BAD,
    );
    let mut world = world(&bad, |_| {});
    let ordinary = failing(&world, "gate", "GET /jobs");
    let set = KubeCommand::SetEnv {
        target: ObjectRef::new(Kind::Deployment, "front", "gate"),
        containers: "*".to_owned(),
        set: vec![EnvVar::plain("MODE", "new")],
        remove: Vec::new(),
    };
    world.apply(&Command::Kubernetes(Box::new(set))).unwrap();
    let mut between = false;
    for _ in 0..120 {
        wait(&mut world, 1);
        let more = failing(&world, "gate", "GET /jobs") - ordinary;
        between |= more > 0.2 && more < 0.6;
    }
    assert!(
        between,
        "while it is rolled out, old pods are well and new ones are not"
    );
    let more = failing(&world, "gate", "GET /jobs") - ordinary;
    assert!((more - 0.8).abs() < 0.01, "all pods are new: {more}");
}

#[test]
fn a_node_hits_the_pods_that_are_on_it() {
    for scope in ["Node(\"node-a\")", "Zone(\"z1\")"] {
        let bad = fault(scope, &format!("FlagOn(\"{FLAG}\")"), BAD);
        let mut world = world(&bad, |_| {});
        let ordinary = failing(&world, "gate", "GET /jobs");
        let id = world.plan().names.services["gate"];
        let there = world.fleet().of(id);
        let there = there.filter(|(_, pod)| &*pod.node == "node-a").count() as f64;
        switch(&mut world, true);
        wait(&mut world, 5);
        let more = failing(&world, "gate", "GET /jobs") - ordinary;
        assert!(
            (more - 0.8 * there / 2.0).abs() < 0.01,
            "{scope}: {more} with {there} pods"
        );
    }
}

#[test]
fn a_fault_of_readiness_takes_running_pods_out_and_gives_them_back() {
    let unready = fault(
        "Service(\"gate\")",
        &format!("FlagOn(\"{FLAG}\")"),
        "NotReady(of: \"gate\")",
    );
    let mut world = world(&unready, |_| {});
    let ready = |world: &World| {
        let id = world.plan().names.services["gate"];
        world.fleet().ready_of(id)
    };
    assert_eq!(ready(&world), 2);
    switch(&mut world, true);
    wait(&mut world, 90);
    assert_eq!(ready(&world), 0);
    switch(&mut world, false);
    wait(&mut world, 30);
    assert_eq!(ready(&world), 2);
    let restarts = pods(&world, "gate");
    let restarts = restarts
        .iter()
        .map(|pod| world.cluster().pod("front", pod).unwrap().containers[0].restart_count);
    assert_eq!(restarts.sum::<u32>(), 0, "nothing was restarted");
}

#[test]
fn what_flows_over_a_stock_is_lost_and_a_reset_brings_none_of_it_back() {
    let fills = fault(
        "Estate",
        &format!("FlagOn(\"{FLAG}\")"),
        "Fills(stock: \"basin\", rate: \"2/s\")",
    );
    let stock = "(says: \"a basin\", base: 10.0, capacity: 100.0, drains: \"1/s\", reset_by: [Restart(of: \"cache\")])";
    let mut world = world(&fills, |pack| {
        let stock: Stock = read(stock);
        pack.scenario.stocks.insert("basin".to_owned(), stock);
    });
    let id = world.plan().names.stocks["basin"];
    assert_eq!((world.stock(id), world.spilled(id)), (10.0, 0.0));
    switch(&mut world, true);
    wait(&mut world, 61);
    assert!(
        (60.0..75.0).contains(&world.stock(id)),
        "{}",
        world.stock(id)
    );
    wait(&mut world, 139);
    assert_eq!(world.stock(id), 100.0);
    switch(&mut world, false);
    wait(&mut world, 31);
    let spilled = world.spilled(id);
    assert!((100.0..120.0).contains(&spilled), "{spilled}");
    assert!(
        (69.0..71.0).contains(&world.stock(id)),
        "it drains: {}",
        world.stock(id)
    );
    let target = ObjectRef::new(Kind::StatefulSet, "back", "cache");
    let restart = KubeCommand::RolloutRestart { target };
    world
        .apply(&Command::Kubernetes(Box::new(restart)))
        .unwrap();
    wait(&mut world, 25);
    let reset = world.stock(id);
    assert!(reset < 45.0, "a restart empties it: {reset}");
    assert_eq!(world.spilled(id), spilled);
}

#[test]
fn a_fact_reaches_what_runs_after_its_time() {
    let late = fault("Estate", "FactIs(fact: \"limit\", value: \"low\")", "");
    let mut world = world(&late, |pack| {
        let fact = "(says: \"a limit\", value: \"high\", reaches_in: \"60s..90s\")";
        let fact = read(fact);
        pack.scenario.facts.insert("limit".to_owned(), fact);
        let told = "(at: \"T+1m\", does: [SetFact(fact: \"limit\", value: \"low\")])";
        pack.scenario.story.push(read(told));
    });
    let extra = world.plan().names.faults["extra"];
    wait(&mut world, 119);
    assert_eq!(world.facts().set["limit"], "low");
    assert_eq!(world.facts().reached["limit"], "high");
    assert_eq!(world.intensity(extra), 0.0);
    wait(&mut world, 33);
    assert_eq!(world.facts().reached["limit"], "low");
    assert_eq!(world.intensity(extra), 1.0);
}
