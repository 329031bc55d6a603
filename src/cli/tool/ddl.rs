//! `tool ddl`: the description of an agent, and where descriptions are found.

use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::error::CliError;
use crate::company::Roster;
use crate::report::Exit;
use crate::rpc::ddl;
use crate::rpc::ddl::Ddl;
use crate::rpc::ddl::LoadError;

#[derive(Debug, Args)]
pub(in crate::cli) struct DdlArgs {
    /// The agent
    pub(super) agent: String,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DdlFormat,
    /// Look for the description of an agent that is not built in below this directory too
    #[arg(long, value_name = "DIR")]
    pub(super) libdir: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum DdlFormat {
    #[default]
    Json,
    Ruby,
}

pub(super) fn run(args: &DdlArgs, company: &Roster, out: &mut dyn Write) -> Result<Exit, CliError> {
    let ddl = find_ddl(&args.agent, company, &args.libdir)?;
    let text = match args.format {
        DdlFormat::Json => ddl.json(),
        DdlFormat::Ruby => ddl::ruby(&ddl),
    };
    out.write_all(text.as_bytes())?;
    Ok(Exit::Ok)
}

/// The description of an agent: built in, or a file below one of the directories, later ones first.
pub(in crate::cli) fn find_ddl(
    agent: &str,
    company: &Roster,
    libdirs: &[PathBuf],
) -> Result<Ddl, DdlError> {
    if let Some(ddl) = company.ddl(agent) {
        return Ok(ddl.clone());
    }
    let unknown = || DdlError::UnknownAgent {
        agent: agent.to_owned(),
    };
    let plain = !agent.is_empty()
        && agent
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !plain {
        return Err(unknown());
    }
    let path = libdirs
        .iter()
        .rev()
        .flat_map(|dir| DDL_DIRECTORIES.map(|below| file(dir, below, agent)))
        .find(|path| path.is_file())
        .ok_or_else(unknown)?;
    let text = std::fs::read(&path).map_err(|err| DdlError::Read {
        path: path.clone(),
        err,
    })?;
    ddl::load(&text).map_err(|err| DdlError::Unusable { path, err })
}

/// Why there is no description of an agent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::cli) enum DdlError {
    /// No description.
    #[error(
        "agent '{agent}' has no description here: it is not built in, and no directory of the setting libdir has \
         choria/agent/{agent}.json; --no-ddl sends a request without one"
    )]
    UnknownAgent { agent: String },
    /// A file that was named cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    /// A description that cannot be used.
    #[error("cannot use {}", path.display())]
    Unusable {
        path: PathBuf,
        #[source]
        err: LoadError,
    },
}

impl DdlError {
    /// The exit code that says so.
    pub(in crate::cli) const fn exit(&self) -> Exit {
        match self {
            Self::UnknownAgent { .. } => Exit::Usage,
            Self::Read { .. } => Exit::NoInput,
            Self::Unusable { .. } => Exit::Data,
        }
    }
}

fn file(dir: &Path, below: &str, agent: &str) -> PathBuf {
    dir.join(below).join(format!("{agent}.json"))
}

const DDL_DIRECTORIES: [&str; 2] = ["choria/agent", "mcollective/agent"];
