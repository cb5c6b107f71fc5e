//! What the source of a running image says: the commit a tag was built from, and the text of its files.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex::Regex;

use super::World;
use crate::sim::ids::ServiceId;

/// Answers already found; a cache only, a clone starts with what its original knew.
#[derive(Clone, Debug, Default)]
pub struct Code {
    known: RefCell<BTreeMap<(ServiceId, String, String, String), bool>>,
}

impl Code {
    /// Whether a file of the source that a service's image was built from matches.
    pub fn matches(
        &self,
        world: &World,
        service: ServiceId,
        tag: &str,
        path: &str,
        pattern: &Regex,
    ) -> bool {
        let key = (
            service,
            tag.to_owned(),
            path.to_owned(),
            pattern.as_str().to_owned(),
        );
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let found = world
            .source_file(service, tag, path)
            .is_some_and(|text| pattern.is_match(&text));
        self.known.borrow_mut().insert(key, found);
        found
    }
}
