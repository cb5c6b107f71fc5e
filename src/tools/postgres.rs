//! `psql` on prepared tables: a small honest part of SQL. Never writes a row.

pub mod client;
pub mod evaluate;
pub mod growth;
pub mod print;
pub mod sql;
pub mod table;
