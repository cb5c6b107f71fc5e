//! Prints what alert rules cost: opening a drill and letting four hours pass, with its rules and without.

use std::sync::Arc;
use std::time::Instant;

use firedrill::scenario::format::Map;
use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::plan::Plan;
use firedrill::sim::time::Span;

fn main() {
    let name = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "carts-emptying".to_owned());
    let root = Source::folder(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
    let mut pack = match loader::load(&root, &name) {
        Ok(pack) => pack,
        Err(problems) => {
            println!("{name} cannot be loaded: {problems:?}");
            return;
        }
    };
    // Four hours are more than most scenarios give.
    pack.scenario.deadline.millis = 5 * 3_600_000;
    let mut quiet = pack.clone();
    quiet.estate.alerts = Map::default();
    quiet.scenario.alerts = Map::default();
    quiet.estate.alerting.standard = false;
    if std::env::args().nth(2).is_some() {
        let world = World::open(Arc::new(Plan::new(Arc::new(pack.clone()))), 1);
        let expr = firedrill::sim::promql::parse(&std::env::args().nth(2).unwrap_or_default());
        let (from, to) = (world.now() - Span::from_mins(60), world.now());
        if let Ok(expr) = expr {
            let answer = firedrill::sim::promql::range(
                &world.series(),
                &expr,
                from,
                to,
                Span::from_mins(1),
                &firedrill::sim::promql::Limits::default(),
            );
            println!(
                "{}",
                answer.map_or_else(|e| e.to_string(), |(m, _)| m.to_text())
            );
        }
    }
    let with = run(Arc::new(Plan::new(Arc::new(pack))));
    let without = run(Arc::new(Plan::new(Arc::new(quiet))));
    println!(
        "rules cost: opening {:.1} ms, four hours {:.1} ms",
        with.0 - without.0,
        with.1 - without.1
    );
}

fn run(plan: Arc<Plan>) -> (f64, f64) {
    let rules = plan.rules.alerting.len();
    let mut best = (f64::MAX, f64::MAX);
    let mut alerts = 0;
    for seed in 1..=3 {
        let begun = Instant::now();
        let mut world = World::open(Arc::clone(&plan), seed);
        let opened = begun.elapsed().as_secs_f64() * 1e3;
        let begun = Instant::now();
        let end = world.now() + Span::from_hours(4);
        world.advance_to(end);
        let passed = begun.elapsed().as_secs_f64() * 1e3;
        best = (best.0.min(opened), best.1.min(passed));
        alerts = world.alerts().active().count();
    }
    println!(
        "{rules} rules ({alerts} alerts active at the end): opened in {:.1} ms, four hours in {:.1} ms",
        best.0, best.1
    );
    best
}
