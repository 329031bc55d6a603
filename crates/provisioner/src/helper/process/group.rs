//! A program and everything that it started.

use std::io;
use std::process::ExitStatus;
use std::process::Stdio;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::signal::killpg;
use nix::sys::wait::Id;
use nix::sys::wait::WaitPidFlag;
use nix::sys::wait::WaitStatus;
use nix::sys::wait::waitid;
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::process::ChildStderr;
use tokio::process::ChildStdin;
use tokio::process::ChildStdout;
use tokio::process::Command;
use tokio::signal::unix;
use tokio::signal::unix::SignalKind;
use tokio::time::timeout;

use super::environment;
use super::error::ProcessError;
use crate::helper::Case;

/// A program and everything that it started. Dropping it kills them all; the runtime then reaps the program.
pub(super) struct Group {
    child: Child,
    /// The program's process id and its group's; nobody once it was reaped, when the id may be somebody else's.
    leader: Option<Pid>,
    /// Wakes when any child of ours ends.
    children: unix::Signal,
}

/// The ends of its pipes; each is there unless it was taken before.
pub(super) struct Pipes {
    /// What it reads.
    pub(super) stdin: Option<ChildStdin>,
    /// Its answer.
    pub(super) stdout: Option<ChildStdout>,
    /// Its complaints.
    pub(super) stderr: Option<ChildStderr>,
}

impl Group {
    /// Starts the program as the leader of a new process group.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Start`] when it cannot be started.
    pub(super) fn start(words: &[String], case: &Case) -> Result<Self, ProcessError> {
        let (program, arguments) = match words.split_first() {
            Some((program, arguments)) => (program.as_str(), arguments),
            None => ("", words),
        };
        let failed = |err| ProcessError::Start {
            program: program.to_owned(),
            err,
        };
        // listened to before it starts, so that its end cannot be missed
        let children = unix::signal(SignalKind::child()).map_err(failed)?;
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment::inherited())
            .env(environment::SESSION, case.session.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let leader = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .map(Pid::from_raw);
        Ok(Self {
            child,
            leader,
            children,
        })
    }

    /// The ends of its pipes, once.
    pub(super) const fn pipes(&mut self) -> Pipes {
        Pipes {
            stdin: self.child.stdin.take(),
            stdout: self.child.stdout.take(),
            stderr: self.child.stderr.take(),
        }
    }

    /// Waits until the program has ended, and leaves it to be reaped.
    pub(super) async fn ended(&mut self) {
        while self.leader.is_some_and(runs) {
            if self.children.recv().await.is_none() {
                return;
            }
        }
    }

    /// Kills what is left of the group and reaps the program.
    ///
    /// # Errors
    ///
    /// When its end cannot be learned, or the kernel does not let it go.
    pub(super) async fn end(mut self) -> io::Result<ExitStatus> {
        self.kill();
        let status = timeout(AFTER_KILL, self.child.wait())
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        if let Some(leader) = self.leader.take() {
            // whatever happens to the others, how the program ended is known
            let _patience = timeout(AFTER_KILL, self.reap_adopted(leader)).await;
        }
        Ok(status)
    }

    /// Reaps what else was in the group, where it became ours: in a container we may be the process that all orphans are
    /// given to, and nobody else would ever reap them. Everywhere else none of them is our child, which takes one look.
    async fn reap_adopted(&mut self, group: Pid) {
        let how = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG;
        loop {
            match waitid(Id::PGid(group), how) {
                Ok(WaitStatus::StillAlive) => {
                    if self.children.recv().await.is_none() {
                        return;
                    }
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return,
            }
        }
    }

    fn kill(&self) {
        if let Some(leader) = self.leader {
            // that there is nobody left is fine
            let _gone = killpg(leader, Signal::SIGKILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether the process has not ended yet. It is not reaped by the question.
fn runs(process: Pid) -> bool {
    let how = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    matches!(
        waitid(Id::Pid(process), how),
        Ok(WaitStatus::StillAlive) | Err(Errno::EINTR)
    )
}

/// How long a killed process may take to be gone; longer only while the kernel is stuck in a system call for it.
const AFTER_KILL: Duration = Duration::from_secs(2);
