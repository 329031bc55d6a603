//! A node without a broker, for the tests of agents: the real agents, guard and files, in a folder of the test's own.
//! Not yet stable, as [`crate::company`].
//!
//! ```no_run
//! # fn make(_: muster::company::Host) -> Result<Box<dyn muster::company::CompanyAgent>, muster::company::MakeError> { Err("".into()) }
//! # const COMPANY: muster::company::Company = muster::company::Company { ddl: "", krate: "", version: "", make };
//! use muster::server::rehearsal::Rehearsal;
//! use serde_json::json;
//!
//! let folder = std::env::temp_dir().join("acme_asset"); // of its own for each test
//! // what the configuration says: server.conf, facts.json and plugin.d below the folder
//! let node = Rehearsal::waiting(&folder, "acme_asset", COMPANY).unwrap();
//! let reply = node.call("acme_asset", "show", json!({})).unwrap();
//! assert_eq!(reply.data["tag"], "");
//! ```

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Builder;
use tokio::runtime::Runtime;
use tokio_util::task::TaskTracker;

use super::assemble::Assembly;
use super::assemble::assemble;
use super::start;
use super::start::Foundation;
use super::start::StartError;
use crate::build_info::BuildInfo;
use crate::build_info::Provisioning;
use crate::build_info::TokenVerifier;
use crate::company::Company;
use crate::company::Compiled;
use crate::company::PROVISIONS;
use crate::company::Roster;
use crate::company::RosterError;
use crate::os::atomic_file;
use crate::os::atomic_file::WriteError;
use crate::os::clock::Clock;
use crate::os::clock::SystemClock;
use crate::os::files::RealFiles;
use crate::os::random;
use crate::os::transaction;
use crate::os::transaction::TransactionError;
use crate::protocol::Request;
use crate::protocol::Route;
use crate::protocol::body::RpcReply;
use crate::protocol::body::RpcRequest;
use crate::protocol::filter::Filter;
use crate::protocol::names::AgentName;
use crate::protocol::names::CallerId;
use crate::protocol::names::Identity;
use crate::protocol::names::InvalidName;
use crate::protocol::names::RequestId;
use crate::protocol::names::SenderId;
use crate::protocol::names::Subject;
use crate::protocol::v1;
use crate::report::Chain;
use crate::rpc::Node;
use crate::transport::Targets;

/// A node that nobody is connected to.
pub struct Rehearsal {
    runtime: Runtime,
    assembly: Assembly,
}

