//! Why a program gave no answer; the texts resemble those of the reference where it has one.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use muster::report::Chain;
use nix::errno::Errno;

use super::complaint::Complaint;
use super::talk::TalkError;
use crate::helper::Blame;
use crate::helper::HelperError;
use crate::helper::contract::ContractError;
use crate::helper::words::one_line;

/// Why a program gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProcessError {
    /// Too many run already.
    #[error("all processes of {program} were busy for {}", seconds(*after))]
    Busy { program: String, after: Duration },
    /// It could not be started.
    #[error("cannot start {program}")]
    Start {
        program: String,
        #[source]
        err: io::Error,
    },
    /// It did not end in time.
    #[error("{program} gave no answer within {} and was killed", seconds(*after))]
    TimedOut { program: String, after: Duration },
    /// It prints and prints.
    #[error("{program} printed more than {limit} bytes and was killed")]
    TooLong { program: String, limit: usize },
    /// Its output could not be read.
    #[error("cannot read {program} output")]
    Read {
        program: String,
        #[source]
        err: io::Error,
    },
    /// It printed nothing.
    #[error("cannot read {program} output: zero bytes received")]
    Silent { program: String },
    /// Nobody knows how it ended.
    #[error("could not wait for {program}")]
    Wait {
        program: String,
        #[source]
        err: io::Error,
    },
    /// It ended in failure.
    #[error("could not wait for {program}: {status}", status = ending(*status))]
    Failed { program: String, status: ExitStatus },
    /// What it printed is no answer.
    #[error("cannot decode output from {program}")]
    Answer {
        program: String,
        #[source]
        err: ContractError,
    },
}

impl ProcessError {
    /// For the operator, with the last thing that the program complained about.
    pub(super) fn report(&self, complaint: &Complaint) -> HelperError {
        let mut reason = Chain(self).to_string();
        if let Some(last) = complaint.last_line() {
            reason.push_str("; it complained: ");
            reason.push_str(&last);
        }
        HelperError {
            reason: one_line(&reason, LONGEST_REASON),
            blame: self.blame(),
        }
    }

    fn blame(&self) -> Blame {
        match self {
            // somebody is just installing it
            Self::Start { err, .. } if busy(err) => Blame::Case,
            Self::Start { .. } => Blame::Site,
            Self::Busy { .. }
            | Self::TimedOut { .. }
            | Self::TooLong { .. }
            | Self::Read { .. }
            | Self::Silent { .. }
            | Self::Wait { .. }
            | Self::Failed { .. }
            | Self::Answer { .. } => Blame::Case,
        }
    }
}

impl TalkError {
    /// The same about a program.
    pub(super) fn of(self, program: &str) -> ProcessError {
        let program = program.to_owned();
        match self {
            Self::TooLong { limit } => ProcessError::TooLong { program, limit },
            Self::Read(err) => ProcessError::Read { program, err },
        }
    }
}

fn busy(err: &io::Error) -> bool {
    err.raw_os_error() == Some(Errno::ETXTBSY as i32)
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f32())
}

/// The words of the reference.
fn ending(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => nix::sys::signal::Signal::try_from(signal).map_or_else(
            |_| format!("signal {signal}"),
            |signal| format!("signal {signal}"),
        ),
        (None, None) => status.to_string(),
    }
}

/// Characters of a reason: the longest path, and a line of complaint.
const LONGEST_REASON: usize = 800;

#[cfg(test)]
mod tests {
    use super::*;

    fn start(errno: Errno) -> ProcessError {
        ProcessError::Start {
            program: "/helper".into(),
            err: io::Error::from_raw_os_error(errno as i32),
        }
    }

    #[test]
    fn a_program_that_is_just_being_installed_is_nobodys_fault_for_long() {
        assert_eq!(start(Errno::ETXTBSY).blame(), Blame::Case);
        assert_eq!(start(Errno::ENOENT).blame(), Blame::Site);
        assert_eq!(start(Errno::EACCES).blame(), Blame::Site);
    }

    #[test]
    fn a_reason_is_one_line_with_the_last_complaint() {
        let mut complaint = Complaint::default();
        complaint.add(b"first\nthe database is down\n");
        let err = ProcessError::TimedOut {
            program: "/helper".into(),
            after: Duration::from_millis(1500),
        };
        assert_eq!(
            err.report(&complaint).reason,
            "/helper gave no answer within 1.5 s and was killed; it complained: the database is down"
        );
    }
}
