//! What the supervisor, or somebody at the terminal, tells this process.
//!
//! SIGQUIT would end it with a dump of its memory, keys and tokens included; here it asks for a line in the log.

use std::future;
use std::io;

use nix::sys::signal;
use nix::sys::signal::SigSet;
use tokio::signal::unix;
use tokio::signal::unix::SignalKind;

/// A request from outside the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: end in an orderly way.
    Terminate,
    /// SIGINT: the same, from a terminal.
    Interrupt,
    /// SIGHUP: look at the world anew.
    Hangup,
    /// SIGQUIT: say how you are.
    Quit,
}

/// The signals as they come in. From the moment of its creation they no longer end the process.
#[derive(Debug)]
pub struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
    hangup: unix::Signal,
    quit: unix::Signal,
}

impl Signals {
    /// Starts listening, on the runtime that this is called in.
    ///
    /// # Errors
    ///
    /// [`SignalError`] if a handler cannot be installed.
    pub fn listen() -> Result<Self, SignalError> {
        let on = |kind| unix::signal(kind).map_err(SignalError);
        let signals = Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            hangup: on(SignalKind::hangup())?,
            quit: on(SignalKind::quit())?,
        };
        let released = hangup().thread_unblock();
        released.map_err(|err| SignalError(err.into()))?;
        Ok(signals)
    }

    /// The next signal. Cancel-safe: none is lost if the wait is given up.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.terminate.recv() => Signal::Terminate,
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            Some(()) = self.hangup.recv() => Signal::Hangup,
            Some(()) = self.quit.recv() => Signal::Quit,
            // All ended: the runtime is going down, and nobody will be listening.
            else => future::pending().await,
        }
    }
}

/// Keeps SIGHUP waiting until [`Signals::listen`], across an exec too. Otherwise the hangup of a log rotation ends a
/// process that is just starting, and a supervisor takes that for a wanted end.
///
/// # Errors
///
/// [`SignalError`] if the kernel refuses.
pub fn hold_hangup() -> Result<(), SignalError> {
    hangup()
        .thread_block()
        .map_err(|err| SignalError(err.into()))
}

fn hangup() -> SigSet {
    SigSet::from(signal::SIGHUP)
}

/// A signal handler cannot be installed.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen to signals")]
pub struct SignalError(#[source] io::Error);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_signal_arrives_as_what_it_is() {
        hold_hangup().unwrap();
        signal::raise(signal::SIGHUP).unwrap();
        let mut signals = Signals::listen().unwrap();
        assert_eq!(signals.next().await, Signal::Hangup);
        for (raised, expected) in [
            (signal::SIGHUP, Signal::Hangup),
            (signal::SIGQUIT, Signal::Quit),
            (signal::SIGINT, Signal::Interrupt),
            (signal::SIGTERM, Signal::Terminate),
        ] {
            signal::raise(raised).unwrap();
            assert_eq!(signals.next().await, expected);
        }
    }
}
