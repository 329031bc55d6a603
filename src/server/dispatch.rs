//! A request on its way through the node (design §3.2): bytes → size → transport → secure layer → request → collective
//! and subject → agent → time → replay → filter → reply subject → signature → remembered → agent → reply → bytes.
//!
//! The cheapest refusal comes first, each step is one function, and nothing is answered before the last check passed.
//! [`Dispatcher::accept`] is the way in and has no effect but counting and remembering; [`Dispatcher::answer`] runs the
//! agent. What an answer entails is left to the server.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::FutureExt as _;

use super::gatekeeper::Gatekeeper;
use super::refusal::Refusal;
use crate::config::SubjectPattern;
use crate::os::clock::Clock;
use crate::protocol::Malformed;
use crate::protocol::Reply;
use crate::protocol::Request;
use crate::protocol::Route;
use crate::protocol::body::RpcReply;
use crate::protocol::body::StatusCode;
use crate::protocol::names::Subject;
use crate::protocol::replay::ReplayCache;
use crate::protocol::replay::RequestHash;
use crate::protocol::v1;
use crate::rpc::Agent;
use crate::rpc::Answer;
use crate::rpc::Node;
use crate::security::request::Verified;

/// How requests are authenticated.
#[derive(Debug)]
pub enum Verification {
    /// Not at all: the node waits for a provisioner, or the build says that its network is unsigned.
    None,
    /// Every request must carry a signature that the gatekeeper believes.
    Required(Gatekeeper),
}

impl Verification {
    /// Whether a signature is asked for.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        match self {
            Self::None => false,
            Self::Required(_) => true,
        }
    }
}

/// A request that passed every check.
#[derive(Debug)]
pub struct Accepted {
    /// The request.
    pub request: Arc<Request>,
    /// Where its reply goes.
    pub reply_to: Subject,
    /// Key of the replay cache.
    pub hash: RequestHash,
    /// How it was vouched for; `None` on an unsigned network, whose senders are nobody.
    pub verified: Option<Verified>,
    route: Route,
    agent: Option<Handler>,
}

#[derive(Clone)]
struct Handler(Arc<dyn Agent>);

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.metadata().name)
    }
}

/// Knows the agents and judges requests.
#[derive(Debug)]
pub struct Dispatcher {
    node: Arc<Node>,
    agents: BTreeMap<String, Handler>,
    verification: Verification,
    extra_reply_subjects: Vec<SubjectPattern>,
    clock: Arc<dyn Clock>,
    replay: Mutex<ReplayCache>,
}

impl Dispatcher {
    /// A dispatcher for these agents.
    #[must_use]
    pub fn new(
        node: Arc<Node>,
        agents: Vec<Arc<dyn Agent>>,
        verification: Verification,
        extra_reply_subjects: Vec<SubjectPattern>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let agents = agents
            .into_iter()
            .map(|agent| (agent.metadata().name.clone(), Handler(agent)))
            .collect();
        let replay = Mutex::new(ReplayCache::new(REMEMBERED));
        Self {
            node,
            agents,
            verification,
            extra_reply_subjects,
            clock,
            replay,
        }
    }

    /// Judges a message that came on `subject`.
    ///
    /// # Errors
    ///
    /// [`Refusal`], already counted.
    pub fn accept(&self, subject: &str, payload: &[u8]) -> Result<Accepted, Refusal> {
        self.node.stats.total.count();
        let judged = self.judge(subject, payload);
        match &judged {
            Ok(_) => {
                self.node.stats.validated.count();
                self.node.stats.message_at(self.clock.now());
            }
            Err(refusal) => refusal.count(&self.node.stats, self.clock.now()),
        }
        judged
    }

    /// Remembers requests that were acted upon before this process started.
    pub fn remember(&self, requests: impl IntoIterator<Item = (RequestHash, i64)>) {
        let now = self.clock.now();
        let mut replay = self.replay.lock().unwrap_or_else(PoisonError::into_inner);
        for (hash, expires) in requests {
            replay.remember(hash, expires, now);
        }
    }

