//! Why a command could not do its work, and the exit code that says so.

use std::io;
use std::path::PathBuf;

use buildspec::Problems;
use muster::cli::ending::Ends;
use muster::report::Exit;

use crate::assembly::BinariesError;
use crate::assembly::CompanyError;
use crate::assembly::PackageError;
use crate::assembly::RecipeError;
use crate::assembly::SigningKeyError;
use crate::assembly::SourcesError;
use crate::compile::CompileError;
use crate::diff::DiffError;
use crate::output::OutputError;
use crate::repo::RepoError;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum CliError {
    /// The folder of the process is gone.
    #[error("cannot tell the current folder")]
    Here(#[source] io::Error),
    /// The buildspec is wrong.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// The buildspec cannot be read.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The sources cannot be built.
    #[error(transparent)]
    Sources(#[from] SourcesError),
    /// The company's agents cannot be built in.
    #[error(transparent)]
    Company(#[from] CompanyError),
    /// There is no key to sign with.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
    /// None was named, and there is none here.
    #[error("no buildspec.yaml in {}: name one with --buildspec", folder.display())]
    NoBuildspec { folder: PathBuf },
    /// None was named, and the usual one is not there.
    #[error("which build? name one with --build: {known}")]
    WhichBuild { known: String },
    /// The buildspec is empty.
    #[error("there are no builds in {}", file.display())]
    NoBuilds { file: PathBuf },
    /// Binaries that are there already are not there.
    #[error("{}, where finished binaries should be, is not a folder", folder.display())]
    NoCache { folder: PathBuf },
    /// The build is for binaries only.
    #[error("the build {build} has no packages")]
    NoPackages { build: String },
    /// Everything that was asked for is not made here.
    #[error("nothing to make: none of the targets is for a machine that we build for")]
    NoTarget,
    /// Everything that was asked for is not made here.
    #[error("nothing to make: none of the packages is for a machine that we build for")]
    NothingToMake,
    /// A binary cannot be made.
    #[error(transparent)]
    Binaries(#[from] BinariesError),
    /// A package cannot be made.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// What was made cannot be put anywhere.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Packages cannot be compared.
    #[error(transparent)]
    Diff(#[from] DiffError),
    /// No repository comes of the folder.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// A file that was just made cannot be read.
    #[error("cannot read {}", file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        err: io::Error,
    },
    /// No output any more.
    #[error("cannot write the output")]
    Write {
        #[from]
        err: io::Error,
    },
}

impl Ends for CliError {
    fn exit(&self) -> Exit {
        match self {
            Self::Problems(_) | Self::Recipe(RecipeError::Problems(_)) | Self::NoBuilds { .. } => {
                Exit::Config
            }
            Self::Recipe(_) | Self::NoBuildspec { .. } | Self::NoCache { .. } => Exit::NoInput,
            Self::Unreadable { .. } => Exit::NoInput,
            Self::WhichBuild { .. } => Exit::Usage,
            Self::Sources(err) => sources(err),
            Self::Company(err) => company(err),
            Self::Key(SigningKeyError::Unreadable { .. }) => Exit::NoInput,
            Self::Key(SigningKeyError::Key { .. }) => Exit::Data,
            Self::Diff(err) => err.exit(),
            Self::NothingToMake | Self::NoTarget | Self::NoPackages { .. } => Exit::Data,
            Self::Binaries(err) => binaries(err),
            Self::Package(_) => Exit::Data,
            Self::Output(OutputError::Busy { .. }) => Exit::TempFail,
            Self::Output(_) => Exit::CannotCreate,
            Self::Repo(err) => err.exit(),
            Self::Here(_) => Exit::OsError,
            Self::Write { .. } => Exit::Io,
        }
    }

    fn is_lost_reader(&self) -> bool {
        matches!(self, Self::Write { err } if err.kind() == io::ErrorKind::BrokenPipe)
    }
}

fn sources(err: &SourcesError) -> Exit {
    match err {
        SourcesError::NotThere { .. }
        | SourcesError::NotFound { .. }
        | SourcesError::Path { .. } => Exit::NoInput,
        SourcesError::Stamp(_) | SourcesError::Version(_) => Exit::Usage,
    }
}

fn company(err: &CompanyError) -> Exit {
    match err {
        CompanyError::Unreadable { .. } => Exit::NoInput,
        CompanyError::Problems(_) | CompanyError::Two { .. } => Exit::Config,
        CompanyError::Compose(_) => Exit::Data,
    }
}

fn binaries(err: &BinariesError) -> Exit {
    match err {
        BinariesError::Problems(_) => Exit::Config,
        BinariesError::NotWanted { .. } | BinariesError::GivenTwice { .. } => Exit::Usage,
        BinariesError::Prebuilt { .. } => Exit::NoInput,
        BinariesError::Company(err) => company(err),
        BinariesError::Output { .. }
        | BinariesError::OutputName { .. }
        | BinariesError::SameOutput { .. } => Exit::Config,
        BinariesError::Compile(CompileError::Missing { .. }) => Exit::Unavailable,
        BinariesError::Step(_) | BinariesError::Compile(_) => Exit::Data,
        BinariesError::Write { .. } => Exit::CannotCreate,
    }
}
