//! Who calls, at which brokers, and how both are protected.

use std::path::Path;
use std::sync::Arc;

use super::configuration::Loaded;
use super::signing::Caller;
use super::signing::SigningError;
use crate::build_info::BuildInfo;
use crate::client::Who;
use crate::client::caller_id;
use crate::config::Settings;
use crate::config::default_identity;
use crate::os::host;
use crate::protocol::names::CallerId;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::protocol::names::InvalidName;
use crate::report::Exit;
use crate::security::request::Signer;
use crate::security::tls::UnverifiedTls;
use crate::server::StartError;
use crate::server::material;
use crate::server::material::MaterialError;
use crate::transport;
use crate::transport::BadServer;
use crate::transport::Room;
use crate::transport::Server;
use crate::transport::Subscription;
use crate::transport::Targets;
use crate::transport::TlsPolicy;

/// What is wanted other than configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes<'a> {
    /// Where nodes are called; decides whether calls can go out unsigned. The main collective otherwise.
    pub collective: Option<&'a Collective>,
    /// Brokers instead of the configured ones.
    pub brokers: &'a [String],
    /// Protection instead of the configured one.
    pub protection: Option<Protection>,
    /// What the connection is for.
    pub voice: Voice,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Voice {
    /// Asking nodes: requests are signed where nodes want that.
    #[default]
    Asks,
    /// Listening only: nothing is signed, so a certificate need not be one that can sign, or be there at all.
    Listens,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS, and the broker's certificate must be good.
    Verified,
    /// TLS with whoever answers.
    Unverified,
    /// Plain text.
    None,
}

/// Everything that calls need.
#[derive(Debug)]
pub struct Approach {
    /// What the configuration says.
    pub settings: Settings,
    /// This machine.
    pub identity: Identity,
    /// Who calls.
    pub caller: CallerId,
    /// Signs the calls; nothing where they go out unsigned.
    pub signer: Option<Arc<Signer>>,
    /// Where brokers are.
    pub targets: Targets,
    /// How the connection is protected.
    pub tls: TlsPolicy,
}

/// Why nobody can be called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApproachError {
    /// The configuration is wrong.
    #[error("cannot read the configuration")]
    Configuration(#[from] StartError),
    /// Brokers or certificates are not to be had.
    #[error("cannot prepare the connection")]
    Material(#[from] MaterialError),
    /// A broker is not named in a way that can be understood.
    #[error("--broker '{text}' is not of the form nats://host:port")]
    Broker {
        /// What was said.
        text: String,
        /// What is wrong with it.
        #[source]
        err: BadServer,
    },
    /// A name cannot stand in a request.
    #[error("cannot use '{text}'")]
    Name {
        /// The name.
        text: String,
        /// What is wrong with it.
        #[source]
        err: InvalidName,
    },
    /// Requests cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl ApproachError {
    /// The exit code that says so.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Configuration(err) => err.exit(),
            Self::Material(_) => Exit::Config,
            Self::Broker { .. } | Self::Name { .. } => Exit::Usage,
            Self::Signing(err) => err.exit(),
        }
    }
}

impl Approach {
    /// Decides it from a configuration, the environment and what is wanted.
    ///
    /// # Errors
    ///
    /// [`ApproachError`].
    pub fn of(
        loaded: &Loaded,
        build: &BuildInfo,
        wishes: &Wishes<'_>,
    ) -> Result<Self, ApproachError> {
        let settings = loaded.resolve(build)?.settings;
        let identity = identity(&settings)?;
        let chosen = std::env::var("MCOLLECTIVE_CERTNAME").ok();
        let user = std::env::var("USER").ok();
        let who = Who {
            chosen: chosen.as_deref(),
            root: host::is_root(),
            user: user.as_deref(),
            suffix: build.client_identity_suffix,
            identity: identity.as_str(),
        };
        let collective = wishes.collective.unwrap_or(&settings.main_collective);
        let Caller { certname, signer } = match wishes.voice {
            Voice::Asks => Caller::of(build, &settings, &who, collective)?,
            Voice::Listens => Caller::silent(&who),
        };
        let caller = caller_id(&certname).map_err(|err| ApproachError::Name {
            text: certname.clone(),
            err,
        })?;
        let targets = targets(wishes.brokers, &settings)?;
        let tls = tls(wishes.protection, build, &settings, &certname)?;
        Ok(Self {
            settings,
            identity,
            caller,
            signer,
            targets,
            tls,
        })
    }

    /// What the connection is made with.
    #[must_use]
    pub fn connection(&self, subscriptions: impl IntoIterator<Item = String>) -> transport::Config {
        let mut config =
            transport::Config::new(self.caller.as_str(), self.targets.clone(), self.tls.clone());
        config.connect_timeout = self.settings.brokers.connect_timeout;
        config.room = Room::CALLER;
        config.credentials.user = self
            .settings
            .brokers
            .login
            .as_ref()
            .map(|login| (login.user.clone(), login.password.clone()));
        config.subscriptions = subscriptions
            .into_iter()
            .filter_map(|subject| Subscription::new(subject).ok())
            .collect();
        config
    }
}

fn identity(settings: &Settings) -> Result<Identity, StartError> {
    if let Some(identity) = &settings.identity {
        return Ok(identity.clone());
    }
    let machine = host::machine_id(Path::new("/"));
    Ok(default_identity(&host::host_name()?, machine.as_deref())?)
}

fn targets(brokers: &[String], settings: &Settings) -> Result<Targets, ApproachError> {
    if brokers.is_empty() {
        let resolver = material::resolver(settings.muster.resolver.as_ref());
        let identity = settings.identity.as_ref().map_or("", Identity::as_str);
        return Ok(material::normal_targets(settings, identity, resolver)?);
    }
    let server = |text: &String| {
        text.parse::<Server>().map_err(|err| ApproachError::Broker {
            text: text.clone(),
            err,
        })
    };
    Ok(Targets::Servers(
        brokers.iter().map(server).collect::<Result<_, _>>()?,
    ))
}

fn tls(
    wish: Option<Protection>,
    build: &BuildInfo,
    settings: &Settings,
    certname: &str,
) -> Result<TlsPolicy, MaterialError> {
    let asked = |name: &str| std::env::var(name).is_ok_and(|value| value == "true");
    let wish = match wish {
        None if asked("INSECURE_DISABLE_TLS") => Some(Protection::None),
        None if asked("INSECURE_ANON_TLS") => Some(Protection::Unverified),
        wish => wish,
    };
    match wish {
        Some(Protection::None) => Ok(TlsPolicy::Disabled),
        Some(Protection::Unverified) => UnverifiedTls::new()
            .map(TlsPolicy::RequiredUnverified)
            .map_err(MaterialError::Tls),
        Some(Protection::Verified) | None => {
            let owner = host::owner(certname);
            material::client_policy(build, settings, &owner, wish.is_some())
        }
    }
}
