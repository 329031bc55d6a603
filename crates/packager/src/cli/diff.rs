//! `diff`: what two packages differ in.

use std::io::Write;

use muster::report::Exit;

use super::args::DiffArgs;
use super::error::CliError;
use crate::diff;

pub(super) fn run(args: &DiffArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let differences = diff::compare(&diff::read(&args.left)?, &diff::read(&args.right)?);
    out.write_all(diff::render(&differences).as_bytes())?;
    Ok(if differences.is_empty() {
        Exit::Ok
    } else {
        Exit::Negative
    })
}
