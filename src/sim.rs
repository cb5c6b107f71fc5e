//! The simulated world: pure, no input or output, the same bits on every machine.
//!
//! Never: files, environment, wall clock, threads, hash-ordered maps, a generator with a position, the platform's
//! transcendental functions.

pub mod draw;
pub mod git;
pub mod kubernetes;
pub mod promql;
pub mod telemetry;
pub mod time;
