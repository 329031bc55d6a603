//! `muster-fleet keys`: makes a pool of keys.

use std::io;
use std::io::IsTerminal as _;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use muster::report::Exit;

use super::args::KeyType;
use super::complain;
use crate::keys::KeyPool;
use crate::keys::KeyPoolError;

/// Makes keys that nodes then use in turn: there may be fewer of them than nodes, and several nodes have one key then.
/// That is good enough for a simulation and for nothing else. A key takes a processor for about a tenth of a second.
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// How many
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// File to write, for its owner only; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Of which kind
    #[arg(long, value_name = "TYPE", default_value = "rsa2048")]
    key_type: KeyType,
}

/// Makes the pool.
pub(super) fn main(args: &KeysArgs) -> Exit {
    match args.key_type {
        KeyType::Rsa2048 => {}
    }
    match make(args) {
        Ok(()) => Exit::Ok,
        Err(err) => {
            complain(&err);
            match err {
                KeyPoolError::Write(_) => Exit::CannotCreate,
                KeyPoolError::Generate
                | KeyPoolError::Encode(_)
                | KeyPoolError::Read { .. }
                | KeyPoolError::NotAKey { .. }
                | KeyPoolError::Empty { .. } => Exit::Software,
            }
        }
    }
}

fn make(args: &KeysArgs) -> Result<(), KeyPoolError> {
    let count = usize::try_from(args.count).unwrap_or(usize::MAX);
    let shown = io::stderr().is_terminal();
    let pool = KeyPool::generate(count, |made| {
        if shown {
            // the keys are what matters
            write!(io::stderr(), "\r{made} of {count} keys").ok();
        }
    })?;
    if shown {
        writeln!(io::stderr()).ok();
    }
    pool.write(&args.out)
}
