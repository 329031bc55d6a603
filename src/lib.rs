//! muster: the node-side provisioning agent of a fleet, wire-compatible with Choria.
//!
//! The layers, bottom to top; a module uses its own layer and lower ones only (`tests/it/architecture.rs`):
//!
//! | layer | modules |
//! |---|---|
//! | 0 | [`build_info`], [`report`], [`secret`] |
//! | 1 | [`config`], [`protocol`], [`security`], [`facts`]: pure |
//! | 2 | [`os`], [`transport`], [`telemetry`]: the only places with effects |
//! | 3 | [`rpc`], [`client`] |
//! | 4 | [`agents`] |
//! | 5 | [`company`]: what crates of others build upon; not yet stable |
//! | 6 | [`server`] |
//! | 7 | [`operator`] |
//! | 8 | [`cli`] |

pub mod agents;
pub mod build_info;
pub mod cli;
pub mod client;
pub mod company;
pub mod config;
pub mod facts;
pub mod operator;
pub mod os;
pub mod protocol;
pub mod report;
pub mod rpc;
pub mod secret;
pub mod security;
pub mod server;
pub mod telemetry;
pub mod transport;
