//! The site's program: one process for each question.
//!
//! ```text
//!   place free ── start ──┬─ feed ── hear ── listen ──┐
//!                         └─ it ends ── a short grace ┴─ kill its group ── reap ── judge
//! ```
//!
//! What it guarantees, whatever the program does:
//!
//! - an answer to the caller within the deadline, counted from its start, the grace included: a program that hangs, or
//!   leaves a process behind that keeps its output open, costs no more than that;
//! - memory within fixed bounds, however much it prints;
//! - nothing is left behind in its process group, not even when the caller loses interest (a dropped future), and no
//!   zombies. What makes itself a session of its own leaves the group and is the site's own affair;
//! - an environment of [`INHERITED`] and [`SESSION`] and nothing else: what the provisioner itself was given, tokens and
//!   passwords included, is not for every helper to see.
//!
//! The program is reaped only after its group was killed. Until then its process id, which is the group's, cannot become
//! somebody else's, so no signal can reach the wrong processes. Where orphans are given to us (we are the first process
//! of a container), the rest of the group is reaped as well; not so after a dropped future, which nothing can wait for.

mod complaint;
mod environment;
mod error;
mod group;
mod talk;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::process::ExitStatus;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::complaint::Complaint;
pub use self::environment::INHERITED;
pub use self::environment::SESSION;
use self::error::ProcessError;
use self::group::Group;
use self::talk::Talk;
use crate::helper::Case;
use crate::helper::Decision;
use crate::helper::HelperError;
use crate::helper::contract;
use crate::helper::contract::Answer;
use crate::helper::contract::Note;

/// The site's program.
#[derive(Debug)]
pub struct Program {
    words: Vec<String>,
    deadline: Duration,
    limits: Limits,
    places: Semaphore,
    /// Notes that were written already: one that every node causes is not written for every node.
    noted: Mutex<BTreeSet<Note>>,
}

/// What the program may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processes at the same time: the number of nodes worked on, so that nobody waits where all is well.
    pub at_once: NonZeroUsize,
    /// Bytes of an answer; at most [`contract::LONGEST_ANSWER`] is of use.
    pub answer: usize,
    /// How long its output is still read after it ended, when another process keeps that open.
    pub grace: Duration,
}

impl Limits {
    /// The usual limits for so many processes at the same time.
    #[must_use]
    pub const fn of(at_once: NonZeroUsize) -> Self {
        Self {
            at_once,
            answer: contract::LONGEST_ANSWER,
            grace: Duration::from_millis(250),
        }
    }
}

impl Program {
    /// The program with these words as its command line, and so long for every answer.
    #[must_use]
    pub fn new(words: Vec<String>, deadline: Duration, limits: Limits) -> Self {
        Self {
            words,
            deadline,
            limits,
            places: Semaphore::new(limits.at_once.get().min(Semaphore::MAX_PERMITS)),
            noted: Mutex::default(),
        }
    }

    /// Asks what a node is to become. Dropping the future kills the program.
    ///
    /// # Errors
    ///
    /// [`HelperError`] when there is no answer, or none that a node could follow.
    pub async fn decide(&self, case: &Case) -> Result<Decision, HelperError> {
        let (complaint, result) = self.ask(case).await;
        complaint.log(case);
        match result {
            Ok(answer) => {
                self.write_notes(case, answer.notes);
                Ok(answer.decision)
            }
            Err(err) => Err(err.report(&complaint)),
        }
    }

    async fn ask(&self, case: &Case) -> (Complaint, Result<Answer, ProcessError>) {
        let program = self.words.first().cloned().unwrap_or_default();
        // a place is free at once where the limits fit the number of nodes worked on
        let place = timeout(self.deadline, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else {
            let err = ProcessError::Busy {
                program,
                after: self.deadline,
            };
            return (Complaint::default(), Err(err));
        };
        let mut group = match Group::start(&self.words, case) {
            Ok(group) => group,
            Err(err) => return (Complaint::default(), Err(err)),
        };
        let mut talk = Talk::default();
        let ended = self.converse(&program, &mut group, &mut talk, case).await;
        let status = group.end().await;
        let result = ended.and_then(|()| judge(program, status, &talk));
        (talk.complaint, result)
    }

    /// Talks with the program until it has ended and its output too, as far as that is waited for.
    async fn converse(
        &self,
        program: &str,
        group: &mut Group,
        talk: &mut Talk,
        case: &Case,
    ) -> Result<(), ProcessError> {
        let pipes = group.pipes();
        let question = contract::encode(case);
        let conversation = async {
            let mut talking = Box::pin(talk.hold(pipes, &question, self.limits.answer));
            tokio::select! {
                told = &mut talking => {
                    told?;
                    group.ended().await;
                    Ok(())
                }
                () = group.ended() => {
                    // whoever still holds the output has said enough
                    timeout(self.limits.grace, talking).await.unwrap_or(Ok(()))
                }
            }
        };
        match timeout(self.deadline, conversation).await {
            Ok(told) => told.map_err(|err| err.of(program)),
            Err(_) => Err(ProcessError::TimedOut {
                program: program.to_owned(),
                after: self.deadline,
            }),
        }
    }

    fn write_notes(&self, case: &Case, notes: Vec<Note>) {
        for note in notes {
            let first = self.is_new(&note);
            match note {
                Note::NotBuilt(_) | Note::NotUtf8 | Note::StaysInProvisioning if first => {
                    tracing::warn!(identity = %case.identity, %note, "the helper's answer is not quite right; this is said once");
                }
                Note::NotBuilt(_)
                | Note::NotUtf8
                | Note::StaysInProvisioning
                | Note::Unknown(_) => {
                    tracing::debug!(identity = %case.identity, %note, "the helper's answer is not quite right");
                }
            }
        }
    }

    /// Remembers the note. Fields that nobody knows are as many as helpers please, and are not remembered.
    fn is_new(&self, note: &Note) -> bool {
        match note {
            Note::Unknown(_) => false,
            Note::NotBuilt(_) | Note::NotUtf8 | Note::StaysInProvisioning => self
                .noted
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(note.clone()),
        }
    }
}

fn judge(
    program: String,
    status: std::io::Result<ExitStatus>,
    talk: &Talk,
) -> Result<Answer, ProcessError> {
    let status = match status {
        Ok(status) => status,
        Err(err) => return Err(ProcessError::Wait { program, err }),
    };
    if !status.success() {
        return Err(ProcessError::Failed { program, status });
    }
    if talk.answer.is_empty() {
        return Err(ProcessError::Silent { program });
    }
    contract::decode(&talk.answer).map_err(|err| ProcessError::Answer { program, err })
}
