//! Why a program cannot have the agents that were compiled into it.

use crate::rpc::ddl::LoadError;

/// What is wrong with the agents of a company: a mistake of whoever composed the program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// The description cannot be used.
    #[error("cannot use the description of the agent in crate {krate}")]
    Description {
        /// The crate.
        krate: &'static str,
        /// What is wrong with it.
        #[source]
        err: LoadError,
    },
    /// The description is of another agent than `agents.yaml` says.
    #[error("crate {krate} provides the agent {found}, not {wanted}")]
    Misnamed {
        /// The crate.
        krate: &'static str,
        /// Name in the description.
        found: String,
        /// Name in `agents.yaml`.
        wanted: &'static str,
    },
    /// The description has no time-out.
    #[error("the description of the agent {name} in crate {krate} has no time-out")]
    NoTimeout {
        /// The agent.
        name: String,
        /// The crate.
        krate: &'static str,
    },
    /// The description has an action more than once.
    #[error("the description of the agent {name} in crate {krate} has the action {action} twice")]
    ActionTwice {
        /// The agent.
        name: String,
        /// The crate.
        krate: &'static str,
        /// The action.
        action: String,
    },
    /// The expression of an input is neither a regular expression nor a validator that is known here.
    #[error(
        "the description of the agent {name} in crate {krate} has an unusable expression for the input {input} of the \
         action {action}"
    )]
    Expression {
        /// The agent.
        name: String,
        /// The crate.
        krate: &'static str,
        /// The action.
        action: String,
        /// The input.
        input: String,
    },
    /// Two crates provide agents of one name.
    #[error("the crates {one} and {other} both provide the agent {name}")]
    Twice {
        /// The agent.
        name: String,
        /// A crate.
        one: &'static str,
        /// Another, or the same once more.
        other: &'static str,
    },
    /// The name is one that every node has.
    #[error("crate {krate} provides the agent {name}, which cannot be replaced")]
    Taken {
        /// The agent.
        name: String,
        /// The crate.
        krate: &'static str,
    },
    /// Our provisioning agent is active too.
    #[error(
        "crate {krate} provides the agent choria_provision, which only a build with ProvisionAgent: \"false\" may replace"
    )]
    NotReplaced {
        /// The crate.
        krate: &'static str,
    },
}
