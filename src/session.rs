//! One drill: its clock, journal, looks and checkpoints. File access in its store alone; never a tool or a door.

pub mod clock;
pub mod journal;
pub mod store;
