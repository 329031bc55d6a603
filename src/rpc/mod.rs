//! Agents as the node sees them: [`Agent`] answers requests, [`Rpc`] makes one of a set of [`Actions`], [`Stats`] counts.
//! Between a request and the action it asks for stands the [`Guard`], with [`authorization`] and [`audit`]. [`ddl`] describes the interfaces of agents.

pub mod audit;
pub mod authorization;
pub mod ddl;

mod agent;
mod concerns;
mod guard;
mod inputs;
mod knowledge;
mod node;
mod stats;

pub use agent::Acting;
pub use agent::Actions;
pub use agent::Agent;
pub use agent::Answer;
pub use agent::Answering;
pub use agent::Call;
pub use agent::Done;
pub use agent::Failure;
pub use agent::Metadata;
pub use agent::Outcome;
pub use agent::Rpc;
pub use agent::Then;
pub use concerns::Concerns;
pub use guard::Guard;
pub use knowledge::Knowledge;
pub use node::Brokers;
pub use node::LinkView;
pub use node::Node;
pub use stats::Counter;
pub use stats::LastRefusal;
pub use stats::Snapshot;
pub use stats::Stats;
