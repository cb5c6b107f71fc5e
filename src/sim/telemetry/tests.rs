//! Agreement of counts however they are asked for: a naive enumerator against totals, in any order, with any cache.

use super::atom::{AtomError, AtomId, FactorId, Pin, SlotsId};
use super::reader::{AtomReader, Cell, Leaf, Measure, Part, Places};
use super::series_tests::with_requests;
use super::store::{HistoryError, Telemetry};
use super::testing::{Estate, HOUR_MS, atom, estate, t0_ms};
use crate::sim::time::SimTime;

/// Every event of an atom in a window as (leaf start, cell, duration).
fn enumerate(
    telemetry: &Telemetry,
    atom: AtomId,
    from_ms: i64,
    until_ms: i64,
) -> Vec<(i64, Cell, u64)> {
    let grid = telemetry.grid();
    let mut reader = telemetry.reader(atom).unwrap();
    let mut events = Vec::new();
    let mut cells = Vec::new();
    let mut places = Places::default();
    for index in grid.leaf_at(from_ms)..grid.leaf_at(until_ms) {
        let leaf = reader.leaf(index);
        reader.cells(&leaf, &mut cells);
        assert_eq!(cells.len() as u64, leaf.count);
        one_by_one(&reader, &leaf, &cells, &mut places);
        let ranks = AtomReader::ranks(&leaf);
        for k in 0..leaf.count {
            let cell = cells[ranks.forward(k) as usize];
            events.push((grid.start_ms(index), cell, reader.duration_us(&leaf, &cell)));
        }
    }
    events
}

/// Single events lie where all of them together do.
fn one_by_one(reader: &AtomReader<'_>, leaf: &Leaf, cells: &[Cell], places: &mut Places) {
    places.clear();
    for (rank, cell) in cells.iter().enumerate().rev() {
        assert_eq!(reader.cell_at(leaf, places, rank as u64), *cell);
        let spot = reader.spot(leaf, places, rank as u64);
        assert_eq!(
            reader.duration_at(leaf, places, &spot),
            reader.duration_us(leaf, cell)
        );
    }
    for set in [0, 0b1_0110, u64::MAX] {
        let mut found = Vec::new();
        reader.each_in_buckets(leaf, set, |bucket, rank, duration| {
            found.push((bucket as u8, rank as usize, duration()));
        });
        let expected: Vec<_> = cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| set >> cell.bucket & 1 == 1)
            .map(|(rank, cell)| (cell.bucket, rank, reader.duration_us(leaf, cell)))
            .collect();
        assert_eq!(found, expected);
    }
}

fn between(telemetry: &Telemetry, atom: AtomId, part: Part, from_ms: i64, until_ms: i64) -> u64 {
    telemetry.total_until(atom, part, until_ms) - telemetry.total_until(atom, part, from_ms)
}

fn part(slot: Option<u32>, measure: Measure) -> Part {
    Part { slot, measure }
}

/// A ten-minute window in long leaves (over a change of pods), one in short leaves, one over T0.
fn windows() -> [(i64, i64); 3] {
    [
        (
            t0_ms() - 2 * HOUR_MS - 5 * 60_000,
            t0_ms() - 2 * HOUR_MS + 5 * 60_000,
        ),
        (t0_ms() - 35 * 60_000, t0_ms() - 25 * 60_000),
        (t0_ms() - 5 * 60_000, t0_ms() + 5 * 60_000),
    ]
}

#[test]
fn an_enumerator_agrees_with_every_total() {
    for seed in 0..5 {
        let Estate {
            mut telemetry,
            good,
            bad,
            ..
        } = estate(seed);
        telemetry.close_until(SimTime(t0_ms() + HOUR_MS));
        for (from, until) in windows() {
            for atom in [good, bad] {
                let events = enumerate(&telemetry, atom, from, until);
                for slot in [None, Some(0), Some(1), Some(2), Some(3)] {
                    let of_slot =
                        |event: &&(i64, Cell, u64)| slot.is_none() || event.1.slot == slot;
                    let mine: Vec<_> = events.iter().filter(of_slot).collect();
                    let count = between(&telemetry, atom, part(slot, Measure::Events), from, until);
                    assert_eq!(count, mine.len() as u64);
                    let sum = between(
                        &telemetry,
                        atom,
                        part(slot, Measure::DurationUs),
                        from,
                        until,
                    );
                    assert_eq!(sum, mine.iter().map(|event| event.2).sum::<u64>());
                    for end in 0..=9 {
                        let upto = between(
                            &telemetry,
                            atom,
                            part(slot, Measure::UpTo(end)),
                            from,
                            until,
                        );
                        let expected = mine.iter().filter(|event| event.1.bucket < end).count();
                        assert_eq!(upto, expected as u64, "{slot:?} {end}");
                    }
                }
            }
        }
    }
}

