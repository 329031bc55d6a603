//! The binary: the only place that names what the build decided.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster_provisioner::cli::main(std::env::args_os(), &muster::build_info::BUILD_INFO)
}
