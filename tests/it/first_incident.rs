//! The first incident's fixed points at the page, the same for every seed, and that doing nothing makes it worse.

use std::sync::{Arc, OnceLock};

use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::plan::Plan;
use firedrill::sim::time::Span;

fn plan() -> Arc<Plan> {
    static PLAN: OnceLock<Arc<Plan>> = OnceLock::new();
    let load = || {
        let root = Source::folder(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
        let pack =
            loader::load(&root, "carts-emptying").expect("the shipped scenario has no problems");
        Arc::new(Plan::new(Arc::new(pack)))
    };
    Arc::clone(PLAN.get_or_init(load))
}

#[test]
fn its_figures_at_the_page_are_the_same_for_every_seed() {
    for seed in [1, 7] {
        let world = World::open(plan(), seed);
        assert_eq!(world.plan().gaps, Vec::<String>::new());
        let group = world.plan().names.groups["accounting"];
        let topic = world.plan().groups[group.index()].topic;
        let log = &world.topics()[topic.index()];
        assert_eq!((log.end, log.start), (101_140, 51_847), "seed {seed}");
        assert_eq!(
            world.groups()[group.index()].committed(),
            48_293,
            "seed {seed}"
        );
        assert_eq!(
            (world.lag(group), world.expired(group)),
            (52_847, 3_554),
            "seed {seed}"
        );
        let accounting = world.plan().names.services["accounting"];
        let lives: Vec<u32> = world
            .fleet()
            .of(accounting)
            .map(|(_, pod)| pod.life)
            .collect();
        assert_eq!(lives, [76], "restarts, seed {seed}");
    }
}

#[test]
fn doing_nothing_loses_the_next_segment_and_more_customers() {
    let mut world = World::open(plan(), 7);
    let group = world.plan().names.groups["accounting"];
    let later = world.now() + Span::from_mins(90);
    world.advance_to(later);
    assert!(
        world.expired(group) > 20_000,
        "expired {}",
        world.expired(group)
    );
    assert!(
        world.loss().total() > 1000.0,
        "lost {}",
        world.loss().total()
    );
}
