//! Threads that are lent to a world while it opens. Decides nothing: what comes out is the same with any number of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, scope};

use crate::sim::parallel::Workers;

/// So many threads work, the caller's own among them. What is shared out takes milliseconds: more would not be worth their
/// start.
const THREADS: usize = 4;

/// A few threads for the length of one piece of work. Where none can be had, the caller's does it all.
#[derive(Clone, Copy, Debug)]
pub struct Threads;

impl Workers for Threads {
    fn work(&self, jobs: usize, job: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        let take_jobs = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= jobs {
                    return;
                }
                job(number);
            }
        };
        // A thread that panics makes the scope panic once all have ended.
        scope(|scope| {
            for _ in 1..THREADS.min(jobs) {
                drop(Builder::new().spawn_scoped(scope, take_jobs));
            }
            take_jobs();
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sim::World;
    use crate::sim::testing::small_world;

    #[test]
    fn each_job_is_done_once() {
        for jobs in [0, 1, 3, 4, 1000] {
            let done: Vec<AtomicUsize> = (0..jobs).map(|_| AtomicUsize::new(0)).collect();
            Threads.work(jobs, &|number| {
                done[number].fetch_add(1, Ordering::Relaxed);
            });
            assert!(done.iter().all(|times| times.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn a_world_is_the_same_whoever_opened_it() {
        let alone = small_world();
        let plan = Arc::clone(alone.plan());
        let helped = World::open_with(plan, alone.seed(), &Threads);
        assert_eq!(helped.hash(), alone.hash());
        assert!(!alone.alerts().history().is_empty());
        assert_eq!(helped.alerts().history(), alone.alerts().history());
    }
}
