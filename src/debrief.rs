//! Scoring, report and what-if: pure functions of a session. Never draws, never prints.
