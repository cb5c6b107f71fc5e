//! Estates and scenarios: file types, loader and checks. Knows nothing of the running world.

pub mod format;
