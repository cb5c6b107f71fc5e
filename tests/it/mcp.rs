//! The door for programs over a pipe in this process: what it offers, what it answers, and what it does with bad input.

mod client;
mod doors;
mod input;
mod leaks;
mod play;
mod surface;
