//! The one connection for all nodes.

use std::path::Path;

use muster::build_info::BuildInfo;
use muster::client::Client;
use muster::client::ClientConfig;
use muster::client::Mailbox;
use muster::operator::Approach;
use muster::operator::ApproachError;
use muster::operator::Link;
use muster::operator::Machine;
use muster::operator::Protection;
use muster::operator::Voice;
use muster::operator::Wishes;
use muster::operator::configuration;
use muster::os::random;
use muster::protocol::names::Collective;
use muster::protocol::names::Identity;
use muster::protocol::names::InvalidName;
use muster::protocol::names::SenderId;
use muster::report::Exit;
use muster::secret::Secret;
use muster::transport;
use muster::transport::Handle;
use muster::transport::Incoming;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::find;

/// Everything that a connection needs, found and judged, not connected.
#[derive(Debug)]
pub struct Prepared {
    approach: Approach,
    collective: Collective,
    caller: String,
    production: Option<Approach>,
}

/// A connection that is being made, and stays.
#[derive(Debug)]
pub struct Connection {
    /// This machine.
    pub identity: Identity,
    /// Where nodes wait.
    pub collective: Collective,
    /// Calls nodes.
    pub client: Client<Link, Machine>,
    /// The connection itself.
    pub handle: Handle,
    /// What comes in.
    pub incoming: mpsc::Receiver<Incoming>,
    /// The production network, where that has brokers of its own.
    pub production: Option<Production>,
}

/// A connection to the production network, on which nothing is asked.
#[derive(Debug)]
pub struct Production {
    /// The connection itself.
    pub handle: Handle,
    /// What comes in.
    pub incoming: mpsc::Receiver<Incoming>,
}

/// Why there can be no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The client configuration does not tell how.
    #[error("cannot use the client configuration")]
    Approach(#[from] ApproachError),
    /// The client configuration of the production network does not tell how.
    #[error("cannot use production_config")]
    Production(#[source] ApproachError),
    /// A name cannot stand in a request.
    #[error("cannot use '{text}' as a name")]
    Name {
        /// The name.
        text: String,
        /// What is wrong with it.
        #[source]
        err: InvalidName,
    },
}

impl ConnectionError {
    /// The exit code that says so.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Approach(err) | Self::Production(err) => err.exit(),
            Self::Name { .. } => Exit::Config,
        }
    }
}

impl Prepared {
    /// Reads the client configuration and what it names.
    ///
    /// # Errors
    ///
    /// [`ConnectionError`].
    pub fn new(
        config: &Config,
        client_config: Option<&Path>,
        build: &BuildInfo,
    ) -> Result<Self, ConnectionError> {
        let loaded = configuration::load(client_config).map_err(ApproachError::from)?;
        let collective = name(PROVISIONING, Collective::new)?;
        let provisioning = BuildInfo {
            secure: build.secure && !config.insecure,
            ..*build
        };
        let wishes = Wishes {
            collective: Some(&collective),
            brokers: &[],
            protection: config.insecure.then_some(Protection::None),
            voice: Voice::Asks,
        };
        let approach = Approach::of(&loaded, &provisioning, &wishes)?;
        let production = config.production.as_deref();
        Ok(Self {
            caller: approach.caller.as_str().to_owned(),
            approach,
            collective,
            production: production
                .map(|file| self::production(file, build))
                .transpose()
                .map_err(ConnectionError::Production)?,
        })
    }

    /// Who calls.
    #[must_use]
    pub fn caller(&self) -> &str {
        &self.caller
    }

    /// Begins to connect. `instance` makes this provisioner another sender than every other one, so that nodes' locks keep
    /// them apart, and the same as before its own restart, so that they do not keep it from itself.
    ///
    /// # Errors
    ///
    /// [`ConnectionError::Name`].
    pub fn connect(
        self,
        config: &Config,
        instance: &str,
        tasks: &TaskTracker,
    ) -> Result<Connection, ConnectionError> {
        let Self {
            approach,
            collective,
            production,
            caller: _,
        } = self;
        let sender = name(&format!("{}-{instance}", approach.identity), SenderId::new)?;
        let mailbox = Mailbox::new(&approach.caller, &random::hex_id());
        let mut subscriptions = find::subscriptions(&config.lifecycle_component);
        subscriptions.push(mailbox.subscription(&collective));
        let mut settings = approach.connection(subscriptions);
        if let Some(password) = &config.broker_password {
            settings.credentials.user =
                Some((USER.to_owned(), Secret::new(password.expose().clone())));
        }
        let (handle, incoming) = transport::start(settings, tasks);
        let client = ClientConfig {
            sender,
            caller: approach.caller,
            ttl: approach.settings.ttl.as_secs(),
            discovery_timeout: Duration::ZERO,
            signer: approach.signer,
        };
        Ok(Connection {
            identity: approach.identity,
            collective,
            client: Client::new(Link::new(handle.clone()), Machine, client, mailbox),
            handle,
            incoming,
            production: production.map(|approach| {
                let settings = approach.connection([find::PRODUCTION_STARTUP.to_owned()]);
                let (handle, incoming) = transport::start(settings, tasks);
                Production { handle, incoming }
            }),
        })
    }
}

/// The production network is protected as its own configuration says, whatever the provisioning network is.
fn production(file: &Path, build: &BuildInfo) -> Result<Approach, ApproachError> {
    let loaded = configuration::load(Some(file))?;
    let wishes = Wishes {
        voice: Voice::Listens,
        ..Wishes::default()
    };
    Approach::of(&loaded, build, &wishes)
}

fn name<T>(
    text: &str,
    new: impl FnOnce(String) -> Result<T, InvalidName>,
) -> Result<T, ConnectionError> {
    new(text.to_owned()).map_err(|err| ConnectionError::Name {
        text: text.to_owned(),
        err,
    })
}

/// The collective of nodes that wait for a provisioner.
const PROVISIONING: &str = "provisioning";
/// The broker's name for provisioners.
const USER: &str = "provisioner";
