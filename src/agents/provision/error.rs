//! Why a configuration was not taken, and the texts that peers are told.

use std::path::PathBuf;

use super::keys::KeysError;
use super::local_policy::LocalPolicyError;
use super::token_file::TokenRefusal;
use crate::config::ConfigError;
use crate::config::policy;
use crate::config::render::RenderError;
use crate::os::configuration::ReadError;
use crate::os::files::FileError;
use crate::os::transaction::TransactionError;
use crate::report::Chain;
use crate::rpc::Failure;
use crate::security::certificate::CertificateError;
use crate::security::key::KeyError;

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// An input is longer than it may be.
    #[error("{input} is longer than {limit} bytes")]
    TooLarge {
        /// Name of the input.
        input: &'static str,
        /// Its limit in bytes.
        limit: usize,
    },
    /// No configuration was given.
    #[error("no configuration was given")]
    Nothing,
    /// A private key came without the public half of the key exchange.
    #[error("a private key came without ecdh_public")]
    NoEcdh,
    /// The configuration is not a JSON object of texts.
    #[error("the configuration is not a JSON object of texts: {complaint}")]
    NotSettings {
        /// What is wrong and where; never a value.
        complaint: String,
    },
    /// The administrator's policy cannot be followed.
    #[error("the policy of this node cannot be followed")]
    Policy(#[source] LocalPolicyError),
    /// The administrator's policy refuses a setting.
    #[error("the policy refuses a setting")]
    Refused(#[source] policy::Refusal),
    /// The settings cannot be written as a configuration file.
    #[error("the settings cannot be written")]
    Render(#[source] RenderError),
    /// A setting is wrong.
    #[error("a setting is wrong")]
    Invalid(#[source] ConfigError),
    /// The configuration files of the node cannot be read.
    #[error("the node's configuration cannot be read")]
    Unreadable(#[source] ReadError),
    /// The node would come back to provisioning mode.
    #[error("the configuration would enter provisioning mode again")]
    Provisions,
    /// The node would not start with it.
    #[error("the node would not start with this configuration: {why}")]
    NotStartable {
        /// What would be missing.
        why: String,
    },
    /// One of certificate and CA is missing, or a key came without them.
    #[error("{missing} is missing beside the other TLS inputs")]
    PartialTls {
        /// Name of the input.
        missing: &'static str,
    },
    /// The directory for the certificate is not allowed.
    #[error("the directory for the certificate is not allowed")]
    SslDirectory(#[source] policy::Refusal),
    /// It lies behind a link.
    #[error("could not create ssl directory {}: {} is a symbolic link", directory.display(), link.display())]
    SslDirectoryLink {
        /// The directory.
        directory: PathBuf,
        /// The link.
        link: PathBuf,
    },
    /// It cannot be looked at.
    #[error("could not create ssl directory")]
    SslDirectoryUnknown(#[source] FileError),
    /// The certificate does not fit.
    #[error("the certificate does not fit")]
    Certificate(#[source] CertificateError),
    /// A private key was sent and cannot be decrypted.
    #[error("no private key can be received")]
    PrivateKey,
    /// The policy does not take private keys.
    #[error("the policy refuses the private key")]
    PrivateKeyRefused(#[source] policy::Refusal),
    /// The node's own key has no form that a file can hold.
    #[error("the key of this node cannot be written")]
    KeyForm(#[source] KeyError),
    /// The node's own key is not there.
    #[error("the node has no key")]
    Keys(#[source] KeysError),
    /// The server token does not fit.
    #[error("the server token does not fit")]
    Token(#[source] TokenRefusal),
    /// An action policy has a name or size that is not taken, or cannot be followed.
    #[error("an action policy is not taken: {why}")]
    ActionPolicy {
        /// What is wrong.
        why: String,
    },
    /// An Open Policy Agent policy has a name or size that is not taken.
    #[error("an Open Policy Agent policy is not taken: {why}")]
    OpaPolicy {
        /// What is wrong.
        why: String,
    },
    /// The real place of the configuration file cannot be found.
    #[error("cannot determine full path to config file")]
    Target(#[source] FileError),
    /// Writing failed. Nothing has changed, unless it is [`TransactionError::Undecided`].
    #[error("the files could not be written")]
    Write(#[source] TransactionError),
    /// The process is ending.
    #[error("the process is ending")]
    Ending,
}

impl From<&ConfigureError> for Failure {
    /// The texts that peers know begin as theirs do (spec 04 §6.3).
    fn from(err: &ConfigureError) -> Self {
        let chain = Chain(err);
        let cause = |err: &dyn std::error::Error| Chain(err).to_string();
        match err {
            ConfigureError::TooLarge { .. } => Self::invalid(format!("Validation failed: {chain}")),
            ConfigureError::Nothing => Self::aborted(
                "Did not receive any configuration to write, cannot write a empty configuration file",
            ),
            ConfigureError::NoEcdh => {
                Self::aborted("EDCH Public Key not supplied while providing a private key")
            }
            ConfigureError::NotSettings { complaint } => {
                Self::aborted(format!("Could not decode configuration data: {complaint}"))
            }
            ConfigureError::Refused(err) => Self::aborted(format!("Could not write config: {err}")),
            ConfigureError::Render(err) => Self::aborted(format!("Could not write config: {err}")),
            ConfigureError::Invalid(err) => Self::aborted(format!(
                "Could not write config: generated configuration could not be parsed: {err}"
            )),
            ConfigureError::Policy(_)
            | ConfigureError::Unreadable(_)
            | ConfigureError::NotStartable { .. }
            | ConfigureError::Target(_)
            | ConfigureError::Write(_)
            | ConfigureError::Ending => Self::aborted(format!("Could not write config: {chain}")),
            ConfigureError::Provisions => Self::aborted(
                "Could not write config: the configuration would enter provisioning mode again, set plugin.choria.server.provision to false",
            ),
            ConfigureError::PartialTls { .. }
            | ConfigureError::SslDirectoryLink { .. }
            | ConfigureError::SslDirectoryUnknown(_)
            | ConfigureError::KeyForm(_)
            | ConfigureError::Keys(_) => Self::aborted(format!("TLS Setup Failed: {chain}")),
            ConfigureError::SslDirectory(err) | ConfigureError::PrivateKeyRefused(err) => {
                Self::aborted(format!("TLS Setup Failed: {err}"))
            }
            ConfigureError::Certificate(err) => Self::aborted(format!("TLS Setup Failed: {err}")),
            ConfigureError::PrivateKey => Self::aborted(
                "TLS Setup Failed: could not decrypt private key: private key not set",
            ),
            ConfigureError::Token(err) => {
                Self::aborted(format!("JWT Setup Failed: {}", cause(err)))
            }
            ConfigureError::ActionPolicy { why } => {
                Self::aborted(format!("Could not save Action Policies: {why}"))
            }
            ConfigureError::OpaPolicy { why } => {
                Self::aborted(format!("Could not save Open Policy Agent Policies: {why}"))
            }
        }
    }
}
