//! The simulated world: pure, no input or output, the same bits on every machine.
//!
//! Never: files, environment, wall clock, threads of its own, hash-ordered maps, a generator with a position, the platform's
//! transcendental functions.

pub mod artifact;
pub mod chatter;
pub mod cloudwatch;
pub mod command;
pub mod draw;
pub mod flows;
pub mod git;
pub mod hash;
pub mod ids;
pub mod judge;
pub mod kubernetes;
pub mod logql;
pub mod pager;
pub mod parallel;
pub mod partitions;
pub mod plan;
pub mod promql;
pub mod rules;
pub mod signals;
pub mod slack;
pub mod telemetry;
#[cfg(test)]
pub(crate) mod testing;
pub mod time;
pub mod traces;
pub mod world;

pub use world::World;
pub use world::commands::Outcome as WorldOutcome;