#[test]
fn quarters_of_long_leaves_agree_too() {
    let Estate {
        telemetry, good, ..
    } = estate(3);
    let (from, until) = windows()[0];
    let events = enumerate(&telemetry, good, from, until);
    for step in 0..40 {
        let cut = from + step * 15_000;
        for slot in [None, Some(2), Some(3)] {
            for measure in [Measure::Events, Measure::UpTo(4), Measure::DurationUs] {
                let found = between(&telemetry, good, part(slot, measure), from, cut);
                let expected: u64 = events
                    .iter()
                    .filter(|(start, cell, _)| {
                        start + i64::from(cell.second) * 1000 < cut
                            && (slot.is_none() || cell.slot == slot)
                    })
                    .map(|(_, cell, duration)| match measure {
                        Measure::UpTo(end) => u64::from(cell.bucket < end),
                        Measure::DurationUs => *duration,
                        _ => 1,
                    })
                    .sum();
                assert_eq!(found, expected, "{step} {slot:?} {measure:?}");
            }
        }
    }
}

#[test]
fn durations_lie_in_their_bucket_and_pods_only_serve_when_ready() {
    let Estate {
        telemetry,
        good,
        web,
        ..
    } = estate(1);
    let (from, until) = windows()[0];
    let bounds = super::testing::latency();
    let pods = telemetry.slots(web).unwrap();
    for (start, cell, duration) in enumerate(&telemetry, good, from, until) {
        let (low, high) = bounds.range_us(cell.bucket.into());
        assert!((low..=high).contains(&duration));
        let ready = pods.ready_at(start);
        assert!(ready.iter().any(|&(slot, _)| Some(slot) == cell.slot));
    }
}

#[test]
fn kept_events_are_found_again_part_by_part() {
    let Estate {
        telemetry, good, ..
    } = estate(2);
    let (from, until) = windows()[1];
    let all = between(
        &telemetry,
        good,
        part(None, Measure::Sampled(8)),
        from,
        until,
    );
    let by_pod: u64 = (0..4)
        .map(|slot| {
            between(
                &telemetry,
                good,
                part(Some(slot), Measure::Sampled(8)),
                from,
                until,
            )
        })
        .sum();
    assert_eq!(all, by_pod);
    let events = between(&telemetry, good, Part::ALL, from, until);
    assert!(all.abs_diff(events / 8) < 80, "{all} of {events}");
}

#[test]
fn pins_hold_for_every_seed() {
    for seed in 0..20 {
        let Estate {
            telemetry, ticks, ..
        } = estate(seed);
        let from = t0_ms() - 5 * HOUR_MS;
        assert_eq!(between(&telemetry, ticks, Part::ALL, from, t0_ms()), 347);
        // 0.01 a second for 43 hours before.
        let before = telemetry.total_until(ticks, Part::ALL, from);
        assert!(before.abs_diff(1548) < 160, "{before}");
    }
}

#[test]
fn pins_weigh_by_intensity_and_may_be_several() {
    let mut estate = estate(1).telemetry.clone();
    // A second telemetry: pins are read after the history is complete.
    let grid = *estate.grid();
    estate = Telemetry::new(grid, 11);
    let pin = |from_hours: i64, until_hours: i64, total| Pin {
        from_ms: t0_ms() - from_hours * HOUR_MS,
        until_ms: t0_ms() - until_hours * HOUR_MS,
        total,
    };
    let mut def = atom("alpha/resets", 1.0);
    def.pins = vec![pin(4, 0, 4_847), pin(10, 5, 9)];
    let resets = estate.add_atom(def).unwrap();
    estate.set_rate(grid.origin_ms(), resets, 0).unwrap();
    estate
        .set_rate(t0_ms() - 2 * HOUR_MS, resets, 65_536)
        .unwrap();
    estate
        .set_rate(t0_ms() - HOUR_MS, resets, 3 * 65_536)
        .unwrap();
    estate.open();
    let count = |from: i64, until: i64| {
        between(
            &estate,
            resets,
            Part::ALL,
            t0_ms() - from * HOUR_MS,
            t0_ms() - until * HOUR_MS,
        )
    };
    assert_eq!(count(4, 0), 4_847);
    assert_eq!(count(4, 2), 0);
    assert!(count(1, 0).abs_diff(4_847 * 3 / 4) < 120);
    assert_eq!(count(10, 5), 9);
    assert_eq!(count(5, 4) + count(48, 10), 0);
}

