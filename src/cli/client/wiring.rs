//! Where a command gets its settings and its connection: files, environment, broker.

use std::io;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

use super::error::OperatorError;
use super::filter::ConnectArgs;
use super::filter::TlsChoice;
use super::settings::ClientSettings;
use crate::build_info::BuildInfo;
use crate::client::Client;
use crate::client::ClientConfig;
use crate::client::LimitMethod;
use crate::client::Mailbox;
use crate::config::Settings;
use crate::config::choices;
use crate::config::settings;
use crate::operator::Approach;
use crate::operator::ApproachError;
use crate::operator::Link;
use crate::operator::Machine;
use crate::operator::Protection;
use crate::operator::Voice;
use crate::operator::Wishes;
use crate::operator::configuration;
use crate::os::random;
use crate::protocol::names::Collective;
use crate::protocol::names::InvalidName;
use crate::protocol::names::SenderId;
use crate::transport;
use crate::transport::Incoming;
use crate::transport::State;

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
    let loaded = configuration::load(args.config.as_deref()).map_err(ApproachError::from)?;
    for refused in &loaded.refused {
        // nowhere is left to say that this failed too
        match writeln!(io::stderr(), "{}: {refused}", crate::cli::NAME) {
            Ok(()) | Err(_) => {}
        }
    }
    let target = args
        .target
        .as_ref()
        .map(|target| Collective::new(target.as_str()).map_err(|err| name(target, err)))
        .transpose()?;
    let wishes = Wishes {
        collective: target.as_ref(),
        brokers: &args.broker,
        protection: args.tls.map(|choice| match choice {
            TlsChoice::Verify => Protection::Verified,
            TlsChoice::Unverified => Protection::Unverified,
            TlsChoice::Off => Protection::None,
        }),
        voice: Voice::Asks,
    };
    let approach = Approach::of(&loaded, build, &wishes)?;
    let mailbox = Mailbox::new(&approach.caller, &random::hex_id());
    let main = &approach.settings.main_collective;
    let mut collectives: Vec<_> = std::iter::once(main).chain(&target).collect();
    collectives.dedup();
    let subscriptions = collectives
        .into_iter()
        .map(|collective| mailbox.subscription(collective));
    let (link, incoming) = connect(approach.connection(subscriptions)).await?;
    let identity = approach.identity.as_str();
    let config = ClientConfig {
        sender: SenderId::new(identity).map_err(|err| name(identity, err))?,
        caller: approach.caller,
        ttl: approach.settings.ttl.as_secs(),
        discovery_timeout: approach.settings.client.discovery_timeout,
        signer: approach.signer,
    };
    Ok(Session {
        client: Client::new(link, Machine, config, mailbox),
        settings: client_settings(approach.settings),
        incoming,
    })
}

fn name(text: &str, err: InvalidName) -> OperatorError {
    OperatorError::Name {
        text: text.to_owned(),
        err,
    }
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
    config: transport::Config,
) -> Result<(Link, mpsc::Receiver<Incoming>), OperatorError> {
    let (handle, incoming) = transport::start(config, &TaskTracker::new());
    let deadline = Instant::now() + PATIENCE;
    let mut state = handle.state();
    let connected = timeout_at(deadline, state.wait_for(State::is_connected)).await;
    if matches!(connected, Ok(Ok(_))) {
        return Ok((Link::new(handle), incoming));
    }
    let why = match &*handle.state().borrow() {
        State::Connecting { last_error, .. } => last_error.clone(),
        State::Connected { .. } | State::Closed => None,
    };
    Err(OperatorError::NoBroker { why })
}

/// Time for a broker to answer. A person is waiting.
const PATIENCE: Duration = Duration::from_secs(5);
