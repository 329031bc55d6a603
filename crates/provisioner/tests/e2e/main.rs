//! The provisioner as its users meet it: the real program, a real broker, nodes that do what a test says.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helper functions of tests are not covered by the lints' exceptions"
)]

mod admission;
mod broker_loss;
mod brokers;
mod checking;
mod commands;
mod floods;
mod harness;
mod hostile_helpers;
mod hostile_nodes;
mod identities;
mod lost_replies;
mod metrics;
#[expect(
    dead_code,
    reason = "shared with the agent's tests, which use the rest"
)]
#[path = "../../../../tests/it/support/nats.rs"]
mod nats;
mod onboarding;
mod outages;
mod pace;
mod pausing;
mod plans;
mod reloading;
mod renaming;
mod resuming;
mod site_faults;
mod starting_anew;
mod two_provisioners;
