//! `policy.toml`: what a provisioner may do to this node (design D2).
//!
//! The file stands beside `server.conf` and is never written over the network: the local administrator outranks the
//! provisioner. A missing file means [`Policy::default`]; one that cannot be read means that `configure` is refused with
//! that reason while the node stays reachable, which is the caller's part.
//!
//! By default a provisioner may set every key except those on [`DANGEROUS_KEYS`], which make the reference run code,
//! replace the binary or load a library, and those of this program, which are decisions about the machine. Keys on
//! [`OUTPUT_KEYS`] name files that a node writes as root: their values stay inside `/var/log`, a directory that the policy
//! names, or the configuration directory, there only as `*.log` or `*.json`, so that no log is written over a policy.

use std::path::Path;

use serde::Deserialize;
use serde::Serialize;

use crate::config::glob;
use crate::config::source::Place;

mod schema;
mod values;

pub use schema::schema;
pub use values::Directory;
pub use values::KeyPattern;
pub use values::Within;

pub(crate) use schema::FIELDS;
pub(crate) use schema::LIMITS;

/// What a provisioner may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Keys that a provisioner may set, unless something below forbids them.
    pub allow_keys: Vec<KeyPattern>,
    /// Keys that it may not set, whatever else is said here.
    pub deny_keys: Vec<KeyPattern>,
    /// Keys of the built-in list that it may set nevertheless.
    pub allow_dangerous_keys: Vec<KeyPattern>,
    /// Directories, besides the configuration's own and `/var/log`, where it may send logs and status files.
    pub output_directories: Vec<Directory>,
    /// Directories, besides the configuration's own, where it may place keys and certificates.
    pub ssl_directories: Vec<Directory>,
    /// Whether it may send a private key, which it does encrypted for this node.
    pub accept_private_keys: bool,
    /// Whether whoever has the token may send this node, once it is provisioned, back to wait for a provisioner.
    pub allow_reprovision: bool,
    /// Seconds in which a new configuration must reach its brokers. Read and checked; nothing returns by itself yet.
    pub trial_timeout: Within<30, 86_400>,
    /// Largest inputs of `configure` and `gencsr`; they can only be made smaller.
    pub limits: Limits,
}

/// Largest inputs, in bytes where nothing else is said (design §9).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// `config`.
    pub config: Within<1, { 256 * KIB }>,
    /// `certificate`.
    pub certificate: Within<1, { 64 * KIB }>,
    /// `ca`.
    pub ca: Within<1, { 256 * KIB }>,
    /// `key`.
    pub key: Within<1, { 16 * KIB }>,
    /// `server_jwt`.
    pub server_jwt: Within<1, { 16 * KIB }>,
    /// Number of policy files of one kind.
    pub policy_files: Within<1, 64>,
    /// One policy file.
    pub policy_file: Within<1, { 256 * KIB }>,
    /// `token`, in characters.
    pub token: Within<1, 128>,
    /// `cn`, in characters.
    pub cn: Within<1, 80>,
    /// The other fields of a subject, in characters.
    pub subject: Within<1, 50>,
}

/// The judgement over a setting or a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may be.
    Allowed,
    /// It may not.
    Refused(Refusal),
}

/// Why a provisioner may not do something. The text goes to the provisioner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// On `deny_keys`.
    #[error("the policy of this node denies the key {key:?}")]
    Denied {
        /// The key.
        key: String,
    },
    /// Not on `allow_keys`.
    #[error("the policy of this node does not allow the key {key:?}")]
    NotAllowed {
        /// The key.
        key: String,
    },
    /// On the built-in list.
    #[error(
        "the key {key:?} can only be set by the node's administrator unless its policy allows it"
    )]
    Dangerous {
        /// The key.
        key: String,
    },
    /// An output file elsewhere.
    #[error(
        "the path of {key:?} must be below /var/log or a directory of the policy, or a .log or .json file below the configuration directory"
    )]
    Output {
        /// The key.
        key: String,
    },
    /// A directory of certificates elsewhere.
    #[error(
        "the ssl directory must be absolute and below the configuration directory or a directory of the policy"
    )]
    SslDirectory,
    /// A private key, while none is accepted.
    #[error("the policy of this node does not accept private keys")]
    PrivateKey,
    /// The way back, while it is closed to the network.
    #[error("the policy of this node does not allow it to be reprovisioned over the network")]
    Reprovision,
}

/// A policy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {complaint}")]
pub struct PolicyError {
    /// The line.
    pub at: Place,
    /// What the parser says about it.
    pub complaint: String,
}

impl Policy {
    /// Reads a policy; `path` is for messages.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] for anything that is not TOML, not a known field or not a possible value.
    pub fn parse(path: &str, text: &str) -> Result<Self, PolicyError> {
        toml::from_str(text).map_err(|err| {
            let start = err.span().map_or(0, |span| span.start);
            let before = text.bytes().take(start).filter(|b| *b == b'\n').count();
            PolicyError {
                at: Place::new(path, before.saturating_add(1)),
                complaint: err.message().lines().collect::<Vec<_>>().join(" "),
            }
        })
    }