/// The first leaf of a pin that is read looks at all others; its own events go to the pods that were ready in it.
#[test]
fn a_pin_over_a_change_of_pods_is_split_the_same_at_first_and_again() {
    let mut telemetry = estate(1).telemetry;
    telemetry.reopen_for_tests();
    let mut def = atom("web/mail", 0.1);
    def.slots = Some(SlotsId(0));
    def.latency = Some((super::testing::latency(), FactorId(0)));
    def.pins = vec![Pin {
        from_ms: t0_ms() - 3 * HOUR_MS,
        until_ms: t0_ms() - HOUR_MS,
        total: 500,
    }];
    let mails = telemetry.add_atom(def).unwrap();
    telemetry.open();
    let leaf = telemetry.grid().leaf_at(t0_ms() - 3 * HOUR_MS);
    let read = |pins: &Telemetry| {
        let mut reader = pins.reader(mails).unwrap();
        let (mut cells, drawn) = (Vec::new(), reader.leaf(leaf));
        reader.cells(&drawn, &mut cells);
        cells
    };
    let first = read(&telemetry);
    assert!(first.iter().all(|cell| cell.slot != Some(3)), "{first:?}");
    assert_eq!(first, read(&telemetry));
    let until = t0_ms() - 3 * HOUR_MS + 60_000;
    for slot in 0..4 {
        let expected = first.iter().filter(|cell| cell.slot == Some(slot)).count();
        let found = telemetry.total_until(mails, part(Some(slot), Measure::Events), until)
            - telemetry.total_until(mails, part(Some(slot), Measure::Events), until - 60_000);
        assert_eq!(found, expected as u64);
    }
}

#[test]
fn bad_pins_are_refused() {
    let mut telemetry = estate(1).telemetry;
    let try_pins = |telemetry: &mut Telemetry, pins: &[(i64, i64, u64)]| {
        let mut def = atom("beta", 1.0);
        def.pins = pins
            .iter()
            .map(|&(from, until, total)| Pin {
                from_ms: t0_ms() + from,
                until_ms: t0_ms() + until,
                total,
            })
            .collect();
        telemetry.add_atom(def).unwrap_err()
    };
    let path = || "beta".to_owned();
    assert_eq!(
        try_pins(&mut telemetry, &[(-15_001, 0, 1)]),
        AtomError::PinWindow { path: path() }
    );
    assert_eq!(
        try_pins(&mut telemetry, &[(-15_000, 1_000, 1)]),
        AtomError::PinWindow { path: path() }
    );
    assert_eq!(
        try_pins(&mut telemetry, &[(0, 0, 1)]),
        AtomError::PinWindow { path: path() }
    );
    assert_eq!(
        try_pins(&mut telemetry, &[(-60_000, 0, 1), (-90_000, -45_000, 1)]),
        AtomError::PinsOverlap { path: path() }
    );
    assert_eq!(
        try_pins(&mut telemetry, &[(-60_000, 0, 1 << 40)]),
        AtomError::PinTooLarge { path: path() }
    );
    let twice = telemetry.add_atom(atom("worker/tick", 1.0)).unwrap_err();
    assert_eq!(
        twice,
        AtomError::Duplicate {
            path: "worker/tick".to_owned()
        }
    );
}

