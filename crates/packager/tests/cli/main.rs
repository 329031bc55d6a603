//! The real program, as a person runs it: with an environment of its own, in a folder of its own, with its answers and exit
//! codes (docs/exit-codes.md).
//!
//! The first folder of its `PATH` holds programs that it must not need: each of them fails and leaves a trace.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

mod comparing;
mod desk;
mod environment;
mod interrupted;
mod machines;
mod making;
mod readme;
mod reference;
mod refused;
mod repositories;
mod secrets;
mod shipped;
mod signing;
mod steps;
