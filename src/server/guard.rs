//! The guard of a node's agents, as its settings ask for it.

use std::sync::Arc;

use super::mode::Mode;
use super::start::Foundation;
use crate::config::choices::AuthorizationProvider;
use crate::config::settings::Authorization;
use crate::os::clock::Clock;
use crate::rpc::Guard;
use crate::rpc::Node;
use crate::rpc::audit::AuditLog;
use crate::rpc::authorization::ActionPolicies;
use crate::rpc::authorization::Authorizer;
use crate::rpc::authorization::Verdict;
use crate::rpc::authorization::closed::Closed;
use crate::rpc::authorization::open::Open;
use crate::rpc::authorization::policies;

/// Makes the guard. While the node waits for a provisioner nobody needs to be authorized (spec 02 §12.5); what matters there
/// is guarded by the token. Requests are recorded in both modes.
pub(super) fn guard(
    foundation: &Foundation,
    node: &Arc<Node>,
    clock: &Arc<dyn Clock>,
) -> Arc<Guard> {
    let audit = &foundation.resolved.settings.audit;
    Arc::new(Guard::new(
        Arc::clone(node),
        Arc::clone(clock),
        authorizer(foundation, node),
        AuditLog::of(audit, node),
        audit.failure,
    ))
}

/// Why nobody may run anything: the provider is one that this program cannot follow.
pub(super) fn closed(mode: Mode, settings: &Authorization) -> Option<String> {
    if mode.is_provisioning() || !settings.enabled {
        return None;
    }
    let provider = match settings.provider {
        AuthorizationProvider::ActionPolicy => return None,
        AuthorizationProvider::RegoPolicy => "rego_policy",
        AuthorizationProvider::AaaService => "aaasvc",
    };
    Some(format!(
        "rpcauthprovider is {provider}, which this build does not evaluate: every action is denied"
    ))
}

fn authorizer(foundation: &Foundation, node: &Arc<Node>) -> Box<dyn Authorizer> {
    let settings = &foundation.resolved.settings.authorization;
    if foundation.mode.is_provisioning() || !settings.enabled {
        return Box::new(Open);
    }
    if let Some(reason) = closed(foundation.mode, settings) {
        return Box::new(Closed::new(Arc::clone(node), reason));
    }
    Box::new(ActionPolicies::new(
        foundation.config_file.with_file_name(policies::DIRECTORY),
        settings.default_policy.clone(),
        if settings.allow_unconfigured {
            Verdict::Allow
        } else {
            Verdict::Deny
        },
        Arc::clone(node),
    ))
}
