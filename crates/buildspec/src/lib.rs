//! Reads and validates `buildspec.yaml`, the one description of a custom build.
//!
//! The dialect is that of the reference's packager with its semantics fixed: flags are known by name and type, blocks are
//! merged key by key, and every mistake is reported with its file and line. Nothing here does I/O; files that a flag
//! names are read by a function of the caller.
//!
//! | module | |
//! |---|---|
//! | [`Spec`] | a file, its builds and targets |
//! | [`Target`], [`interpolate`] | where a binary runs and what its file is called |
//! | [`Platform`] | the machines that binaries are made for, by all their names |
//! | [`Package`], [`PackageChoice`] | what is packed, and what is skipped |
//! | [`PackageVersion`] | the version as packages spell it |
//! | [`Commands`] | what the file's owner wants run |
//! | [`company_agents`] | the crates that are built in besides |
//! | [`Flags`], [`Provisioning`] | the typed flags |
//! | [`Verifier`] | what stays of a token |
//! | [`rust_literal`], [`Stamp`] | the constant that the agent is compiled with |
//! | [`Problems`], [`Warning`] | what is wrong, and what somebody should know |
//! | [`yaml`] | a document as a tree with line numbers |
//!
//! ```
//! let text = "acme:\n  compile_targets:\n    defaults:\n      flags: { ProvisionSecur: true }\n";
//! let spec = buildspec::Spec::parse("buildspec.yaml", text)?;
//! let read = |_: &str| Err(std::io::ErrorKind::NotFound.into());
//! let problems = spec.resolve("acme", None, &read).unwrap_err();
//! assert_eq!(
//!     problems.to_string(),
//!     "buildspec.yaml:4: acme.compile_targets.defaults.flags.ProvisionSecur: \
//!      unknown flag `ProvisionSecur`, did you mean `ProvisionSecure`?"
//! );
//! # Ok::<(), buildspec::Problems>(())
//! ```

mod blocks;
mod caution;
mod check;
mod clash;
mod collect;
mod company;
mod draft;
mod fault;
mod findings;
mod flag;
mod flags;
mod flags_map;
mod generate;
mod grammar;
mod machine;
mod near;
mod package;
mod packaging;
mod pem;
mod platform;
mod problem;
mod properties;
mod spec;
mod stamp;
mod steps;
mod target;
mod template;
mod token;
mod tokens;
mod value;
mod version;
pub mod yaml;

pub use caution::Caution;
pub use company::CompanyAgent;
pub use company::CrateSource;
pub use company::company_agents;
pub use fault::Fault;
pub use flag::flag_names;
pub use flags::Flags;
pub use flags::Password;
pub use flags::Provisioning;
pub use generate::rust_literal;
pub use near::Hint;
pub use package::Compression;
pub use package::Format;
pub use package::Package;
pub use package::Program;
pub use package::RpmFormat;
pub use packaging::PackageChoice;
pub use platform::Platform;
pub use problem::Place;
pub use problem::Problem;
pub use problem::Problems;
pub use problem::Warning;
pub use problem::one_list;
pub use properties::property_names;
pub use spec::DEFAULTS;
pub use spec::ReadFile;
pub use spec::Resolved;
pub use spec::Spec;
pub use spec::TargetChoice;
pub use stamp::Stamp;
pub use stamp::StampError;
pub use steps::Commands;
pub use steps::with_output;
pub use target::Placeholders;
pub use target::Target;
pub use target::interpolate;
pub use token::Verifier;
pub use version::PackageVersion;
pub use version::VersionError;
