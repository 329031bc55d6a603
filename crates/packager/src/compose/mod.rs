//! The program of a company: our library and the company's agents in one generated crate.

use std::path::PathBuf;

/// A generated crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// Its `Cargo.toml`.
    pub manifest: PathBuf,
    /// Name of its package and of its binary.
    pub name: String,
}
