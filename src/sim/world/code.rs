//! What the source of a running image says: the commit a tag was built from, and the text of its files.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex::Regex;

use super::World;
use crate::sim::ids::ServiceId;

/// Answers already found; a cache only, a clone starts with what its original knew.
#[derive(Clone, Debug, Default)]
pub struct Code {
    known: RefCell<BTreeMap<ServiceId, Vec<Known>>>,
}

/// One answer.
#[derive(Clone, Debug)]
struct Known {
    tag: String,
    path: String,
    pattern: String,
    found: bool,
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
        let asked = |known: &&Known| {
            known.tag == tag && known.path == path && known.pattern == pattern.as_str()
        };
        let known = self.known.borrow();
        if let Some(known) = known.get(&service).and_then(|all| all.iter().find(asked)) {
            return known.found;
        }
        drop(known);
        let found = world
            .source_file(service, tag, path)
            .is_some_and(|text| pattern.is_match(&text));
        let mut known = self.known.borrow_mut();
        known.entry(service).or_default().push(Known {
            tag: tag.to_owned(),
            path: path.to_owned(),
            pattern: pattern.as_str().to_owned(),
            found,
        });
        found
    }
}
