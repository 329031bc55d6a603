//! Static binaries by cargo, without a container: the same bytes wherever they are made.
//!
//! | module | what it does |
//! |---|---|
//! | `order` | what is asked for, and what comes of it |
//! | `steps` | from the one to the other |
//! | `places` | where things are |
//! | `toolchain` | which tools a platform needs, and what to install when they are missing |
//! | `environment` | pure: the variables that cargo sees, and those that it must not see |
//! | `arguments` | pure: the arguments of cargo and of the compilers |
//! | `remap` | pure: the paths that stand in binaries in place of those of this machine |
//! | `cargo` | runs cargo and reads what it says |
//! | `inside` | pure: the crates in a binary |
//! | `auditable`, `cyclonedx` | pure: that list in the two formats that scanners read |
//! | `split` | takes the debug information out and puts the list of crates in |
//! | `elf` | what a finished binary is |
//!
//! # What makes bytes equal
//!
//! Cargo runs with variables that are named here and no others, in the sources, so that their `rust-toolchain.toml` and
//! their `.cargo/config.toml` hold. Paths of the machine are replaced by fixed ones in Rust and in C. What remains is the
//! compiler of `rust-toolchain.toml`, the C compiler and binutils of the distribution, `Cargo.lock`, and a person's own
//! settings in cargo's home folder: another C compiler may give other bytes.
//!
//! # C code and its library
//!
//! Debian has musl's headers for its own architecture only, so C code for `aarch64` is compiled with the headers of
//! glibc and linked with the musl that comes with Rust. That works because this code (the crypto library's, which asks
//! for plain C and POSIX) calls functions and uses constants that both libraries have in one form. Fortified calls are
//! switched off, since musl has no such functions; any other function that musl lacks fails the link.
//!
//! glibc, which `armv7` is linked with, looks names of users up in libraries of the machine if there are any of its own
//! version; host names are resolved by Rust code.
//!
//! # What is inside
//!
//! The lists follow what cargo compiled. `cargo auditable` asks `cargo metadata` instead, which adds what only other
//! programs of the workspace switch on: a scanner would report crates that are not in the binary.
//!
//! # Interrupted
//!
//! Ctrl-C reaches cargo by the terminal, like us. When only we are ended, cargo finds nobody reading at its next message
//! and stops; the crate that is being compiled at that moment is finished first. What is made is put together in a folder of
//! its own inside the target folder and renamed at the end: there is never half a binary under its name.

mod arguments;
mod auditable;
mod cargo;
mod cyclonedx;
mod elf;
mod environment;
mod error;
mod inside;
mod order;
mod places;
mod remap;
mod split;
mod steps;
mod toolchain;

pub use elf::Verified;
pub use elf::verify;
pub use error::CompileError;
pub use order::Compiled;
pub use order::Order;
pub use order::Profile;
pub use steps::compile;
