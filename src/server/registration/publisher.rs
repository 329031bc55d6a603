//! Performs the plans: looks, packs, hands over, and tells what keeps a message back.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::time::Instant;

use super::content;
use super::content::Content;
use super::plan::Plan;
use super::plan::Sender;
use super::plan::Source;
use super::schedule::Schedule;
use super::sign::SignError;
use super::sign::Signs;
use crate::os::clock::Clock;
use crate::os::random;
use crate::protocol::names::InvalidName;
use crate::protocol::names::RequestId;
use crate::report::Chain;
use crate::rpc::Node;
use crate::server::keyring::Keyring;
use crate::transport::Handle;
use crate::transport::TransportError;

/// Publishes what the plans say.
#[derive(Debug)]
pub struct Registration {
    desk: Desk,
    publishers: Vec<Publisher>,
}

/// What the plugins share.
#[derive(Debug)]
struct Desk {
    node: Arc<Node>,
    link: Handle,
    clock: Arc<dyn Clock>,
    signer: Arc<dyn Signs>,
    keyring: Option<Keyring>,
}

/// One plugin.
#[derive(Debug)]
struct Publisher {
    plan: Plan,
    schedule: Schedule,
    /// Modification time of the file that was published last.
    mtime: Option<i64>,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The file cannot be read.
    #[error("cannot read the registration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: std::io::Error,
    },
    /// The file is empty.
    #[error("the registration file {} is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The node has more facts than can be published.
    #[error("the inventory of {size} bytes is larger than {limit} bytes")]
    TooLarge {
        /// Its size before compression.
        size: usize,
        /// The most that is published.
        limit: usize,
    },
    /// A name of this node is none on the wire.
    #[error("the registration cannot be addressed")]
    Name(#[from] InvalidName),
    /// It cannot be signed.
    #[error("the registration was not signed")]
    Unsigned(#[from] SignError),
    /// The connection did not take it.
    #[error("the registration was not sent")]
    Unsent(#[source] TransportError),
}

impl Registration {
    /// A publisher for these plans; `keyring` holds the certificate whose end the inventory tells.
    #[must_use]
    pub fn new(
        plans: Vec<Plan>,
        node: Arc<Node>,
        link: Handle,
        clock: Arc<dyn Clock>,
        signer: Arc<dyn Signs>,
        keyring: Option<Keyring>,
    ) -> Self {
        let publishers = plans.into_iter().map(|plan| Publisher {
            schedule: Schedule::new(plan.timing),
            plan,
            mtime: None,
        });
        Self {
            publishers: publishers.collect(),
            desk: Desk {
                node,
                link,
                clock,
                signer,
                keyring,
            },
        }
    }

    /// There is a new connection.
    pub fn connected(&mut self, now: Instant) {
        for publisher in &mut self.publishers {
            publisher.schedule.connected(now, random::fraction);
        }
    }

    /// There is no connection any more.
    pub fn lost(&mut self, now: Instant) {
        for publisher in &mut self.publishers {
            publisher.schedule.lost(now);
        }
    }

    /// When there is something to do next; nothing without a connection.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        let looks = self.publishers.iter().map(|it| it.schedule.next());
        looks.flatten().min()
    }

    /// Does what is to be done at `now`. What keeps a message back is raised as a concern of the node and cleared when it
    /// is gone.
    pub fn turn(&mut self, now: Instant) {
        for publisher in &mut self.publishers {
            if publisher.schedule.next().is_some_and(|next| next <= now) {
                publisher.turn(&self.desk, now);
            }
        }
    }
}

impl Publisher {
    fn turn(&mut self, desk: &Desk, now: Instant) {
        if !desk.link.state().borrow().is_connected() {
            return self.schedule.lost(now);
        }
        let verdict = self.look(desk, now);
        if verdict.is_err() {
            self.schedule.kept_back(now, random::fraction());
        }
        let plugin = self.plan.source.name();
        let area = format!("registration {plugin}");
        match verdict {
            Ok(()) => desk.node.concerns.clear(&area),
            Err(RegistrationError::Unsent(
                err @ (TransportError::Busy
                | TransportError::Exited
                | TransportError::NotConnected
                | TransportError::TimedOut),
            )) => {
                tracing::debug!(plugin, reason = %Chain(&err), "registration data has to wait");
            }
            Err(err) => desk.node.concerns.raise(&area, Chain(&err).to_string()),
        }
    }

    fn look(&mut self, desk: &Desk, now: Instant) -> Result<(), RegistrationError> {
        let Content { body, mtime } = self.content(desk)?;
        let size = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if !self.schedule.wants(now, size) {
            self.schedule.looked(now);
            return Ok(());
        }
        let from = Sender {
            identity: &desk.node.identity,
            server: &desk.node.link().server,
            signer: desk.signer.as_ref(),
        };
        let id = RequestId::new(random::hex_id())?;
        let payload = self.plan.message(&from, id, desk.clock.now(), body)?;
        for subject in &self.plan.subjects {
            desk.link
                .publish(subject.clone(), payload.clone().into())
                .map_err(RegistrationError::Unsent)?;
        }
        self.mtime = mtime;
        self.schedule.published(now, size);
        let plugin = self.plan.source.name();
        tracing::debug!(plugin, bytes = size, "published registration data");
        Ok(())
    }

    fn content(&self, desk: &Desk) -> Result<Content, RegistrationError> {
        let compressed = self.plan.compressed;
        match &self.plan.source {
            Source::File(path) => content::file(path, self.mtime, compressed),
            Source::Inventory => {
                let expires = desk.keyring.as_ref().and_then(|it| it.current().expires());
                content::inventory(&desk.node, desk.clock.now(), expires, compressed)
            }
        }
    }
}
