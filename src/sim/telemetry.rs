//! Lazy telemetry: samples and log lines as functions of seed, identity, time and history. Stores nothing but history.

mod age;
pub mod ahead;
pub mod atom;
mod counts;
pub mod events;
pub mod gauge;
pub mod history;
pub mod homes;
pub mod latency;
pub mod leaf;
pub mod line_types;
pub mod lines;
pub mod logs;
mod prefix;
pub mod reader;
mod reading;
mod render;
pub mod samples;
pub mod search;
mod selection;
pub mod series;
pub mod slots;
pub mod source;
mod split;
pub mod store;
pub mod tail;
pub mod template;
mod totals;
pub mod traffic;
pub mod walk;
pub mod wrap;

#[cfg(test)]
mod lines_tests;
#[cfg(test)]
mod reading_tests;
#[cfg(test)]
mod series_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
