//! Publishes what the node has to tell whoever collects it (spec 03 §4): a file, or its inventory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::start::Foundation;
use crate::config::choices::RegistrationPlugin;
use crate::os::clock::Clock;
use crate::os::random;
use crate::os::source_file;
use crate::protocol::Request;
use crate::protocol::Route;
use crate::protocol::filter::Filter;
use crate::protocol::names::AgentName;
use crate::protocol::names::CallerId;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::protocol::names::InvalidName;
use crate::protocol::names::RequestId;
use crate::protocol::names::SenderId;
use crate::protocol::names::Subject;
use crate::protocol::registration::FileContent;
use crate::protocol::v1;
use crate::report::Chain;
use crate::rpc::Node;
use crate::transport::Handle;

/// What is published, where and how often.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The file.
    pub file: PathBuf,
    /// Whether it is compressed on the way.
    pub compressed: bool,
    /// Collective that the message is for.
    pub collective: Collective,
    /// Where it is published; each gets a copy.
    pub subjects: Vec<Subject>,
    /// Time between two publications.
    pub interval: Duration,
    /// Whether the first one waits a random part of the interval.
    pub splay: bool,
    /// Validity of each message, in seconds.
    pub ttl: u64,
}

impl Plan {
    /// What a node publishes: the metadata that its build names while it waits for a provisioner (spec 03 §3.5),
    /// afterwards what its settings say; none where they say nothing.
    #[must_use]
    pub fn of(start: &Foundation) -> Option<Self> {
        let settings = &start.resolved.settings;
        let ttl = settings.ttl.as_secs();
        if start.mode.is_provisioning() {
            let file = start.build.provisioning.registration_data?;
            let subjects = start.build.provisioning.registration_subjects;
            return Some(Self {
                file: file.into(),
                compressed: true,
                collective: settings.main_collective.clone(),
                subjects: subjects
                    .iter()
                    .filter_map(|subject| Subject::new(*subject).ok())
                    .collect(),
                interval: PROVISIONING_INTERVAL,
                splay: false,
                ttl,
            });
        }
        let own = &settings.registration;
        if !own.plugins.contains(&RegistrationPlugin::FileContent) {
            return None;
        }
        let agent = format!("{}.broadcast.agent.registration", own.collective);
        let subject = own
            .file_target
            .clone()
            .or_else(|| Subject::new(agent).ok())?;
        Some(Self {
            file: own.file.clone()?,
            compressed: own.file_compression,
            collective: own.collective.clone(),
            subjects: vec![subject],
            interval: own.interval,
            splay: own.splay,
            ttl,
        })
    }

    /// The message around a body: a request that nobody answers, made at `now` by a node connected to `server`.
    ///
    /// # Errors
    ///
    /// [`RegistrationError::Name`] when a name of this node is none on the wire.
    pub fn message(
        &self,
        identity: &Identity,
        server: &str,
        id: RequestId,
        now: i64,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, RegistrationError> {
        let request = Request {
            id,
            sender: SenderId::new(identity.as_str())?,
            caller: CallerId::new(format!("choria={identity}"))?,
            collective: self.collective.clone(),
            agent: AgentName::new("registration")?,
            ttl: self.ttl,
            time: now,
            filter: Filter::default(),
            body,
        };
        let route = Route {
            reply_to: Some("dev.null".to_owned()),
            sender: Some(identity.to_string()),
            hops: vec![[server.to_owned(), identity.to_string(), server.to_owned()]],
            federation: None,
        };
        let secure = v1::SecureRequest::unsigned(v1::encode_request(&request));
        Ok(v1::Transport {
            data: secure.encode(),
            route,
        }
        .encode())
    }
}

/// Publishes the file of a plan.
#[derive(Debug)]
pub struct Registration {
    plan: Plan,
    node: Arc<Node>,
    link: Handle,
    clock: Arc<dyn Clock>,
    published_mtime: Option<i64>,
    problem: Option<String>,
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
    /// A name of this node is none on the wire.
    #[error("the registration cannot be addressed")]
    Name(#[from] InvalidName),
    /// The connection did not take it.
    #[error("the registration was not sent")]
    Unsent(#[source] crate::transport::TransportError),
}

impl Registration {
    /// A publisher for this plan.
    #[must_use]
    pub const fn new(plan: Plan, node: Arc<Node>, link: Handle, clock: Arc<dyn Clock>) -> Self {
        Self {
            plan,
            node,
            link,
            clock,
            published_mtime: None,
            problem: None,
        }
    }

    /// Wait before the first publication after connecting: one to four seconds, and a part of the interval where the
    /// plan says so.
    #[must_use]
    pub fn first(&self) -> Duration {
        let settle = random::between(Duration::from_secs(1), Duration::from_secs(4));
        if !self.plan.splay {
            return settle;
        }
        settle.saturating_add(random::between(Duration::ZERO, self.plan.interval))
    }

    /// Time between two publications.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.plan.interval
    }

    /// What kept the last publication back.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Publishes once. What keeps it back is logged when it changes, and kept for the status file.
    pub fn publish(&mut self) {
        let problem = self.try_publish().err().map(|err| Chain(&err).to_string());
        if problem != self.problem {
            match &problem {
                Some(problem) => tracing::warn!(problem, "registration data was not published"),
                None => tracing::info!("registration data is published again"),
            }
        }
        self.problem = problem;
    }

    fn try_publish(&mut self) -> Result<(), RegistrationError> {
        let path = self.plan.file.clone();
        let unreadable = |err| RegistrationError::Unreadable {
            path: path.clone(),
            err,
        };
        let content = source_file::read(&path, LARGEST).map_err(unreadable)?;
        if content.is_empty() {
            return Err(RegistrationError::Empty { path });
        }
        let mtime = source_file::stamp(&path)
            .map_err(unreadable)?
            .map_or(0, |stamp| stamp.mtime);
        let updated = self.published_mtime.is_some_and(|before| mtime > before);
        let file = FileContent {
            mtime,
            file: &path.display().to_string(),
            updated,
            content: &content,
        };
        let payload = self.plan.message(
            &self.node.identity,
            &self.node.link().server,
            RequestId::new(random::hex_id())?,
            self.clock.now(),
            file.encode(self.plan.compressed),
        )?;
        for subject in &self.plan.subjects {
            self.link
                .publish(subject.clone(), payload.clone().into())
                .map_err(RegistrationError::Unsent)?;
        }
        self.published_mtime = Some(mtime);
        tracing::debug!(bytes = content.len(), "published registration data");
        Ok(())
    }
}

/// Registration while waiting for a provisioner (spec 03 §3.5).
const PROVISIONING_INTERVAL: Duration = Duration::from_secs(120);
/// Largest file that is published, in bytes: with every layer around it, it still fits a message.
const LARGEST: u64 = 512 * 1024;
