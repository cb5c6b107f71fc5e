//! The one integration binary: a module per topic. Only `mod` lines stand here.

#![cfg(test)]

mod agreement;
mod agreement_cloud;
mod agreement_families;
mod agreement_traces;
mod alerting;
mod asking;
mod commands;
mod determinism;
mod effects;
mod examples;
mod families;
mod first_incident;
mod format_page;
mod hostile;
mod invalid;
mod journal;
mod layers;
mod limits;
mod mcp;
mod program;
mod promqltest;
mod random_commands;
mod reference_runs;
mod remedies;
mod resume;
mod terminal;
mod world;
