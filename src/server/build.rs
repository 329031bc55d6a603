//! Builds the parts of a node from what a start found. The last things that can fail at a start are here; what is built
//! only runs and drains.

use super::assemble::Assembly;
use super::assemble::PING;
use super::assemble::assemble;
use super::daemon::Daemon;
use super::keyring::Keyring;
use super::lifecycle::Lifecycle;
use super::material;
use super::material::MaterialError;
use super::material::Needs;
use super::metrics;
use super::metrics::Endpoint;
use super::mode::Mode;
use super::permissions::Permissions;
use super::registration;
use super::registration::Plan;
use super::registration::Registration;
use super::renewal::Renewal;
use super::replay_store::ReplayStore;
use super::serve::Server;
use super::start::Foundation;
use super::start::Start;
use super::start::StartError;
use super::status::Standing;
use super::status::StatusFile;
use super::status::rfc3339;
use super::timekeeper::Timekeeper;
use super::trial::Trial;
use crate::config::Settings;
use crate::os::clock::Clock;
use crate::os::clock::SystemClock;
use crate::os::host;
use crate::os::notify;
use crate::os::notify::Notifier;
use crate::os::signals::Signals;
use crate::os::transaction;
use crate::protocol::lifecycle::Format;
use crate::protocol::names::Subject;
use crate::rpc::Node;
use crate::transport;
use crate::transport::Config;
use crate::transport::Credentials;
use crate::transport::Policy;
use crate::transport::Subscription;
use crate::transport::Targets;
use crate::transport::TlsPolicy;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Builds the parts. Certificates that cannot be used end the start with the configuration code; the supervisor tries
/// again, and the text says which file is wrong.
pub(super) fn build(start: &Start) -> Result<Daemon, StartError> {
    let foundation = &start.foundation;
    let settings = &foundation.resolved.settings;
    let tasks = TaskTracker::new();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (targets, tls, keyring) = protection(foundation, &clock).map_err(StartError::Connection)?;
    let Assembly {
        node,
        dispatcher,
        agents,
        guard,
        site,
        generations,
    } = assemble(foundation, &targets, &tasks, &clock)?;
    generations.knows(start.generation);
    journal(foundation, &node);
    let mut config = connection(foundation, &node, targets, tls, &agents);
    config.renewable = keyring.clone().map(|keyring| Arc::new(keyring) as _);
    let (link, incoming) = transport::start(config, &tasks);
    node.link.get_or_init(|| link.clone());
    if let Some(keyring) = &keyring {
        watch(keyring, settings, &node, &link, &clock, &tasks);
    }
    if let Some(site) = site {
        site.prepare();
    }
    let lifecycle = lifecycle(settings, &node, &link, &clock);
    let (followup, followups) = mpsc::channel(FOLLOWUPS);
    Ok(Daemon {
        node: Arc::clone(&node),
        metrics: metrics(foundation, &node, keyring.clone(), &tasks),
        server: Arc::new(Server::new(
            Arc::clone(&node),
            dispatcher,
            link.clone(),
            Arc::clone(&lifecycle),
            followup,
            remembered(foundation, &clock),
            Arc::clone(&clock),
        )),
        incoming,
        state: link.state(),
        followups,
        registration: publisher(foundation, &node, &link, &clock, keyring.clone()),
        permissions: Permissions::new(&node, &link),
        timekeeper: Timekeeper::new(&node, &clock, foundation.build.build_date),
        status: status(foundation, &node, &link, &clock, keyring),
        lifecycle,
        link,
        signals: Signals::listen().map_err(StartError::Signals)?,
        notifier: Notifier::from_environment().unwrap_or_default(),
        logging: start.logging.clone(),
        guard,
        tasks,
        drain: settings.soft_shutdown_timeout.max(Duration::from_secs(1)),
        provisioning: foundation.mode.is_provisioning(),
        watchdog: notify::watchdog_interval(),
        trial: (!foundation.mode.is_provisioning()).then(|| Trial::new(Arc::clone(&generations))),
        generations,
        said: String::new(),
    })
}

/// A journal that was set aside needs a person, who may come after many starts.
fn journal(start: &Foundation, node: &Node) {
    if let Some(path) = transaction::damaged_journal(start.files.as_ref(), &start.state_dir) {
        let text = format!(
            "{} could not be read and was set aside: files of this node may be of two generations, look at them and remove it",
            path.display()
        );
        node.concerns.raise("journal", text);
    }
}

/// The requests that earlier processes acted upon.
fn remembered(start: &Foundation, clock: &Arc<dyn Clock>) -> ReplayStore {
    let path = start.state_dir.join("replay.json");
    ReplayStore::open(Arc::clone(&start.files), path, clock.now())
}

fn lifecycle(
    settings: &Settings,
    node: &Arc<Node>,
    link: &transport::Handle,
    clock: &Arc<dyn Clock>,
) -> Arc<Lifecycle> {
    let format = if settings.legacy_lifecycle_format {
        Format::Legacy
    } else {
        Format::CloudEvents
    };
    let (node, clock) = (Arc::clone(node), Arc::clone(clock));
    Arc::new(Lifecycle::new(node, link.clone(), clock, format))
}

