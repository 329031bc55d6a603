//! How a command line ends, for every program of ours: what is printed, and with which exit code.

use std::error::Error;
use std::io;
use std::io::Write;

use crate::report::Chain;
use crate::report::Exit;

/// An error that a command ends with.
pub trait Ends: Error + Sized {
    /// The exit code that says so.
    fn exit(&self) -> Exit;

    /// Whether the reader of the output went away, such as `head` does. That is no failure.
    fn is_lost_reader(&self) -> bool;
}

/// Prints why arguments were not understood, or the help that they asked for.
#[must_use]
pub fn misread(err: &clap::Error) -> Exit {
    let asked = !err.use_stderr();
    match err.print() {
        Ok(()) if asked => Exit::Ok,
        Ok(()) => Exit::Usage,
        Err(_) => Exit::Io,
    }
}

/// Says on standard error what went wrong, behind the name of the program.
pub fn conclude<E: Ends>(program: &str, result: Result<Exit, E>) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(err) if err.is_lost_reader() => Exit::Ok,
        Err(err) => {
            // nowhere is left to say that this failed too
            match writeln!(io::stderr(), "{program}: {}", Chain(&err)) {
                Ok(()) | Err(_) => err.exit(),
            }
        }
    }
}
