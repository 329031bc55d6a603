//! The way back: a node of a fleet waits for a provisioner again (spec 04 §6.5).
//!
//! The reference replaces a working configuration and hopes. Here everything that the waiting node will need is shown to
//! be there before anything changes, because a node that has left its fleet and finds no provisioner is lost:
//!
//! 1. the administrator's policy can be followed, because without it no `configure` would be taken, and, over the
//!    network, it allows the way back;
//! 2. the build has the agent, and knows where provisioners are;
//! 3. with the new file the next start would wait: `plugin.d`, the environment, a provisioning JWT and what the build
//!    demands of TLS count as they will then;
//! 4. the brokers are found at this moment: SRV records are answered, names have addresses;
//! 5. the files can be written. A transaction stages all of them before it decides, so that is shown by committing, or,
//!    for somebody who is to be asked first, by [`WayBack::rehearse`].
//!
//! The new file keeps what [`waiting`] says. Nothing else changes: certificates, keys, tokens and policies stay, and the
//! configuration that is replaced is the kept generation, so that a rollback brings back a node that starts.

use std::error::Error;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::local_policy;
use super::local_policy::LocalPolicyError;
use crate::build_info::BuildInfo;
use crate::config::Source;
use crate::config::policy::Refusal;
use crate::config::policy::Verdict;
use crate::config::render::RenderError;
use crate::config::render::render;
use crate::config::waiting;
use crate::os::configuration;
use crate::os::configuration::ReadError;
use crate::os::files::FileError;
use crate::os::files::Files;
use crate::os::transaction::GenerationState;
use crate::os::transaction::Transaction;
use crate::os::transaction::TransactionError;
use crate::protocol::names::Identity;
use crate::report::Chain;
use crate::rpc::Failure;
use crate::secret::Secret;
use crate::transport;
use crate::transport::FindError;
use crate::transport::Server;
use crate::transport::Targets;

/// What the way back is judged from.
#[derive(Debug, Clone)]
pub struct Ground {
    /// What the build decided.
    pub build: BuildInfo,
    /// Whether the program has an agent that provisions: ours, or the company's in its place.
    pub agent: bool,
    /// The machine's files.
    pub files: Arc<dyn Files>,
    /// The configuration file, absolute.
    pub config_file: PathBuf,
    /// Where the node keeps what is nobody else's.
    pub state_dir: PathBuf,
    /// Who the node is, and stays.
    pub identity: Identity,
    /// Where it would look for a provisioner.
    pub brokers: Targets,
    /// As what it would start with a main file (none: without one). The daemon's own decision.
    pub starts: fn(&Path, &BuildInfo, Option<&Source>) -> Result<StartsAs, NoStart>,
}

/// As what a node would start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartsAs {
    /// One that waits for a provisioner.
    Waiting,
    /// An ordinary managed node.
    Normal,
}

/// Why a node would not start.
pub type NoStart = Box<dyn Error + Send + Sync>;

/// Who wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Somebody with the token.
    OverNetwork,
    /// The administrator of the machine, who outranks its policy.
    OnTheMachine,
}

/// The way back.
#[derive(Debug)]
pub enum Way {
    /// Somebody went it already: the next start waits for a provisioner.
    Taken,
    /// All that it takes is there.
    Open(WayBack),
}

/// A way back that was found open.
#[derive(Debug)]
pub struct WayBack {
    /// The file that will be replaced; not a link.
    pub target: PathBuf,
    /// Brokers at which the node will wait, found a moment ago.
    pub brokers: Vec<Server>,
    config: Secret<String>,
}

