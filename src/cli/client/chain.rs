//! Nodes that standard input names: the result of an earlier request, so that requests can be chained.
//!
//! `muster req puppet status -j | muster req puppet runonce` calls the nodes that answered the first request well.
//! Standard input is often a pipe that nobody means, though, and the other choice of nodes is the whole fleet. So it is
//! read unasked only by `req`, only when it is a pipe, and only when no argument says which nodes; and then it must name
//! nodes, within a time. What is empty, silent or something else is refused and never taken for the whole fleet. With
//! `--nodes -` it is read whatever it is, for as long as it takes.

use std::io;
use std::io::BufRead;
use std::io::Write;
use std::time::Duration;

use super::error::OperatorError;
use super::filter::FilterArgs;
use super::names;
use super::names::Form;
use super::names::NamesError;
use crate::os::standard_input;
use crate::protocol::names::Identity;

/// Standard input, as far as nodes are concerned.
pub(super) trait Input {
    /// Whether it is a pipe.
    fn is_pipe(&self) -> bool;

    /// Whether there is something to read, or an end, within this time.
    fn wait(&self, patience: Duration) -> io::Result<bool>;

    /// What comes from it.
    fn reader(&self) -> impl BufRead;
}

/// That of the process.
#[derive(Debug)]
pub(super) struct StandardInput;

impl Input for StandardInput {
    fn is_pipe(&self) -> bool {
        standard_input::is_pipe()
    }

    fn wait(&self, patience: Duration) -> io::Result<bool> {
        standard_input::wait(patience)
    }

    fn reader(&self) -> impl BufRead {
        standard_input::reader()
    }
}

/// Whether a command uses what nobody told it to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unasked {
    Read,
    Ignore,
}

/// Why standard input is no choice of nodes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::cli) enum ChainError {
    /// Nothing came in time.
    #[error("standard input is a pipe, and nothing came from it within {} seconds; {WAY_OUT}", PATIENCE.as_secs())]
    Silent,
    /// Nothing came at all.
    #[error("standard input is a pipe and empty; {WAY_OUT}")]
    Empty,
    /// Something else came.
    #[error("standard input is a pipe, but not with the JSON of an earlier request; {WAY_OUT}")]
    NotAResult,
}

/// The nodes that standard input names, if it is to be asked. Tells a person when that takes a while.
pub(super) fn nodes(
    args: &FilterArgs,
    unasked: Unasked,
    input: &impl Input,
    notices: &mut dyn Write,
) -> Result<Option<Vec<Identity>>, OperatorError> {
    if args.names_standard_input() {
        let mut reader = input.reader();
        let nodes = match names::first(&mut reader).map_err(NamesError::Read) {
            Ok(None) => Err(NamesError::Empty),
            Ok(Some(b'{' | b'[')) => names::read(reader, Form::Json),
            Ok(Some(_)) => names::read(reader, Form::Lines),
            Err(err) => Err(err),
        };
        return nodes.map(Some).map_err(not_a_list);
    }
    match unasked {
        Unasked::Read if !args.chooses() && input.is_pipe() => chained(input, notices).map(Some),
        Unasked::Read | Unasked::Ignore => Ok(None),
    }
}

fn chained(input: &impl Input, notices: &mut dyn Write) -> Result<Vec<Identity>, OperatorError> {
    if !input.wait(NOTICE)? {
        writeln!(
            notices,
            "{}: waiting for the nodes that standard input names",
            crate::cli::NAME
        )?;
        if !input.wait(PATIENCE.saturating_sub(NOTICE))? {
            return Err(ChainError::Silent.into());
        }
    }
    let mut reader = input.reader();
    match names::first(&mut reader).map_err(|err| not_a_list(NamesError::Read(err)))? {
        None => Err(ChainError::Empty.into()),
        Some(b'{' | b'[') => names::read(reader, Form::Json).map_err(not_a_list),
        Some(_) => Err(ChainError::NotAResult.into()),
    }
}

fn not_a_list(err: NamesError) -> OperatorError {
    OperatorError::NotAList {
        what: "standard input".to_owned(),
        err,
    }
}

/// When a person is told what is waited for.
const NOTICE: Duration = Duration::from_secs(1);
/// How long an earlier request may take before it writes its result. Longer ones need `--nodes -`.
const PATIENCE: Duration = Duration::from_secs(30);
const WAY_OUT: &str =
    "'--nodes -' waits for names from it, '--dm broadcast' asks the fleet without it";

#[cfg(test)]
mod tests;
