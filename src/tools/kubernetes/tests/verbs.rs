//! Acting verbs.
