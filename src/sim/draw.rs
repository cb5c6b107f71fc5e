//! Keyed draws: a counter-based generator and the distributions on it. Never a generator with a position.
