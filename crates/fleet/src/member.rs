//! One node of the fleet: waits for its moment, lives, behaves as its share does, and lives again. What it says leaves in
//! `speech`.

mod speech;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use muster::os::random;
use muster::protocol::lifecycle::Component;
use muster::protocol::lifecycle::Event as LifecycleEvent;
use muster::protocol::lifecycle::Format;
use muster::protocol::lifecycle::Kind;
use muster::report::Chain;
use muster::rpc::Then;
use muster::server::lifecycle::Lifecycle;
use muster::transport::Incoming;
use muster::transport::Relayed;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::sleep_until;
use tokio::time::timeout;

use crate::exchange;
use crate::exchange::Open;
use crate::group::Group;
use crate::incarnation::BirthError;
use crate::incarnation::Home;
use crate::incarnation::Incarnation;
use crate::ledger::Stage;
use crate::line::Delivery;
use crate::line::Door;
use crate::line::Side;
use crate::line::directed;
use crate::roster::Behaviour;
use crate::roster::Moment;
use crate::roster::Place;
use crate::temper::Temper;
use crate::world::Gate;
use crate::world::World;

/// One node.
#[derive(Debug)]
pub(crate) struct Member {
    world: Arc<World>,
    group: Arc<Group>,
    place: Place,
    home: Home,
    door: Door,
    came: mpsc::Receiver<Delivery>,
    temper: Temper,
    open: Open,
    /// What a slow node has not looked at yet.
    unread: VecDeque<(Instant, Incoming)>,
}

/// What can happen to a running node.
#[derive(Debug)]
enum Event {
    Came(Delivery),
    Said(Relayed),
    Then(Then),
    Due,
    End,
}

/// How a life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// To begin another.
    Restart,
    /// Without a word, for this long.
    Vanished(Duration),
    /// For good.
    Stopped,
}

/// What a running node does at a time.
#[derive(Debug)]
struct Times {
    alive: Instant,
    end: Option<(Instant, Left)>,
}

impl Member {
    pub(crate) fn new(
        world: Arc<World>,
        group: Arc<Group>,
        place: Place,
        door: Door,
        came: mpsc::Receiver<Delivery>,
    ) -> Self {
        let home = Home {
            directory: world.root.join(place.index.to_string()),
            host: place.identity.clone(),
        };
        Self {
            temper: Temper::of(&place),
            world,
            group,
            place,
            home,
            door,
            came,
            open: Open::default(),
            unread: VecDeque::new(),
        }
    }

    /// Runs until the fleet ends, or the node is shut down or cannot start.
    pub(crate) async fn run(mut self) {
        let ending = self.world.ending.clone();
        // whatever is waited for, the end of the fleet is not
        let lived = self.live_again_and_again();
        ending.run_until_cancelled(lived).await.unwrap_or_default();
    }

    async fn live_again_and_again(&mut self) {
        if self.place.behaviour == Behaviour::Dead {
            self.world.ledger.ready();
            self.moment().await;
            return self.announce_the_dead().await;
        }
        let mut life = self.first_life().await;
        loop {
            let left = match life {
                Ok(mut life) => {
                    self.announce(&mut life).await;
                    let left = self.live(&mut life).await;
                    self.leave(life, left).await;
                    left
                }
                Err(err) => {
                    let why = Chain(&err).to_string();
                    tracing::error!(node = %self.place.identity, reason = why, "a node did not start");
                    return self.world.ledger.failed(self.place.index, why);
                }
            };
            match left {
                Left::Stopped => return,
                Left::Restart => {}
                Left::Vanished(pause) => sleep(pause).await,
            }
            life = self.start().await;
            // what came while there was nobody
            while self.came.try_recv().is_ok() {}
        }
    }

    /// Makes the node before anybody may announce itself, so that making a fleet is no part of what is measured.
    async fn first_life(&mut self) -> Result<Incarnation, BirthError> {
        let key = self.world.keys.of(self.place.index);
        let life = match self.home.make(&self.world, key) {
            Ok(()) => self.start().await,
            Err(err) => Err(err),
        };
        self.world.ledger.ready();
        self.moment().await;
        while self.came.try_recv().is_ok() {}
        life
    }

    /// Starts the node; a broker that does not let it in is tried again, as long as there is a fleet.
    async fn start(&self) -> Result<Incarnation, BirthError> {
        loop {
            // boxed: what starting needs is given back once the node runs
            let started = Box::pin(Incarnation::start(
                &self.world,
                &self.group,
                &self.home,
                &self.door,
            ));
            match started.await {
                Err(BirthError::NotConnected(err)) => {
                    tracing::warn!(node = %self.place.identity, reason = %err, "a node tries again");
                    sleep(AGAIN).await;
                }
                started => return started,
            }
        }
    }

    /// Waits for the node's moment to announce itself.
    async fn moment(&self) {
        let dead = self.place.behaviour == Behaviour::Dead;
        let mut gate = self.world.gate.clone();
        let opened = gate.wait_for(|gate| match gate {
            Gate::Closed => false,
            Gate::ForTheDead => dead,
            Gate::Open(_) => true,
        });
        let since = match opened.await.map(|gate| *gate) {
            Ok(Gate::Open(since)) => since,
            Ok(Gate::Closed | Gate::ForTheDead) | Err(_) => return,
        };
        if !self.place.after.is_zero() {
            sleep_until(since + self.place.after).await;
        }
    }

