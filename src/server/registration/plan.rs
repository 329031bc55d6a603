//! What is published, where and how often: from build and settings.

use std::path::PathBuf;
use std::time::Duration;

use super::publisher::RegistrationError;
use super::schedule::Timing;
use super::sign::Signs;
use crate::config::choices::RegistrationPlugin;
use crate::config::settings::Registration as Settings;
use crate::protocol::Request;
use crate::protocol::Route;
use crate::protocol::filter::Filter;
use crate::protocol::names::AgentName;
use crate::protocol::names::CallerId;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::protocol::names::RequestId;
use crate::protocol::names::SenderId;
use crate::protocol::names::Subject;
use crate::protocol::v1;
use crate::server::start::Foundation;

/// What is published, where and how often.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What.
    pub source: Source,
    /// Whether it is compressed on the way.
    pub compressed: bool,
    /// Collective that the message is for.
    pub collective: Collective,
    /// Where it is published; each gets a copy.
    pub subjects: Vec<Subject>,
    /// When.
    pub timing: Timing,
    /// Validity of each message, in seconds.
    pub ttl: u64,
}

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of the node.
    File(PathBuf),
    /// What the node knows about itself.
    Inventory,
}

/// Who publishes.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The node.
    pub identity: &'a Identity,
    /// The broker it is connected to.
    pub server: &'a str,
    /// What vouches for it.
    pub signer: &'a dyn Signs,
}

impl Source {
    /// The plugin, as the configuration calls it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "file_content",
            Self::Inventory => "inventory_content",
        }
    }
}

impl Plan {
    /// What a node publishes: the metadata that its build names while it waits for a provisioner (spec 03 §3.5),
    /// afterwards what its settings say.
    #[must_use]
    pub fn of(start: &Foundation) -> Vec<Self> {
        if start.mode.is_provisioning() {
            return Self::waiting(start).into_iter().collect();
        }
        let settings = &start.resolved.settings;
        let own = &settings.registration;
        [
            RegistrationPlugin::FileContent,
            RegistrationPlugin::InventoryContent,
        ]
        .into_iter()
        .filter(|plugin| own.plugins.contains(plugin))
        .filter_map(|plugin| Self::configured(plugin, own, settings.ttl.as_secs()))
        .collect()
    }

    fn waiting(start: &Foundation) -> Option<Self> {
        let build = &start.build.provisioning;
        let settings = &start.resolved.settings;
        Some(Self {
            source: Source::File(build.registration_data?.into()),
            compressed: true,
            collective: settings.main_collective.clone(),
            subjects: build
                .registration_subjects
                .iter()
                .filter_map(|subject| Subject::new(*subject).ok())
                .collect(),
            timing: Timing {
                afresh: true,
                ..Timing::every(PROVISIONING_INTERVAL)
            },
            ttl: settings.ttl.as_secs(),
        })
    }

    fn configured(plugin: RegistrationPlugin, settings: &Settings, ttl: u64) -> Option<Self> {
        let (source, target, compressed) = match plugin {
            RegistrationPlugin::FileContent => (
                Source::File(settings.file.clone()?),
                &settings.file_target,
                settings.file_compression,
            ),
            RegistrationPlugin::InventoryContent => (
                Source::Inventory,
                &settings.inventory_target,
                settings.inventory_compression,
            ),
        };
        let agent = format!("{}.broadcast.agent.registration", settings.collective);
        let subject = target.clone().or_else(|| Subject::new(agent).ok())?;
        Some(Self {
            source,
            compressed,
            collective: settings.collective.clone(),
            subjects: vec![subject],
            timing: Timing {
                splay: settings.splay,
                trigger: settings.size_trigger,
                looks: settings.size_interval,
                ..Timing::every(settings.interval)
            },
            ttl,
        })
    }

    /// The message around a body: a request that nobody answers, made at `now` (seconds since 1970).
    ///
    /// # Errors
    ///
    /// [`RegistrationError::Name`] when a name of this node is none on the wire, [`RegistrationError::Unsigned`] when it
    /// cannot be signed.
    pub fn message(
        &self,
        from: &Sender<'_>,
        id: RequestId,
        now: i64,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, RegistrationError> {
        let Sender {
            identity, server, ..
        } = from;
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
            hops: vec![[
                (*server).to_owned(),
                identity.to_string(),
                (*server).to_owned(),
            ]],
            federation: None,
        };
        let secure = from.signer.sign(v1::encode_request(&request))?;
        Ok(v1::Transport {
            data: secure.encode(),
            route,
        }
        .encode())
    }
}

/// Registration while waiting for a provisioner (spec 03 §3.5).
const PROVISIONING_INTERVAL: Duration = Duration::from_secs(120);
