//! `config`: a node's configuration, checked or shown.

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use super::Program;
use super::error::CliError;
use crate::build_info::BuildInfo;
use crate::config::Settings;
use crate::os::source_file;
use crate::report::Chain;
use crate::report::Exit;
use crate::rpc::authorization::check as policy_check;
use crate::rpc::authorization::check::Finding;
use crate::rpc::authorization::policies;
use crate::server::StartError;
use crate::server::beside;
use crate::server::mode::Mode;
use crate::server::start;

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    pub(super) action: ConfigAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigAction {
    /// Say whether the node would accept the file
    #[command(visible_alias = "validate")]
    Check {
        /// The file
        file: PathBuf,
    },
    /// Show the settings in effect and where each comes from
    Show {
        /// The file
        #[arg(required_unless_present = "config")]
        file: Option<PathBuf>,
        /// The file, as the other commands name it
        #[arg(long, value_name = "FILE", conflicts_with = "file")]
        config: Option<PathBuf>,
        /// As JSON
        #[arg(long, short)]
        json: bool,
    },
}

pub(super) fn run(
    args: &ConfigArgs,
    program: &Program<'_>,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    match &args.action {
        ConfigAction::Check { file } => check(file, program, out),
        ConfigAction::Show { file, config, json } => match file.as_ref().or(config.as_ref()) {
            Some(file) => show(file, *json, program.build, out),
            None => Err(CliError::NoConfiguration),
        },
    }
}

/// Every problem on a line of its own, and as what the node would start; the exit code says whether it would, on this
/// machine and as this user, and could follow its policies.
fn check(file: &Path, program: &Program<'_>, out: &mut dyn Write) -> Result<Exit, CliError> {
    let build = program.build;
    let file = absolute(file)?;
    let present = source_file::stamp(&file).is_ok_and(|stamp| stamp.is_some());
    if !present {
        return Err(CliError::NoSuchFile { path: file });
    }
    match start::configuration(&file, build) {
        Ok((mode, resolved)) => {
            let warnings = resolved.warnings.iter();
            for warning in warnings.filter(|warning| !start::is_known(warning, &program.company)) {
                writeln!(out, "warning: {warning}")?;
            }
            rest(&file, mode, &resolved.settings, build, out)
        }
        Err(StartError::Config(err)) => {
            for problem in err.problems() {
                writeln!(out, "error: {problem}")?;
            }
            Ok(Exit::Config)
        }
        Err(err) => Err(err.into()),
    }
}

/// What a start meets beside a configuration that is good in itself.
fn rest(
    file: &Path,
    mode: Mode,
    settings: &Settings,
    build: &BuildInfo,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    let mut faults = policies(file, out)?;
    faults.extend(beside::would_deny(mode, settings));
    let started = beside::would_start(mode, settings, build);
    faults.extend(started.as_ref().err().map(|err| Chain(err).to_string()));
    for fault in &faults {
        writeln!(out, "error: {fault}")?;
    }
    let (file, mode) = (file.display(), mode.name());
    match (started.is_ok(), faults.is_empty()) {
        (false, _) => writeln!(out, "{file} can be read, but the node would not start")?,
        (true, false) => writeln!(
            out,
            "{file} can be read, the node would start in {mode} mode and deny requests"
        )?,
        (true, true) => writeln!(out, "{file} is good, the node would start in {mode} mode")?,
    }
    Ok(if faults.is_empty() {
        Exit::Ok
    } else {
        Exit::Config
    })
}

/// What is wrong with the policy files beside a configuration; doubts are told at once.
fn policies(file: &Path, out: &mut dyn Write) -> Result<Vec<String>, CliError> {
    let mut faults = Vec::new();
    for finding in policy_check::check(&file.with_file_name(policies::DIRECTORY))? {
        match finding {
            Finding::Doubt(doubt) => writeln!(out, "warning: {doubt}")?,
            Finding::Fault(fault) => faults.push(fault),
        }
    }
    Ok(faults)
}

fn show(file: &Path, json: bool, build: &BuildInfo, out: &mut dyn Write) -> Result<Exit, CliError> {
    let (_, resolved) = start::configuration(&absolute(file)?, build)?;
    if json {
        writeln!(out, "{:#}", resolved.effective.to_json())?;
    } else {
        write!(out, "{}", resolved.effective)?;
    }
    Ok(Exit::Ok)
}

fn absolute(file: &Path) -> Result<PathBuf, CliError> {
    Ok(std::path::absolute(file)?)
}
