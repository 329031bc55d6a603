//! What can be wrong with a buildspec or a file of company agents, in words.

use crate::caution::Caution;
use crate::near::Hint;
use crate::problem::Place;

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
    /// An operating system that is not known.
    #[error("unknown os `{name}`{hint}")]
    UnknownSystem {
        /// The word.
        name: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// An architecture that is not known.
    #[error("unknown architecture `{name}`{hint}")]
    UnknownArchitecture {
        /// The word.
        name: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// A C library that a platform is not built with.
    #[error("`{found}` does not fit, {triple} is built with {wanted}")]
    WrongLibc {
        /// What stands there.
        found: String,
        /// The target triple of the platform.
        triple: &'static str,
        /// The C library of the platform.
        wanted: &'static str,
    },
    /// The build has no such package.
    #[error("unknown package `{name}`{hint}")]
    UnknownPackage {
        /// The name that was asked for.
        name: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// A template that does not exist.
    #[error("unknown template `{name}`{hint}")]
    UnknownTemplate {
        /// The template.
        name: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// A package without a program.
    #[error("names no compile target as its `binary`; packages without a program are not made")]
    NoBinary,
    /// A package whose architecture is not that of its program.
    #[error(
        "`{found}` is not the architecture of the compile target `{target}`, expected {wanted}"
    )]
    WrongArchitecture {
        /// What stands there.
        found: String,
        /// The compile target.
        target: String,
        /// What fits, for reading.
        wanted: String,
    },
    /// A folder of the whole machine where one of the package's own is needed.
    #[error("`{found}` belongs to the whole machine, expected a folder of the package's own")]
    SharedFolder {
        /// The folder.
        found: String,
    },
    /// Two properties of one package that name the same path.
    #[error("is the same path as {other}")]
    SamePath {
        /// The other property.
        other: &'static str,
    },
    /// Two packages whose files have the same name.
    #[error("has the same file name as {other}: the same name, release and platform")]
    SameFile {
        /// The other package.
        other: Place,
    },
    /// Two packages that cannot be installed together although their names differ.
    #[error("writes {path}, as {other} does, so that they cannot be installed together")]
    SharedPath {
        /// The path.
        path: String,
        /// The other package.
        other: Place,
    },
    /// Something that may be there once.
    #[error("`{name}` stands here a second time, the first is in line {first}")]
    Twice {
        /// What stands twice.
        name: String,
        /// Line of the first.
        first: u64,
    },
    /// A company agent by the path of its Go package.
    #[error(
        "`{found}` is the path of a Go package, which cannot be built here; write the agent as a crate and name it by \
         `path`, by `git` with `rev`, or by `version`"
    )]
    GoPackage {
        /// The path.
        found: String,
    },
    /// A company agent that says in no way or in several ways where its crate is.
    #[error("expected one of `path`, `git` with `rev`, and `version`")]
    CrateSource,
    /// The address of a repository with a login.
    #[error("an address with a login is refused: it would end up in lock files and logs")]
    Login,
    /// An agent that is always built in.
    #[error("the agent `{name}` is built in and cannot be replaced")]
    BuiltIn {
        /// The agent.
        name: String,
    },
}
