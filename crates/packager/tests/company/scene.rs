//! A broker, a node that runs the program, and somebody at the command line of the same program.

use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use muster::os::atomic_file;
use muster::os::files::RealFiles;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Child;
use tokio::process::Command;
use tokio::time::Instant;
use tokio::time::timeout;

use crate::dns::DnsServer;
use crate::dns::SrvRecord;
use crate::nats::NatsServer;
use crate::nats::Options;
use crate::program::program;

/// The node.
pub(crate) const NODE: &str = "n1.example.net";
/// The token of the build, as an input.
pub(crate) const TOKEN: &str = "token=toomanysecrets";

/// A node that waits on a network.
pub(crate) struct Scene {
    folder: TempDir,
    broker: NatsServer,
    _dns: DnsServer,
    node: Child,
}

/// What a command ended with; for whom a test fails, all of it.
#[derive(Debug)]
#[expect(dead_code, reason = "standard error is read by people only")]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Somebody at the command line, in a collective.
pub(crate) struct Operator {
    config: String,
}

impl Scene {
    /// A network and a node that knows nothing but its name and where to ask for names.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let broker = NatsServer::start(Options::default()).await;
        let dns = DnsServer::start().await;
        let service = "_choria-provisioner._tcp.muster.test";
        dns.publish(vec![SrvRecord::new(service, 10, broker.port, "localhost")]);
        put(folder.path(), "facts.json", "{}");
        put(
            folder.path(),
            "etc/server.conf",
            &format!("identity = {NODE}\nlogfile = stdout\n"),
        );
        let resolver = format!("resolver = {}\nreconnect_spread = 1s\n", dns.address);
        put(folder.path(), "etc/plugin.d/muster.cfg", &resolver);
        let log = File::create(folder.path().join("log")).unwrap();
        let node = Command::new(program())
            .args(["server", "run", "--config", "etc/server.conf"])
            .current_dir(folder.path())
            .env("HOME", folder.path().join("user"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            folder,
            broker,
            _dns: dns,
            node,
        }
    }

    /// Writes a file in the node's working directory.
    pub(crate) fn put(&self, name: &str, text: &str) {
        put(self.folder.path(), name, text);
    }

    /// What a provisioner would have the node be.
    pub(crate) fn fleet_settings(&self) -> Value {
        json!({
            "identity": NODE,
            "logfile": "stdout",
            "collectives": "mcollective",
            "plugin.choria.server.provision": "false",
            "plugin.choria.middleware_hosts": self.host(),
            "rpcauthorization": "false",
        })
    }

    /// Somebody at the command line.
    pub(crate) fn operator(&self, collective: &str) -> Operator {
        let config = format!(
            "identity = operator.example.net\ncollectives = {collective}\nmain_collective = {collective}\n\
             plugin.choria.middleware_hosts = {}\nplugin.security.provider = file\n",
            self.host()
        );
        let path = put(self.folder.path(), &format!("{collective}.conf"), &config);
        Operator {
            config: path.display().to_string(),
        }
    }

    fn host(&self) -> String {
        format!("nats://localhost:{}", self.broker.port)
    }
}

impl Drop for Scene {
    #[expect(
        clippy::print_stderr,
        reason = "why a test failed is in the log of its node"
    )]
    fn drop(&mut self) {
        self.node.start_kill().ok();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("log"));
            eprintln!("--- log of the node\n{}", log.unwrap_or_default());
        }
    }
}

impl Operator {
    /// Calls an action of the node; its reply.
    pub(crate) async fn asks(&self, agent: &str, action: &str, inputs: &[&str]) -> Value {
        let mut arguments = vec!["req", agent, action, "-j", "-I", NODE];
        arguments.extend(inputs);
        arguments.extend(["--config", &self.config]);
        let output = run(program(), &arguments).await;
        let document: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        let reply = document["replies"][0].clone();
        assert!(!reply.is_null(), "no reply: {output:?}");
        reply
    }

    /// Waits for a node to answer.
    pub(crate) async fn reaches(&self, node: &str) {
        let deadline = Instant::now() + PATIENCE;
        let arguments = [
            "ping",
            "-I",
            node,
            "--expect",
            "1",
            "--config",
            &self.config,
        ];
        loop {
            let output = run(program(), &arguments).await;
            if output.code == Some(0) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{node} does not answer: {output:?}"
            );
        }
    }
}

/// Runs a program to its end.
pub(crate) async fn run(program: &Path, arguments: &[&str]) -> Output {
    let running = Command::new(program)
        .args(arguments)
        .env_remove("MCOLLECTIVE_CERTNAME")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, running).await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Output {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn put(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    atomic_file::write(&RealFiles, &path, text.as_bytes(), 0o644).unwrap();
    path
}

/// Longer than anything should take, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(30);
