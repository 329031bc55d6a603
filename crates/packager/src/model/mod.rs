//! What a package is, whatever its format: [`Manifest`] and the [`Tree`] of its files before it is made, [`Contents`] when
//! it is read back. Pure.

mod contents;
mod manifest;
mod tree;

pub use contents::Contents;
pub use contents::Packed;
pub use manifest::Manifest;
pub use manifest::Requirement;
pub use manifest::Scriptlets;
pub use tree::Entry;
pub use tree::Kind;
pub use tree::Role;
pub use tree::Tree;
pub use tree::TreeError;
