//! `tool status`: a node judged by its status file, for an operator and for Nagios and its kin.
//!
//! The checks and their order are those of the reference (spec 03 §1.5), then ours; a status file of the reference is
//! understood too. The first line is the reference's, `<file> OK` or `<file> <what is wrong>`; the most severe finding
//! stands there, the first of the most severe ones. Below it follows what an operator needs to find out why a node
//! does not answer. The exit codes alone are those of a Nagios plugin: 0, 1 warning, 2 critical, 3 unknown (design §9).
//!
//! `document` reads the file, `checks` judges it, `report` and `details` show it; all of them are pure.

mod checks;
mod details;
mod document;
mod report;
mod words;

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::error::CliError;
use crate::build_info::BuildInfo;
use crate::os::clock::Clock as _;
use crate::os::clock::SystemClock;
use crate::os::source_file;
use crate::report::Chain;
use crate::report::Exit;
use crate::server::start;

use checks::Demands;
use checks::Wanted;
use document::Document;
use report::Report;
use report::Style;
use report::Unusable;

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The status file
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "config",
        conflicts_with = "config"
    )]
    pub(super) status_file: Option<PathBuf>,
    /// The node's configuration file, which says where the status file is
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Age of the file from which on the node counts as gone; 0 is no check
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = span)]
    pub(super) max_age: Duration,
    /// Time before the end of the certificate from which on to warn; 0 is no check
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = span)]
    pub(super) certificate_age: Duration,
    /// Time before the end of the token from which on to warn; 0 is no check
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = span)]
    pub(super) token_age: Duration,
    /// Fail when the node is not connected (the default)
    #[arg(long, overrides_with = "no_disconnected")]
    pub(super) disconnected: bool,
    /// Accept a node that is not connected
    #[arg(long)]
    pub(super) no_disconnected: bool,
    /// Time without a valid request from which on to warn; 0 is no check
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = span)]
    pub(super) message_since: Duration,
    /// Offset of the node's clock from which on to warn; 0 is no check
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = span)]
    pub(super) clock_offset: Duration,
    /// Fail unless the node waits for a provisioner
    #[arg(long, conflicts_with = "provisioned")]
    pub(super) unprovisioned: bool,
    /// Fail if the node waits for a provisioner
    #[arg(long)]
    pub(super) provisioned: bool,
    /// The first line only
    #[arg(long, short)]
    pub(super) brief: bool,
    /// Add performance data to the first line
    #[arg(long)]
    pub(super) perfdata: bool,
    /// As JSON
    #[arg(long, short, conflicts_with_all = ["brief", "perfdata"])]
    pub(super) json: bool,
}

pub(super) fn run(
    args: &StatusArgs,
    build: &BuildInfo,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    let now = SystemClock.now();
    let report = match file(args, build) {
        Ok(file) => report(&file, args, now),
        Err(unusable) => Report::unusable(unusable),
    };
    let text = if args.json {
        report.json()
    } else {
        report.text(Style {
            brief: args.brief,
            perfdata: args.perfdata,
        })
    };
    out.write_all(text.as_bytes())?;
    Ok(report.severity().exit())
}

fn report(file: &Path, args: &StatusArgs, now: i64) -> Report {
    match read(file) {
        Ok((document, written)) => {
            let findings = checks::findings(&document, written, now, &args.demands());
            Report::new(file, document, findings, now)
        }
        Err(unusable) => Report::unusable(unusable),
    }
}

/// Which file is meant.
fn file(args: &StatusArgs, build: &BuildInfo) -> Result<PathBuf, Unusable> {
    if let Some(file) = &args.status_file {
        return Ok(file.clone());
    }
    let config = args.config.clone().unwrap_or_default();
    let unusable = |reason| Unusable {
        file: config.clone(),
        reason,
    };
    let file = std::path::absolute(&config).map_err(|err| unusable(err.to_string()))?;
    match start::configuration(&file, build) {
        Ok((_, resolved)) => resolved.settings.status.file.ok_or_else(|| {
            unusable("names no status file, see plugin.choria.status_file_path".to_owned())
        }),
        Err(err) => Err(unusable(Chain(&err).to_string())),
    }
}

/// The document and the time of its file.
fn read(file: &Path) -> Result<(Document, i64), Unusable> {
    let unusable = |reason| Unusable {
        file: file.to_owned(),
        reason,
    };
    let bytes = source_file::read(file, LARGEST).and_then(|bytes| {
        let stamp = source_file::stamp(file)?;
        let stamp = stamp.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))?;
        Ok((bytes, stamp.mtime))
    });
    let (bytes, written) =
        bytes.map_err(|err| unusable(format!("{} could not be read: {err}", file.display())))?;
    let document = Document::parse(&bytes)
        .map_err(|err| unusable(format!("is no status file: {}", Chain(&err))))?;
    Ok((document, written))
}

impl StatusArgs {
    fn demands(&self) -> Demands {
        Demands {
            max_age: self.max_age,
            certificate: self.certificate_age,
            token: self.token_age,
            connected: self.disconnected || !self.no_disconnected,
            message_since: self.message_since,
            clock_offset: self.clock_offset,
            wanted: match (self.unprovisioned, self.provisioned) {
                (true, _) => Wanted::Unprovisioned,
                (false, true) => Wanted::Provisioned,
                (false, false) => Wanted::Either,
            },
        }
    }
}

fn span(text: &str) -> Result<Duration, &'static str> {
    crate::config::parse_duration(text).ok_or("a duration is written as 30, 10s, 1h30m or 2d")
}

/// Larger than any status file, in bytes.
const LARGEST: u64 = 1024 * 1024;

#[cfg(test)]
mod tests;
