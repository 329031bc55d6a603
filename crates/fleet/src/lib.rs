//! muster-fleet: many nodes in one process, for load, soak and demonstration.
//!
//! Every node is the agent's own code, from its files to its answers: `muster::server` decides as what it starts, makes its
//! agents and serves its requests, in a directory of its own below one that goes when the fleet does. What a fleet adds
//! stands at the boundary where messages come and go:
//!
//! ```text
//!   broker ══ line (one connection, K nodes) ══╗
//!                                              ║  door: what came for one node
//!   member ──▶ wait, be slow, vanish ──────────╝
//!      │  ▲
//!      ▼  │ relay: what the node says, looked at, spoilt if it is a junk node, noted in the ledger
//!   incarnation: a real node from its files to its next restart
//! ```
//!
//! [`roster`] decides from the seed which node does what, [`ledger`] notes when what happened, [`report`] makes figures of
//! that. Not simulated: the lock, the pid and the status file of a process, signals, metrics, watching of files, registration,
//! renewal of certificates.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use muster_fleet::Fleet;
//! use muster_fleet::Options;
//! use muster_fleet::Until;
//! use std::time::Duration;
//!
//! let options = Options::new(20, "nats://127.0.0.1:4222".parse()?);
//! let fleet = Fleet::start(options).await?;
//! fleet.wait_until(Until::Confirmed, Duration::from_secs(60)).await?;
//! println!("{}", fleet.stop().await);
//! # Ok(())
//! # }
//! ```

pub mod cli;
pub mod exchange;
pub mod flags;
pub mod fleet;
pub mod incarnation;
pub mod junk;
pub mod keys;
pub mod ledger;
pub mod line;
pub mod machine;
pub mod options;
pub mod report;
pub mod roster;

mod group;
mod member;
mod temper;
mod world;

pub use cli::run::run;
pub use fleet::Fleet;
pub use fleet::FleetError;
pub use fleet::NodeView;
pub use ledger::Stage;
pub use ledger::Until;
pub use options::Options;
pub use options::Share;
pub use options::Shares;
pub use report::Report;
