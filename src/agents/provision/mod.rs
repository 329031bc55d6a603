//! The agent `choria_provision`: how a node becomes what its site wants it to be (spec 04).
//!
//! Every action passes the gate first: the mode it works in, then the token, then the provisioning [`Lock`]. Nothing
//! that an unauthenticated peer sends takes the lock or touches a file. [`Keys`] holds what the node generated and has
//! not yet put to use; `plan` judges a configuration as a whole before `configure` commits it in one transaction.
//! [`prove`] is the same for the way back: `reprovision`, over the network or at the command line, changes nothing until
//! all that a waiting node needs is shown to be there. Whatever writes takes a turn (`turns`).

mod answers;
mod bootable;
mod configure;
mod error;
mod gate;
mod gen25519;
mod gencsr;
mod inputs;
mod keys;
mod local_policy;
mod lock;
mod plan;
mod policy_files;
mod reprovision;
mod restart;
mod tls;
mod token_check;
mod token_file;
mod turns;
mod way_back;

use std::path::PathBuf;
use std::sync::Arc;

pub use error::ConfigureError;
pub use keys::Keys;
pub use keys::KeysError;
pub use local_policy::LocalPolicyError;
pub use lock::Lock;
pub use lock::Locked;
pub use lock::Provisioner;
pub use token_check::TokenCheck;
pub use token_file::TokenRefusal;
pub use turns::Turns;
pub use way_back::Asked;
pub use way_back::Ground;
pub use way_back::NoStart;
pub use way_back::StartsAs;
pub use way_back::Way;
pub use way_back::WayBack;
pub use way_back::WayBackError;
pub use way_back::prove;

use self::gate::Gate;
use super::metadata;
use crate::build_info::BuildInfo;
use crate::os::clock::Clock;
use crate::os::files::Files;
use crate::os::transaction::Generations;
use crate::rpc::Acting;
use crate::rpc::Actions;
use crate::rpc::Call;
use crate::rpc::Metadata;
use crate::rpc::Node;

/// The agent.
#[derive(Debug)]
pub struct Provision {
    metadata: Metadata,
    site: Arc<Site>,
    gate: Arc<Gate>,
}

/// Where the agent works and with what.
#[derive(Debug)]
pub struct Site {
    /// The node.
    pub node: Arc<Node>,
    /// What the build decided.
    pub build: BuildInfo,
    /// The machine's files.
    pub files: Arc<dyn Files>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where the node keeps what is nobody else's.
    pub state_dir: PathBuf,
    /// Keys that were generated and not yet put to use.
    pub keys: Keys,
    /// Who may work on files.
    pub turns: Turns,
    /// Whether a caller knows the token.
    pub tokens: Arc<TokenCheck>,
    /// What was and is in place.
    pub generations: Arc<Generations>,
    /// What the way back to a provisioner is judged from.
    pub ground: Ground,
}

impl Provision {
    /// The agent of this node.
    #[must_use]
    pub fn new(site: Arc<Site>) -> Self {
        let metadata = metadata("choria_provision", site.node.version);
        let gate = Arc::new(Gate::new(&site));
        Self {
            metadata,
            site,
            gate,
        }
    }
}

impl Actions for Provision {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn run(&self, call: Call) -> Option<Acting<'_>> {
        Some(match call.action.as_str() {
            "configure" => Box::pin(configure::run(&self.site, &self.gate, call)),
            "gen25519" => Box::pin(gen25519::run(&self.site, &self.gate, call)),
            "gencsr" => Box::pin(gencsr::run(&self.site, &self.gate, call)),
            "jwt" => Box::pin(answers::jwt(&self.site, &self.gate, call)),
            "release_update" => Box::pin(answers::release_update(&self.site, &self.gate, call)),
            "reprovision" => Box::pin(reprovision::run(&self.site, &self.gate, call)),
            "restart" => Box::pin(restart::restart(&self.site, &self.gate, call)),
            "shutdown" => Box::pin(restart::shutdown(&self.gate, call)),
            _ => return None,
        })
    }
}

impl Site {
    /// To be called once when the node begins to wait: generates the key, and removes what a process left that was killed
    /// while it answered `gencsr`.
    pub fn prepare(&self) {
        self.keys.prepare();
        gencsr::sweep(self.files.as_ref(), &self.ssl_dir());
    }

    /// The directory of the configuration file: what a provisioner writes stays below it.
    fn config_dir(&self) -> PathBuf {
        self.node
            .config_file
            .parent()
            .map_or_else(|| PathBuf::from("."), std::path::Path::to_path_buf)
    }

    /// Where certificate and key go unless the provisioner names another allowed directory.
    fn ssl_dir(&self) -> PathBuf {
        self.config_dir().join("ssl")
    }
}

/// Text that peers match on (spec 04 §3).
const NOT_PROVISIONING: &str = "Cannot reconfigure a server that is not in provisioning mode";
