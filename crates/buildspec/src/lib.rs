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
//! | [`Flags`], [`Provisioning`] | the typed flags |
//! | [`Verifier`] | what stays of a token |
//! | [`rust_literal`], [`Stamp`] | the constant that the agent is compiled with |
//! | [`Problems`], [`Warning`] | what is wrong, and what somebody should know |
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
mod check;
mod collect;
mod company;
mod findings;
mod flag;
mod flags;
mod generate;
mod near;
mod node;
mod package;
mod pem;
mod platform;
mod problem;
mod spec;
mod stamp;
mod target;
mod token;
mod tokens;
mod value;
mod version;

pub use company::CompanyAgent;
pub use company::CrateSource;
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
pub use platform::Platform;
pub use problem::Caution;
pub use problem::Fault;
pub use problem::Place;
pub use problem::Problem;
pub use problem::Problems;
pub use problem::Warning;
pub use spec::DEFAULTS;
pub use spec::ReadFile;
pub use spec::Resolved;
pub use spec::Spec;
pub use stamp::Stamp;
pub use stamp::StampError;
pub use target::Placeholders;
pub use target::Target;
pub use target::interpolate;
pub use token::Verifier;
