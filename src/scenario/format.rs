//! The file types of estates and scenarios, exactly as an author writes them in RON.
//!
//! Plain structs and externally tagged enums only; unknown fields are errors; every value with a unit is a text that
//! carries it (`"4m"`, `"300/s"`, `"7.5GiB"`). Never holds anything that is not in the file: references between names
//! are resolved by the checks, indices are made by the simulation.

pub mod alerting;
pub mod artifact;
pub mod change;
pub mod condition;
pub mod effect;
pub mod estate;
pub mod fault;
pub mod infrastructure;
pub mod map;
pub mod people;
pub mod records;
pub mod scenario;
pub mod scoring;
pub mod service;
pub mod systems;
pub mod telemetry;
pub mod values;

pub use map::Map;
