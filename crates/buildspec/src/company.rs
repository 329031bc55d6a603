//! `packaging/agents.yaml`: the crates of a company that are built into its agent.
//!
//! ```yaml
//! - name: acme_inventory                 # the RPC agent
//!   crate: acme-inventory-agent          # name of the crate; the agent's name with hyphens when it is missing
//!   path: ../acme-inventory-agent        # relative to this file, or
//!   git: https://git.example.net/agents  # with rev: a full commit id, or
//!   version: "=1.2.0"                    # exactly one version of a registry
//! ```

use crate::problem::Place;

/// One crate that provides one RPC agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyAgent {
    /// Name of the RPC agent.
    pub name: String,
    /// Name of the crate.
    pub krate: String,
    /// Where the crate comes from.
    pub source: CrateSource,
    /// Where it stands.
    pub place: Place,
}

/// Where a crate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrateSource {
    /// A folder, as the file has it: a relative one is relative to the file.
    Path(String),
    /// A repository and one commit of it.
    Git {
        /// Its address.
        url: String,
        /// The commit.
        rev: String,
    },
    /// One version of a registry.
    Registry {
        /// `=1.2.0`.
        version: String,
    },
}
