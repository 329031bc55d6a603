//! Builds the parts of a provisioner. Everything that can fail at a start is here; what is built only runs.

use std::collections::HashMap;
use std::fs::DirBuilder;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use muster::build_info::BuildInfo;
use muster::client::Surroundings as _;
use muster::operator::Machine;
use muster::os::local_socket::LocalSocket;
use muster::os::local_socket::SocketError;
use muster::os::notify::Notifier;
use muster::os::random;
use muster::os::signals::SignalError;
use muster::os::signals::Signals;
use muster::protocol::names::Identity;
use muster::report::Exit;
use muster::telemetry::Logging;
use nix::sys::signal::Signal as UnixSignal;
use tokio::signal::unix;
use tokio::signal::unix::SignalKind;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Engine;
use super::Facts;
use super::Inbox;
use super::discovery::Discovery;
use super::discovery::Rounds;
use super::listen::Listener;
use super::listen::Lookout;
use super::listen::Watch;
use super::reports::Report;
use crate::config::Config;
use crate::connection::Connection;
use crate::connection::ConnectionError;
use crate::connection::Prepared;
use crate::control;
use crate::control::Question;
use crate::drive::Context;
use crate::drive::Decider;
use crate::drive::DeciderError;
use crate::drive::Gate;
use crate::find::Ear;
use crate::find::Sieve;
use crate::find::Sighting;
use crate::journal::Journal;
use crate::journal::JournalError;
use crate::journal::Remembered;
use crate::metrics;
use crate::metrics::Health;
use crate::metrics::ListenError;
use crate::metrics::Metrics;
use crate::metrics::MetricsError;
use crate::pace::Pace;
use crate::table::Moment;
use crate::table::Table;

/// What a provisioner is built from.
#[derive(Debug)]
pub struct Options {
    /// Its configuration.
    pub config: Config,
    /// The client configuration; the first that is found otherwise.
    pub client_config: Option<PathBuf>,
    /// The running logs.
    pub logging: Logging,
    /// What the build decided.
    pub build: BuildInfo,
}

