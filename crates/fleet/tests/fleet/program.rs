//! The program itself.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::BufReader;
use tokio::process::Command;
use tokio::time::timeout;

use super::PATIENCE;
use super::keys;
use super::support::nats::NatsServer;
use super::support::nats::Options as BrokerOptions;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster-fleet"));
    command.args(arguments).kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn a_run_of_a_second_reports_as_json() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let (url, keys) = (broker.url(), keys());
    let run = program(&[
        "run",
        "--nodes",
        "3",
        "--until",
        "1",
        "--report",
        "json",
        "--broker",
        &url,
        "--keys",
        keys.to_str().unwrap(),
    ])
    .output();
    let output = timeout(PATIENCE, run).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["outcomes"]["ordinary"]["announced"], 3);
    assert_eq!(report["connections"], 3);
}

#[tokio::test]
async fn sigterm_ends_a_run_with_its_report() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let (url, keys) = (broker.url(), keys());
    let mut run = program(&[
        "run",
        "--nodes",
        "2",
        "--until",
        "forever",
        "--progress",
        "--broker",
        &url,
        "--keys",
        keys.to_str().unwrap(),
    ])
    .spawn()
    .unwrap();
    let mut progress = BufReader::new(run.stderr.take().unwrap()).lines();
    let line = timeout(PATIENCE, progress.next_line()).await.unwrap();
    assert!(line.unwrap().unwrap().contains(" announced"));
    let process = run.id().unwrap().to_string();
    let killed = Command::new("kill")
        .args(["-TERM", &process])
        .status()
        .await;
    assert!(killed.unwrap().success());
    let output = timeout(PATIENCE, run.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("nodes per minute")
    );
}

#[tokio::test]
async fn a_goal_that_is_not_reached_in_its_time_is_a_failure() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let (url, keys) = (broker.url(), keys());
    let run = program(&[
        "run",
        "--nodes",
        "1",
        "--until",
        "provisioned",
        "--limit",
        "1",
        "--broker",
        &url,
        "--keys",
        keys.to_str().unwrap(),
    ])
    .output();
    let output = timeout(PATIENCE, run).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn a_fleet_that_contradicts_itself_is_a_matter_of_usage() {
    let run = program(&["run", "--nodes", "1", "--dead", "2"]).output();
    let output = timeout(PATIENCE, run).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains("2 nodes shall not be as they should, of 1"),
        "{complaint}"
    );
}

#[tokio::test]
async fn keys_are_made_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.pem");
    let made = program(&["keys", "--count", "1", "--out", path.to_str().unwrap()]).output();
    assert_eq!(
        timeout(PATIENCE, made)
            .await
            .unwrap()
            .unwrap()
            .status
            .code(),
        Some(0)
    );
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
