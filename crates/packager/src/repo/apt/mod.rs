//! A folder of DEBs as a repository of apt.
//!
//! ```text
//! folder/*.deb                                         stay where they are
//! folder/dists/<codename>/InRelease                    what there is, signed; Release and Release.gpg are the same apart
//!   <component>/binary-<arch>/Packages{,.gz}           every package with size and SHA-256
//!   <component>/binary-<arch>/by-hash/SHA256/<digest>  the same by digest
//! ```
//!
//! A reader sees the old repository or the new one. `InRelease` is one file that is replaced at once; it is written last, and
//! apt (1.2 and newer) takes from `by-hash` what it names. What the one before it named stays there for those who just read
//! it, and goes at the next run. Without a key `Release` takes that part.
//!
//! Digests are SHA-256 alone: apt reads them since 0.7 (2007), and MD5 and SHA-1 protect nobody. The same packages are the
//! same bytes: `Date` is given, everything is sorted.
//!
//! Files: `options` (what a repository is called), `index` and `release` (the texts; pure), `write` (what is read and
//! written, in its order).

mod error;
mod index;
mod options;
mod release;
mod write;

pub use error::AptError;
pub use options::Options;
pub use write::write;

#[cfg(test)]
mod tests;