    async fn announce_the_dead(&self) {
        let event = LifecycleEvent {
            kind: Kind::Startup,
            id: random::uuid(),
            identity: self.place.identity.clone(),
            component: Component::ProvisionModeServer,
            timestamp: self.world.clock.now(),
            version: self.world.build.version.to_owned(),
        };
        let payload = event.encode(Format::CloudEvents);
        self.group
            .waiting()
            .say(event.subject(), payload.into())
            .await;
        self.world.ledger.announced(self.place.index, false);
    }

    async fn announce(&mut self, life: &mut Incarnation) {
        life.lifecycle.publish(Kind::Startup);
        self.hand_on(life).await;
        self.world
            .ledger
            .announced(self.place.index, life.side == Side::Production);
        life.is_connected();
    }

    async fn live(&mut self, life: &mut Incarnation) -> Left {
        let mut times = Times {
            alive: Instant::now() + Lifecycle::first_alive(),
            end: None,
        };
        loop {
            let left = match self.next_event(life, &times).await {
                Event::Came(delivery) => self.came(life, delivery),
                Event::Said(wish) => self.said(life, wish).await,
                Event::Then(then) => {
                    self.follow_up(life, then, &mut times);
                    None
                }
                Event::Due => self.due(life, &mut times),
                Event::End => Some(Left::Stopped),
            };
            if let Some(left) = left {
                return left;
            }
        }
    }

    async fn next_event(&mut self, life: &mut Incarnation, times: &Times) -> Event {
        let unread = self.unread.iter().map(|(at, _)| *at);
        let end = times.end.map(|(at, _)| at);
        let due = unread.chain(end).fold(times.alive, Instant::min);
        tokio::select! {
            delivery = self.came.recv() => delivery.map_or(Event::End, Event::Came),
            wish = life.relay.next() => wish.map_or(Event::End, Event::Said),
            Some(then) = life.followups.recv() => Event::Then(then),
            () = sleep_until(due) => Event::Due,
        }
    }

    fn came(&mut self, life: &Incarnation, delivery: Delivery) -> Option<Left> {
        let Delivery { side, message } = delivery;
        if side != life.side {
            return None;
        }
        if side == Side::Provisioning && directed(&message.subject).is_some() {
            self.world
                .ledger
                .mark(self.place.index, Stage::FirstRequest);
            if let Some(pause) = self.temper.vanishes(Moment::FirstRequest) {
                return Some(Left::Vanished(pause));
            }
            if let Some(asked) = exchange::asked(&message.payload) {
                self.open.came(asked);
            }
        }
        match self.temper.hesitates() {
            None => life.server.receive(&message),
            Some(wait) if self.unread.len() < UNREAD => {
                self.unread.push_back((Instant::now() + wait, message));
            }
            // nobody waits that long for a node
            Some(_) => {}
        }
        None
    }

    fn follow_up(&self, life: &Incarnation, then: Then, times: &mut Times) {
        let (delay, left) = match then {
            Then::Restart { delay } => (delay, Left::Restart),
            Then::Shutdown { delay } => (delay, Left::Stopped),
        };
        if left == Left::Restart && life.side == Side::Provisioning {
            self.world.ledger.mark(self.place.index, Stage::Restarted);
        }
        times
            .end
            .get_or_insert_with(|| (Instant::now() + delay, left));
    }

    fn due(&mut self, life: &Incarnation, times: &mut Times) -> Option<Left> {
        let now = Instant::now();
        while let Some(at) = self.unread.iter().position(|(at, _)| *at <= now) {
            if let Some((_, message)) = self.unread.remove(at) {
                life.server.receive(&message);
            }
        }
        if times.alive <= now {
            life.lifecycle.publish(Kind::Alive);
            times.alive = now + Lifecycle::ALIVE;
        }
        times.end.and_then(|(at, left)| (at <= now).then_some(left))
    }

    /// Ends a life: in order, as the agent does, or without a word.
    async fn leave(&mut self, mut life: Incarnation, left: Left) {
        self.open.forget();
        self.unread.clear();
        if !matches!(left, Left::Vanished(_)) {
            life.lifecycle.publish(Kind::Shutdown);
            let server = Arc::clone(&life.server);
            let stopped = async {
                let mut stop = std::pin::pin!(server.stop());
                loop {
                    tokio::select! {
                        () = &mut stop => break,
                        wish = life.relay.next() => match wish {
                            Some(wish) => {
                                let _left = self.said(&life, wish).await;
                            }
                            None => break,
                        },
                    }
                }
            };
            if timeout(DRAIN, stopped).await.is_err() {
                tracing::warn!(node = %self.place.identity, "a node left requests behind");
            }
            self.hand_on(&mut life).await;
        }
        // what works on files ends before they are read again
        life.tasks.close();
        if timeout(DRAIN, life.tasks.wait()).await.is_err() {
            tracing::warn!(node = %self.place.identity, "a node left work behind");
        }
        if let Some(own) = &life.own {
            own.close().await;
        }
    }
}

/// Messages that a slow node has not looked at yet.
const UNREAD: usize = 16;
/// Between two attempts of a provisioned node to connect, each of which takes its own time.
const AGAIN: Duration = Duration::from_secs(1);
/// For the answers and the work of a node that leaves.
const DRAIN: Duration = Duration::from_secs(10);
