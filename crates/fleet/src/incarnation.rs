//! A node from its files to its next restart, made of the agent's own parts.
//!
//! The order is that of a start: finish what a crash left, read the configuration and decide as what the node starts,
//! see that it has what it needs, make node and agents, connect. Left out is what belongs to a process and not to a node:
//! lock, log, pid and status file, signals.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use muster::config::CertificateFiles;
use muster::config::Owner;
use muster::os::atomic_file;
use muster::os::atomic_file::WriteError;
use muster::os::transaction;
use muster::os::transaction::TransactionError;
use muster::protocol::lifecycle::Format;
use muster::protocol::names::Identity;
use muster::rpc::Then;
use muster::secret::Secret;
use muster::server::StartError;
use muster::server::assemble::Assembly;
use muster::server::assemble::assemble;
use muster::server::beside;
use muster::server::lifecycle::Lifecycle;
use muster::server::material;
use muster::server::material::MaterialError;
use muster::server::material::Needs;
use muster::server::replay_store::ReplayStore;
use muster::server::serve::Server;
use muster::server::start;
use muster::server::start::Foundation;
use muster::server::trial::Trial;
use muster::transport;
use muster::transport::Credentials;
use muster::transport::Relay;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::group;
use crate::group::Group;
use crate::line::Door;
use crate::line::Line;
use crate::line::NotConnected;
use crate::line::Side;
use crate::options::Production;
use crate::world::World;

