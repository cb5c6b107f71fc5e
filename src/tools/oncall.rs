//! On-call: who takes pages now, and the schedules behind it. Never who knows the cause.

pub mod get_schedule;
pub mod program;
pub mod rotation;
pub mod who_is_on_call;
