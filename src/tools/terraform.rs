//! Terraform: the infrastructure's state as nodes, servers and declarations make it, and what a plan would change. Never
//! applies anything.

pub mod hcl;
pub mod list_resources;
pub mod plan;
pub mod program;
pub mod resources;
pub mod show_state;