/// A running node.
#[derive(Debug)]
pub struct Incarnation {
    /// Serves its requests.
    pub server: Arc<Server>,
    /// Publishes its events.
    pub lifecycle: Lifecycle,
    /// What its answers entail.
    pub followups: mpsc::Receiver<Then>,
    /// What it says.
    pub relay: Relay,
    /// As what it started.
    pub side: Side,
    /// What it does in the background.
    pub tasks: TaskTracker,
    /// Its own connection, where it has one.
    pub own: Option<Line>,
    trial: Option<Trial>,
}

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BirthError {
    /// Its directory cannot be made.
    #[error("cannot make the directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// Its key cannot be put where it looks for one.
    #[error("cannot stage the key")]
    Key(#[source] WriteError),
    /// What a crash left cannot be finished.
    #[error("cannot recover the state of the node")]
    Recover(#[source] TransactionError),
    /// The agent refuses to start.
    #[error("the node does not start")]
    Start(#[source] StartError),
    /// Its connection cannot be prepared.
    #[error("cannot prepare the connection")]
    Connection(#[source] MaterialError),
    /// Nobody lets it in.
    #[error(transparent)]
    NotConnected(NotConnected),
}

/// Where a node lives and who it is.
#[derive(Debug)]
pub struct Home {
    /// Its directory, as that of a configuration file.
    pub directory: PathBuf,
    /// The name that its machine lends it.
    pub host: Identity,
}

impl Home {
    /// Makes the directory of a node that was never started, with the key that it shall use.
    ///
    /// # Errors
    ///
    /// [`BirthError`] when the system refuses.
    pub(crate) fn make(
        &self,
        world: &World,
        key: Option<&Secret<String>>,
    ) -> Result<(), BirthError> {
        fs::create_dir(&self.directory).map_err(|err| BirthError::Directory {
            path: self.directory.clone(),
            err,
        })?;
        let Some(key) = key else {
            return Ok(());
        };
        let state_dir = self.state_dir();
        transaction::prepare_state_dir(world.files.as_ref(), &state_dir)
            .map_err(BirthError::Recover)?;
        let path = staged_key(&state_dir);
        atomic_file::write(world.files.as_ref(), &path, key.expose().as_bytes(), 0o600)
            .map_err(BirthError::Key)
    }

    /// The configuration file, whether it is there or not.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.directory.join("server.conf")
    }

    fn state_dir(&self) -> PathBuf {
        self.directory.join(".muster")
    }
}

/// Where a node in this state directory looks for the key that it generated before (`agents::provision::keys`).
#[must_use]
pub fn staged_key(state_dir: &Path) -> PathBuf {
    state_dir.join("staged-private.pem")
}

impl Incarnation {
    /// Starts the node of a home.
    ///
    /// # Errors
    ///
    /// [`BirthError`] with what stands in the way.
    pub(crate) async fn start(
        world: &Arc<World>,
        group: &Group,
        home: &Home,
        door: &Door,
    ) -> Result<Self, BirthError> {
        let foundation = found(world, home)?;
        let (line, own) = match side(&foundation) {
            Side::Provisioning => (group.waiting(), None),
            Side::Production => production(world, group, &foundation, door).await?,
        };
        let line = own.as_ref().unwrap_or(line);
        Ok(Self::over(world, &foundation, line.handle())?.with(own))
    }

    /// The node over a connection.
    fn over(
        world: &Arc<World>,
        foundation: &Foundation,
        carrier: &transport::Handle,
    ) -> Result<Self, BirthError> {
        let tasks = TaskTracker::new();
        let targets = Targets::Servers(vec![world.options.broker.clone()]);
        let Assembly {
            node,
            dispatcher,
            site,
            generations,
            ..
        } = assemble(foundation, &targets, &tasks, &world.clock).map_err(BirthError::Start)?;
        let (link, relay) = transport::relayed(carrier);
        node.link.get_or_init(|| link.clone());
        if let Some(site) = site {
            site.prepare();
        }
        let format = if foundation.resolved.settings.legacy_lifecycle_format {
            Format::Legacy
        } else {
            Format::CloudEvents
        };
        let lifecycle = || {
            let (node, clock) = (Arc::clone(&node), Arc::clone(&world.clock));
            Lifecycle::new(node, link.clone(), clock, format)
        };
        let (followup, followups) = mpsc::channel(FOLLOWUPS);
        let path = foundation.state_dir.join("replay.json");
        let store = ReplayStore::open(Arc::clone(&world.files), path, world.clock.now());
        let server = Server::new(
            Arc::clone(&node),
            dispatcher,
            link.clone(),
            Arc::new(lifecycle()),
            followup,
            store,
            Arc::clone(&world.clock),
        );
        Ok(Self {
            server: Arc::new(server),
            lifecycle: lifecycle(),
            followups,
            relay,
            side: side(foundation),
            tasks,
            own: None,
            trial: (!foundation.mode.is_provisioning()).then(|| Trial::new(generations)),
        })
    }

    fn with(self, own: Option<Line>) -> Self {
        Self { own, ..self }
    }

    /// The connection stands: a configuration on trial has proved itself.
    pub fn is_connected(&mut self) {
        if let Some(trial) = self.trial.take() {
            trial.passed(&self.tasks);
        }
    }
}

const fn side(foundation: &Foundation) -> Side {
    if foundation.mode.is_provisioning() {
        Side::Provisioning
    } else {
        Side::Production
    }
}

/// Reads and judges what is in the directory, as a start does.
fn found(world: &World, home: &Home) -> Result<Foundation, BirthError> {
    let files = world.files.as_ref();
    let state_dir = home.state_dir();
    transaction::prepare_state_dir(files, &state_dir).map_err(BirthError::Recover)?;
    transaction::recover(files, &state_dir).map_err(BirthError::Recover)?;
    let config_file = start::config_file(&home.config_file()).map_err(BirthError::Start)?;
    let (mode, resolved) =
        start::configuration(&config_file, &world.build).map_err(BirthError::Start)?;
    let configured = resolved.settings.identity.clone();
    Ok(Foundation {
        build: world.build,
        company: Arc::default(),
        config_file,
        files: Arc::clone(&world.files),
        state_dir,
        mode,
        identity: configured.unwrap_or_else(|| home.host.clone()),
        resolved,
    })
}

/// The connection of a provisioned node, which has all it needs for one of its own even where it shares one.
async fn production<'a>(
    world: &Arc<World>,
    group: &'a Group,
    foundation: &Foundation,
    door: &Door,
) -> Result<(&'a Line, Option<Line>), BirthError> {
    let settings = &foundation.resolved.settings;
    let collectives = &settings.collectives;
    match world.options.in_production() {
        Production::At(broker) => {
            beside::would_start(foundation.mode, settings, &world.build)
                .map_err(BirthError::Start)?;
            let line = group.production(world, &broker, collectives).await;
            Ok((line.map_err(BirthError::NotConnected)?, None))
        }
        Production::Configured => {
            let (targets, tls) = protection(world, foundation).map_err(BirthError::Connection)?;
            let login = settings.brokers.login.as_ref();
            let credentials = Credentials {
                user: login.map(|login| (login.user.clone(), login.password.clone())),
                token: None,
            };
            let member = (foundation.identity.to_string(), door.clone());
            let line = group::own(world, member, targets, tls, credentials, collectives).await;
            Ok((
                group.waiting(),
                Some(line.map_err(BirthError::NotConnected)?),
            ))
        }
    }
}

/// Where a provisioned node finds its broker, and with which certificate.
fn protection(
    world: &World,
    foundation: &Foundation,
) -> Result<(Targets, TlsPolicy), MaterialError> {
    let settings = &foundation.resolved.settings;
    let identity = foundation.identity.as_str();
    let resolver = material::resolver(settings.muster.resolver.as_ref());
    let targets = material::normal_targets(settings, identity, resolver)?;
    let owner = Owner {
        certname: identity,
        root: false,
        home: None,
    };
    let tls = match material::needs(&world.build, settings, &owner)? {
        Needs::Nothing(tls) => tls,
        Needs::Certificates(files) => TlsPolicy::Required(certificate(&files, foundation)?),
    };
    Ok((targets, tls))
}

fn certificate(
    files: &CertificateFiles,
    foundation: &Foundation,
) -> Result<muster::security::tls::VerifiedTls, MaterialError> {
    let terms = foundation.resolved.settings.security.terms();
    material::load(files, &terms).map(|material| material.tls().clone())
}

/// One restart is enough.
const FOLLOWUPS: usize = 4;
