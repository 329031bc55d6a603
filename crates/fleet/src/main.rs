//! The binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster_fleet::cli::main(std::env::args_os())
}
