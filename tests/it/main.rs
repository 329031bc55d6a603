//! Integration tests: behaviour by area, the architecture, the golden wire.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helper functions of tests are not covered by the lints' exception"
)]

mod agents;
mod architecture;
mod audit;
mod authorization;
mod clock;
mod company;
mod documents;
mod golden;
mod metrics;
mod os;
mod protocol;
mod provision;
mod registration;
mod renewal;
mod signed;
mod support;
mod transport;