/// Why there is no rehearsal, or no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// The agent cannot be part of a program.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The node does not start.
    #[error("the node does not start")]
    Start(#[from] StartError),
    /// The node has no place for its state.
    #[error("the node has no place for its state")]
    State(#[from] TransactionError),
    /// The configuration of a node in a fleet cannot be made.
    #[error("the configuration cannot be made")]
    Configuration(#[from] WriteError),
    /// The runtime cannot be made.
    #[error("cannot start the runtime")]
    Runtime(#[from] std::io::Error),
    /// The request was not accepted.
    #[error("the request was not accepted: {reason}")]
    Refused {
        /// Why.
        reason: String,
    },
    /// Nobody answered: the agent panicked, or did not end in its time.
    #[error("the agent did not answer")]
    NoAnswer,
}

impl Rehearsal {
    /// The token of the build that is played.
    pub const TOKEN: &'static str = "toomanysecrets";

    /// A node that waits for a provisioner, and has this agent under this name. Its folder may have `server.conf`,
    /// `plugin.d` and `facts.json`.
    ///
    /// # Errors
    ///
    /// [`RehearsalError`] when a node would not start.
    pub fn waiting(
        folder: &Path,
        name: &'static str,
        company: Company,
    ) -> Result<Self, RehearsalError> {
        Self::of(folder, name, company, true)
    }

    /// A node of a fleet, otherwise the same. Without a `server.conf` it gets one by which everybody may call everything;
    /// facts are where that file says.
    ///
    /// # Errors
    ///
    /// [`RehearsalError`] when a node would not start.
    pub fn in_fleet(
        folder: &Path,
        name: &'static str,
        company: Company,
    ) -> Result<Self, RehearsalError> {
        let config_file = folder.join("server.conf");
        if !config_file.exists() {
            atomic_file::write(&RealFiles, &config_file, OPEN, 0o600)?;
        }
        Self::of(folder, name, company, false)
    }

    fn of(
        folder: &Path,
        name: &'static str,
        company: Company,
        waits: bool,
    ) -> Result<Self, RehearsalError> {
        let build = build(folder, name, waits);
        let compiled = Compiled {
            name,
            origin: "rehearsal",
            company,
        };
        let company = Arc::new(Roster::of(&[compiled], &build)?);
        let foundation = foundation(folder, build, company)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (targets, tasks) = (Targets::Servers(Vec::new()), TaskTracker::new());
        let assembly = {
            let _within = runtime.enter();
            let assembly = assemble(&foundation, &targets, &tasks, &clock)?;
            if let Some(site) = &assembly.site {
                site.prepare();
            }
            assembly
        };
        Ok(Self { runtime, assembly })
    }

    /// Asks an agent of the node, as an operator would: the request passes everything that it passes on a real one.
    ///
    /// # Errors
    ///
    /// [`RehearsalError`] when there is no answer. An answer that says no is an answer.
    pub fn call(
        &self,
        agent: &str,
        action: &str,
        inputs: Value,
    ) -> Result<RpcReply, RehearsalError> {
        let node = &self.assembly.node;
        let request = request(node, agent, action, inputs).map_err(refused)?;
        let route = Route {
            reply_to: Some(format!("{}.reply.rehearsal.1", node.main_collective)),
            ..Route::default()
        };
        let message = v1::SecureRequest::unsigned(v1::encode_request(&request));
        let payload = v1::Transport {
            data: message.encode(),
            route,
        };
        let subject = Subject::node(&node.main_collective, &node.identity).to_string();
        let dispatcher = &self.assembly.dispatcher;
        let accepted = dispatcher
            .accept(&subject, &payload.encode())
            .map_err(refused)?;
        let answer = self.runtime.block_on(dispatcher.answer(&accepted));
        let body = answer.body.ok_or(RehearsalError::NoAnswer)?;
        RpcReply::decode(&body).map_err(refused)
    }
}

impl std::fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rehearsal").finish_non_exhaustive()
    }
}

fn refused(err: impl std::error::Error + 'static) -> RehearsalError {
    RehearsalError::Refused {
        reason: Chain(&err).to_string(),
    }
}

fn request(node: &Node, agent: &str, action: &str, inputs: Value) -> Result<Request, InvalidName> {
    Ok(Request {
        id: RequestId::new(random::hex_id())?,
        sender: SenderId::new("operator.example.net")?,
        caller: CallerId::new("choria=operator")?,
        collective: node.main_collective.clone(),
        agent: AgentName::new(agent)?,
        ttl: 60,
        time: SystemClock.now(),
        filter: Filter::default(),
        body: RpcRequest {
            agent: agent.to_owned(),
            action: action.to_owned(),
            data: inputs,
        }
        .encode(),
    })
}

fn foundation(
    folder: &Path,
    build: BuildInfo,
    company: Arc<Roster>,
) -> Result<Foundation, RehearsalError> {
    let config_file = start::config_file(&folder.join("server.conf"))?;
    let (mode, resolved) = start::configuration(&config_file, &build)?;
    let state_dir = resolved.settings.muster.state_dir.clone();
    transaction::prepare_state_dir(&RealFiles, &state_dir)?;
    let identity = match &resolved.settings.identity {
        Some(identity) => identity.clone(),
        None => Identity::new("node.example.net").map_err(refused)?,
    };
    Ok(Foundation {
        build,
        company,
        config_file,
        files: Arc::new(RealFiles),
        state_dir,
        mode,
        identity,
        resolved,
    })
}

/// A build that provisions where the node shall wait, on a network that nobody signs on.
fn build(folder: &Path, name: &str, waits: bool) -> BuildInfo {
    // constants of a build live as long as the process; a test's does not live long
    let facts: &'static str = folder.join("facts.json").display().to_string().leak();
    let provisioning = Provisioning {
        brokers: &["nats://127.0.0.1:4222"],
        srv_domain: None,
        mode_default: waits,
        agent: name != PROVISIONS,
        ca: None,
        tokens: &[TOKEN],
        registration_data: None,
        facts: Some(facts),
        jwt_file: None,
        status_file: None,
        secure: true,
        registration_subjects: &["provisioning.registration.data"],
        user: None,
        password: None,
        protocol_v2: false,
        allow_update: false,
    };
    BuildInfo {
        build: "rehearsal",
        target: "defaults",
        version: env!("CARGO_PKG_VERSION"),
        sha: "unknown",
        build_date: "unknown",
        rustc: "unknown",
        triple: "unknown",
        tls: true,
        secure: false,
        default_collectives: &["mcollective"],
        client_identity_suffix: "mcollective",
        provisioning,
    }
}

/// A configuration without policies.
const OPEN: &[u8] = b"rpcauthorization = false\n";
/// SHA-256 over sixteen zero bytes and [`Rehearsal::TOKEN`]: quick, for tests.
const TOKEN: TokenVerifier = TokenVerifier::Sha256 {
    salt: [0; 16],
    digest: [
        0x69, 0xa1, 0x76, 0x02, 0x05, 0x1b, 0x52, 0x3b, 0x3c, 0xca, 0x71, 0xb4, 0x3c, 0xa9, 0x49,
        0x2d, 0x44, 0xbb, 0x62, 0xa8, 0x58, 0x63, 0xe2, 0x28, 0xa1, 0x4a, 0x80, 0x36, 0x82, 0x4a,
        0x2d, 0x82,
    ],
};
