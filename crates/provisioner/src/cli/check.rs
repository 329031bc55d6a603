//! `check`: whether `run` would start.

use std::path::PathBuf;

use clap::Args;

/// `check --config FILE`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CheckArgs {
    /// Configuration file of the provisioner
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Configuration file of the connection to the broker: that of a client
    #[arg(long, value_name = "FILE")]
    pub choria_config: Option<PathBuf>,
}
