//! The provisioner's configuration: one YAML, JSON or TOML file, read once at the start.
//!
//! Three stages, and nothing is checked again after the third:
//!
//! 1. **text -> tree.** `node` reads the file into texts that know their lines; duplicate keys are refused.
//! 2. **tree -> given.** `given` holds every entry against the table of keys: unknown keys, keys of the reference that
//!    have no effect, and features that are not built are found here.
//! 3. **given -> [`Config`].** `collect` reads every value by its form in the table and holds them against each other.
//!
//! Everything that is wrong is reported together ([`ConfigError`]), each with file, line and key; what works but should be
//! known is a [`Finding`] beside the [`Config`]. No text quotes a secret.
//!
//! The table (`keys`) is the one place that knows a key, its form, its default and its meaning: reading and
//! docs/provisioner-configuration.md ([`reference_markdown`]) both derive from it. [`read`] is pure; what it asks of the
//! machine goes through [`Surroundings`].

mod access;
mod collect;
mod fault;
mod finding;
mod forms;
mod given;
mod keys;
mod load;
mod machine;
mod node;
mod patterns;
mod program;
mod reference;
mod secrets;
mod settings;
mod spelling;
mod surroundings;
mod together;

pub use collect::read;
pub use fault::Caution;
pub use fault::Fault;
pub use fault::Hint;
pub use finding::ConfigError;
pub use finding::Finding;
pub use finding::Found;
pub use finding::Place;
pub use load::Loaded;
pub use load::load;
pub use machine::Machine;
pub use reference::reference_markdown;
pub use settings::Admission;
pub use settings::AllowedNames;
pub use settings::BreakerRule;
pub use settings::Builtin;
pub use settings::Config;
pub use settings::Deadlines;
pub use settings::Helper;
pub use settings::NameRules;
pub use settings::PaceRules;
pub use settings::Reissue;
pub use settings::SubjectFields;
pub use settings::TableRules;
pub use surroundings::NotAProgram;
pub use surroundings::SecretFile;
pub use surroundings::Surroundings;

#[cfg(test)]
mod tests;
