use std::path::PathBuf;

use clap::Parser as _;
use muster::build_info::BUILD_INFO;
use muster::cli::ending::Ends as _;
use muster::os::local_socket::LocalSocket;
use muster::protocol::names::Identity;
use muster::report::Chain;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::*;
use crate::control;
use crate::control::Answer;
use crate::control::Question;
use crate::control::StatusDocument;
use crate::table::Standing;

fn words(text: &str) -> Vec<OsString> {
    std::iter::once("muster-provisioner")
        .chain(text.split_whitespace())
        .map(OsString::from)
        .collect()
}

fn read(text: &str) -> Result<Cli, clap::Error> {
    Cli::read(words(text).into_iter(), "1.2.3")
}

#[test]
fn flags_without_a_command_are_those_of_the_daemon() {
    for (given, meant) in [
        ("--config a.yaml", "run --config a.yaml"),
        ("--debug --config a.yaml", "--debug run --config a.yaml"),
        ("--config=a.yaml --debug", "run --config=a.yaml --debug"),
        ("run --config a.yaml", "run --config a.yaml"),
        ("hosts --json", "hosts --json"),
        ("--debug hosts", "--debug hosts"),
        ("--debug", "--debug"),
        ("--help", "--help"),
        ("-V", "-V"),
        ("", ""),
    ] {
        assert_eq!(args::with_default(words(given)), words(meant), "{given}");
    }
}

#[test]
fn the_flags_of_the_reference_are_understood() {
    #[derive(Debug, clap::Parser)]
    struct Whole {
        #[command(flatten)]
        run: run::RunArgs,
    }
    let line = words("--config a.yaml --choria-config b.cfg --pid c.pid");
    let expected = run::RunArgs {
        config: PathBuf::from("a.yaml"),
        choria_config: Some(PathBuf::from("b.cfg")),
        pid: Some(PathBuf::from("c.pid")),
    };
    assert_eq!(Whole::try_parse_from(line).unwrap().run, expected);
    Whole::try_parse_from(words("")).unwrap_err();
}

#[test]
fn the_definition_is_sound() {
    command("1.2.3").debug_assert();
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for text in [
        "",
        "explode",
        "retry",
        "retry two..dots",
        "approve",
        "plan",
        "hosts --state asleep",
        "hosts [",
        "pause --reason ",
    ] {
        assert!(read(text).is_err_and(|err| err.use_stderr()), "{text}");
    }
}

/// Answers every question with `answer`, and runs the command beside it.
fn against(answer: impl FnMut(control::Command) -> Answer + Send, line: &str) -> (String, Exit) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let (sender, mut questions) = mpsc::channel::<Question>(8);
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    runtime.block_on(async {
        let socket = LocalSocket::listen(&path, 0o600).await.unwrap();
        control::serve(socket, sender, &tasks, stop.clone());
    });
    let mut answer = answer;
    let line = format!("{line} --socket {}", path.display());
    let cli = read(&line).unwrap();
    let (out, exit) = std::thread::scope(|scope| {
        let command = scope.spawn(|| {
            let mut out = Vec::new();
            let exit = match run(&cli, &BUILD_INFO, &mut out) {
                Ok(exit) => exit,
                Err(err) => {
                    out.extend(Chain(&err).to_string().into_bytes());
                    err.exit()
                }
            };
            (out, exit)
        });
        runtime.block_on(async {
            let question = questions.recv().await.unwrap();
            question.answer.send(answer(question.command)).unwrap();
        });
        command.join().unwrap()
    });
    stop.cancel();
    tasks.close();
    runtime.block_on(tasks.wait());
    (String::from_utf8(out).unwrap(), exit)
}

#[test]
fn each_order_is_the_command_of_its_name() {
    let identity = || Identity::new("web1").unwrap();
    for (line, expected) in [
        ("pause", control::Command::Pause { reason: None }),
        (
            "pause --reason new-CA",
            control::Command::Pause {
                reason: "new-CA".parse().ok(),
            },
        ),
        ("resume", control::Command::Resume),
        ("drain", control::Command::Drain),
        (
            "retry web1",
            control::Command::Retry {
                identity: identity(),
            },
        ),
        (
            "approve web1",
            control::Command::Approve {
                identity: identity(),
            },
        ),
    ] {
        let mut asked = None;
        let answer = |command| {
            asked = Some(command);
            let message = "it is so".to_owned();
            Answer::Done { message }
        };
        let said = against(answer, line);
        assert_eq!(said, ("it is so\n".to_owned(), Exit::Ok), "{line}");
        assert_eq!(asked, Some(expected));
    }
}

#[test]
fn a_refusal_is_told_and_is_no_success() {
    let reason = || "no node of this name is known".to_owned();
    for line in ["retry web1", "hosts", "status", "plan web1"] {
        let said = against(|_| Answer::Refused { reason: reason() }, line);
        assert_eq!(said, (reason(), Exit::Negative), "{line}");
    }
}

#[test]
fn an_answer_to_another_question_is_not_believed() {
    for line in ["retry web1", "hosts", "plan web1"] {
        let (_, exit) = against(|_| Answer::Status(Box::default()), line);
        assert_eq!(exit, Exit::Data, "{line}");
    }
}

#[test]
fn hosts_shows_the_nodes_that_were_asked_for() {
    let rows = || {
        vec![
            hosts::row("db1", Standing::Working),
            hosts::row("web1", Standing::Queued),
        ]
    };
    let hosts = |_| Answer::Hosts { rows: rows() };
    let (text, exit) = against(hosts, "hosts --state queued");
    assert_eq!(exit, Exit::Ok);
    assert!(text.contains("web1") && !text.contains("db1"), "{text}");
    let (text, _) = against(hosts, "hosts --json ^db");
    let shown: Vec<crate::table::Row> = serde_json::from_str(&text).unwrap();
    assert_eq!(shown, rows()[..1]);
}

#[test]
fn status_is_a_document_for_programs() {
    let document = || StatusDocument {
        site: "TEST".to_owned(),
        ..StatusDocument::default()
    };
    let (text, exit) = against(|_| Answer::Status(Box::new(document())), "status --json");
    assert_eq!(exit, Exit::Ok);
    let shown: StatusDocument = serde_json::from_str(&text).unwrap();
    assert_eq!(shown, document());
}

#[test]
fn a_provisioner_that_does_not_run_is_unavailable() {
    for line in ["hosts", "hosts --watch", "status", "pause", "plan a"] {
        let cli = read(&format!("{line} --socket /no/such/socket")).unwrap();
        let err = run(&cli, &BUILD_INFO, &mut Vec::new()).unwrap_err();
        assert_eq!(err.exit(), Exit::Unavailable, "{line}");
    }
}

#[test]
fn build_info_says_the_same_twice() {
    let show = |line| {
        let mut out = Vec::new();
        let exit = run(&read(line).unwrap(), &BUILD_INFO, &mut out).unwrap();
        assert_eq!(exit, Exit::Ok);
        String::from_utf8(out).unwrap()
    };
    let text = show("build-info");
    let json: serde_json::Value = serde_json::from_str(&show("buildinfo --json")).unwrap();
    for (name, value) in json.as_object().unwrap() {
        assert!(text.contains(value.as_str().unwrap()), "{name}");
    }
    assert_eq!(json["version"], BUILD_INFO.version);
}
