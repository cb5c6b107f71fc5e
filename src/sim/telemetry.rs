//! Lazy telemetry: samples and log lines as functions of seed, identity, time and history. Stores nothing but history.