/// Why a provisioner cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There can be no connection.
    #[error("cannot prepare the connection")]
    Connection(#[from] ConnectionError),
    /// The journal cannot be used.
    #[error("cannot use the journal")]
    Journal(#[from] JournalError),
    /// Nobody decides what nodes become.
    #[error("cannot decide about nodes")]
    Decider(#[from] DeciderError),
    /// The socket for commands cannot be used.
    #[error("cannot listen for commands")]
    Socket(#[from] SocketError),
    /// There is no directory for that socket.
    #[error("cannot create the directory {}", path.display())]
    SocketDirectory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        #[source]
        err: io::Error,
    },
    /// Metrics cannot be served.
    #[error("cannot serve metrics")]
    Listen(#[from] ListenError),
    /// Metrics cannot be made.
    #[error("cannot make the metrics")]
    Metrics(#[from] MetricsError),
    /// Signals cannot be heard.
    #[error("cannot listen for signals")]
    Signals(#[from] SignalError),
}

impl BuildError {
    /// The exit code that says so.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Connection(err) => err.exit(),
            Self::Journal(_) | Self::Decider(_) => Exit::Config,
            Self::Socket(_) | Self::Listen(_) => Exit::Unavailable,
            Self::SocketDirectory { .. } => Exit::CannotCreate,
            Self::Metrics(_) => Exit::Software,
            Self::Signals(_) => Exit::OsError,
        }
    }
}

/// Builds a provisioner; it begins to connect.
///
/// # Errors
///
/// [`BuildError`].
pub async fn build(options: Options) -> Result<Engine, BuildError> {
    let Options {
        config,
        client_config,
        logging,
        build,
    } = options;
    let (started, now) = (Instant::now(), Machine.now());
    outlive_file_limits();
    let tasks = TaskTracker::new();
    let stop = CancellationToken::new();
    let prepared = Prepared::new(&config, client_config.as_deref(), &build)?;
    let (journal, remembered) = Journal::open(&config.state_dir, now)?;
    let decider = Arc::new(Decider::open(&config)?);
    let metrics = Metrics::new(&config.site, &build, now)?;
    let (health, monitor) = served(&config, &metrics, &tasks, &stop).await?;
    let questions = commanded(&config, &tasks, &stop).await?;
    let connection = prepared.connect(&config, journal.instance(), &tasks)?;
    let (identity, link) = (connection.identity.clone(), connection.handle.clone());
    let senses = Senses::of(connection, journal, metrics, &config, &tasks, &stop);
    Ok(Engine {
        table: table(&config, remembered, now),
        pace: Pace::new(config.pace),
        decider,
        ready: HashMap::new(),
        at_work: HashMap::new(),
        gate: senses.gate,
        rounds: senses.rounds,
        link_state: link.state(),
        link,
        connected: false,
        reports: senses.reporter,
        inbox: Inbox {
            reports: senses.reports,
            sightings: senses.sightings,
            questions,
        },
        health,
        notifier: Notifier::from_environment().unwrap_or_default(),
        signals: Signals::listen()?,
        logging,
        tasks,
        work: TaskTracker::new(),
        stop,
        started,
        facts: Facts::new(identity, now, started, monitor, build.version),
        config: Arc::new(config),
        context: senses.context,
    })
}

impl Facts {
    /// Nothing has happened yet; `now` in seconds since 1970.
    fn new(
        identity: Identity,
        now: i64,
        started: Instant,
        monitor: Option<SocketAddr>,
        version: &'static str,
    ) -> Self {
        Self {
            identity,
            started: now,
            loaded: now,
            broker: None,
            trouble: None,
            found: None,
            provisioned: 0,
            confirmed: 0,
            failed: 0,
            journal_error: None,
            monitor: monitor.map(|address| address.to_string()),
            helper_error: None,
            checkable: false,
            checked: started,
            version,
        }
    }
}

/// A write beyond a limit on the size of files is to be an error of that write, and not the end of the process.
fn outlive_file_limits() {
    let signal = SignalKind::from_raw(UnixSignal::SIGXFSZ as i32);
    // the handler stays, whether anybody listens or not
    if let Err(err) = unix::signal(signal) {
        tracing::warn!(reason = %err, "a limit on the size of files would end this process");
    }
}

/// Serves metrics and health where the configuration says so.
async fn served(
    config: &Config,
    metrics: &Metrics,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(watch::Sender<Health>, Option<SocketAddr>), BuildError> {
    let (health, healths) = watch::channel(Health {
        alive_at: Instant::now(),
        ready: Err(vec!["the provisioner is starting".to_owned()]),
    });
    let Some(address) = config.monitor else {
        return Ok((health, None));
    };
    let listening = metrics::listen(address, metrics.clone(), healths).await?;
    let address = listening.address();
    tracing::info!(%address, "metrics and health are served");
    listening.serve(tasks, stop.clone());
    Ok((health, Some(address)))
}

/// Hears the commands of this machine's operator.
async fn commanded(
    config: &Config,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<mpsc::Receiver<Question>, BuildError> {
    let (questioner, questions) = mpsc::channel(QUESTIONS);
    make_room(&config.socket)?;
    let socket = LocalSocket::listen(&config.socket, SOCKET_MODE).await?;
    control::serve(socket, questioner, tasks, stop.clone());
    Ok(questions)
}

/// Creates the directory of the socket, which is gone after each boot, where the unit of the service does not.
fn make_room(socket: &Path) -> Result<(), BuildError> {
    let Some(directory) = socket.parent().filter(|directory| !directory.is_dir()) else {
        return Ok(());
    };
    let created = DirBuilder::new()
        .recursive(true)
        .mode(SOCKET_DIRECTORY_MODE)
        .create(directory);
    created.map_err(|err| BuildError::SocketDirectory {
        path: directory.to_owned(),
        err,
    })
}

/// What listens and asks, in tasks of its own, and the channels to it.
struct Senses {
    context: Arc<Context>,
    gate: watch::Sender<Gate>,
    rounds: watch::Sender<Rounds>,
    reporter: mpsc::Sender<Report>,
    reports: mpsc::Receiver<Report>,
    sightings: mpsc::Receiver<Sighting>,
}

impl Senses {
    fn of(
        connection: Connection,
        journal: Journal,
        metrics: Metrics,
        config: &Config,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let context = Arc::new(Context {
            client: connection.client,
            link: connection.handle.state(),
            journal,
            metrics,
            collective: connection.collective,
        });
        let (reporter, reports) = mpsc::channel(REPORTS);
        let (sighter, sightings) = mpsc::channel(SIGHTINGS);
        let (gate, gates) = watch::channel(Gate::Open);
        let (rounds, watched) = watch::channel(Rounds::of(config));
        let watch = || Watch {
            context: Arc::clone(&context),
            ear: Ear::new(&config.lifecycle_component),
            sieve: Sieve::new(SIGHTINGS_A_SECOND),
            sightings: sighter.clone(),
            started: Instant::now(),
        };
        if let Some(production) = connection.production {
            let watch = watch();
            let (lookout, stop) = (Lookout { production, watch }, stop.clone());
            tasks.spawn(async move { stop.run_until_cancelled(lookout.run()).await });
        }
        let listener = Listener {
            mailbox: format!("{}.reply.", context.collective),
            incoming: connection.incoming,
            watch: watch(),
        };
        tasks.spawn(listener.run());
        let discovery = Discovery {
            context: Arc::clone(&context),
            gate: gates,
            rounds: watched,
            reports: reporter.clone(),
            stop: stop.clone(),
        };
        tasks.spawn(discovery.run());
        Self {
            context,
            gate,
            rounds,
            reporter,
            reports,
            sightings,
        }
    }
}

/// The table, with what an earlier process left.
fn table(config: &Config, remembered: Remembered, now: i64) -> Table {
    let mut table = Table::new(config.table, random::below(u64::MAX));
    for left in remembered.unrestarted {
        table.adopt_unrestarted(&left.identity, &left.becomes, Moment::ZERO);
    }
    for left in remembered.quarantined {
        let remaining = u64::try_from(left.until.saturating_sub(now)).unwrap_or(0);
        table.adopt_quarantined(
            &left.identity,
            &left.error,
            left.failures,
            Moment::from_secs(remaining),
            Moment::ZERO,
        );
    }
    table
}

/// A burst of answers of a whole fleet to one discovery; a report is small.
const REPORTS: usize = 65_536;
/// What passes the sieve in some seconds.
const SIGHTINGS: usize = 16_384;
/// More nodes than start in a second anywhere; a flood beyond it costs nothing.
const SIGHTINGS_A_SECOND: NonZeroU32 = NonZeroU32::new(5_000).unwrap();
/// People and their scripts; each waits for its answer.
const QUESTIONS: usize = 16;
/// Whoever can open the socket can pause the provisioner.
const SOCKET_MODE: u32 = 0o600;
/// The commands of this machine are for the same user.
const SOCKET_DIRECTORY_MODE: u32 = 0o700;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_the_socket_is_made_where_it_is_missing() {
        let home = tempfile::tempdir().unwrap();
        let socket = home.path().join("run/muster-provisioner/control.sock");
        make_room(&socket).unwrap();
        assert!(socket.parent().unwrap().is_dir());
        make_room(&socket).unwrap();
    }

    #[test]
    fn a_file_in_the_way_of_the_socket_is_told() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        std::fs::File::create(&file).unwrap();
        let err = make_room(&file.join("control.sock")).unwrap_err();
        assert_eq!(err.exit(), Exit::CannotCreate);
        assert_eq!(
            err.to_string(),
            format!("cannot create the directory {}", file.display())
        );
    }
}
