//! The journal: the records of a drill, their chain and their storage. Never interprets what a command does.
