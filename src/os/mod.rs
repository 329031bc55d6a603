//! All effects on the machine except its network: files, processes, signals, the clock, randomness.
//!
//! | module | what it does |
//! |---|---|
//! | [`files`] | the few file operations that writing needs, behind one trait, so that tests can break each of them |
//! | [`atomic_file`] | replaces one file: a crash leaves the old or the new one, whole |
//! | [`transaction`] | replaces a set of files: a crash leaves the old or the new set, whole; keeps the previous one |
//! | [`append_file`] | appends lines to a file that others rotate |
//! | [`lock`] | one process per configuration directory, and one at a time that changes its files |
//! | [`host`] | host name, machine id, pid file |
//! | [`exec`] | the running program and how to become it anew |
//! | [`notify`] | tells the supervisor what we are doing |
//! | [`signals`] | what the supervisor tells us |
//! | [`privileges`] | what we give up at start |
//! | [`source_file`], [`configuration`], [`standard_input`] | reads what others write |
//! | [`local_socket`] | a Unix socket to listen on, replaced and removed safely |
//! | [`usage`] | what the process uses |
//! | [`clock`], [`random`] | now, and what nobody can guess |
//!
//! The order at a start: [`privileges::restrict`], [`exec::Program::running`], [`lock::Lock::take`],
//! [`transaction::recover`] under [`lock::Lock::to_write`], and only then is a configuration read.

pub mod append_file;
pub mod atomic_file;
pub mod clock;
pub mod configuration;
pub mod exec;
pub mod files;
pub mod host;
pub mod local_socket;
pub mod lock;
pub mod notify;
pub mod privileges;
pub mod random;
pub mod signals;
pub mod source_file;
pub mod standard_input;
pub mod transaction;
pub mod usage;