#[test]
fn order_of_reading_and_the_cache_change_nothing() {
    let Estate {
        mut telemetry,
        good,
        bad,
        ticks,
        ..
    } = estate(7);
    telemetry.close_until(SimTime(t0_ms() + HOUR_MS));
    let mut plain = telemetry.clone();
    plain.set_cache_bytes(0);
    let mut tight = telemetry.clone();
    tight.set_cache_bytes(700);
    let measures = [
        part(None, Measure::Events),
        part(Some(2), Measure::Events),
        part(Some(0), Measure::UpTo(3)),
        part(None, Measure::DurationUs),
        part(None, Measure::Sampled(16)),
        part(Some(3), Measure::DurationUs),
        part(None, Measure::UpTo(5)),
    ];
    let key = crate::sim::draw::StreamKey::new(1, crate::sim::draw::StreamId::of("probe")).leaf(0);
    for probe in 0..84 {
        let at = t0_ms() - key.between(probe, -HOUR_MS, 40 * HOUR_MS) / 15_000 * 15_000;
        let atom = [good, bad, ticks][probe as usize % 3];
        let part = measures[probe as usize % measures.len()];
        let expected = telemetry.total_until(atom, part, at);
        assert_eq!(tight.total_until(atom, part, at), expected);
        if probe % 10 == 0 {
            assert_eq!(plain.total_until(atom, part, at), expected);
        }
    }
}

#[test]
fn what_is_counted_ahead_is_what_would_be_counted() {
    let mut ahead = with_requests().telemetry;
    ahead.close_until(SimTime(t0_ms() + 90_000));
    let mut plain = ahead.clone();
    plain.set_cache_bytes(0);
    let pieces = ahead.pieces_ahead();
    assert!(!pieces.is_empty());
    for piece in pieces {
        ahead.count_ahead(piece);
    }
    let window = (t0_ms() - HOUR_MS, t0_ms() + 90_000);
    assert_eq!(
        ahead.read_series(None, window, |_| true),
        plain.read_series(None, window, |_| true)
    );
}

#[test]
fn later_history_changes_no_closed_leaf() {
    let Estate {
        mut telemetry,
        good,
        bad,
        health,
        web,
        ..
    } = estate(4);
    let now = t0_ms() + 10 * 60_000;
    telemetry.close_until(SimTime(now));
    let mut changed = telemetry.clone();
    let before = (
        enumerate(&telemetry, good, t0_ms() - HOUR_MS, now),
        enumerate(&telemetry, bad, t0_ms() - HOUR_MS, now),
    );
    changed.set_rate(now, bad, 9 * 65_536).unwrap();
    changed.set_rate(now, good, 0).unwrap();
    changed.set_factor(now, health, 65_536).unwrap();
    changed.restart_pod(now, web, 2).unwrap();
    changed.end_pod(now, web, 0).unwrap();
    changed.close_until(SimTime(now + 60_000));
    let after = (
        enumerate(&changed, good, t0_ms() - HOUR_MS, now),
        enumerate(&changed, bad, t0_ms() - HOUR_MS, now),
    );
    assert!(before == after);
    assert_eq!(between(&changed, good, Part::ALL, now, now + 60_000), 0);
    assert_eq!(
        changed.set_rate(now, bad, 1),
        Err(HistoryError::Closed {
            at_ms: now,
            closed_ms: now + 60_000
        })
    );
}

#[test]
fn a_snapshot_stays_where_it_was() {
    fn shared<T: Send + Sync>(_: &T) {}
    let Estate {
        mut telemetry,
        good,
        ..
    } = estate(4);
    let snapshot = telemetry.snapshot();
    telemetry.set_rate(t0_ms(), good, 0).unwrap();
    telemetry.close_until(SimTime(t0_ms() + HOUR_MS));
    let total = snapshot.total_until(good, Part::ALL, i64::MAX);
    assert_eq!(total, telemetry.total_until(good, Part::ALL, t0_ms()));
    assert_eq!(total, telemetry.total_until(good, Part::ALL, i64::MAX));
    shared(&snapshot);
}

#[test]
fn counts_follow_the_rate() {
    let Estate {
        telemetry, good, ..
    } = estate(9);
    let mut reader = telemetry.reader(good).unwrap();
    let (mut chi, mut leaves) = (0.0, 0);
    for index in telemetry.grid().first()..-240 {
        let expected = 180.0;
        let off = reader.leaf(index).count as f64 - expected;
        chi += off * off / expected;
        leaves += 1;
    }
    // 2,820 degrees of freedom: within four deviations.
    assert!(
        (chi - f64::from(leaves)).abs() < 4.0 * libm::sqrt(2.0 * f64::from(leaves)),
        "{chi} of {leaves}"
    );
}
