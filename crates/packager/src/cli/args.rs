//! What the command line accepts.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Arg;
use clap::Args;
use clap::CommandFactory;
use clap::FromArgMatches;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use clap::builder::Resettable;

use crate::assembly::Prebuilt;

/// From one buildspec.yaml to custom binaries, RPMs, DEBs and archives
///
/// The file explains itself: see buildspec.yaml of the sources. Warnings and progress go to standard error, what was made to
/// standard output. Begin with `list` and `check`, which make nothing.
#[derive(Debug, Parser)]
#[command(name = super::NAME, version, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the builds, their targets and their packages
    List(From),
    /// Look for mistakes in every build, target and package, and make nothing
    Check(From),
    /// Make the binaries of a build
    Build(BuildArgs),
    /// Make the packages of a build, and the binaries they need
    Package(PackageArgs),
    /// Make a folder of packages a repository of yum and of apt
    Repo(RepoArgs),
    /// Tell what two packages differ in; ends with 1 when they do
    Diff(DiffArgs),
}

/// What everything is made from.
#[derive(Debug, Args)]
pub(super) struct From {
    /// The build in the buildspec; foss, but all of them for list and check
    #[arg(long, env = "BUILD", value_name = "NAME")]
    pub(super) build: Option<String>,
    /// The buildspec; buildspec.yaml or packager/buildspec.yaml in this folder, else that of the sources
    #[arg(long, env = "MUSTER_BUILDSPEC", value_name = "FILE")]
    pub(super) buildspec: Option<PathBuf>,
    /// The sources of muster; this folder or one above it
    #[arg(long, value_name = "FOLDER")]
    pub(super) source: Option<PathBuf>,
    /// The company's agents; packaging/agents.yaml beside the buildspec where there is one
    #[arg(long, value_name = "FILE")]
    pub(super) agents: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    #[command(flatten)]
    pub(super) from: From,
    /// A compile target, or several with commas between them; all of the build when none is named
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) target: Vec<String>,
    #[command(flatten)]
    pub(super) making: MakingArgs,
}

#[derive(Debug, Args)]
pub(super) struct PackageArgs {
    #[command(flatten)]
    pub(super) from: From,
    /// A package, or several with commas between them; all of the build when none is named
    #[arg(
        long,
        env = "PACKAGES",
        value_name = "NAME",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub(super) package: Vec<String>,
    /// Take over a binary instead of compiling the target of that name
    #[arg(long, value_name = "TARGET=FILE", value_parser = prebuilt)]
    pub(super) binary: Vec<Prebuilt>,
    #[command(flatten)]
    pub(super) making: MakingArgs,
    #[command(flatten)]
    pub(super) key: KeyArgs,
}

/// How things are made and where they go.
#[derive(Debug, Args)]
pub(super) struct MakingArgs {
    /// Where what is made goes
    #[arg(long, env = "ARTIFACTS", value_name = "FOLDER", default_value = "dist")]
    pub(super) output: PathBuf,
    /// Version of binaries and packages, such as 1.2.3 or 1.2.3-rc.1; that of the sources
    #[arg(long, env = "VERSION", value_name = "VERSION")]
    pub(super) version: Option<String>,
    /// Revision of the sources; what git says
    #[arg(long, env = "SHA1", value_name = "REVISION")]
    pub(super) revision: Option<String>,
    /// Date of everything that is made, in seconds since 1970; that of the commit
    #[arg(long, env = "SOURCE_DATE_EPOCH", value_name = "SECONDS")]
    pub(super) date: Option<String>,
    /// Where cargo works; target in the sources
    #[arg(long, env = "CARGO_TARGET_DIR", value_name = "FOLDER")]
    pub(super) work: Option<PathBuf>,
    /// A folder with binaries that are taken over when they are there, by the names that the buildspec gives them
    #[arg(long, env = "BUILD_CACHE", value_name = "FOLDER")]
    pub(super) cache: Option<PathBuf>,
    /// How binaries are optimised
    #[arg(long, value_enum, default_value_t = ProfileChoice::Release)]
    pub(super) profile: ProfileChoice,
    /// Run the commands that stand in the buildspec
    #[arg(long)]
    pub(super) allow_commands: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProfileChoice {
    /// As they are shipped
    Release,
    /// Quickly, to try something
    Quick,
}

/// Who signs.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// A file with an OpenPGP secret key that signs
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    /// A file whose first line is the passphrase of the key
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(super) passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RepoArgs {
    /// The folder with the packages
    #[arg(value_name = "FOLDER")]
    pub(super) folder: PathBuf,
    /// Name of the apt distribution
    #[arg(long, value_name = "NAME", default_value = "stable")]
    pub(super) codename: String,
    /// Whom the repository is of
    #[arg(long, value_name = "TEXT", default_value = "muster")]
    pub(super) origin: String,
    /// Date of the repository, in seconds since 1970; that of the newest package
    #[arg(long, env = "SOURCE_DATE_EPOCH", value_name = "SECONDS")]
    pub(super) date: Option<u64>,
    #[command(flatten)]
    pub(super) key: KeyArgs,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// One package
    #[arg(value_name = "A")]
    pub(super) left: PathBuf,
    /// The other
    #[arg(value_name = "B")]
    pub(super) right: PathBuf,
}

impl Cli {
    /// A variable of the environment that is empty is none.
    pub(super) fn read(arguments: impl Iterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut definition =
            definition().mut_subcommands(|command| command.mut_args(without_empty_variable));
        let matches = definition.try_get_matches_from_mut(arguments)?;
        Self::from_arg_matches(&matches).map_err(|err| err.format(&mut definition))
    }
}

fn without_empty_variable(arg: Arg) -> Arg {
    let is_empty = arg
        .get_env()
        .and_then(env::var_os)
        .is_some_and(|value| value.is_empty());
    if is_empty {
        arg.env(Resettable::Reset)
    } else {
        arg
    }
}

fn prebuilt(text: &str) -> Result<Prebuilt, String> {
    match text.split_once('=') {
        Some((target, file)) if !target.is_empty() && !file.is_empty() => Ok(Prebuilt {
            target: target.to_owned(),
            file: file.into(),
        }),
        Some(_) | None => Err("expected the name of a compile target, =, and a file".to_owned()),
    }
}

/// All arguments, for the manual page.
pub(super) fn definition() -> clap::Command {
    Cli::command()
}
