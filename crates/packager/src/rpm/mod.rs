//! RPMs, written and read, without rpmbuild.
//!
//! [`write()`] turns a [`Manifest`](crate::model::Manifest) into bytes: headers, payload and signature. It adds what rpmbuild
//! adds by itself and nothing else: that the package provides itself, `config(name)`, `/bin/sh` of its scriptlets and the
//! features of rpm that it needs (`rpmlib(…)`). There are no build-id links, so that two packages of one binary can be
//! installed side by side.
//!
//! Versions of the header: 4 is read by every rpm since EL7's 4.11 when the payload is gzip or xz; it is signed in the tag
//! that old versions know, over the header alone, which holds the digests of all files. 6 is for rpm 4.20 and newer.
//!
//! [`read()`] takes bytes of anybody. Every offset and length is checked before the parser sees them, and what it panics
//! at all the same is an error.

mod check;
mod error;
mod header;
mod layout;
mod packed;
mod read;
mod write;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use error::RpmError;
pub use read::read;
pub use write::write;
