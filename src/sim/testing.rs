//! The small scenario of the tests, loaded. Used by tests alone; never by the program.

use std::sync::{Arc, Mutex};

use super::World;
use super::plan::Plan;
use crate::scenario::loader::{self, Source};
use crate::scenario::pack::Pack;

/// The small scenario with its estate.
pub(crate) fn small_pack() -> Arc<Pack> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/scenarios");
    Arc::new(loader::load(&Source::folder(folder), "small").unwrap())
}

/// The small scenario's world at its page, with seed 1.
pub(crate) fn small_world() -> World {
    static WORLD: Mutex<Option<World>> = Mutex::new(None);
    let mut opened = WORLD.lock().unwrap();
    let open = || World::open(Arc::new(Plan::new(small_pack())), 1);
    opened.get_or_insert_with(open).clone()
}
