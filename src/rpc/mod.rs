//! Agents as the node sees them: [`Agent`] answers requests, [`Rpc`] makes one of a set of [`Actions`], [`Stats`] counts.
//! [`ddl`] describes the interfaces of agents.

pub mod ddl;

mod agent;
mod concerns;
mod inputs;
mod knowledge;
mod node;
mod stats;

pub use agent::Acting;
pub use agent::Actions;
pub use agent::Agent;
pub use agent::Answer;
pub use agent::Answering;
pub use agent::Authorizer;
pub use agent::Call;
pub use agent::Done;
pub use agent::Failure;
pub use agent::Metadata;
pub use agent::Outcome;
pub use agent::Rpc;
pub use agent::Then;
pub use concerns::Concerns;
pub use knowledge::Knowledge;
pub use node::Brokers;
pub use node::LinkView;
pub use node::Node;
pub use stats::Counter;
pub use stats::LastRefusal;
pub use stats::Snapshot;
pub use stats::Stats;
