//! Stands between a request that passed every check of the node and the action it asks for (design §3.2): authorization,
//! then the record, then the action.
//!
//! Every RPC agent has the same guard; `discovery` is no RPC agent and has none (spec 02 §12.1).

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Failure;
use super::Node;
use super::audit::AuditLog;
use super::audit::record::Record;
use super::authorization::Authorizer;
use super::authorization::Decision;
use crate::config::choices::AuditFailure;
use crate::os::clock::Clock;
use crate::protocol::Request;
use crate::telemetry::Throttle;

/// Judges and records requests.
#[derive(Debug)]
pub struct Guard {
    node: Arc<Node>,
    clock: Arc<dyn Clock>,
    authorizer: Box<dyn Authorizer>,
    audit: Option<AuditLog>,
    unrecorded: AuditFailure,
    denials: Throttle,
    started: Instant,
}

impl Guard {
    /// A guard that asks this authorizer and records in this log; `unrecorded` is what becomes of a request of which no
    /// record can be written.
    #[must_use]
    pub fn new(
        node: Arc<Node>,
        clock: Arc<dyn Clock>,
        authorizer: Box<dyn Authorizer>,
        audit: Option<AuditLog>,
        unrecorded: AuditFailure,
    ) -> Self {
        Self {
            node,
            clock,
            authorizer,
            audit,
            unrecorded,
            denials: Throttle::new(Duration::from_secs(1)),
            started: Instant::now(),
        }
    }

    /// Whether requests are recorded, so that their inputs are needed.
    #[must_use]
    pub const fn records(&self) -> bool {
        self.audit.is_some()
    }

    /// Looks at the policies and opens the record anew: at the start, and when an administrator asks for it.
    pub fn look(&self) {
        self.authorizer.look();
        if let Some(audit) = &self.audit {
            audit.reopen();
        }
    }

    /// Whether the action, which the agent has, may run now.
    ///
    /// # Errors
    ///
    /// What the caller is told, when it may not.
    pub fn admit(&self, request: &Request, action: &str, data: &Value) -> Result<(), Failure> {
        match self.authorizer.judge(request, action) {
            Decision::Denied { reason } => Err(self.denied(request, action, data, &reason)),
            Decision::Allowed => match self.record(request, action, data, None) {
                Recorded::Yes => Ok(()),
                Recorded::No => match self.unrecorded {
                    AuditFailure::Allow => Ok(()),
                    AuditFailure::Deny => {
                        let reason = "it could not be recorded in the audit log";
                        self.note(request, reason);
                        self.tell(request, action, reason);
                        Err(Failure::aborted(NOT_RECORDED))
                    }
                },
            },
        }
    }

    /// Refuses a request whose body is for another agent than its envelope.
    #[must_use]
    pub fn misdirected(&self, request: &Request, action: &str, data: &Value) -> Failure {
        // nobody checked this text yet, and it may be as long as a message
        let action: String = action.chars().take(SHOWN).collect();
        self.denied(request, &action, data, "its body is for another agent")
    }

    fn denied(&self, request: &Request, action: &str, data: &Value, reason: &str) -> Failure {
        self.node.stats.denied.count();
        self.note(request, reason);
        self.tell(request, action, reason);
        // it does not run in any case
        self.record(request, action, data, Some(reason));
        Failure::aborted(NOT_AUTHORIZED)
    }

    fn note(&self, request: &Request, reason: &str) {
        self.node.stats.refused(
            self.clock.now(),
            format!("a request to {} was denied: {reason}", request.agent),
        );
    }

    fn tell(&self, request: &Request, action: &str, reason: &str) {
        if let Some(suppressed) = self.denials.pass(self.started.elapsed()) {
            tracing::info!(
                caller = request.caller.as_str(),
                agent = request.agent.as_str(),
                action,
                request = request.id.as_str(),
                reason,
                suppressed,
                "a request was denied"
            );
        }
    }

    fn record(
        &self,
        request: &Request,
        action: &str,
        data: &Value,
        denied: Option<&str>,
    ) -> Recorded {
        let Some(audit) = &self.audit else {
            return Recorded::Yes;
        };
        let record = Record {
            request,
            action,
            data,
            micros: self.clock.micros(),
            denied,
        };
        match audit.write(&record) {
            Ok(()) => Recorded::Yes,
            Err(_unrecorded) => Recorded::No,
        }
    }
}

/// Whether everything was recorded that had to be.
enum Recorded {
    Yes,
    No,
}

/// Text that peers match on (spec 03 §6.5).
const NOT_AUTHORIZED: &str = "You are not authorized to call this agent or action";
/// Ours: the reference runs the action.
const NOT_RECORDED: &str =
    "The request was refused because it could not be recorded in the audit log of this node";
/// Characters of an action's name that nobody checked.
const SHOWN: usize = 64;
