//! The fleet: makes its nodes, lets them announce themselves, and ends them.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster::os::clock::SystemClock;
use muster::os::files::RealFiles;
use muster::protocol::names::Identity;
use muster::server::material;
use muster::server::material::MaterialError;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::flags::flags;
use crate::group::CONNECT;
use crate::group::Group;
use crate::keys::KeyPool;
use crate::keys::KeyPoolError;
use crate::ledger::Entry;
use crate::ledger::Ledger;
use crate::ledger::Progress;
use crate::ledger::Until;
use crate::line;
use crate::line::NotConnected;
use crate::machine;
use crate::machine::FilesError;
use crate::machine::Usage;
use crate::member::Member;
use crate::options::Options;
use crate::options::OptionsError;
use crate::options::Order;
use crate::report::Report;
use crate::roster::Behaviour;
use crate::roster::Place;
use crate::roster::roster;
use crate::world::Gate;
use crate::world::World;

/// A running fleet. It ends with [`Fleet::stop`]; one that is dropped leaves its directory to the operating system only
/// if its tasks still write there.
#[derive(Debug)]
pub struct Fleet {
    world: Arc<World>,
    places: Vec<Place>,
    groups: Vec<Arc<Group>>,
    gate: watch::Sender<Gate>,
    before: Usage,
    directory: TempDir,
}

/// A node of the fleet, as it was when asked for.
#[derive(Debug, Clone)]
pub struct NodeView {
    /// Its place in the roster.
    pub place: Place,
    /// What is known of it.
    pub entry: Entry,
    /// The directory of its configuration file.
    pub directory: PathBuf,
}

