//! `repo`: a folder of packages becomes a repository.

use std::io::Write;

use muster::report::Exit;

use super::args::RepoArgs;
use super::error::CliError;
use super::say;
use crate::repo;
use crate::repo::Labels;
use crate::signing::Sign;

pub(super) fn run(args: &RepoArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let key = args.key.read()?;
    let labels = Labels {
        origin: args.origin.clone(),
        codename: args.codename.clone(),
        date: args.date,
    };
    let signer = key.as_ref().map(|key| key as &dyn Sign);
    let made = repo::write(&args.folder, &labels, signer)?;
    made.remarks.iter().for_each(|remark| say(remark));
    out.write_all(made.instructions.as_bytes())?;
    Ok(Exit::Ok)
}
