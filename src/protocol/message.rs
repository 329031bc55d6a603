//! Requests, replies and the route of a message, the same for every protocol version.

use super::body::decode_body;
use super::filter::Filter;
use super::names::AgentName;
use super::names::CallerId;
use super::names::Collective;
use super::names::Identity;
use super::names::RequestId;
use super::names::SenderId;

/// A request as its sender wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Id of the request; the copies of one call share it.
    pub id: RequestId,
    /// Identity of the sending process, as it says itself.
    pub sender: SenderId,
    /// Who asks, such as `choria=ops.mcollective`.
    pub caller: CallerId,
    /// Collective the request is for.
    pub collective: Collective,
    /// Agent the request is for.
    pub agent: AgentName,
    /// How long the request is valid, in seconds.
    pub ttl: u64,
    /// When it was made, in seconds since 1970.
    pub time: i64,
    /// Which nodes shall answer.
    pub filter: Filter,
    /// The body as it stands in the envelope. [`Request::payload`] undoes the optional base64.
    pub body: Vec<u8>,
}

impl Request {
    /// The payload for the agent: a body that decodes as base64 is decoded (design §9).
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        decode_body(&self.body)
    }

    /// How far outside its time the request is at `now` (seconds since 1970), or `None` while it is valid.
    ///
    /// Valid is `time - ttl < now < time + ttl` (spec 01 §1.6), with the ttl capped at one hour. The answer is the
    /// difference between the node's clock and the request's time: negative when the request comes from the future.
    #[must_use]
    pub fn expired(&self, now: i64) -> Option<i64> {
        let ttl = i64::try_from(self.ttl.min(MAX_TTL)).unwrap_or(i64::MAX);
        let offset = now.saturating_sub(self.time);
        (offset >= ttl || offset <= -ttl).then_some(offset)
    }

    /// The moment from which on the request is expired anyway, in seconds since 1970.
    #[must_use]
    pub fn expires(&self) -> i64 {
        self.time
            .saturating_add(i64::try_from(self.ttl.min(MAX_TTL)).unwrap_or(i64::MAX))
    }
}

/// A reply as its sender wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Id of the request it answers.
    pub request: RequestId,
    /// The node that answers.
    pub sender: Identity,
    /// The agent that answers.
    pub agent: AgentName,
    /// When it was made, in seconds since 1970.
    pub time: i64,
    /// The body, exactly.
    pub body: Vec<u8>,
}

/// One hop of a message: where it came in, who handled it, where it went out.
pub type Hop = [String; 3];

/// Routing headers of a message. Nothing in here is signed: never decide anything by it but where a reply goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Subject for the reply.
    pub reply_to: Option<String>,
    /// Identity of the sending process.
    pub sender: Option<String>,
    /// The hops so far.
    pub hops: Vec<Hop>,
    /// Present on a message that crossed a federation broker.
    pub federation: Option<Federation>,
}

/// Header that a federation broker needs back on the reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Federation {
    /// Id of the request.
    pub request: Option<String>,
    /// The original reply subject.
    pub reply_to: Option<String>,
    /// Subjects that the broker shall publish to.
    pub targets: Vec<String>,
}

/// Longest ttl that is honoured, in seconds; a longer one counts as this. The sender chooses the ttl, the node its
/// patience.
pub(super) const MAX_TTL: u64 = 3600;
