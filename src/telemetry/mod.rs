//! What the node tells its operator: logs, and how often peers may cause them.

mod log;
mod throttle;

pub use log::Destination;
pub use log::Level;
pub use log::LogError;
pub use log::Logging;
pub use log::start;
pub use throttle::Throttle;
