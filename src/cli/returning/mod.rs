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
use std::sync::Arc;

use clap::Args;

pub(super) use error::ReturnError;
pub(super) use question::Person;

use super::Program;
use super::error::CliError;
use crate::os::transaction::Committed;
use crate::os::transaction::Generations;
use crate::report::Chain;
use crate::server::beside::Beside;
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

/// The node of the command and what is in place of it: if somebody else changes that from here on, nothing is written.
fn found(
    args: &ReturnArgs,
    program: &Program<'_>,
    person: &Person<'_>,
) -> Result<(Beside, Generations), CliError> {
    if !person.can_answer(args.consent()) {
        return Err(ReturnError::NobodyToAsk.into());
    }
    let node = Beside::find(&args.config, program.build, &program.company)?;
    let generations = Generations::new(Arc::clone(&node.files), node.state_dir.clone());
    Ok((node, generations))
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