    /// Runs the agent, within its time and without letting a panic of it further. A caller that is known is told when
    /// there is no answer; nobody else is (design §9).
    pub async fn answer(&self, accepted: &Accepted) -> Answer {
        let Some(Handler(agent)) = &accepted.agent else {
            self.node.stats.unknown_agent.count();
            let message = format!("Unknown agent {}", accepted.request.agent);
            return excuse(accepted, StatusCode::UnknownAction, message);
        };
        let name = &agent.metadata().name;
        let limit = Duration::from_secs(agent.metadata().timeout.max(1));
        let work = AssertUnwindSafe(agent.answer(Arc::clone(&accepted.request))).catch_unwind();
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_panic)) => {
                self.node.stats.panics.count();
                tracing::error!(agent = name, "an agent panicked");
                let message =
                    format!("Agent {name} failed in an unexpected way, see the log of the node");
                excuse(accepted, StatusCode::UnknownError, message)
            }
            Err(_elapsed) => {
                self.node.stats.timeouts.count();
                tracing::warn!(agent = name, "an action did not end in its time");
                let message = format!("The action did not end within {} seconds", limit.as_secs());
                excuse(accepted, StatusCode::UnknownError, message)
            }
        }
    }

    /// The answer to a request that came while too many were at work.
    #[must_use]
    pub fn busy(&self, accepted: &Accepted) -> Answer {
        let message = "The node is busy with other requests, try again".to_owned();
        excuse(accepted, StatusCode::Aborted, message)
    }

    /// The reply as a NATS payload of at most `largest` bytes.
    #[must_use]
    pub fn reply(&self, accepted: &Accepted, body: Vec<u8>, server: &str, largest: u64) -> Vec<u8> {
        let payload = self.wrap(accepted, body, server);
        if u64::try_from(payload.len()).unwrap_or(u64::MAX) <= largest {
            return payload;
        }
        let message = "The reply is larger than the broker's limit for a message";
        self.wrap(
            accepted,
            RpcReply::failed("", StatusCode::UnknownError, message).encode(),
            server,
        )
    }

    fn wrap(&self, accepted: &Accepted, body: Vec<u8>, server: &str) -> Vec<u8> {
        let reply = Reply {
            request: accepted.request.id.clone(),
            sender: self.node.identity.clone(),
            agent: accepted.request.agent.clone(),
            time: self.clock.now(),
            body,
        };
        let own_hop = [
            server.to_owned(),
            self.node.identity.to_string(),
            server.to_owned(),
        ];
        // the hops of a request are only for its federation
        let mut hops = if accepted.route.federation.is_some() {
            accepted.route.hops.clone()
        } else {
            Vec::new()
        };
        hops.push(own_hop);
        let route = Route {
            reply_to: None,
            sender: Some(self.node.identity.to_string()),
            hops,
            federation: accepted.route.federation.clone(),
        };
        let secure = v1::SecureReply {
            message: v1::encode_reply(&reply),
        };
        v1::Transport {
            data: secure.encode(),
            route,
        }
        .encode()
    }

    fn judge(&self, subject: &str, payload: &[u8]) -> Result<Accepted, Refusal> {
        let malformed = |err: Malformed| Refusal::Malformed(err);
        let transport = v1::Transport::decode(payload).map_err(malformed)?;
        let secure = v1::SecureRequest::decode(&transport.data).map_err(malformed)?;
        let request = v1::decode_request(&secure.message).map_err(malformed)?;
        self.collective(&request)?;
        directed(subject, &request)?;
        let agent = self.agents.get(request.agent.as_str()).cloned();
        if agent.is_none() && !self.verification.is_required() {
            return Err(Refusal::UnknownAgent);
        }
        let now = self.clock.now();
        if let Some(offset) = request.expired(now) {
            return Err(Refusal::Expired { offset });
        }
        let hash = secure.hash();
        if self
            .replay
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&hash, now)
        {
            return Err(Refusal::Replayed);
        }
        self.filter(&request)?;
        let reply_to = self.reply_subject(&transport.route)?;
        let verified = self.verify(&secure, &request, now)?;
        self.replay
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remember(hash, request.expires(), now);
        Ok(Accepted {
            request: Arc::new(request),
            reply_to,
            hash,
            verified,
            route: transport.route,
            agent,
        })
    }

    fn collective(&self, request: &Request) -> Result<(), Refusal> {
        if self.node.collectives.contains(&request.collective) {
            Ok(())
        } else {
            Err(Refusal::ForeignCollective)
        }
    }

    fn filter(&self, request: &Request) -> Result<(), Refusal> {
        match self.node.matches(&request.filter) {
            Ok(true) => {
                self.node.stats.passed.count();
                Ok(())
            }
            Ok(false) => Err(Refusal::Filtered),
            Err(err) => Err(Refusal::Filter(err)),
        }
    }

    fn reply_subject(&self, route: &Route) -> Result<Subject, Refusal> {
        let text = route.reply_to.as_deref().ok_or(Refusal::NoReplySubject)?;
        let subject = Subject::new(text).map_err(|_| Refusal::ReplySubject)?;
        let extra = || {
            self.extra_reply_subjects
                .iter()
                .any(|pattern| pattern.matches(&subject))
        };
        if subject.accepts_replies() || extra() {
            Ok(subject)
        } else {
            Err(Refusal::ReplySubject)
        }
    }

    fn verify(
        &self,
        secure: &v1::SecureRequest,
        request: &Request,
        now: i64,
    ) -> Result<Option<Verified>, Refusal> {
        match &self.verification {
            Verification::None => Ok(None),
            Verification::Required(gatekeeper) => gatekeeper
                .judge(secure, request, now, &self.node.concerns)
                .map(Some),
        }
    }
}

/// What a caller is told in place of an answer, when it is known who it is.
fn excuse(accepted: &Accepted, status: StatusCode, message: String) -> Answer {
    match accepted.verified {
        None => Answer::default(),
        Some(_) => Answer {
            body: Some(RpcReply::failed("", status, message).encode()),
            ..Answer::default()
        },
    }
}

/// Whether a request is for the subject it came on: what the broker let its sender publish to is part of its authority,
/// so a request must not act under another agent's or collective's subject.
fn directed(subject: &str, request: &Request) -> Result<(), Refusal> {
    let Some(rest) = subject.strip_prefix(request.collective.as_str()) else {
        return Err(Refusal::Misdirected);
    };
    let fits = match rest.strip_prefix(".broadcast.agent.") {
        Some(agent) => agent == request.agent.as_str(),
        None => rest.starts_with(".node."),
    };
    if fits {
        Ok(())
    } else {
        Err(Refusal::Misdirected)
    }
}

/// Requests that the replay cache remembers, about 100 bytes each.
const REMEMBERED: usize = 8192;
