//! The side that listens.

use std::io;
use std::time::Duration;

use muster::os::local_socket::LocalSocket;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::io::BufReader;
use tokio::io::copy;
use tokio::io::sink;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::control::command::Answer;
use crate::control::command::Command;
use crate::door::Door;

/// A command that waits for its answer.
#[derive(Debug)]
pub struct Question {
    /// What is asked.
    pub command: Command,
    /// Where the answer goes. Dropping it tells the client that nobody will answer.
    pub answer: oneshot::Sender<Answer>,
}

/// Answers at `socket` until `stop` is cancelled; answers that are under way then have a second to get out.
///
/// The queue of questions needs no depth to speak of: 8 connections ask one question each.
pub fn serve(
    socket: LocalSocket,
    questions: mpsc::Sender<Question>,
    tasks: &TaskTracker,
    stop: CancellationToken,
) {
    let door = Door::new(socket, CONNECTIONS, tasks, stop.clone());
    tasks.spawn(door.open(move |connection| {
        let (questions, stop) = (questions.clone(), stop.clone());
        async move {
            tokio::select! {
                result = converse(connection, &questions) => {
                    if let Err(err) = result {
                        tracing::debug!(reason = %err, "a command got no answer");
                    }
                }
                () = last_moment(&stop) => {}
            }
        }
    }));
}

async fn last_moment(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(GRACE).await;
}

/// One command, one answer.
async fn converse(connection: UnixStream, questions: &mpsc::Sender<Question>) -> io::Result<()> {
    let (mut reader, mut writer) = connection.into_split();
    let answer = match timeout(READING, read(&mut reader)).await {
        Err(_) => refused("no command came in time"),
        Ok(Err(err)) => return Err(err),
        Ok(Ok(Err(answer))) => answer,
        Ok(Ok(Ok(command))) => decide(command, questions).await,
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    timeout(WRITING, async {
        writer.write_all(&line).await?;
        writer.shutdown().await
    })
    .await??;
    // a connection that is closed over unread bytes is reset, and the answer lost with it
    let mut leftovers = reader.take(LEFTOVERS);
    timeout(GRACE, copy(&mut leftovers, &mut sink())).await??;
    Ok(())
}

/// The command, or the answer to what is none.
async fn read(reader: &mut OwnedReadHalf) -> io::Result<Result<Command, Answer>> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(reader).take(LARGEST_COMMAND);
    let length = reader.read_until(b'\n', &mut line).await?;
    if line.last() != Some(&b'\n') && u64::try_from(length).is_ok_and(|it| it >= LARGEST_COMMAND) {
        return Ok(Err(refused("a command has 4 KiB at most")));
    }
    Ok(serde_json::from_slice(&line).map_err(|err| refused(&format!("not a command: {err}"))))
}

async fn decide(command: Command, questions: &mpsc::Sender<Question>) -> Answer {
    let patience = command.patience();
    let (answer, answered) = oneshot::channel();
    match questions.try_send(Question { command, answer }) {
        Ok(()) => {}
        Err(TrySendError::Full(_)) => return refused("the provisioner is busy, ask again"),
        Err(TrySendError::Closed(_)) => return refused(ENDING),
    }
    match timeout(patience, answered).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => refused(ENDING),
        Err(_) => refused("the provisioner did not answer in time"),
    }
}

fn refused(reason: &str) -> Answer {
    Answer::Refused {
        reason: reason.to_owned(),
    }
}

const ENDING: &str = "the provisioner is ending";
/// At the same time: a person or two, and programs that look now and then.
const CONNECTIONS: usize = 8;
/// Bytes, the end of the line among them. The longest command is a reason of 200 characters, each escaped.
const LARGEST_COMMAND: u64 = 4096;
/// For a command to come.
const READING: Duration = Duration::from_secs(5);
/// For an answer to be taken: that of a large fleet has megabytes.
const WRITING: Duration = Duration::from_secs(30);
/// Bytes after the command that are read and thrown away.
const LEFTOVERS: u64 = 64 * 1024;
/// For answers under way when everything ends, and for the client to hang up.
const GRACE: Duration = Duration::from_secs(1);
