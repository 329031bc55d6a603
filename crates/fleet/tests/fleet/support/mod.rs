//! The broker of the agent's own tests.

#[path = "../../../../../tests/it/support/nats.rs"]
pub(crate) mod nats;
