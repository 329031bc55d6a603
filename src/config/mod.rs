//! The node's configuration: `server.conf`, `plugin.d`, `policy.toml`. Pure: texts in, values out.
//!
//! Three stages, and nothing is checked again after the third:
//!
//! 1. **text -> raw.** [`Source`]s are read line by line in the reference's grammar (spec 03 §2.1) into [`Raw`]: key,
//!    value, file and line. Overlays (environment, host name, provisioning mode) are entries like any other.
//! 2. **raw -> merged.** Defaults of the key table, of the build and of the place of the file fill what is missing.
//! 3. **merged -> [`Settings`].** Every value of a known key is parsed by its form in the key table. All problems are
//!    reported together, each with file and line ([`ConfigError`]); what works but looks wrong is a [`Warning`].
//!
//! The key table (`keys`) is the one place that knows a key: parsing, [`Effective`] (`muster config show`,
//! `rpcutil#get_config_item`) and [`reference_markdown`] (docs/configuration.md) all derive from it.
//!
//! [`policy`] judges what a provisioner may set, [`render`] writes what it set. Reading files, finding the host's name
//! and the decision for a mode belong to others.

pub mod choices;
pub mod policy;
pub mod render;
pub mod settings;

mod certificates;
mod duration;
mod effective;
mod form;
mod glob;
mod identity;
mod key;
mod keys;
mod merged;
mod problem;
mod provisioning;
mod raw;
mod reference;
mod server;
mod source;
mod spelling;
mod subjects;
mod text;
mod values;
mod waiting;

pub use duration::parse as parse_duration;

pub use certificates::CertificateFiles;
pub use certificates::NoFiles;
pub use certificates::Owner;
pub use effective::Effective;
pub use effective::Row;
pub use effective::Standing;
pub use identity::DefaultIdentityError;
pub use identity::default_identity;
pub use merged::Defaults;
pub use problem::ConfigError;
pub use problem::Problem;
pub use problem::Warning;
pub use provisioning::provisioning;
pub use raw::Raw;
pub use reference::KeyDocument;
pub use reference::key_documents;
pub use reference::reference_markdown;
pub use server::InvalidServer;
pub use server::Scheme;
pub use server::Server;
pub use settings::Resolved;
pub use settings::Settings;
pub use source::Origin;
pub use source::Place;
pub use source::Source;
pub use source::reads_plugin_directory;
pub use subjects::InvalidSubjectPattern;
pub use subjects::SubjectPattern;
pub use values::Domain;
pub use values::InvalidValue;
pub use values::LoopbackAddress;
pub use values::PublicKey;
pub use values::SocketPath;
pub use values::Url;
pub use waiting::waiting;

#[cfg(test)]
mod tests;
