//! The container registry: repositories of images, their tags and manifests, as the builds pushed them. Never pulls one.

mod earlier;
pub mod get_manifest;
pub mod images;
pub mod list_repositories;
pub mod list_tags;
pub mod programs;
