//! End-to-end tests: a real broker, the real program, from an empty directory to a node in its fleet.
//!
//! Every test has its own broker, name server and directory, so that they run beside each other. The program is that of
//! build `e2e` (`tests/e2e/buildspec.yaml`): it finds its provisioning broker by an SRV record, and the tests' name
//! server is where `plugin.d/muster.cfg` sends it. Nothing waits for a time; every wait is for a condition, with a
//! deadline. `MUSTER_LONG=1` repeats the killing of nodes more often.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helper functions of tests are not covered by the lints' exceptions"
)]

mod brokers;
mod coming_back;
mod crash;
mod cycle;
mod harness;
mod locking;
mod members;
mod onboarding;
mod operators;
mod other_builds;
mod refusals;
mod renewals;
mod restarts;
mod secrets;
mod service;
mod shipped;
mod starting;
#[expect(dead_code, reason = "shared with tests/it, which uses the rest")]
#[path = "../it/support/mod.rs"]
mod support;
mod tokens;
