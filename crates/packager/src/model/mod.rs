//! What a package is, whatever its format: [`Manifest`], and the [`Tree`] of its files. Pure.

mod manifest;
mod tree;

pub use manifest::Manifest;
pub use manifest::Requirement;
pub use manifest::Scriptlets;
pub use tree::Entry;
pub use tree::Kind;
pub use tree::Role;
pub use tree::Tree;
pub use tree::TreeError;
