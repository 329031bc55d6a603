//! Whoever calls nodes from a machine of their own: the operator at a command line, and the provisioner.
//!
//! [`configuration`] finds the settings, `signing` the certificate that vouches for the calls, [`Approach`] puts both
//! together into everything that a connection needs, and [`Link`] and [`Machine`] let a [`Client`](crate::client::Client)
//! use it.

pub mod configuration;

mod approach;
mod link;
mod signing;

pub use approach::Approach;
pub use approach::ApproachError;
pub use approach::Protection;
pub use approach::Voice;
pub use approach::Wishes;
pub use link::Link;
pub use link::Machine;
pub use signing::Caller;
pub use signing::SigningError;
