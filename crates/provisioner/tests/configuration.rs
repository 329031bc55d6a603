//! The configuration file, from outside: what is accepted, what is refused and where, and the documents about it.
//! `MUSTER_BLESS=1 cargo test -p muster-provisioner --test configuration` writes docs/provisioner-configuration.md anew.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "configuration/documents.rs"]
mod documents;
#[path = "configuration/examples.rs"]
mod examples;
#[path = "configuration/formats.rs"]
mod formats;
#[path = "configuration/machine.rs"]
mod machine;
#[path = "configuration/refused.rs"]
mod refused;
#[path = "configuration/scratch.rs"]
mod scratch;
#[path = "configuration/values.rs"]
mod values;
#[path = "configuration/warned.rs"]
mod warned;
