//! The command line: parses arguments, opens sessions, hands over to a door. No game logic.