    /// Whether a provisioner may set this key at all.
    fn judge_key(&self, key: &str) -> Verdict {
        let on = |list: &[KeyPattern]| list.iter().any(|pattern| pattern.matches(key));
        let dangerous = DANGEROUS_KEYS
            .iter()
            .any(|pattern| glob::matches(pattern, key));
        let key = key.to_owned();
        if on(&self.deny_keys) {
            Verdict::Refused(Refusal::Denied { key })
        } else if dangerous && !on(&self.allow_dangerous_keys) {
            Verdict::Refused(Refusal::Dangerous { key })
        } else if on(&self.allow_keys) || dangerous {
            Verdict::Allowed
        } else {
            Verdict::Refused(Refusal::NotAllowed { key })
        }
    }

    /// Whether a provisioner may give this key this value; `directory` is that of the configuration.
    #[must_use]
    pub fn judge_setting(&self, key: &str, value: &str, directory: &Path) -> Verdict {
        let verdict = self.judge_key(key);
        if verdict != Verdict::Allowed || !OUTPUT_KEYS.contains(&key) || NO_PATHS.contains(&value) {
            return verdict;
        }
        let path = Path::new(value);
        let mut places = self.output_directories.iter().map(Directory::as_path);
        let elsewhere = values::is_below(path, Path::new("/var/log"))
            || places.any(|place| values::is_below(path, place));
        if elsewhere || values::is_plain_output(path, directory) {
            Verdict::Allowed
        } else {
            Verdict::Refused(Refusal::Output {
                key: key.to_owned(),
            })
        }
    }

    /// Whether a provisioner may have certificates written here; `directory` is that of the configuration.
    #[must_use]
    pub fn judge_ssl_directory(&self, ssldir: &Path, directory: &Path) -> Verdict {
        let mut places = self.ssl_directories.iter().map(Directory::as_path);
        let own = values::is_below(ssldir, directory) && !values::is_hidden(ssldir, directory);
        if own || places.any(|place| values::is_below(ssldir, place)) {
            Verdict::Allowed
        } else {
            Verdict::Refused(Refusal::SslDirectory)
        }
    }

    /// Whether a provisioner may send a private key.
    #[must_use]
    pub const fn judge_private_key(&self) -> Verdict {
        if self.accept_private_keys {
            Verdict::Allowed
        } else {
            Verdict::Refused(Refusal::PrivateKey)
        }
    }

    /// Whether the node may be sent back to wait for a provisioner over the network.
    #[must_use]
    pub const fn judge_reprovision(&self) -> Verdict {
        if self.allow_reprovision {
            Verdict::Allowed
        } else {
            Verdict::Refused(Refusal::Reprovision)
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_keys: vec![KeyPattern::everything()],
            deny_keys: Vec::new(),
            allow_dangerous_keys: Vec::new(),
            output_directories: Vec::new(),
            ssl_directories: Vec::new(),
            // The reference's provisioner delivers keys this way where a site's CA makes them; they are encrypted.
            accept_private_keys: true,
            // The node has proved that it can be provisioned before, and its administrator baked the token.
            allow_reprovision: true,
            trial_timeout: Within::of::<300>(),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            config: Within::largest(),
            certificate: Within::largest(),
            ca: Within::largest(),
            key: Within::largest(),
            server_jwt: Within::largest(),
            policy_files: Within::largest(),
            policy_file: Within::largest(),
            token: Within::largest(),
            cn: Within::largest(),
            subject: Within::largest(),
        }
    }
}

/// Keys that a provisioner may not set unless the policy says so: they make this or the reference's program run code,
/// replace the binary or load a library, or decide about the machine.
pub const DANGEROUS_KEYS: &[&str] = &[
    "libdir",
    "plugin.choria.agent_provider.*",
    "plugin.choria.executor.*",
    "plugin.choria.machine.*",
    "plugin.choria.server.provision.allow_update",
    "plugin.machines.*",
    "plugin.muster.*",
    "plugin.security.pkcs11.*",
];

/// Keys whose values are files or directories that a node writes.
pub const OUTPUT_KEYS: &[&str] = &[
    "logfile",
    "plugin.choria.prometheus_textfile_directory",
    "plugin.choria.services.registry.cache",
    "plugin.choria.status_file_path",
    "plugin.choria.submission.spool",
    "plugin.muster.metrics_socket",
    "plugin.rpcaudit.logfile",
];

/// Values of those keys that are no paths.
const NO_PATHS: &[&str] = &["stdout", "stderr", "discard"];

const KIB: usize = 1024;

#[cfg(test)]
mod tests;
