//! Estates and scenarios: file types, loader and checks. Knows nothing of the running world.

pub mod addresses;
pub mod checks;
pub mod format;
pub mod ids;
pub mod loader;
pub mod pack;

pub use pack::Pack;
