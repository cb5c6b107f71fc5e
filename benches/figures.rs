//! What firedrill takes: time to open and replay a drill, to draw a frame, memory and idle processor time. Each figure is
//! printed beside its limit. `cargo bench` runs all; `cargo bench -- --divan` adds the distribution of the timed ones.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made says so by stopping"
)]

#[path = "figures/drill.rs"]
mod drill;
#[path = "figures/frame.rs"]
mod frame;
#[path = "figures/machine.rs"]
mod machine;
#[path = "figures/process.rs"]
mod process;

use std::time::{Duration, Instant};

/// A figure with its limit, in the same unit.
struct Figure {
    name: &'static str,
    measured: f64,
    limit: f64,
    unit: &'static str,
}

impl Figure {
    fn millis(name: &'static str, measured: Duration, limit: f64) -> Self {
        Self {
            name,
            measured: measured.as_secs_f64() * 1000.0,
            limit,
            unit: "ms",
        }
    }
}

/// The middle one of several runs' times.
fn median<T>(runs: usize, mut run: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            let made = std::hint::black_box(run());
            let took = start.elapsed();
            drop(made);
            took
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    // `cargo test --benches` builds and calls benches too: then there is nothing to measure.
    if std::env::args().any(|word| word == "--test") {
        return;
    }
    println!("{}", machine::describe());
    println!(
        "{:<44} {:>10} {:>10} {:>7}",
        "figure", "measured", "limit", "ratio"
    );
    let mut over = 0;
    let figures = drill::figures()
        .into_iter()
        .chain(frame::figures())
        .chain(process::figures());
    for figure in figures {
        let ratio = figure.measured / figure.limit;
        over += usize::from(ratio > 1.0);
        println!(
            "{:<44} {:>7.2} {:<2} {:>7.1} {:<2} {:>6.2}{}",
            figure.name,
            figure.measured,
            figure.unit,
            figure.limit,
            figure.unit,
            ratio,
            if ratio > 1.0 { "  over its limit" } else { "" },
        );
    }
    println!("{over} over their limits");
    if std::env::args().any(|word| word == "--divan") {
        divan::Divan::default().main();
    }
}
