//! One drill: its clock, journal, looks and checkpoints. File access in its store alone; never a tool or a door.

pub mod ahead;
pub mod clock;
pub mod content;
pub mod entry;
pub mod journal;
mod play;
mod quota;
pub mod store;
pub mod toolbox;
pub mod workers;

pub use entry::{Call, ClockChange, Entry, Look};
pub use play::{Session, SessionError};
pub use toolbox::{Answer, Refused, Toolbox, Used};
