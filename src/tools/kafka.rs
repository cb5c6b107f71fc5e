//! Kafka's own command-line tools, in the form of version 3.7. Never a tool of another vendor's.

pub mod client;
pub mod configs;
pub mod consumer_groups;
pub mod groups_text;
pub mod topics;
pub mod view;
