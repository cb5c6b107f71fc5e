//! The one integration binary: a module per topic. Only `mod` lines stand here.

#![cfg(test)]

mod alerting;
mod examples;
mod first_incident;
mod journal;
mod layers;
mod promqltest;
mod world;
