//! Makes the node, its agents and the dispatcher from what a start found.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::beside;
use super::company::Lender;
use super::dispatch::Dispatcher;
use super::dispatch::Verification;
use super::gatekeeper::Gatekeeper;
use super::guard::guard;
use super::start::Foundation;
use super::start::StartError;
use crate::agents::choria_util::ChoriaUtil;
use crate::agents::discovery::Discovery;
use crate::agents::provision::Keys;
use crate::agents::provision::Provision;
use crate::agents::provision::Site;
use crate::agents::provision::TokenCheck;
use crate::agents::provision::Turns;
use crate::agents::rpcutil::RpcUtil;
use crate::os::clock::Clock;
use crate::os::host;
use crate::os::transaction::Generations;
use crate::rpc::Agent;
use crate::rpc::Brokers;
use crate::rpc::Concerns;
use crate::rpc::Guard;
use crate::rpc::Knowledge;
use crate::rpc::Metadata;
use crate::rpc::Node;
use crate::rpc::Rpc;
use crate::rpc::Stats;
use crate::security::request::Trust;
use crate::transport::Targets;

/// A node with its agents, not connected to anything yet.
#[derive(Debug)]
pub struct Assembly {
    /// The node.
    pub node: Arc<Node>,
    /// Judges and answers requests.
    pub dispatcher: Dispatcher,
    /// Names of the agents, sorted.
    pub agents: Vec<String>,
    /// Judges and records what the dispatcher hands to the agents.
    pub guard: Arc<Guard>,
    /// Where the provisioning agent works, while the node waits for a provisioner.
    pub site: Option<Arc<Site>>,
    /// What was and is in place.
    pub generations: Arc<Generations>,
}

/// Makes the node and its agents.
///
/// # Errors
///
/// [`StartError`] when an agent of the company cannot be made.
pub fn assemble(
    foundation: &Foundation,
    targets: &Targets,
    tasks: &TaskTracker,
    clock: &Arc<dyn Clock>,
) -> Result<Assembly, StartError> {
    let verification = verification(foundation);
    let secure = verification.is_required();
    let node = Arc::new(node(foundation, targets, clock.now(), secure));
    let guard = guard(foundation, &node, clock);
    let generations = Arc::new(Generations::new(
        Arc::clone(&foundation.files),
        foundation.state_dir.clone(),
    ));
    let (agents, site) = agents(foundation, &node, &guard, tasks, clock, &generations)?;
    let metadata = sorted(
        agents
            .iter()
            .map(|agent| agent.metadata().clone())
            .collect(),
    );
    let names = metadata.iter().map(|agent| agent.name.clone()).collect();
    node.agents.get_or_init(|| metadata);
    guard.look();
    let dispatcher = Dispatcher::new(
        Arc::clone(&node),
        agents,
        verification,
        foundation.resolved.settings.muster.reply_subjects.clone(),
        Arc::clone(clock),
    );
    Ok(Assembly {
        node,
        dispatcher,
        agents: names,
        guard,
        site,
        generations,
    })
}

fn verification(foundation: &Foundation) -> Verification {
    if foundation.mode.is_provisioning() || !foundation.build.secure {
        Verification::None
    } else {
        let security = &foundation.resolved.settings.security;
        let trust = Trust {
            allowed: security.certname_whitelist.clone(),
            privileged: security.privileged_users.clone(),
        };
        let owner = host::owner(foundation.identity.as_str());
        let authorities = security.authorities(&owner);
        Verification::Required(Gatekeeper::new(trust, authorities))
    }
}

