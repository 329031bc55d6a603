//! The daemon: [`start`] finds and judges what is on the machine, [`run()`] builds the parts and runs [`daemon`], which
//! drains. Nothing fails once it runs.
//!
//! [`mode`] decides as what the node starts, [`assemble`] makes the node and its agents (`company` those that others
//! wrote), [`material`] prepares the
//! connection, [`keyring`] holds its certificate and [`renewal`] replaces it, [`dispatch`] judges requests and
//! [`gatekeeper`] who signed them, [`serve`] answers them, [`lifecycle`] and [`registration`] tell others, [`status`] and
//! [`metrics`] tell whoever looks after the machine, [`timekeeper`] doubts its clock and [`permissions`] its
//! broker, and [`beside`] is for the commands of its administrator. [`rehearsal`] is a node for the tests of those who
//! write agents.

pub mod assemble;
pub mod beside;
pub mod daemon;
pub mod dispatch;
pub mod gatekeeper;
pub mod keyring;
pub mod lifecycle;
pub mod material;
pub mod metrics;
pub mod mode;
pub mod permissions;
pub mod refusal;
pub mod registration;
pub mod rehearsal;
pub mod renewal;
pub mod replay_store;
pub mod run;
pub mod serve;
pub mod start;
pub mod status;
pub mod timekeeper;
pub mod trial;

mod build;
mod company;
mod guard;
mod saying;

pub use run::run;
pub use start::Options;
pub use start::StartError;
