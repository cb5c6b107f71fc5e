//! The terminal interface: panes over tool outputs. No game logic, never the simulation directly.