fn node(foundation: &Foundation, targets: &Targets, now: i64, secure: bool) -> Node {
    let settings = &foundation.resolved.settings;
    let (servers, srv_domain) = match targets {
        Targets::Servers(servers) => (
            servers.iter().map(ToString::to_string).collect(),
            String::new(),
        ),
        Targets::Srv(srv) => (Vec::new(), srv.domain.clone()),
    };
    Node {
        identity: foundation.identity.clone(),
        version: foundation.build.version,
        sha: foundation.build.sha,
        provisioning: foundation.mode.is_provisioning(),
        collectives: settings.collectives.clone(),
        main_collective: settings.main_collective.clone(),
        config_file: foundation.config_file.clone(),
        config: foundation.resolved.effective.clone(),
        started: now,
        // until updates are built, whatever the flag says
        upgradable: false,
        secure,
        knowledge: Knowledge::new(
            settings.fact_files.clone(),
            Some(settings.classes_file.clone()),
        ),
        stats: Stats::default(),
        concerns: Concerns::default(),
        link: OnceLock::new(),
        brokers: Brokers {
            servers,
            srv_domain,
            connect_timeout: settings.brokers.connect_timeout,
            ping_interval: PING,
        },
        agents: OnceLock::new(),
    }
}

type Agents = Vec<Arc<dyn Agent>>;

/// The agents, and the site of the provisioning agent while its keys are needed.
fn agents(
    foundation: &Foundation,
    node: &Arc<Node>,
    guard: &Arc<Guard>,
    tasks: &TaskTracker,
    clock: &Arc<dyn Clock>,
    generations: &Arc<Generations>,
) -> Result<(Agents, Option<Arc<Site>>), StartError> {
    let rpcutil = RpcUtil::new(Arc::clone(node), Arc::clone(clock));
    let choria_util = ChoriaUtil::new(Arc::clone(node));
    let mut agents: Agents = vec![
        Arc::new(Discovery::new(foundation.build.version)),
        Arc::new(Rpc::new(rpcutil, Arc::clone(guard))),
        Arc::new(Rpc::new(choria_util, Arc::clone(guard))),
    ];
    let (waits, provisioning) = (
        foundation.mode.is_provisioning(),
        &foundation.build.provisioning,
    );
    let tokens = Arc::new(TokenCheck::new(Arc::clone(node), provisioning.tokens));
    // active while waiting, and afterwards where a token guards it (spec 04 §1)
    let guarded = waits || !tokens.anyone();
    let site = (guarded && foundation.company.provisions(&foundation.build))
        .then(|| site(foundation, node, tasks, clock, generations, &tokens));
    if let Some(site) = site.as_ref().filter(|_| provisioning.agent) {
        let ours = Provision::new(Arc::clone(site));
        agents.push(Arc::new(Rpc::new(ours, Arc::clone(guard))));
    }
    let lender = Lender::new(foundation, node, &tokens, site.as_ref())?;
    for standing in lender.make_all()? {
        agents.push(Arc::new(Rpc::new(standing, Arc::clone(guard))));
    }
    Ok((agents, site.filter(|_| waits)))
}

fn site(
    foundation: &Foundation,
    node: &Arc<Node>,
    tasks: &TaskTracker,
    clock: &Arc<dyn Clock>,
    generations: &Arc<Generations>,
    tokens: &Arc<TokenCheck>,
) -> Arc<Site> {
    let keys = Keys::new(
        Arc::clone(&foundation.files),
        foundation.state_dir.clone(),
        tasks.clone(),
    );
    Arc::new(Site {
        node: Arc::clone(node),
        build: foundation.build,
        files: Arc::clone(&foundation.files),
        clock: Arc::clone(clock),
        state_dir: foundation.state_dir.clone(),
        keys,
        turns: Turns::new(tasks.clone()),
        tokens: Arc::clone(tokens),
        generations: Arc::clone(generations),
        ground: beside::ground(foundation),
    })
}

fn sorted(mut agents: Vec<Metadata>) -> Vec<Metadata> {
    agents.sort_by(|a, b| a.name.cmp(&b.name));
    agents
}

/// Silence after which the broker is asked for a sign of life.
pub(super) const PING: Duration = Duration::from_secs(30);
