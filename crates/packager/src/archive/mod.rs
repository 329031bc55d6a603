//! Archives (`tar.gz`), written and read.
//!
//! An archive has one folder `<name>-<version>/` with everything below it as a package would install it. It is for machines
//! without a package manager of ours, for images and for looking at; it has no scripts, so whoever unpacks it enables the
//! service. The same manifest is the same bytes: members sorted, all of one time, nothing about where it was made.
//!
//! Files: `items` (what goes into a tar of a tree), `tarball` (tar, written), `listing` (tar, read), `payload` (compression);
//! [`crate::deb`] uses them too.

mod error;
pub(crate) mod items;
pub(crate) mod listing;
pub(crate) mod payload;
mod read;
pub(crate) mod tarball;
mod write;

pub use error::ArchiveError;
pub use error::PackError;
pub use listing::ListingError;
pub use read::read;
pub use write::write;

#[cfg(test)]
pub(crate) mod tests;
