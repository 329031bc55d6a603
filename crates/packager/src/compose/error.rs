//! Why no program can be composed.

use std::io;
use std::path::PathBuf;

use buildspec::Place;
use muster::os::atomic_file::WriteError;

/// Why no program can be composed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// A file of the checkout cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The folder is no checkout of muster.
    #[error("{} is no Cargo.toml of muster", path.display())]
    NoSources {
        /// Its `Cargo.toml`.
        path: PathBuf,
    },
    /// An agent cannot be part of it.
    #[error(transparent)]
    Agent(#[from] Box<AgentProblem>),
    /// Cargo cannot be run.
    #[error("cannot run {program:?}")]
    Cargo {
        /// The program.
        program: String,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The folder cannot be made.
    #[error("cannot make the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The link cannot be made.
    #[error("cannot make the link {}", path.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: WriteError,
    },
    /// A path that is no text cannot stand in a manifest.
    #[error("{} is not UTF-8", path.display())]
    NotText {
        /// The path.
        path: PathBuf,
    },
}

/// What is wrong with an agent, and where it stands.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct AgentProblem {
    /// Where.
    pub place: Place,
    /// What.
    #[source]
    pub fault: AgentFault,
}

/// What is wrong with an agent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentFault {
    /// A name, version, address or commit that cannot stand in a manifest.
    #[error("{found:?} is no {what}")]
    Text {
        /// What it should be.
        what: &'static str,
        /// What it is.
        found: String,
    },
    /// Two agents of one name.
    #[error("the agent {name} is there twice")]
    Twice {
        /// The agent.
        name: String,
    },
    /// A path that leads to no crate.
    #[error("there is no {}", manifest.display())]
    NoCrate {
        /// The `Cargo.toml` that is not there.
        manifest: PathBuf,
    },
    /// The crate is another one.
    #[error("the crate in {} is {found}, not {wanted}", folder.display())]
    OtherCrate {
        /// Folder of the crate.
        folder: PathBuf,
        /// Its name.
        found: String,
        /// The name that was expected.
        wanted: String,
    },
    /// The crate has no library.
    #[error("the crate {krate} has no library, so it cannot export an agent")]
    NoLibrary {
        /// The crate.
        krate: String,
    },
    /// The crate does not use muster.
    #[error("the crate {krate} does not depend on muster, so it cannot export an agent")]
    WithoutMuster {
        /// The crate.
        krate: String,
    },
    /// The crate depends on a muster that is not this checkout.
    #[error(
        "the crate {krate} depends on another muster than {}, at {found}, and a program has only one",
        sources.display()
    )]
    OtherMuster {
        /// The crate.
        krate: String,
        /// Where its muster is.
        found: String,
        /// Where ours is.
        sources: PathBuf,
    },
    /// The crate writes the path of muster from the root, which leads past the link.
    #[error(
        "the crate {krate} has muster under an absolute path: write a relative one, or `muster = {version:?}`, \
         which is this checkout too"
    )]
    AbsoluteMuster {
        /// The crate.
        krate: String,
        /// Version of muster.
        version: String,
    },
    /// Cargo does not understand the crate.
    #[error("cargo cannot read {}", manifest.display())]
    Unreadable {
        /// The manifest.
        manifest: PathBuf,
        /// What cargo said.
        #[source]
        err: CargoSaid,
    },
}

impl AgentFault {
    /// The error for an agent that stands there.
    pub(super) fn at(self, place: &Place) -> ComposeError {
        let place = place.clone();
        Box::new(AgentProblem { place, fault: self }).into()
    }
}

/// What cargo wrote about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CargoSaid(pub String);
