//! What is said to a program and what it says, all three at the same time: none of the pipes may fill up.

use std::io;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;
use zeroize::Zeroizing;

use super::complaint::Complaint;
use super::group::Pipes;

/// What a program said so far. It stays when the conversation is broken off.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// Its answer, which may hold a private key.
    pub(super) answer: Zeroizing<Vec<u8>>,
    /// What it wrote to its standard error.
    pub(super) complaint: Complaint,
}

/// Why a conversation was broken off.
#[derive(Debug)]
pub(super) enum TalkError {
    /// It says more than anybody wants to hear.
    TooLong { limit: usize },
    /// It cannot be heard.
    Read(io::Error),
}

impl Talk {
    /// Talks until both of the program's outputs are closed.
    ///
    /// # Errors
    ///
    /// [`TalkError`] as soon as it prints too much.
    pub(super) async fn hold(
        &mut self,
        pipes: Pipes,
        question: &[u8],
        limit: usize,
    ) -> Result<(), TalkError> {
        let Self { answer, complaint } = self;
        let feed = async {
            feed(pipes.stdin, question).await;
            Ok(())
        };
        tokio::try_join!(
            feed,
            hear(pipes.stdout, answer, limit),
            listen(pipes.stderr, complaint)
        )
        .map(|_| ())
    }
}

/// Writes the question. A program that does not read it, or not to its end, may still know the answer.
async fn feed(stdin: Option<ChildStdin>, question: &[u8]) {
    if let Some(mut stdin) = stdin {
        let _read_or_not = stdin.write_all(question).await;
    }
}

async fn hear(
    stdout: Option<impl AsyncRead + Unpin>,
    answer: &mut Zeroizing<Vec<u8>>,
    limit: usize,
) -> Result<(), TalkError> {
    let Some(mut stdout) = stdout else {
        return Ok(());
    };
    // a buffer that grows leaves copies of what it held behind, and that may be a key
    answer.reserve_exact(USUAL_ANSWER.min(limit));
    let mut chunk = Zeroizing::new(vec![0_u8; CHUNK]);
    loop {
        let read = stdout.read(&mut chunk).await.map_err(TalkError::Read)?;
        let Some(new) = chunk.get(..read).filter(|new| !new.is_empty()) else {
            return Ok(());
        };
        if answer.len().saturating_add(new.len()) > limit {
            return Err(TalkError::TooLong { limit });
        }
        answer.extend_from_slice(new);
    }
}

async fn listen(
    stderr: Option<impl AsyncRead + Unpin>,
    complaint: &mut Complaint,
) -> Result<(), TalkError> {
    let Some(mut stderr) = stderr else {
        return Ok(());
    };
    let mut chunk = vec![0_u8; CHUNK];
    loop {
        // an answer does not become wrong because a complaint about it cannot be read
        let read = stderr.read(&mut chunk).await.unwrap_or_default();
        match chunk.get(..read) {
            Some(new) if !new.is_empty() => complaint.add(new),
            Some(_) | None => return Ok(()),
        }
    }
}

/// Bytes read at once.
const CHUNK: usize = 8 * 1024;

/// Bytes of an ordinary answer: a certificate, its authorities and a page of configuration.
const USUAL_ANSWER: usize = 32 * 1024;
