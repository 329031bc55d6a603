//! `reprovision` and `rollback`: the local administrator sends the node of this machine back, to a provisioner or to the
//! configuration before.
//!
//! Both show what will change and ask; both write one generation more, under the lock of those who write, whether the
//! daemon runs or not (see [`crate::server::beside`]). Nothing is written if somebody else wrote between the question and
//! its answer.

mod error;
mod question;
pub(super) mod reprovision;
pub(super) mod rollback;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

pub(super) use error::ReturnError;
pub(super) use question::Person;

use super::error::CliError;
use crate::os::transaction::Committed;
use crate::report::Chain;
use question::Consent;

/// `reprovision --config FILE` and `rollback --config FILE`.
#[derive(Debug, Args)]
pub(super) struct ReturnArgs {
    /// Configuration file of the node
    #[arg(long, value_name = "FILE")]
    pub(super) config: PathBuf,
    /// Go ahead without a question
    #[arg(long, short)]
    pub(super) yes: bool,
}

impl ReturnArgs {
    const fn consent(&self) -> Consent {
        if self.yes {
            Consent::Given
        } else {
            Consent::Wanted
        }
    }
}

fn done(committed: &Committed, out: &mut dyn Write) -> Result<(), CliError> {
    writeln!(
        out,
        "Generation {} is in place. A running node starts anew with it within ten seconds, another one with its next start.",
        committed.generation
    )?;
    if let Some(err) = &committed.unfinished {
        writeln!(out, "Tidying up is left to that start: {}", Chain(err))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
