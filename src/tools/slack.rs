//! Slack: what was posted and what people chat about, in one order of time. Never writes by itself.

pub mod list_channels;
pub mod messages;
pub mod post_message;
pub mod program;
pub mod read_channel;
pub mod search;
