//! What a node lends to an agent of a company.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::Acting;
use super::Call;
use super::Failure;
use crate::agents::provision::Provision;
use crate::agents::provision::TokenCheck;
use crate::os::files::Attempt;
use crate::os::files::FileError;
use crate::os::files::Files;
use crate::os::files::Kind;
use crate::protocol::names::Collective;
use crate::rpc::Actions as _;
use crate::rpc::Node;
use crate::secret::Secret;

/// What a node lends to one agent. It stays valid as long as the agent lives.
pub struct Host(Lent);

/// What a [`Host`] is made of.
pub(crate) struct Lent {
    /// Name of the agent.
    pub(crate) agent: String,
    pub(crate) node: Arc<Node>,
    pub(crate) files: Arc<dyn Files>,
    /// The state directory of the node.
    pub(crate) state_dir: PathBuf,
    /// The agent's own settings, without their prefix.
    pub(crate) settings: BTreeMap<String, Secret<String>>,
    pub(crate) tokens: Arc<TokenCheck>,
    /// Our provisioning agent, where this one takes its place.
    pub(crate) provisioning: Option<Provision>,
}

/// Our own provisioning agent, which is not registered: for an agent that takes its place and leaves the work to it.
#[derive(Debug)]
pub struct Provisioning(Provision);

impl Host {
    pub(crate) const fn new(lent: Lent) -> Self {
        Self(lent)
    }

    /// Who the node is, `n1.example.net`.
    #[must_use]
    pub fn identity(&self) -> &str {
        self.0.node.identity.as_str()
    }

    /// Version of the program.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.0.node.version
    }

    /// The collectives that the node is in.
    pub fn collectives(&self) -> impl Iterator<Item = &str> {
        self.0.node.collectives.iter().map(Collective::as_str)
    }

    /// Whether the node waits for a provisioner: its requests are signed by nobody then, and its callers are whoever they
    /// say they are. The agent is made anew when that changes.
    #[must_use]
    pub fn waits_for_provisioner(&self) -> bool {
        self.0.node.provisioning
    }

    /// A fact by its path, `os.family`; null when there is none. Facts are read anew when their files change.
    #[must_use]
    pub fn fact(&self, path: &str) -> Value {
        self.0.node.fact(path)
    }

    /// All facts.
    #[must_use]
    pub fn facts(&self) -> Value {
        self.0.node.facts()
    }

    /// The configuration file of the node.
    #[must_use]
    pub fn config_file(&self) -> &Path {
        &self.0.node.config_file
    }

    /// A setting of this agent: `plugin.<agent>.<key>` in the configuration, or `<key>` in `plugin.d/<agent>.cfg`. It counts
    /// while the node waits for a provisioner too.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.0.settings.get(key).map(|text| text.expose().as_str())
    }

    /// A folder for this agent alone, only for the node's user. It survives restarts and provisioning.
    ///
    /// # Errors
    ///
    /// [`FileError`] when it cannot be made.
    pub fn state_folder(&self) -> Result<PathBuf, FileError> {
        let all = self.0.state_dir.join("agents");
        let own = all.join(&self.0.agent);
        for folder in [&all, &own] {
            self.make_private(folder)?;
        }
        Ok(own)
    }

    fn make_private(&self, folder: &Path) -> Result<(), FileError> {
        let files = self.0.files.as_ref();
        match files.entry(folder)? {
            None => files.create_dir(folder, PRIVATE),
            Some(entry) if entry.kind != Kind::Directory => {
                let err = std::io::ErrorKind::NotADirectory.into();
                Err(FileError::new(Attempt::CreateDirectory, folder, err))
            }
            Some(entry) if entry.mode & 0o077 != 0 => files.set_mode(folder, PRIVATE),
            Some(_) => Ok(()),
        }
    }

    /// Whether the build has a token at all. Without one [`Host::verify_token`] lets everybody through.
    #[must_use]
    pub fn has_token(&self) -> bool {
        !self.0.tokens.anyone()
    }

    /// Lets a call through whose token is one of the build's, as our provisioning agent does: guessing is slow, whichever
    /// agents are asked.
    ///
    /// # Errors
    ///
    /// [`Failure`] with the text that provisioners know.
    pub async fn verify_token(&self, call: &Call, token: &str) -> Result<(), Failure> {
        let token = Secret::new(token.to_owned());
        self.0.tokens.pass(token, call).await
    }

    /// Our own provisioning agent, to be wrapped by the agent that takes its place: once, and for nobody else.
    pub fn provisioning(&mut self) -> Option<Provisioning> {
        self.0.provisioning.take().map(Provisioning)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("agent", &self.0.agent)
            .finish_non_exhaustive()
    }
}

impl Provisioning {
    /// Runs one of our actions: `gencsr`, `gen25519`, `configure`, `restart`, `reprovision`, `shutdown`, `jwt`,
    /// `release_update`. It judges mode, token and lock itself, and ignores inputs that it does not know.
    #[must_use]
    pub fn run(&self, call: Call) -> Option<Acting<'_>> {
        self.0.run(call)
    }
}

/// For the node's user.
const PRIVATE: u32 = 0o700;
