//! What a search's steps cost beside each other, in units of about ten nanoseconds of one ordinary core: so a slice can
//! be bounded by what it takes, without a clock. Measures nothing.

/// A leaf's events counted.
pub(in crate::sim::telemetry) const COUNTED: u64 = 6;
/// A number drawn and followed.
pub(in crate::sim::telemetry) const DRAW: u64 = 1;
/// Sixteen or thirty-two hexadecimal digits drawn and followed.
pub(super) const WIDE: u64 = 5;
/// An event's pod and bucket found, with its duration.
pub(in crate::sim::telemetry) const PLACE: u64 = 8;
/// An event's second found.
pub(super) const SECOND: u64 = 16;
/// A leaf's minute written.
pub(super) const MINUTE: u64 = 10;
/// A leaf's events split over pods and buckets.
pub(in crate::sim::telemetry) const SPREAD: u64 = 100;
/// A line made and read.
pub(super) const LINE: u64 = 80;
/// A line made and read by an expression whose program is large.
pub(super) const LARGE_LINE: u64 = 3 * LINE;
/// A leaf of a stream looked at.
pub(super) const LEAF: u64 = 6;
/// A line read that is made already.
pub(super) const TEXT: u64 = 50;
/// A line made and sent through a pipeline.
pub(in crate::sim) const PIPELINE: u64 = 400;
/// A step of an automaton that has been taken before.
pub(super) const STEP: u64 = 1;
/// A step of an automaton that is taken for the first time, and the states of a program that make it dearer by a unit.
pub(super) const NEW_STEP: u64 = 50;
pub(super) const PROGRAM_STATES: u64 = 2;
/// A template looked at, before any step of an automaton.
pub(super) const TEMPLATE: u64 = 250;
/// Bytes copied in a unit.
pub(super) const COPIED: u64 = 50;
