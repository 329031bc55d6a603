//! Where a command gets its settings and its connection: files, environment, broker.

use std::io;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

use super::error::OperatorError;
use super::filter::ConnectArgs;
use super::filter::TlsChoice;
use super::settings::ClientSettings;
use super::signing::Caller;
use crate::build_info::BuildInfo;
use crate::cli::configuration;
use crate::client::Client;
use crate::client::ClientConfig;
use crate::client::LimitMethod;
use crate::client::Mailbox;
use crate::client::Surroundings;
use crate::client::Who;
use crate::client::Wire;
use crate::client::WireError;
use crate::client::caller_id;
use crate::config::Owner;
use crate::config::Settings;
use crate::config::choices;
use crate::config::default_identity;
use crate::config::settings;
use crate::os::clock::Clock as _;
use crate::os::clock::SystemClock;
use crate::os::host;
use crate::os::random;
use crate::protocol::names::CallerId;
use crate::protocol::names::Collective;
use crate::protocol::names::SenderId;
use crate::protocol::names::Subject;
use crate::security::tls::UnverifiedTls;
use crate::server::StartError;
use crate::server::material;
use crate::server::material::MaterialError;
use crate::transport;
use crate::transport::Incoming;
use crate::transport::Server;
use crate::transport::State;
use crate::transport::Subscription;
use crate::transport::Targets;
use crate::transport::TlsPolicy;
use crate::transport::TransportError;

/// Settings, a client and what comes in for it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) settings: ClientSettings,
    pub(super) client: Client<Link, Machine>,
    pub(super) incoming: mpsc::Receiver<Incoming>,
}

/// Reads the operator's configuration and connects to the broker, subscribed to the mailbox in the main collective and
/// in the one that the arguments ask for.
pub(super) async fn open(args: &ConnectArgs, build: &BuildInfo) -> Result<Session, OperatorError> {
    let loaded = configuration::load(args.config.as_deref())?;
    for refused in &loaded.refused {
        // nowhere is left to say that this failed too
        match writeln!(io::stderr(), "{}: {refused}", crate::cli::NAME) {
            Ok(()) | Err(_) => {}
        }
    }
    let settings = loaded.resolve(build)?.settings;
    let identity = match &settings.identity {
        Some(identity) => identity.clone(),
        None => default_identity(
            &host::host_name().map_err(StartError::from)?,
            host::machine_id(std::path::Path::new("/")).as_deref(),
        )
        .map_err(StartError::from)?,
    };
    let name = |text: &str| {
        let text = text.to_owned();
        move |err| OperatorError::Name { text, err }
    };
    let mut collectives = vec![settings.main_collective.clone()];
    if let Some(target) = &args.target {
        collectives.push(Collective::new(target.as_str()).map_err(name(target))?);
    }
    let chosen = std::env::var("MCOLLECTIVE_CERTNAME").ok();
    let user = std::env::var("USER").ok();
    let who = Who {
        chosen: chosen.as_deref(),
        root: host::is_root(),
        user: user.as_deref(),
        suffix: build.client_identity_suffix,
        identity: identity.as_str(),
    };
    let asked = collectives.last().unwrap_or(&settings.main_collective);
    let Caller { certname, signer } = Caller::of(build, &settings, &who, asked)?;
    let caller = caller_id(&certname).map_err(name(&certname))?;
    let sender = SenderId::new(identity.as_str()).map_err(name(identity.as_str()))?;
    let mailbox = Mailbox::new(&caller, &random::hex_id());
    collectives.dedup();
    let subscriptions = collectives
        .iter()
        .map(|collective| mailbox.subscription(collective))
        .collect();
    let (link, incoming) = connect(args, build, &settings, &caller, subscriptions).await?;
    let config = ClientConfig {
        sender,
        caller,
        ttl: settings.ttl.as_secs(),
        discovery_timeout: settings.client.discovery_timeout,
        signer,
    };
    Ok(Session {
        client: Client::new(link, Machine, config, mailbox),
        settings: client_settings(settings),
        incoming,
    })
}

fn client_settings(settings: Settings) -> ClientSettings {
    ClientSettings {
        main_collective: settings.main_collective,
        discovery_timeout: settings.client.discovery_timeout,
        discovery_window: settings.client.windowed_timeout,
        nodes_file: nodes_file(&settings.client),
        limit_method: match settings.client.limit_method {
            choices::LimitMethod::First => LimitMethod::First,
            choices::LimitMethod::Random => LimitMethod::Random,
        },
        require_filter: settings.client.require_filter,
        libdirs: settings.libdir,
    }
}

/// Methods that need other programs or databases are those of another machine's habits: the fleet itself is asked instead.
fn nodes_file(client: &settings::Client) -> Option<PathBuf> {
    match client.discovery_method {
        choices::DiscoveryMethod::File | choices::DiscoveryMethod::FlatFile => client
            .discovery_options
            .iter()
            .find_map(|option| option.strip_prefix("file="))
            .map(PathBuf::from),
        choices::DiscoveryMethod::Mc
        | choices::DiscoveryMethod::Broadcast
        | choices::DiscoveryMethod::Choria
        | choices::DiscoveryMethod::PuppetDb
        | choices::DiscoveryMethod::External
        | choices::DiscoveryMethod::Inventory => None,
    }
}

