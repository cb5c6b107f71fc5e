//! The wiki: runbooks, decisions, past incidents; search with ranking. Never edits a page.

pub mod get_page;
pub mod pages;
pub mod program;
pub mod rank;
pub mod search;
