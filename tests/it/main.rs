//! The one integration binary: a module per topic. Only `mod` lines stand here.

#![cfg(test)]

mod examples;
mod journal;
mod layers;
mod promqltest;
mod world;
