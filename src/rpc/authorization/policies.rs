//! The policy files of the node: `policies/<agent>.policy` beside the configuration, else the default policy where that is
//! enabled, else nothing, which denies; and `policies/groups`.
//!
//! A file is read once and again when it changed. While it cannot be used, every request that it should judge is denied,
//! the fault is a concern of the node, and no other file stands in for it.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::Authorizer;
use super::Decision;
use super::files::Known;
use super::groups::Groups;
use super::policy::Policy;
use super::policy::Question;
use super::policy::Ruling;
use super::policy::Verdict;
use crate::facts::Classes;
use crate::facts::Document;
use crate::facts::Effort;
use crate::protocol::Request;
use crate::protocol::names::AgentName;
use crate::report::Chain;
use crate::rpc::Node;

/// Judges requests by the policy files in a directory.
#[derive(Debug)]
pub struct ActionPolicies {
    directory: PathBuf,
    default: Option<AgentName>,
    unconfigured: Verdict,
    node: Arc<Node>,
    read: Mutex<Read>,
}

/// What was read, as long as it is current.
#[derive(Debug, Default)]
struct Read {
    policies: Known<Policy>,
    groups: Known<Groups>,
}

/// A policy that can be asked.
struct Usable {
    path: PathBuf,
    policy: Arc<Policy>,
    groups: Arc<Groups>,
}

impl ActionPolicies {
    /// Policies of this directory. `default` is the policy of agents that have none; `unconfigured` is what a file without
    /// `policy default` says when no rule matches.
    #[must_use]
    pub fn new(
        directory: PathBuf,
        default: Option<AgentName>,
        unconfigured: Verdict,
        node: Arc<Node>,
    ) -> Self {
        Self {
            directory,
            default,
            unconfigured,
            node,
            read: Mutex::new(Read::default()),
        }
    }

    fn decide(&self, agent: &AgentName, caller: &str, action: &str) -> Result<(), String> {
        let Some(usable) = self.usable(agent)? else {
            return Err(format!(
                "there is no policy for {agent} in {}",
                self.directory.display()
            ));
        };
        let path = usable.path.display();
        let (facts, classes) = if usable.policy.needs_node() {
            (self.node.knowledge.facts(), self.node.knowledge.classes())
        } else {
            (Arc::new(Document::default()), Arc::new(Classes::default()))
        };
        let question = Question {
            caller,
            action,
            groups: &usable.groups,
            facts: &facts,
            classes: &classes,
        };
        let ruling = usable
            .policy
            .judge(&question, &mut Effort::of_steps(STEPS))
            .map_err(|err| format!("{path}: {}", Chain(&err)))?;
        let (verdict, reason) = match ruling {
            Ruling::Rule { line, verdict } => (verdict, format!("{path}:{line} denies it")),
            Ruling::Default(verdict) => (
                verdict,
                format!("{path}: no rule matches and its default denies"),
            ),
            Ruling::Undecided => (
                self.unconfigured,
                format!("{path}: no rule matches and it has no default"),
            ),
        };
        match verdict {
            Verdict::Allow => Ok(()),
            Verdict::Deny => Err(reason),
        }
    }

    /// The policy for an agent; nothing when there is none, and the reason when it cannot be used.
    fn usable(&self, agent: &AgentName) -> Result<Option<Usable>, String> {
        for name in [Some(agent), self.default.as_ref()].into_iter().flatten() {
            let path = self.directory.join(format!("{name}.policy"));
            let area = format!("policy {name}");
            match self.policy(&path) {
                Ok(None) => self.node.concerns.clear(&area),
                Ok(Some(usable)) => {
                    self.node.concerns.clear(&area);
                    self.tell_unknown_groups(&area, &usable);
                    return Ok(Some(usable));
                }
                Err(reason) => {
                    self.node.concerns.raise(
                        &area,
                        format!("{reason}; every request that it should judge is denied"),
                    );
                    return Err(reason);
                }
            }
        }
        Ok(None)
    }

    fn policy(&self, path: &Path) -> Result<Option<Usable>, String> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let Read { policies, groups } = &mut *read;
        let Some(policy) = policies.current(path, Policy::parse)? else {
            return Ok(None);
        };
        let groups = if policy.needs_groups() {
            groups
                .current(&self.directory.join(GROUPS), Groups::parse)?
                .unwrap_or_default()
        } else {
            Arc::default()
        };
        policy
            .check_groups(&groups)
            .map_err(|err| err.in_file(path))?;
        Ok(Some(Usable {
            path: path.to_owned(),
            policy,
            groups,
        }))
    }

    fn tell_unknown_groups(&self, policy: &str, usable: &Usable) {
        let area = format!("groups of {policy}");
        match usable.policy.unknown_groups(&usable.groups).first() {
            None => self.node.concerns.clear(&area),
            Some((line, name)) => self.node.concerns.raise(
                &area,
                format!(
                    "{}:{line}: {name:?} is neither a caller id nor a group, nobody is let in by it",
                    usable.path.display()
                ),
            ),
        }
    }
}

impl Authorizer for ActionPolicies {
    fn judge(&self, request: &Request, action: &str) -> Decision {
        match self.decide(&request.agent, request.caller.as_str(), action) {
            Ok(()) => Decision::Allowed,
            Err(reason) => Decision::Denied { reason },
        }
    }

    fn look(&self) {
        for agent in self.node.agent_names() {
            if let Ok(agent) = AgentName::new(agent) {
                // a fault is a concern by now, and a missing policy is none
                drop(self.usable(&agent));
            }
        }
    }
}

/// Directory of the policies, beside the configuration file (spec 02 §12.1).
pub const DIRECTORY: &str = "policies";
/// The groups file of the policy directory.
pub(super) const GROUPS: &str = "groups";
/// What judging one request may cost: some hundred patterns, some ten milliseconds of one core at the very worst.
const STEPS: usize = 4_000_000;
