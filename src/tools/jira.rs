//! Jira: issues, sprints and JQL. The estate's and the scenario's tickets among the quiet work of every team. Never changes
//! one.

pub mod background;
mod commits;
pub mod evaluate;
pub mod get_issue;
pub mod issues;
pub mod jql;
pub mod lex;
pub mod list_sprints;
pub mod program;
pub mod search;
pub mod sprints;
