//! Reading files as the usual programs do: `ls`, `cat`, `grep`, `find` and the filters of a pipe. Read-only; never touches
//! the host's disk.

pub mod files;
pub mod list_files;
pub mod paths;
pub mod posix;
pub mod read_file;
pub mod search;
pub mod walk;
pub mod write_file;