fn publisher(
    start: &Foundation,
    node: &Arc<Node>,
    link: &transport::Handle,
    clock: &Arc<dyn Clock>,
    keyring: Option<Keyring>,
) -> Registration {
    Registration::new(
        Plan::of(start),
        Arc::clone(node),
        link.clone(),
        Arc::clone(clock),
        registration::signer(start, keyring.as_ref()),
        keyring,
    )
}

/// Where brokers are, how they are spoken to, and with which certificate.
fn protection(
    start: &Foundation,
    clock: &Arc<dyn Clock>,
) -> Result<(Targets, TlsPolicy, Option<Keyring>), MaterialError> {
    let settings = &start.resolved.settings;
    let resolver = material::resolver(settings.muster.resolver.as_ref());
    if start.mode.is_provisioning() {
        let targets = material::provisioning_targets(&start.build, resolver);
        return Ok((targets, material::provisioning_policy(&start.build)?, None));
    }
    let identity = start.identity.as_str();
    let targets = material::normal_targets(settings, identity, resolver)?;
    let owner = host::owner(identity);
    match material::needs(&start.build, settings, &owner)? {
        Needs::Nothing(tls) => Ok((targets, tls, None)),
        Needs::Certificates(files) => {
            let terms = settings.security.terms();
            let keyring = Keyring::open(files, terms, identity, Arc::clone(clock))?;
            let tls = TlsPolicy::Required(keyring.current().tls().clone());
            Ok((targets, tls, Some(keyring)))
        }
    }
}

fn watch(
    keyring: &Keyring,
    settings: &Settings,
    node: &Arc<Node>,
    link: &transport::Handle,
    clock: &Arc<dyn Clock>,
    tasks: &TaskTracker,
) {
    let renewal = Renewal::new(
        keyring.clone(),
        link.clone(),
        Arc::clone(node),
        Arc::clone(clock),
        settings.muster.certificate_interval,
        tasks.clone(),
    );
    drop(tasks.spawn(renewal.run()));
}

fn connection(
    start: &Foundation,
    node: &Node,
    targets: Targets,
    tls: TlsPolicy,
    agents: &[String],
) -> Config {
    let settings = &start.resolved.settings;
    let mut config = Config::new(start.identity.as_str(), targets, tls);
    config.connect_timeout = settings.brokers.connect_timeout;
    config.ping_interval = PING;
    config.backoff = Policy::Fleet {
        spread: settings.muster.reconnect_spread,
    };
    config.credentials = Credentials {
        user: settings
            .brokers
            .login
            .as_ref()
            .map(|login| (login.user.clone(), login.password.clone())),
        token: None,
    };
    for collective in &node.collectives {
        let broadcast = agents
            .iter()
            .map(|agent| format!("{collective}.broadcast.agent.{agent}"));
        let own = std::iter::once(Subject::node(collective, &node.identity).to_string());
        // names are validated, so every one of these is a subject
        config.subscriptions.extend(
            broadcast
                .chain(own)
                .filter_map(|subject| Subscription::new(subject).ok()),
        );
    }
    config
}

fn status(
    start: &Foundation,
    node: &Arc<Node>,
    link: &transport::Handle,
    clock: &Arc<dyn Clock>,
    keyring: Option<Keyring>,
) -> Option<StatusFile> {
    let settings = &start.resolved.settings;
    let path = std::path::absolute(settings.status.file.as_deref()?).ok()?;
    let reason = match start.mode {
        Mode::Provisioning(why) | Mode::Normal(why) => why.to_string(),
    };
    let standing = Standing {
        mode: start.mode.name(),
        mode_reason: reason,
        mode_since: rfc3339(node.started),
        keyring,
        token_required: !start.build.provisioning.tokens.is_empty(),
        state_dir: start.state_dir.clone(),
    };
    Some(StatusFile::new(
        path,
        settings.status.interval,
        Arc::clone(&start.files),
        Arc::clone(node),
        link.clone(),
        Arc::clone(clock),
        standing,
    ))
}

/// Serves the metrics where the settings say so.
fn metrics(
    start: &Foundation,
    node: &Arc<Node>,
    keyring: Option<Keyring>,
    tasks: &TaskTracker,
) -> CancellationToken {
    let settings = &start.resolved.settings;
    let port = settings.metrics.address.map(|at| Endpoint::Port(at.into()));
    let socket = settings.metrics.socket.clone().map(Endpoint::Socket);
    let source = metrics::Source {
        node: Arc::clone(node),
        build: start.build,
        keyring,
    };
    let endpoints = port.into_iter().chain(socket).collect();
    metrics::start(source, endpoints, metrics::Patience::default(), tasks)
}

/// One restart is enough; a second one finds the queue full and changes nothing.
const FOLLOWUPS: usize = 4;
