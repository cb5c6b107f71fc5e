//! Work that comes out the same whoever does it, and in whatever order. Starts no thread: whoever opens a world may lend
//! some, and answers come in the order of the questions, whichever was ready first.

use std::sync::{Mutex, PoisonError};

/// Those who do jobs.
pub trait Workers: Sync {
    /// Does the jobs `0..jobs`, each once, in any order and at the same time as others; returns when all are done.
    fn work(&self, jobs: usize, job: &(dyn Fn(usize) + Sync));
}

/// One job after the other, on the caller's thread.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Workers for Alone {
    fn work(&self, jobs: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..jobs).for_each(job);
    }
}

/// Answers to some questions, in their order.
pub(in crate::sim) fn map<T: Sync, R: Send>(
    workers: &dyn Workers,
    questions: &[T],
    answer: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let answers: Vec<Mutex<Option<R>>> = questions.iter().map(|_| Mutex::default()).collect();
    workers.work(questions.len(), &|number| {
        if let (Some(question), Some(slot)) = (questions.get(number), answers.get(number)) {
            let found = answer(question);
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        }
    });
    let taken = |slot: Mutex<Option<R>>| slot.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.into_iter().filter_map(taken).collect()
}

/// Two answers that do not hang together.
pub(in crate::sim) fn both<A: Send, B: Send>(
    workers: &dyn Workers,
    first: impl Fn() -> A + Sync,
    second: impl Fn() -> B + Sync,
) -> (A, B) {
    let (one, other) = (Mutex::new(None), Mutex::new(None));
    workers.work(2, &|number| {
        if number == 0 {
            *one.lock().unwrap_or_else(PoisonError::into_inner) = Some(first());
        } else {
            *other.lock().unwrap_or_else(PoisonError::into_inner) = Some(second());
        }
    });
    let one = one.into_inner().unwrap_or_else(PoisonError::into_inner);
    let other = other.into_inner().unwrap_or_else(PoisonError::into_inner);
    (one.unwrap_or_else(first), other.unwrap_or_else(second))
}

/// Changes each of some things, none of which knows of another; answers in their order.
pub(in crate::sim) fn map_mut<T: Send, R: Send>(
    workers: &dyn Workers,
    things: &mut [T],
    change: impl Fn(&mut T) -> R + Sync,
) -> Vec<R> {
    /// Many small shares, as some take longer than others.
    const SHARES: usize = 32;
    let length = things.len().div_ceil(SHARES).max(1);
    let shares: Vec<Mutex<&mut [T]>> = things.chunks_mut(length).map(Mutex::new).collect();
    let answers = map(workers, &shares, |share| {
        let mut share = share.lock().unwrap_or_else(PoisonError::into_inner);
        share.iter_mut().map(&change).collect::<Vec<R>>()
    });
    answers.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does the last job first.
    struct Backwards;

    impl Workers for Backwards {
        fn work(&self, jobs: usize, job: &(dyn Fn(usize) + Sync)) {
            (0..jobs).rev().for_each(job);
        }
    }

    #[test]
    fn answers_come_in_the_order_of_the_questions() {
        let questions: Vec<u64> = (0..1000).collect();
        let square = |number: &u64| number * number;
        let expected: Vec<u64> = questions.iter().map(square).collect();
        for workers in [&Alone as &dyn Workers, &Backwards] {
            assert_eq!(map(workers, &questions, square), expected);
            assert!(map(workers, &[], square).is_empty());
        }
    }

    #[test]
    fn both_answers_are_given_whoever_works() {
        for workers in [&Alone as &dyn Workers, &Backwards] {
            assert_eq!(both(workers, || 7, || "seven"), (7, "seven"));
        }
    }

    #[test]
    fn each_thing_is_changed_once() {
        for count in [0, 1, 5, 64, 1000] {
            let mut things: Vec<usize> = (0..count).collect();
            let before = map_mut(&Backwards, &mut things, |thing| {
                *thing += 7;
                *thing - 7
            });
            assert_eq!(before, (0..count).collect::<Vec<_>>());
            assert_eq!(things, (7..count + 7).collect::<Vec<_>>());
        }
    }
}
