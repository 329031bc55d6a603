use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use muster::os::local_socket::LocalSocket;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::*;
use crate::table::Standing;

/// A served socket, and the questions that come through it.
struct Served {
    questions: mpsc::Receiver<Question>,
    path: PathBuf,
    tasks: TaskTracker,
    stop: CancellationToken,
    _folder: TempDir,
}

async fn served() -> Served {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let socket = LocalSocket::listen(&path, 0o600).await.unwrap();
    let (sender, questions) = mpsc::channel(1);
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    serve(socket, sender, &tasks, stop.clone());
    Served {
        questions,
        path,
        tasks,
        stop,
        _folder: folder,
    }
}

/// What is answered to these bytes.
async fn say(path: &Path, bytes: &[u8]) -> Answer {
    let mut connection = UnixStream::connect(path).await.unwrap();
    connection.write_all(bytes).await.unwrap();
    connection.shutdown().await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer.last(), Some(&b'\n'));
    serde_json::from_slice(&answer).unwrap()
}

fn reason(answer: Answer) -> String {
    match answer {
        Answer::Refused { reason } => reason,
        other @ (Answer::Hosts { .. }
        | Answer::Status(_)
        | Answer::Done { .. }
        | Answer::Plan(_)) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_question_reaches_the_engine_and_its_answer_the_client() {
    let mut served = served().await;
    let document = StatusDocument {
        site: "TEST".to_owned(),
        counts: BTreeMap::from([(Standing::NotOurs, 2)]),
        ..StatusDocument::default()
    };
    let expected = Answer::Status(Box::new(document));
    let (answer, ()) = tokio::join!(ask(&served.path, &Command::Status), async {
        let question = served.questions.recv().await.unwrap();
        assert_eq!(question.command, Command::Status);
        question.answer.send(expected.clone()).unwrap();
    });
    assert_eq!(answer.unwrap(), expected);
}

#[tokio::test]
async fn a_command_may_end_without_a_line_break() {
    let mut served = served().await;
    let (answer, ()) = tokio::join!(say(&served.path, br#"{"command":"drain"}"#), async {
        drop(served.questions.recv().await.unwrap());
    });
    assert_eq!(reason(answer), "the provisioner is ending");
}

#[tokio::test]
async fn nonsense_is_refused_and_never_reaches_the_engine() {
    let mut served = served().await;
    for bytes in [
        b"\n".to_vec(),
        b"{}\n".to_vec(),
        b"\xff\xfe\n".to_vec(),
        vec![b'['; 4096],
        vec![b' '; 9000],
    ] {
        drop(reason(say(&served.path, &bytes).await));
    }
    served.questions.try_recv().unwrap_err();
}

#[tokio::test]
async fn a_command_of_any_length_is_refused_at_4_kib() {
    let served = served().await;
    let mut connection = UnixStream::connect(&served.path).await.unwrap();
    connection.write_all(&vec![b' '; 4096]).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("4 KiB"), "{answer}");
}

#[tokio::test]
async fn a_full_queue_is_said_and_not_waited_for() {
    let served = served().await;
    let mut first = UnixStream::connect(&served.path).await.unwrap();
    first.write_all(b"{\"command\":\"hosts\"}\n").await.unwrap();
    // the engine does not take it: once it is in the queue, there is no room for another
    while served.questions.is_empty() {
        tokio::task::yield_now().await;
    }
    let answer = ask(&served.path, &Command::Hosts).await.unwrap();
    assert!(reason(answer).contains("busy"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_sent_away() {
    let served = served().await;
    let mut connection = UnixStream::connect(&served.path).await.unwrap();
    let begun = tokio::time::Instant::now();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("in time"), "{answer}");
    assert!(begun.elapsed() >= Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn clients_that_hang_keep_the_ninth_out_only_for_a_while() {
    let mut served = served().await;
    let mut hanging = Vec::new();
    for _ in 0..8 {
        hanging.push(UnixStream::connect(&served.path).await.unwrap());
    }
    let (answer, ()) = tokio::join!(ask(&served.path, &Command::Resume), async {
        let question = served.questions.recv().await.unwrap();
        let message = "going on".to_owned();
        question.answer.send(Answer::Done { message }).unwrap();
    });
    assert!(matches!(answer, Ok(Answer::Done { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_hangs_is_said() {
    let served = served().await;
    let answer = ask(&served.path, &Command::Hosts).await.unwrap();
    assert_eq!(reason(answer), "the provisioner did not answer in time");
}

#[tokio::test]
async fn an_answer_still_leaves_when_everything_ends() {
    let mut served = served().await;
    let (answer, ()) = tokio::join!(ask(&served.path, &Command::Drain), async {
        let question = served.questions.recv().await.unwrap();
        served.stop.cancel();
        tokio::task::yield_now().await;
        let message = "draining".to_owned();
        question.answer.send(Answer::Done { message }).unwrap();
    });
    assert!(matches!(answer, Ok(Answer::Done { .. })));
    served.tasks.close();
    served.tasks.wait().await;
    assert!(!served.path.exists());
}

#[tokio::test]
async fn a_provisioner_that_does_not_run_is_no_mystery() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let gone = ask(&path, &Command::Status).await;
    assert!(matches!(gone, Err(AskError::NotRunning { .. })));
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let left_behind = ask(&path, &Command::Status).await;
    assert!(matches!(left_behind, Err(AskError::NotRunning { .. })));
}

#[tokio::test]
async fn what_is_no_answer_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let socket = LocalSocket::listen(&path, 0o600).await.unwrap();
    let (answer, ()) = tokio::join!(ask(&path, &Command::Status), async {
        let mut connection = socket.accept().await.unwrap();
        let mut command = [0; 64];
        let length = connection.read(&mut command).await.unwrap();
        assert_eq!(&command[..length], b"{\"command\":\"status\"}\n");
        connection.write_all(b"{\"who\":\"else\"}\n").await.unwrap();
    });
    assert!(matches!(answer, Err(AskError::NotAnAnswer { .. })));
}
