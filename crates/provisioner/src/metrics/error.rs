//! Why there are no metrics.

use std::io;
use std::net::SocketAddr;

/// The metrics cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the metric {name}")]
pub struct MetricsError {
    /// Which one.
    pub name: &'static str,
    /// What is wrong with it.
    #[source]
    pub err: prometheus::Error,
}

/// Nobody can reach the metrics.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct ListenError {
    /// Address and port.
    pub address: SocketAddr,
    /// What the system said.
    #[source]
    pub err: io::Error,
}
