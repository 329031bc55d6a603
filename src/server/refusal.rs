//! Why a message was not acted upon. A refusal is counted and never answered: its sender is nobody yet.

use crate::protocol::Malformed;
use crate::protocol::names::CallerId;
use crate::report::Chain;
use crate::rpc::Stats;
use crate::security::request::RequestError;

/// Why a message was not acted upon.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It could not be understood.
    #[error("the message could not be understood")]
    Malformed(#[source] Malformed),
    /// It is for a collective that this node is not in.
    #[error("the request is for a collective that this node is not in")]
    ForeignCollective,
    /// The subject it came on belongs to another agent or collective than the one inside.
    #[error("the request is not for the subject that it came on")]
    Misdirected,
    /// It is for an agent that is not here.
    #[error("the request is for an agent that is not here")]
    UnknownAgent,
    /// It is outside its time.
    #[error("the request is outside its time")]
    Expired {
        /// The node's clock minus the time of the request, in seconds.
        offset: i64,
    },
    /// It was acted upon before.
    #[error("the request was acted upon before")]
    Replayed,
    /// This node is not among those it asks for.
    #[error("the filter of the request does not match this node")]
    Filtered,
    /// Its filter cannot be evaluated.
    #[error("the filter of the request cannot be evaluated")]
    Filter(#[source] crate::facts::FilterError),
    /// It has no signature where one is required.
    #[error("the request is not signed")]
    Unsigned,
    /// It is signed and not believed.
    #[error("the signature of the request is not believed")]
    Unverified {
        /// Who the request says it is from.
        caller: CallerId,
        /// Why it is not believed.
        #[source]
        err: RequestError,
    },
    /// It is signed and this node has no usable CA.
    #[error("the request is signed and this node has no CA to judge it by")]
    NoRoots,
    /// It names no subject for the reply.
    #[error("the request names no subject for the reply")]
    NoReplySubject,
    /// It wants the reply on a subject where replies do not belong.
    #[error("the request wants its reply on a subject that is not for replies")]
    ReplySubject,
    /// Too many requests are at work.
    #[error("too many requests are at work")]
    Busy,
}

impl Refusal {
    /// The reason for a log line. What a parser says quotes the message, which may be a megabyte and may hold a token in
    /// the wrong place; so its complaint stays out, and the rest is cut.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Malformed(err) => format!("{self}: {err}"),
            Self::Filter(_) => Chain(self).to_string(),
            // a caller id of the known form cannot hold anything that surprises
            Self::Unverified { caller, .. } if caller.name().is_some() => {
                format!("{}, it claims to be from {caller}", Chain(self))
            }
            Self::Unverified { .. } => Chain(self).to_string(),
            Self::ForeignCollective
            | Self::Misdirected
            | Self::UnknownAgent
            | Self::Expired { .. }
            | Self::Replayed
            | Self::Filtered
            | Self::Unsigned
            | Self::NoRoots
            | Self::NoReplySubject
            | Self::ReplySubject
            | Self::Busy => self.to_string(),
        }
        .chars()
        .take(LONGEST_REASON)
        .collect()
    }

    /// Whether somebody meant this node and should have been answered if all were well: a reason for an operator to
    /// look, in the log and in the status. The rest is what a network sends around.
    #[must_use]
    pub const fn concerns_an_operator(&self) -> bool {
        match self {
            Self::Malformed(_)
            | Self::Misdirected
            | Self::Expired { .. }
            | Self::Replayed
            | Self::Unsigned
            | Self::Unverified { .. }
            | Self::NoRoots
            | Self::NoReplySubject
            | Self::ReplySubject
            | Self::Busy => true,
            Self::ForeignCollective | Self::UnknownAgent | Self::Filtered | Self::Filter(_) => {
                false
            }
        }
    }

    /// Counts the refusal, at `now` (seconds since 1970).
    pub fn count(&self, stats: &Stats, now: i64) {
        if self.concerns_an_operator() {
            stats.refused(now, self.reason());
        }
        match self {
            Self::Malformed(_)
            | Self::ForeignCollective
            | Self::Misdirected
            | Self::NoReplySubject
            | Self::ReplySubject => stats.unvalidated.count(),
            Self::Unsigned | Self::Unverified { .. } | Self::NoRoots => {
                stats.unvalidated.count();
                stats.unverified.count();
            }
            Self::UnknownAgent => stats.unknown_agent.count(),
            Self::Expired { offset } => {
                stats.clock_offset_was(*offset);
                stats.ttlexpired.count();
            }
            Self::Replayed => stats.replayed.count(),
            Self::Filtered | Self::Filter(_) => stats.filtered.count(),
            Self::Busy => stats.busy.count(),
        }
    }
}

/// Longest reason in a log line, in characters.
const LONGEST_REASON: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::v1;

    fn reason(message: &str) -> String {
        Refusal::Malformed(v1::decode_request(message).unwrap_err()).reason()
    }

    #[test]
    fn a_message_that_is_refused_is_not_quoted_in_the_log() {
        let ttl =
            r#"{"protocol":"choria:request:1","message":"x","envelope":{"ttl":"toomanysecrets"}}"#;
        assert!(
            Chain(&v1::decode_request(ttl).unwrap_err())
                .to_string()
                .contains("toomanysecrets")
        );
        assert!(!reason(ttl).contains("toomanysecrets"));
        assert!(reason(ttl).contains("the request is not the JSON document it must be"));
    }
}
