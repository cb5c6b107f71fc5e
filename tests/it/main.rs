//! The one integration binary: a module per topic. Only `mod` lines stand here.

#![cfg(test)]

mod commands;
mod examples;
mod first_incident;
mod format_page;
mod hostile;
mod invalid;
mod journal;
mod layers;
mod promqltest;
mod resume;
mod terminal;
mod world;
