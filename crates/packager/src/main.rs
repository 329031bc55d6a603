//! The binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster_packager::cli::main(std::env::args_os())
}
