//! The public status page: what the company told its customers. Never more than it told.

pub mod get_status;
pub mod list_incidents;
pub mod posted;
pub mod program;
