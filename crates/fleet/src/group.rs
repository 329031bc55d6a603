//! Nodes that share a connection: one while they wait, another once they are provisioned.

use std::sync::Arc;
use std::time::Duration;

use muster::protocol::names::Collective;
use muster::transport;
use muster::transport::Server;
use muster::transport::Subscription;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use tokio::sync::OnceCell;

use crate::line::Door;
use crate::line::Doors;
use crate::line::Line;
use crate::line::NotConnected;
use crate::line::Side;
use crate::line::subjects;
use crate::world::World;

/// Nodes that share a connection.
#[derive(Debug)]
pub(crate) struct Group {
    number: usize,
    members: Vec<(String, Door)>,
    waiting: Line,
    production: OnceCell<Line>,
}

impl Group {
    /// Begins to connect the nodes of this group, given by identity and door.
    pub(crate) fn open(world: &World, number: usize, members: Vec<(String, Door)>) -> Self {
        let doors = doors(&members);
        let names = subjects(PROVISIONING, WAITING_AGENTS, doors.names());
        let config = config(world, number, &world.options.broker, subscriptions(names));
        let waiting = Line::open(config, Side::Provisioning, doors, &world.tasks);
        Self {
            number,
            members,
            waiting,
            production: OnceCell::new(),
        }
    }

    /// The connection of waiting nodes.
    pub(crate) const fn waiting(&self) -> &Line {
        &self.waiting
    }

    /// The connection of provisioned nodes, made when the first of them needs it and with the collectives of that one.
    ///
    /// # Errors
    ///
    /// [`NotConnected`]; the next node tries again.
    pub(crate) async fn production(
        &self,
        world: &World,
        broker: &Server,
        collectives: &[Collective],
    ) -> Result<&Line, NotConnected> {
        let made = self.production.get_or_try_init(async || {
            let doors = doors(&self.members);
            let mut names = Vec::new();
            for collective in collectives {
                names.extend(subjects(collective.as_str(), AGENTS, doors.names()));
            }
            let config = config(world, self.number, broker, subscriptions(names));
            let line = Line::open(config, Side::Production, doors, &world.tasks);
            line.connected(&broker.to_string(), CONNECT).await?;
            Ok(line)
        });
        made.await
    }

    /// The connection of provisioned nodes once there is one, that of waiting ones before.
    pub(crate) fn in_production(&self) -> &Line {
        self.production.get().unwrap_or(&self.waiting)
    }

    /// Ends both connections.
    pub(crate) async fn close(&self) {
        self.waiting.close().await;
        if let Some(line) = self.production.get() {
            line.close().await;
        }
    }
}

/// A connection of its own for one provisioned node, to where it is configured to go.
///
/// # Errors
///
/// [`NotConnected`] when no broker lets it in in time.
pub(crate) async fn own(
    world: &Arc<World>,
    member: (String, Door),
    targets: Targets,
    tls: TlsPolicy,
    credentials: transport::Credentials,
    collectives: &[Collective],
) -> Result<Line, NotConnected> {
    let (name, door) = member;
    let mut names = Vec::new();
    for collective in collectives {
        let own = std::iter::once(name.as_str());
        names.extend(subjects(collective.as_str(), AGENTS, own));
    }
    let mut config = transport::Config::new(name.as_str(), targets, tls);
    config.credentials = credentials;
    config.subscriptions = subscriptions(names);
    let mut doors = Doors::default();
    doors.add(&name, door);
    let line = Line::open(config, Side::Production, doors, &world.tasks);
    line.connected("the configured broker", CONNECT).await?;
    Ok(line)
}

fn doors(members: &[(String, Door)]) -> Doors {
    let mut doors = Doors::default();
    for (name, door) in members {
        doors.add(name, door.clone());
    }
    doors
}

fn config(
    world: &World,
    number: usize,
    broker: &Server,
    subscriptions: Vec<Subscription>,
) -> transport::Config {
    let targets = Targets::Servers(vec![broker.clone()]);
    let name = format!("{}-fleet-{number}", world.options.prefix);
    let mut config = transport::Config::new(name, targets, world.policy.clone());
    config.subscriptions = subscriptions;
    config
}

/// Names are validated, so every one of these is a subject.
fn subscriptions(subjects: impl IntoIterator<Item = String>) -> Vec<Subscription> {
    subjects
        .into_iter()
        .filter_map(|subject| Subscription::new(subject).ok())
        .collect()
}

/// Time for a broker to let a connection in, with all its subscriptions.
pub(crate) const CONNECT: Duration = Duration::from_secs(30);
const PROVISIONING: &str = "provisioning";
/// What a node with a token has in production; the provisioning agent answers there that it is not needed.
const AGENTS: &[&str] = WAITING_AGENTS;
const WAITING_AGENTS: &[&str] = &["choria_provision", "choria_util", "discovery", "rpcutil"];
