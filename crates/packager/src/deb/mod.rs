//! DEBs, written and read without dpkg.
//!
//! ```text
//! !<arch>                      ar: names of at most 16 bytes, one time, owner 0
//!   debian-binary              2.0
//!   control.tar.{xz,gz,zst}    control, conffiles, md5sums, preinst, postinst, prerm, postrm
//!   data.tar.{xz,gz,zst}       ./usr/… with every folder on the way, GNU tar
//! ```
//!
//! What dpkg needs to read the compressions: gzip any, xz 1.15.6 (Debian 7), zstd 1.21.18 (Debian 12) or Ubuntu's since
//! 18.04. What Debian refuses in names and fields is refused here, before a machine sees it. Files of the role
//! `Configuration` are conffiles; a ghost is not in the package at all, so dpkg neither overwrites nor removes it.
//!
//! Files: `write` and `read`; `control` and `paragraph` (the control file, composed and parsed), `spelling` (what Debian
//! allows), `ar` (the container).

pub(crate) mod ar;
mod control;
mod error;
mod paragraph;
mod read;
mod spelling;
mod write;

pub use error::DebError;
pub use read::read;
pub use write::write;

pub(crate) use read::control;

#[cfg(test)]
mod tests;