/// Why there is no fleet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The options contradict each other.
    #[error("there is no such fleet")]
    Options(#[from] OptionsError),
    /// Not enough files can be open.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The pool of keys cannot be used.
    #[error("the keys cannot be used")]
    Keys(#[from] KeyPoolError),
    /// The fleet's directory cannot be made.
    #[error("cannot make a directory in {}", path.display())]
    Directory {
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: std::io::Error,
    },
    /// TLS cannot be set up.
    #[error("connections cannot be protected")]
    Protection(#[source] MaterialError),
    /// The broker does not let the fleet in.
    #[error(transparent)]
    NotConnected(#[from] NotConnected),
    /// Somebody ended it before it began.
    #[error("ended by a signal before the nodes were made")]
    Interrupted,
    /// Making the nodes took too long.
    #[error("only {ready} of {nodes} nodes were made in {} s", PREPARE.as_secs())]
    Slow {
        /// Made in time.
        ready: usize,
        /// All nodes.
        nodes: usize,
    },
}

/// What was waited for did not come in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} of {} nodes are provisioned and {} in production after {} s",
    progress.provisioned, progress.expected, progress.confirmed, limit.as_secs()
)]
pub struct TooLate {
    /// How long it was waited for.
    pub limit: Duration,
    /// How far the fleet was.
    pub progress: Progress,
}

impl Fleet {
    /// Makes the nodes, connects them, and lets them begin to announce themselves.
    ///
    /// # Errors
    ///
    /// [`FleetError`] with what stands in the way.
    pub async fn start(options: Options) -> Result<Self, FleetError> {
        let before = Usage::now();
        let places = roster(&options)?;
        let sharing = options.sharing();
        // each group has two: one for waiting nodes, one for provisioned ones
        machine::allow_connections(places.len().div_ceil(sharing).saturating_mul(2))?;
        let directory = directory(&options)?;
        let (gate, opened) = watch::channel(Gate::Closed);
        let world = Arc::new(world(options, directory.path(), &places, opened)?);
        let mut fleet = Self {
            world,
            places,
            groups: Vec::new(),
            gate,
            before,
            directory,
        };
        if let Err(err) = fleet.make(sharing).await {
            fleet.end().await;
            return Err(err);
        }
        Ok(fleet)
    }

    async fn make(&mut self, sharing: usize) -> Result<(), FleetError> {
        let broker = self.world.options.broker.to_string();
        let mut members = Vec::with_capacity(self.places.len());
        for (number, places) in self.places.chunks(sharing).enumerate() {
            let doors: Vec<_> = places.iter().map(|_| line::door()).collect();
            let named = places.iter().zip(&doors);
            let named = named.map(|(place, (door, _))| (place.identity.to_string(), door.clone()));
            let group = Arc::new(Group::open(&self.world, number, named.collect()));
            for (place, (door, came)) in places.iter().zip(doors) {
                let (world, group) = (Arc::clone(&self.world), Arc::clone(&group));
                members.push(Member::new(world, group, place.clone(), door, came));
            }
            self.groups.push(group);
        }
        for group in &self.groups {
            group.waiting().connected(&broker, CONNECT).await?;
        }
        for member in members {
            drop(self.world.tasks.spawn(member.run()));
        }
        let nodes = self.places.len();
        self.wait(PREPARE, |progress| progress.ready >= nodes)
            .await
            .map_err(|late| FleetError::Slow {
                ready: late.progress.ready,
                nodes,
            })?;
        self.open().await
    }

    /// Opens the gate, for the dead first if that is wanted.
    async fn open(&self) -> Result<(), FleetError> {
        self.world.ledger.opened();
        if self.world.options.order == Order::DeadFirst {
            let dead = self.places.iter();
            let dead = dead
                .filter(|place| place.behaviour == Behaviour::Dead)
                .count();
            self.gate.send_replace(Gate::ForTheDead);
            self.wait(CONNECT, |progress| progress.dead_announced >= dead)
                .await
                .ok();
            for group in &self.groups {
                group.waiting().handle().flush(CONNECT).await.ok();
            }
        }
        self.gate.send_replace(Gate::Open(Instant::now()));
        Ok(())
    }

    /// Waits until the fleet is that far.
    ///
    /// # Errors
    ///
    /// [`TooLate`] when it is not in time.
    pub async fn wait_until(&self, until: Until, limit: Duration) -> Result<Progress, TooLate> {
        self.wait(limit, |progress| progress.reached(until)).await
    }

    /// Waits until the figures are as they should be.
    ///
    /// # Errors
    ///
    /// [`TooLate`] when they are not in time.
    pub async fn wait(
        &self,
        limit: Duration,
        fits: impl Fn(&Progress) -> bool,
    ) -> Result<Progress, TooLate> {
        let mut progress = self.world.ledger.progress();
        let reached = timeout(limit, progress.wait_for(fits)).await;
        if let Ok(Ok(progress)) = reached {
            return Ok(*progress);
        }
        drop(reached);
        let progress = self.progress();
        Err(TooLate { limit, progress })
    }

    /// How far the fleet is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.world.ledger.progress().borrow()
    }

    /// The nodes, in the order of their numbers.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// A node; of several with one identity, the first.
    #[must_use]
    pub fn node(&self, identity: &Identity) -> Option<NodeView> {
        let place = self.places.iter().find(|it| it.identity == *identity)?;
        Some(NodeView {
            place: place.clone(),
            entry: self.world.ledger.entry(place.index)?,
            directory: self.directory.path().join(place.index.to_string()),
        })
    }

    /// The figures of this moment.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::of(
            &self.world.ledger.notes(),
            self.world.options.seed,
            self.groups.len(),
            self.before,
        )
    }

    /// Ends all nodes without a word of theirs, closes the connections and removes the fleet's directory.
    pub async fn stop(self) -> Report {
        let report = self.report();
        self.end().await;
        report
    }

    async fn end(self) {
        self.world.ending.cancel();
        for group in &self.groups {
            group.close().await;
        }
        self.world.tasks.close();
        if timeout(END, self.world.tasks.wait()).await.is_err() {
            tracing::warn!("some nodes did not end in time");
        }
        if let Err(err) = self.directory.close() {
            tracing::warn!(%err, "the directory of the fleet was not removed");
        }
    }
}

fn world(
    options: Options,
    root: &Path,
    places: &[Place],
    gate: watch::Receiver<Gate>,
) -> Result<World, FleetError> {
    let build = flags(&options);
    let keys = match &options.keys {
        Some(path) => KeyPool::read(path)?,
        None => KeyPool::default(),
    };
    Ok(World {
        policy: material::provisioning_policy(&build).map_err(FleetError::Protection)?,
        options,
        build,
        clock: Arc::new(SystemClock),
        files: Arc::new(RealFiles),
        keys,
        root: root.to_owned(),
        ledger: Ledger::new(places),
        gate,
        tasks: TaskTracker::new(),
        ending: CancellationToken::new(),
    })
}

/// The fleet's directory. Its real path: the agent resolves links above its configuration.
fn directory(options: &Options) -> Result<TempDir, FleetError> {
    let memory = Path::new("/dev/shm");
    let parent = match &options.root {
        Some(root) => root.clone(),
        None if memory.is_dir() => memory.to_owned(),
        None => std::env::temp_dir(),
    };
    let made = parent.canonicalize().and_then(|real| {
        tempfile::Builder::new()
            .prefix("muster-fleet-")
            .tempdir_in(real)
    });
    made.map_err(|err| FleetError::Directory { path: parent, err })
}

/// For making a million nodes, and for nodes that make their own keys.
const PREPARE: Duration = Duration::from_secs(1800);
/// For all tasks to end.
const END: Duration = Duration::from_secs(30);
