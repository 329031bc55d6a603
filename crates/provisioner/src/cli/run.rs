//! `run`: the daemon.

use std::path::PathBuf;

use clap::Args;

/// `run --config FILE`, with the flags of the reference.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RunArgs {
    /// Configuration file of the provisioner
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Configuration file of the connection to the broker: that of a client
    #[arg(long, value_name = "FILE")]
    pub choria_config: Option<PathBuf>,
    /// Write the id of the process to this file
    #[arg(long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
}
