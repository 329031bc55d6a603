//! Somebody at the command line.

use std::io;
use std::path::Path;
use std::process;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::PATIENCE;
use super::authority::caller;
use super::program;
use super::put;
use crate::support::nats::Authority;

/// An operator with a configuration of their own.
pub(crate) struct Operator {
    home: TempDir,
}

/// What a command ended with.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The output as JSON.
    pub(crate) fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.stdout);
        assert!(parsed.is_ok(), "no JSON: {self:?}");
        parsed.unwrap()
    }

    /// The first reply in the JSON output of `req`.
    pub(crate) fn reply(&self) -> Value {
        let document = self.json();
        assert!(!document["replies"][0].is_null(), "no reply: {self:?}");
        document["replies"][0].clone()
    }
}

impl Operator {
    /// An operator of a collective, at a broker of this authority, with a certificate of their own if asked for.
    pub(crate) fn new(collective: &str, port: u16, authority: &Authority, certified: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let place = |name: &str, content: &str| {
            let path = home.path().join(name);
            put(&path, content);
            path.display().to_string()
        };
        let ca = place("ca.pem", &authority.pem());
        let mut config = format!(
            "identity = operator.example.net\ncollectives = {collective}\nmain_collective = {collective}\n\
             plugin.choria.middleware_hosts = nats://localhost:{port}\n\
             plugin.security.provider = file\nplugin.security.file.ca = {ca}\n"
        );
        if certified {
            let (certificate, key) = caller(authority, CERTNAME);
            let (certificate, key) = (place("cert.pem", &certificate), place("key.pem", &key));
            config.push_str(&format!(
                "plugin.security.file.certificate = {certificate}\nplugin.security.file.key = {key}\n"
            ));
        }
        put(&home.path().join("client.conf"), config);
        Self { home }
    }

    /// The operator's configuration file.
    pub(crate) fn config(&self) -> String {
        self.home.path().join("client.conf").display().to_string()
    }

    /// Runs a command with the operator's configuration.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let config = self.config();
        let arguments: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(["--config", &config])
            .collect();
        run(program(), &arguments).await
    }

    /// The same with this text in a pipe on standard input.
    pub(crate) async fn run_on(&self, input: &str, arguments: &[&str]) -> Output {
        let config = self.config();
        let mut command = command(program());
        command.args(arguments).args(["--config", &config]);
        let mut running = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = running.stdin.take().unwrap();
        pipe.write_all(input.as_bytes()).await.unwrap();
        drop(pipe);
        ended(running.wait_with_output()).await
    }

    /// Calls an action of one node's provisioning agent, with the right token.
    pub(crate) async fn provision(&self, node: &str, action: &str, inputs: &[&str]) -> Value {
        let token = format!("token={}", super::TOKEN);
        let mut arguments = vec!["req", "choria_provision", action, "-j", "-I", node, &token];
        arguments.extend(inputs);
        self.run(&arguments).await.reply()
    }

    /// Waits for a node to answer.
    pub(crate) async fn pings(&self, node: &str) {
        let arguments = ["ping", "-I", node, "--expect", "1", "--names"];
        loop {
            let output = self.run(&arguments).await;
            if output.code == Some(0) {
                assert_eq!(output.stdout.trim(), node, "{output:?}");
                return;
            }
        }
    }
}

/// Runs a program to its end.
pub(crate) async fn run(program: &Path, arguments: &[&str]) -> Output {
    let mut command = command(program);
    command.args(arguments).stdin(Stdio::null());
    ended(command.output()).await
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_remove("MCOLLECTIVE_CERTNAME")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn ended(running: impl Future<Output = io::Result<process::Output>>) -> Output {
    let output = timeout(PATIENCE, running).await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Output {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Who the certificate of an operator is for.
const CERTNAME: &str = "operator.mcollective";
