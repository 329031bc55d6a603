//! Finished files appear whole or not at all, with their digests.
//!
//! ```text
//! open ─▶ sweep what a crashed run left ─▶ put, put, put ─▶ write_sums
//! ```
//!
//! A file is written beside its name under a name of its own, made durable and renamed. A run that is killed leaves such a
//! staged file at most, never half a package under the name of a package; the next [`Output::open`] of the folder removes it.
//! While an [`Output`] lives, the folder is locked, so that two runs cannot sweep each other's work away.

mod error;
mod folder;

pub use error::OutputError;
pub use folder::Finished;
pub use folder::Output;
pub use folder::render;

pub(crate) use folder::MODE;
pub(crate) use folder::lock;
pub(crate) use folder::write;

#[cfg(test)]
mod tests;
