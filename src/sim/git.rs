//! Repositories of the estate: commits whose patches apply, and what git computes from them. Never reads the disk.
