//! What a board of panes shows of a drill, as plain rows: nothing here is journaled, nothing is kept.

pub mod browse;
pub mod changes;
pub mod charts;
pub mod code;
pub mod finder;
pub mod lines;
pub mod notebook;
pub mod promql_words;
pub mod traces;
pub mod view;