/// Why a node cannot go back. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WayBackError {
    /// The administrator's policy cannot be followed.
    #[error("the policy of this node cannot be followed, no provisioner could configure it")]
    Policy(#[source] LocalPolicyError),
    /// The administrator's policy closes the way.
    #[error(transparent)]
    NotAllowed(Refusal),
    /// `ProvisionAgent` is off, and no agent of the company is in its place.
    #[error("this build has no provisioning agent")]
    NoAgent,
    /// Neither brokers nor a domain.
    #[error("this build knows no provisioning brokers")]
    CannotProvision,
    /// The configuration files of the node cannot be read.
    #[error("the node's configuration cannot be read")]
    Unreadable(#[source] ReadError),
    /// The settings to keep cannot be written.
    #[error("the settings to keep cannot be written")]
    Render(#[source] RenderError),
    /// The node would not start.
    #[error("the node would not start to wait for a provisioner")]
    WouldNotStart(#[source] NoStart),
    /// The node would start in normal mode.
    #[error(
        "the node would not wait for a provisioner: a file in plugin.d or the environment says otherwise"
    )]
    WouldNotWait,
    /// Nobody to wait for.
    #[error("the provisioning brokers cannot be found")]
    NoBrokers(#[source] FindError),
    /// The real place of the configuration file cannot be found.
    #[error("cannot determine full path to config file")]
    Target(#[source] FileError),
    /// Writing failed. Nothing has changed, unless it is [`TransactionError::Undecided`].
    #[error("the configuration file cannot be replaced")]
    Write(#[source] TransactionError),
    /// The process is ending.
    #[error("the process is ending")]
    Ending,
}

/// Proves that the node would find all it needs; `header` is the first line of the new file.
///
/// # Errors
///
/// [`WayBackError`] with the first thing that is missing.
pub async fn prove(ground: &Ground, asked: Asked, header: &str) -> Result<Way, WayBackError> {
    permitted(ground, asked)?;
    if !ground.agent {
        return Err(WayBackError::NoAgent);
    }
    if !ground.build.can_provision() {
        return Err(WayBackError::CannotProvision);
    }
    let sources = configuration::read(&ground.config_file).map_err(WayBackError::Unreadable)?;
    let settings = waiting(sources.main.as_ref(), &ground.identity);
    let text = render(&settings, header).map_err(WayBackError::Render)?;
    let starts = |main: Option<&Source>| (ground.starts)(&ground.config_file, &ground.build, main);
    let path = ground.config_file.display().to_string();
    match starts(Some(&Source::new(&path, text.as_str()))) {
        Ok(StartsAs::Waiting) => {}
        Ok(StartsAs::Normal) => return Err(WayBackError::WouldNotWait),
        Err(err) => return Err(WayBackError::WouldNotStart(err)),
    }
    let brokers = transport::find(ground.brokers.clone(), LOOKUP)
        .await
        .map_err(WayBackError::NoBrokers)?;
    // a file that would not start is as good as any to be replaced, and one that is not there keeps no name
    let main = sources.main.as_ref();
    if main.is_some() && matches!(starts(main), Ok(StartsAs::Waiting)) {
        return Ok(Way::Taken);
    }
    let target = configuration::target(ground.files.as_ref(), &ground.config_file)
        .map_err(WayBackError::Target)?;
    Ok(Way::Open(WayBack {
        target,
        brokers,
        config: Secret::new(text),
    }))
}

fn permitted(ground: &Ground, asked: Asked) -> Result<(), WayBackError> {
    let directory = ground
        .config_file
        .parent()
        .unwrap_or_else(|| Path::new("."));
    let policy = local_policy::read(directory).map_err(WayBackError::Policy)?;
    match (asked, policy.judge_reprovision()) {
        (Asked::OverNetwork, Verdict::Refused(refusal)) => Err(WayBackError::NotAllowed(refusal)),
        (Asked::OverNetwork, Verdict::Allowed)
        | (Asked::OnTheMachine, Verdict::Allowed | Verdict::Refused(_)) => Ok(()),
    }
}

impl WayBack {
    /// Tries whether the files can be written; nothing changes.
    ///
    /// # Errors
    ///
    /// [`WayBackError::Write`] with what stands in the way.
    pub fn rehearse(&self, ground: &Ground) -> Result<(), WayBackError> {
        self.transaction(0)
            .rehearse(ground.files.as_ref(), &ground.state_dir)
            .map_err(WayBackError::Write)
    }

    /// What replaces the configuration at `now` (seconds since 1970). The new generation needs no trial: whoever sends a
    /// node back wants it to wait, however long that takes.
    #[must_use]
    pub fn transaction(&self, now: i64) -> Transaction {
        let text = Secret::new(self.config.expose().clone().into_bytes());
        Transaction::new(GenerationState::Committed, now).file(&self.target, text, 0o600)
    }
}

impl From<&WayBackError> for Failure {
    fn from(err: &WayBackError) -> Self {
        let chain = Chain(err);
        match err {
            WayBackError::Policy(_)
            | WayBackError::NotAllowed(_)
            | WayBackError::NoAgent
            | WayBackError::CannotProvision
            | WayBackError::WouldNotStart(_)
            | WayBackError::WouldNotWait
            | WayBackError::NoBrokers(_) => {
                Self::aborted(format!("Cannot enable provisioning mode: {chain}"))
            }
            WayBackError::Unreadable(_)
            | WayBackError::Render(_)
            | WayBackError::Target(_)
            | WayBackError::Write(_)
            | WayBackError::Ending => Self::aborted(format!("Could not write config: {chain}")),
        }
    }
}

/// For finding the brokers: an action has 20 seconds, and its caller little more.
const LOOKUP: Duration = Duration::from_secs(8);
