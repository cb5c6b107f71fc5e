//! An invented estate for the tests of telemetry. Only compiled with them.

use std::sync::Arc;

use super::atom::{AtomDef, AtomId, FactorId, PER_SECOND_Q32, Pin, SlotsId};
use super::latency::Latency;
use super::leaf::LeafGrid;
use super::logs::{LogDef, Says, ScriptedLine};
use super::slots::FULL_WEIGHT;
use super::store::Telemetry;
use super::template::Template;
use super::traffic::TrafficShape;
use super::wrap::{LogFormat, wrap};
use crate::scenario::format::telemetry::Level;
use crate::sim::time::{SimTime, Span};

pub(super) const HOUR_MS: i64 = 3_600_000;

pub(super) fn t0_ms() -> i64 {
    SimTime::parse_rfc3339("2026-03-02T14:05:00Z")
        .unwrap()
        .millis()
}

/// `web` with three pods (one of them replaced two hours before T0, one restarted half an hour before it), taking
/// requests of two classes, and `worker` events that belong to no pod.
pub(super) struct Estate {
    pub(super) telemetry: Telemetry,
    pub(super) web: SlotsId,
    pub(super) health: FactorId,
    pub(super) good: AtomId,
    pub(super) bad: AtomId,
    pub(super) ticks: AtomId,
}

pub(super) fn atom(path: &str, per_second: f64) -> AtomDef {
    AtomDef {
        path: path.to_owned(),
        rate_q32: (per_second * PER_SECOND_Q32 as f64) as u64,
        traffic: Arc::new(TrafficShape::flat()),
        slots: None,
        latency: None,
        pins: Vec::new(),
    }
}

pub(super) fn latency() -> Arc<Latency> {
    let bounds = [
        5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    ];
    Arc::new(Latency::new(Arc::from(bounds), 20_000, 65_536, 10_000_000).unwrap())
}

pub(super) fn estate(seed: u64) -> Estate {
    let grid = LeafGrid::new(SimTime(t0_ms()), Span::from_hours(48)).unwrap();
    let mut telemetry = Telemetry::new(grid, seed);
    let web = telemetry.add_slots();
    let health = telemetry.add_factor();
    let start = grid.origin_ms();
    for (slot, pod) in ["web-a", "web-b", "web-c"].into_iter().enumerate() {
        telemetry.start_pod(start, web, pod, "node-1").unwrap();
        telemetry
            .set_pod_weight(start, web, slot as u32, FULL_WEIGHT)
            .unwrap();
    }
    let moment = t0_ms() - 2 * HOUR_MS + 7_000;
    telemetry.end_pod(moment, web, 1).unwrap();
    telemetry.start_pod(moment, web, "web-d", "node-2").unwrap();
    telemetry
        .set_pod_weight(moment + 20_000, web, 3, FULL_WEIGHT)
        .unwrap();
    telemetry
        .restart_pod(t0_ms() - HOUR_MS / 2 + 3_000, web, 0)
        .unwrap();
    telemetry
        .set_factor(t0_ms() - HOUR_MS / 2, health, 4 * 65_536)
        .unwrap();
    let mut requests = |path: &str, rate| {
        let mut def = atom(path, rate);
        def.slots = Some(web);
        def.latency = Some((latency(), health));
        telemetry.add_atom(def).unwrap()
    };
    let good = requests("web/http/GET /basket/2xx", 3.0);
    let bad = requests("web/http/GET /basket/5xx", 0.05);
    let ticks = telemetry
        .add_atom(AtomDef {
            pins: vec![Pin {
                from_ms: t0_ms() - 5 * HOUR_MS,
                until_ms: t0_ms(),
                total: 347,
            }],
            ..atom("worker/tick", 0.01)
        })
        .unwrap();
    telemetry
        .set_rate(t0_ms() - HOUR_MS / 2, bad, 20 * 65_536)
        .unwrap();
    telemetry.open();
    Estate {
        telemetry,
        web,
        health,
        good,
        bad,
        ticks,
    }
}

/// The estate with logs: access lines (successes one in eight), an error line with a stack trace beside its access line,
/// ticks without a pod, and scripted lines.
pub(super) fn with_logs(seed: u64) -> Estate {
    let mut estate = estate(seed);
    let telemetry = &mut estate.telemetry;
    telemetry.reopen_for_tests();
    let mut add = |atom, name: &str, level, text: &str, format, one_in, hours| {
        let message = Template::parse(text).unwrap();
        let extra = [
            (
                "duration_ms".to_owned(),
                Template::parse("{duration_ms}").unwrap(),
            ),
            ("trace_id".to_owned(), Template::parse("{trace}").unwrap()),
        ];
        let service = if name == "tick" { "worker" } else { "web" };
        let def = LogDef {
            atom,
            service: Arc::from(service),
            name: Arc::from(name),
            level,
            template: wrap(&message, format, level, "alpha.Basket", &extra),
            keep_one_in: one_in,
            retention_ms: hours * HOUR_MS,
        };
        telemetry.add_log(def).unwrap();
    };
    let access = "GET /basket/{id:digits(1..9999)} status=200 {agent:word(curl|firefox|chrome)}";
    add(
        estate.good,
        "access",
        Level::Info,
        access,
        LogFormat::Json,
        8,
        24,
    );
    let failed = "GET /basket/{id:digits(1..9999)} status=503";
    add(
        estate.bad,
        "access-failed",
        Level::Info,
        failed,
        LogFormat::Logfmt,
        1,
        24,
    );
    let trace = "cannot read basket {id:digits(1..9999)}: shard {shard:word(red|blue)} is gone\n  at Basket.Read(Basket.cs:{line:digits(10..99)})\n  at Web.Serve";
    add(
        estate.bad,
        "basket-error",
        Level::Error,
        trace,
        LogFormat::DotNet,
        1,
        48,
    );
    add(
        estate.ticks,
        "tick",
        Level::Debug,
        "tick {n:hex(6)} took {cost:money(0.5..3)}",
        LogFormat::Plain,
        1,
        48,
    );
    for (number, at) in [-90 * 60_000, -61_003, -61_003, 30_500]
        .into_iter()
        .enumerate()
    {
        telemetry
            .add_line(
                t0_ms() + at,
                ScriptedLine {
                    service: Arc::from("web"),
                    pod: Some(Arc::from("web-a")),
                    level: Level::Fatal,
                    name: Arc::from("crash"),
                    says: Says::Text(format!("Unhandled exception {number}").into()),
                    format: LogFormat::Bare,
                    logger: "".into(),
                },
            )
            .unwrap();
    }
    telemetry.open();
    estate
}
