//! What two packages differ in.
//!
//! Everything that a reader of a package sees is compared: fields, scripts, and of each path its kind, mode, owner, size,
//! digest, marks and time. Of what changed inside a binary nothing is said but sizes and digests. Packages without
//! differences may still have other bytes, when another program packed the same things.
//!
//! Files: `compare` and `render` are pure; `lines` compares texts; `read` reads packages from disk.

mod compare;
mod lines;
mod read;
mod render;

pub use compare::Aspect;
pub use compare::Change;
pub use compare::Difference;
pub use compare::Presence;
pub use compare::compare;
pub use read::DiffError;
pub use read::read;
pub use render::render;

#[cfg(test)]
mod tests;
