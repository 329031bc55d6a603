//! What can be wrong with a buildspec, and where.
//!
//! Errors are collected: a file with five mistakes is reported with five lines, not in five attempts. No text quotes the
//! value of a flag that holds a secret.

use std::fmt;

use crate::near::Hint;

/// A place in a buildspec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Keys from the top of the file, `acme.compile_targets.defaults.flags.ProvisionFacts`.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if self.path.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.path)
    }
}

/// One mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What.
    pub fault: Fault,
}

/// Every mistake that was found, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// One thing that builds, but that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// What.
    pub caution: Caution,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.caution)
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file is not YAML.
    #[error("not valid YAML: {text}")]
    Syntax {
        /// What the parser says.
        text: String,
    },
    /// A value of another shape stands here.
    #[error("expected {wanted}")]
    Shape {
        /// What should stand here.
        wanted: &'static str,
    },
    /// There is no such build.
    #[error("unknown build `{name}`{hint}")]
    UnknownBuild {
        /// The name that was asked for.
        name: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// The build has no such compile target.
    #[error("unknown compile target `{name}`{hint}")]
    UnknownTarget {
        /// The name that was asked for.
        name: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// A key that means nothing here.
    #[error("unknown key `{name}`{hint}")]
    UnknownKey {
        /// The key.
        name: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// A flag that does not exist.
    #[error("unknown flag `{name}`{hint}")]
    UnknownFlag {
        /// The flag.
        name: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// A key that must be there is not.
    #[error("`{name}` is missing")]
    Missing {
        /// The key.
        name: &'static str,
    },
    /// A placeholder that nothing is known about.
    #[error("unknown placeholder `{{{{{name}}}}}`")]
    UnknownPlaceholder {
        /// The text between the braces.
        name: String,
    },
    /// A boolean that is neither `true` nor `false`.
    #[error("expected exactly true or false, found `{found}`")]
    NotBoolean {
        /// What stands there.
        found: String,
    },
    /// A whole number that is none.
    #[error("expected a whole number, found `{found}`")]
    NotInteger {
        /// What stands there.
        found: String,
    },
    /// A list with nothing between two commas.
    #[error("an empty entry")]
    EmptyEntry,
    /// A value with control characters.
    #[error("control characters are not allowed")]
    Control,
    /// A path that depends on where the process was started.
    #[error("expected an absolute path, found `{found}`")]
    RelativePath {
        /// What stands there.
        found: String,
    },
    /// An entry of a list that does not fit.
    #[error("`{entry}` is not {wanted}")]
    BadEntry {
        /// The entry.
        entry: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// Two flags that exclude each other.
    #[error("cannot be combined with {other}")]
    Conflict {
        /// The other flag.
        other: &'static str,
    },
    /// A flag that needs another one.
    #[error("needs {other} too")]
    Needs {
        /// The other flag.
        other: &'static str,
    },
    /// Provisioning by default without anywhere to go.
    #[error("true needs ProvisionBrokerURLs, ProvisionBrokerSRVDomain or ProvisionJWTFile")]
    NowhereToProvision,
    /// A token of a length that is not accepted.
    #[error("a token has 2 to 128 characters, this one {length}")]
    TokenLength {
        /// Its length in characters.
        length: usize,
    },
    /// A token that is listed twice.
    #[error("the same token is listed twice")]
    TokenTwice,
    /// A ready-made verifier that cannot be used.
    #[error("a token hash {reason}")]
    TokenHash {
        /// Why not.
        reason: &'static str,
    },
    /// A file that the flag names cannot be read.
    #[error("cannot read {path}: {text}")]
    Unreadable {
        /// The path as the buildspec has it.
        path: String,
        /// What the system says.
        text: String,
    },
    /// A token file without a token.
    #[error("{path} holds no token")]
    NoToken {
        /// The path as the buildspec has it.
        path: String,
    },
    /// A file that should hold PEM certificates does not.
    #[error("{path} {reason}")]
    BadPem {
        /// The path as the buildspec has it.
        path: String,
        /// Why not.
        reason: &'static str,
    },
    /// The verifier of a token could not be computed.
    #[error("the verifier of the token could not be computed: {text}")]
    Hashing {
        /// What the algorithm says.
        text: String,
    },
    /// A warning in a build that says `strict: true`.
    #[error("refused by strict: {0}")]
    Strict(Caution),
}

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
}

impl Caution {
    /// Whether `strict: true` turns this warning into an error: it weakens the node or spreads a secret.
    #[must_use]
    pub const fn weakens(&self) -> bool {
        match self {
            Self::FlagsMap | Self::NoEffect | Self::FromEnvironment { .. } | Self::NotBuilt => {
                false
            }
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
