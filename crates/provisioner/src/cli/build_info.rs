//! `build-info`: what this program was built as.

use std::io::Write;

use clap::Args;
use muster::build_info::BuildInfo;
use muster::report::Exit;
use serde_json::Map;
use serde_json::Value;

use crate::cli::error::CliError;

#[derive(Debug, Args)]
pub(super) struct BuildInfoArgs {
    /// As JSON
    #[arg(long, short)]
    pub(super) json: bool,
}

pub(super) fn run(
    args: &BuildInfoArgs,
    build: &BuildInfo,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    if args.json {
        let report: Map<String, Value> = facts(build)
            .into_iter()
            .map(|(_, name, value)| (name.to_owned(), value.into()))
            .collect();
        writeln!(out, "{:#}", Value::Object(report))?;
    } else {
        writeln!(out, "muster-provisioner build settings:\n\nBuild Data:\n")?;
        for (label, _, value) in facts(build) {
            writeln!(out, "  {label:>12}: {value}")?;
        }
    }
    Ok(Exit::Ok)
}

/// Label, name and value. What the build decided about nodes is no business of the provisioner.
const fn facts(build: &BuildInfo) -> [(&'static str, &'static str, &'static str); 7] {
    [
        ("Version", "version", build.version),
        ("Git SHA", "sha", build.sha),
        ("Build Date", "build_date", build.build_date),
        ("License", "license", "Apache-2.0"),
        ("Rust Version", "rust", build.rustc),
        ("Platform", "triple", build.triple),
        ("Build", "build", build.build),
    ]
}