/// Connects, or tells within [`PATIENCE`] why not.
async fn connect(
    args: &ConnectArgs,
    build: &BuildInfo,
    settings: &Settings,
    caller: &CallerId,
    subscriptions: Vec<String>,
) -> Result<(Link, mpsc::Receiver<Incoming>), OperatorError> {
    let identity = settings
        .identity
        .as_ref()
        .map_or("", |identity| identity.as_str());
    let mut config = transport::Config::new(
        caller.as_str(),
        targets(args, settings, identity)?,
        tls(args, build, settings, caller)?,
    );
    config.connect_timeout = settings.brokers.connect_timeout;
    config.credentials.user = settings
        .brokers
        .login
        .as_ref()
        .map(|login| (login.user.clone(), login.password.clone()));
    config.subscriptions = subscriptions
        .into_iter()
        .filter_map(|subject| Subscription::new(subject).ok())
        .collect();
    let (handle, incoming) = transport::start(config, &TaskTracker::new());
    let deadline = Instant::now() + PATIENCE;
    let mut state = handle.state();
    let connected = timeout_at(deadline, state.wait_for(State::is_connected)).await;
    if matches!(connected, Ok(Ok(_))) {
        return Ok((Link { handle }, incoming));
    }
    let why = match &*handle.state().borrow() {
        State::Connecting { last_error, .. } => last_error.clone(),
        State::Connected { .. } | State::Closed => None,
    };
    Err(OperatorError::NoBroker { why })
}

fn targets(
    args: &ConnectArgs,
    settings: &Settings,
    identity: &str,
) -> Result<Targets, OperatorError> {
    if args.broker.is_empty() {
        let resolver = material::resolver(settings.muster.resolver.as_ref());
        return Ok(material::normal_targets(settings, identity, resolver)?);
    }
    let server = |text: &String| {
        text.parse::<Server>().map_err(|err| OperatorError::Broker {
            text: text.clone(),
            err,
        })
    };
    Ok(Targets::Servers(
        args.broker.iter().map(server).collect::<Result<_, _>>()?,
    ))
}

fn tls(
    args: &ConnectArgs,
    build: &BuildInfo,
    settings: &Settings,
    caller: &CallerId,
) -> Result<TlsPolicy, MaterialError> {
    let asked = |name: &str| std::env::var(name).is_ok_and(|value| value == "true");
    let choice = match args.tls {
        None if asked("INSECURE_DISABLE_TLS") => Some(TlsChoice::Off),
        None if asked("INSECURE_ANON_TLS") => Some(TlsChoice::Unverified),
        choice => choice,
    };
    match choice {
        Some(TlsChoice::Off) => Ok(TlsPolicy::Disabled),
        Some(TlsChoice::Unverified) => UnverifiedTls::new()
            .map(TlsPolicy::RequiredUnverified)
            .map_err(MaterialError::Tls),
        Some(TlsChoice::Verify) | None => {
            let home = crate::os::configuration::home();
            let owner = Owner {
                certname: caller.name().unwrap_or_default(),
                root: host::is_root(),
                home: home.as_deref(),
            };
            material::client_policy(build, settings, &owner, choice.is_some())
        }
    }
}

/// The broker connection.
#[derive(Debug)]
pub(super) struct Link {
    handle: transport::Handle,
}

impl Wire for Link {
    /// A call to thousands of nodes publishes as many messages at once: a full queue is waited for.
    async fn publish(&self, subject: Subject, payload: Bytes) -> Result<(), WireError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.handle.publish(subject.clone(), payload.clone()) {
                Ok(()) => return Ok(()),
                Err(TransportError::Busy) if Instant::now() < deadline => self.flush().await?,
                Err(err) => return Err(wire_error(err)),
            }
        }
    }

    async fn flush(&self) -> Result<(), WireError> {
        self.handle.flush(PATIENCE).await.map_err(wire_error)
    }

    fn server(&self) -> String {
        match &*self.handle.state().borrow() {
            State::Connected { server, .. } => server.clone(),
            State::Connecting { .. } | State::Closed => "unknown".to_owned(),
        }
    }
}

fn wire_error(err: TransportError) -> WireError {
    match err {
        TransportError::TooLarge { size, .. } => WireError::TooLarge {
            size: usize::try_from(size).unwrap_or(usize::MAX),
        },
        TransportError::TimedOut | TransportError::Busy => WireError::TimedOut,
        TransportError::Exited | TransportError::NotConnected => WireError::Closed,
    }
}

/// The clock and the dice of the machine.
#[derive(Debug)]
pub(super) struct Machine;

impl Surroundings for Machine {
    fn now(&self) -> i64 {
        SystemClock.now()
    }

    fn hex_id(&self) -> String {
        random::hex_id()
    }

    fn below(&self, bound: u64) -> u64 {
        random::below(bound)
    }
}

/// Time for a broker to answer. A person is waiting.
const PATIENCE: Duration = Duration::from_secs(5);
