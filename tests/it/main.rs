//! The one integration binary: a module per topic. Only `mod` lines stand here.

#![cfg(test)]

mod agreement;
mod agreement_families;
mod determinism;
mod effects;
mod examples;
mod first_incident;
mod journal;
mod layers;
mod mcp;
mod promqltest;
mod random_commands;
mod reference_runs;
mod remedies;
mod terminal;
mod world;
