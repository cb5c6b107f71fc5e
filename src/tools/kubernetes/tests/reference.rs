//! Comparison with recorded output.
