//! The provisioner as its users meet it: the real program, a real broker, nodes that do what a test says.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helper functions of tests are not covered by the lints' exceptions"
)]

mod harness;
#[expect(
    dead_code,
    reason = "shared with the agent's tests, which use the rest"
)]
#[path = "../../../../tests/it/support/nats.rs"]
mod nats;
mod onboarding;
mod outages;
mod starting_anew;
