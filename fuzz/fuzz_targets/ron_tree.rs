//! The tolerant reader of RON: any text gives a tree and flaws, with places inside of the text.

#![no_main]

use firedrill::scenario::loader::tree::{self, Node};
use libfuzzer_sys::fuzz_target;

fn check(text: &str, node: &Node) {
    assert!(text.get(node.span.clone()).is_some());
    node.children().for_each(|child| check(text, child));
}

fuzz_target!(|text: &str| {
    if let (Some(node), _) = tree::parse(text) {
        check(text, &node);
    }
});
