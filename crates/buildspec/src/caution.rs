//! What builds, but that somebody should know, in words.

use crate::value::printable;

/// What a warning says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Caution {
    /// The names of flags are built in.
    #[error("is ignored: the names of flags are built in")]
    FlagsMap,
    /// A flag that has no meaning on a node.
    #[error("has no effect on a node")]
    NoEffect,
    /// A flag whose value comes from the environment.
    #[error("is ignored here: the value comes from the environment variable {variable}")]
    FromEnvironment {
        /// The variable.
        variable: &'static str,
    },
    /// A flag of a feature that is not built.
    #[error("is accepted, but this version does not act on it")]
    NotBuilt,
    /// A token in clear.
    #[error(
        "stands here in clear: ProvisionTokenFile or ProvisionTokenHash keeps it out of this file"
    )]
    TokenInFile,
    /// A password that ends up in every binary.
    #[error("is baked into the binary, where everyone who has the package can read it")]
    PasswordBaked,
    /// Nothing is asked of a provisioner.
    #[error("no token is set: anyone who can reach the broker may provision such a node")]
    AnyoneMayAct,
    /// A token that is quickly guessed.
    #[error("a token of {length} characters is quickly guessed")]
    ShortToken {
        /// Its length in characters.
        length: usize,
    },
    /// Plain text while provisioning.
    #[error("false allows plain text while provisioning, where the broker offers nothing better")]
    PlainText,
    /// No TLS outside provisioning.
    #[error("false switches TLS off in every configuration")]
    TlsOff,
    /// No signatures outside provisioning.
    #[error("false accepts unsigned requests in every configuration")]
    Unsigned,
    /// A flag by the name of the variable that the reference's linker sets.
    #[error("is read as the flag {flag}: names of Go variables have no meaning here")]
    GoVariable {
        /// The flag.
        flag: &'static str,
    },
    /// The names of variables are those of the reference's provisioner.
    #[error(
        "names variables of the reference's provisioner: targets that do not say otherwise are `program: provisioner`"
    )]
    ProvisionerOfReference,
    /// A command that prepares Go sources.
    #[error("`{}` has no meaning here: it prepares Go sources", printable(.command))]
    GoStep {
        /// The command.
        command: String,
    },
    /// A command that the file wants run.
    #[error("`{}` is run only with --allow-commands", printable(.command))]
    Command {
        /// The command.
        command: String,
    },
    /// A variable that the file wants set.
    #[error("is set only with --allow-commands: a variable can make a compiler run programs")]
    Variable,
    /// A key of the reference without a meaning here.
    #[error("has no meaning here")]
    NoMeaning,
    /// A key that means nothing to packages of this format.
    #[error("has no meaning for this kind of package")]
    NotForFormat,
    /// A compile target of the reference that is not built.
    #[error("is skipped: {machine} is not built here")]
    TargetSkipped {
        /// What it would run on.
        machine: &'static str,
    },
    /// A package of the reference that is not made.
    #[error("is skipped: {reason}")]
    PackageSkipped {
        /// Why not.
        reason: &'static str,
    },
    /// A package of a target that is not built.
    #[error("is skipped: its compile target `{target}` is for {machine}, which is not built here")]
    BinarySkipped {
        /// The compile target.
        target: String,
        /// What it would run on.
        machine: &'static str,
    },
    /// A package that got the code name of its distribution from its key.
    #[error("has no `distro`: `{distro}` is taken from its name")]
    DistroFromKey {
        /// The code name.
        distro: String,
    },
    /// A package that the distribution it is made for cannot read.
    #[error("cannot be read by the rpm of {distribution}")]
    UnreadableThere {
        /// The distribution.
        distribution: &'static str,
    },
    /// A file of company agents in a form of the reference.
    #[error(
        "is a form of the reference; a list of name and `path`, `git` with `rev`, or `version` says the same"
    )]
    OldForm,
    /// A company agent instead of ours.
    #[error("takes the place of the built-in agent only in builds with ProvisionAgent: \"false\"")]
    ReplacesProvisioning,
}

impl Caution {
    /// Whether `strict: true` turns this warning into an error: it weakens the node or spreads a secret.
    #[must_use]
    pub const fn weakens(&self) -> bool {
        match self {
            Self::FlagsMap
            | Self::NoEffect
            | Self::FromEnvironment { .. }
            | Self::NotBuilt
            | Self::GoVariable { .. }
            | Self::ProvisionerOfReference
            | Self::GoStep { .. }
            | Self::Command { .. }
            | Self::Variable
            | Self::NoMeaning
            | Self::NotForFormat
            | Self::TargetSkipped { .. }
            | Self::PackageSkipped { .. }
            | Self::BinarySkipped { .. }
            | Self::DistroFromKey { .. }
            | Self::UnreadableThere { .. }
            | Self::OldForm
            | Self::ReplacesProvisioning => false,
            Self::TokenInFile
            | Self::PasswordBaked
            | Self::AnyoneMayAct
            | Self::ShortToken { .. }
            | Self::PlainText
            | Self::TlsOff
            | Self::Unsigned => true,
        }
    }
}
