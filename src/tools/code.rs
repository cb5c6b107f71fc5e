//! Reading files as the usual programs do: `ls`, `cat`, `grep`, `find` and the filters of a pipe. Read-only; never touches
//! the host's disk.

pub mod files;
pub mod paths;
pub mod posix;
