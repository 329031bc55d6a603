//! What the provisioner counts, and the port where it shows that, its health and its readiness.
//!
//! [`Metrics`] is handed to everybody who counts; each has a registry of its own, so that two provisioners in one process
//! do not add up. The rows of `table` are the one place that knows a name: what is registered and docs/provisioner-metrics.md
//! both derive from it. Names of the reference are kept, those without `_total` among them; where it has a summary without
//! quantiles, a histogram has the same `_sum` and `_count` and its buckets beside them.
//!
//! No label is ever an identity or any other text of a peer: label values come from closed sets or are part of the program,
//! so that the number of series is known when the program is built.
//!
//! [`listen`] and [`Listening::serve`] answer `/metrics`, `/healthz` and `/readyz`. The engine tells its state through a
//! `watch` of [`Health`]: an engine that stopped telling is not alive, whatever it said last.

mod calls;
mod error;
mod finding;
mod gauges;
mod health;
mod listener;
mod outcomes;
mod process;
mod reference;
mod registration;
mod registry;
mod table;

pub use calls::Rpc;
pub use calls::Step;
pub use error::ListenError;
pub use error::MetricsError;
pub use gauges::Gauges;
pub use health::Health;
pub use listener::Listening;
pub use listener::listen;
pub use reference::reference_markdown;
pub use registry::Metrics;

#[cfg(test)]
mod tests;
