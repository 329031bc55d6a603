//! A node: the program in a directory of its own.

use std::fs;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Child;
use tokio::process::Command;
use tokio::time::timeout;

use super::PATIENCE;
use super::long;
use super::operator::Output;
use super::operator::run;
use super::program;
use super::program::program_of;
use super::put;
use super::read;
use super::until;
use crate::support::dns::DnsServer;

/// A node and its directory, ended and removed when it is dropped.
pub(crate) struct Node {
    home: TempDir,
    /// None is `e2e`.
    build: Option<&'static str>,
    pub(crate) identity: String,
    environment: Vec<(String, String)>,
    process: Option<Child>,
}

impl Node {
    /// A node that knows nothing but its name and, for the tests, where to ask for names and to log to.
    pub(crate) fn new(identity: &str, dns: &DnsServer) -> Self {
        let home = tempfile::tempdir().unwrap();
        let node = Self {
            home,
            build: None,
            identity: identity.to_owned(),
            environment: Vec::new(),
            process: None,
        };
        put(&node.config(), node.settings());
        put(
            &node.etc().join("plugin.d/muster.cfg"),
            // a node alone need not make room for others
            format!("resolver = {}\nreconnect_spread = 1s\n", dns.address),
        );
        put(
            &node.etc().join("policy.toml"),
            format!(
                "output_directories = [{:?}]\n",
                node.home.path().join("var")
            ),
        );
        put(&node.file("facts.json"), r#"{"role":"web","cpus":4}"#);
        put(&node.file("metadata.json"), r#"{"serial":"X-1701"}"#);
        put(&node.file("var/log"), "");
        node
    }

    /// The same node of another build, which this test program plays (`other_builds`); in a long run it is made.
    pub(crate) fn of(mut self, build: &'static str) -> Self {
        self.build = Some(build);
        self
    }

    /// Has the process find a variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The lines of `server.conf` that are the node's own, also after it was provisioned.
    pub(crate) fn settings(&self) -> String {
        format!(
            "identity = {}\nlogfile = {}\nloglevel = debug\nplugin.choria.status_file_path = {}\n\
             plugin.choria.status_update_interval = 1\n",
            self.identity,
            self.file("var/log").display(),
            self.file("var/status.json").display()
        )
    }

    /// A path in the node's working directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The directory of the configuration.
    pub(crate) fn etc(&self) -> PathBuf {
        self.file("etc")
    }

    /// The configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.etc().join("server.conf")
    }

    /// Everything logged so far.
    pub(crate) fn log(&self) -> String {
        read(&self.file("var/log"))
    }

    /// What the process wrote to standard output and error.
    pub(crate) fn said(&self) -> String {
        read(&self.file("out"))
    }

    /// The status file; null without one.
    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&read(&self.file("var/status.json"))).unwrap_or_default()
    }

    /// Starts the process.
    pub(crate) fn start(&mut self) {
        let config = self.config();
        self.start_with(&["server", "run", "--config", config.to_str().unwrap()]);
    }

    /// Starts the process with these arguments.
    fn start_with(&mut self, arguments: &[&str]) {
        // what an earlier process said of itself is no news
        fs::remove_file(self.file("var/status.json")).ok();
        let out = File::options()
            .append(true)
            .create(true)
            .open(self.file("out"))
            .unwrap();
        self.process = Some(
            self.command(arguments)
                .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
                // a configuration below the home of its user has no `plugin.d`
                .env("HOME", self.file("user"))
                .envs(self.environment.iter().map(|(name, value)| (name, value)))
                .current_dir(self.home.path())
                .stdin(Stdio::null())
                .stdout(out.try_clone().unwrap())
                .stderr(out)
                .kill_on_drop(true)
                .spawn()
                .unwrap(),
        );
    }

    /// What the local administrator types, beside the running process or without one.
    pub(crate) async fn types(&self, command: &str, more: &[&str]) -> Output {
        let config = self.config().display().to_string();
        let mut arguments = vec![command, "--config", &config];
        arguments.extend(more);
        run(program(), &arguments).await
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let program = match self.build {
            None => program().to_owned(),
            Some(name) if long() => program_of(name),
            Some(name) => {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command
                    .env_clear()
                    .args(["--ignored", "--nocapture", "--exact", PLAYER])
                    .env(PLAYED, name)
                    .env(ARGUMENTS, arguments.join("\n"));
                return command;
            }
        };
        let mut command = Command::new(program);
        command.env_clear().args(arguments);
        command
    }

    /// The id of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().id().unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).unwrap();
        nix::sys::signal::kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Waits for the process to end, and tells its exit code; none if a signal ended it.
    pub(crate) async fn end(&mut self) -> Option<i32> {
        let process = self.process.as_mut().unwrap();
        let status = timeout(PATIENCE, process.wait()).await;
        assert!(status.is_ok(), "the process does not end: {}", self.log());
        self.process = None;
        status.unwrap().unwrap().code()
    }

    /// Starts a process that is expected to end at once: its exit code and what it said.
    pub(crate) async fn fails(&mut self) -> (Option<i32>, String) {
        self.start();
        let code = self.end().await;
        let said = self.said();
        if self.build.is_none() || long() {
            return (code, said);
        }
        // the test harness around the played program has an exit code of its own
        let code = said.split("unix_exit_status(").nth(1);
        let code = code.and_then(|rest| rest.split(')').next()?.parse().ok());
        (code, said)
    }

    /// Kills the process.
    pub(crate) async fn kill(&mut self) {
        self.process.as_mut().unwrap().kill().await.unwrap();
        self.process = None;
    }

    /// Waits until something is logged.
    pub(crate) async fn logs(&self, text: &str) {
        until(&format!("{text:?} in the log"), || {
            self.log().contains(text).then_some(())
        })
        .await;
    }

    /// Waits until the status file says what is wanted.
    pub(crate) async fn status_where(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        until(&format!("a status file with {what}"), || {
            let status = self.status();
            fits(&status).then_some(status)
        })
        .await
    }

    /// Waits until the node is connected in this mode. Whether the broker has its subscriptions by then is another
    /// matter: who wants to ask it something waits for its startup event.
    pub(crate) async fn connected(&self, mode: &str) -> Value {
        self.status_where(&format!("mode {mode}, connected"), |status| {
            status["mode"] == mode && status["connection"]["state"] == "connected"
        })
        .await
    }
}

impl Drop for Node {
    #[expect(
        clippy::print_stderr,
        reason = "why a test failed is in the log of its node"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "--- log of {}\n{}--- output\n{}--- status\n{}",
                self.identity,
                self.log(),
                self.said(),
                self.status()
            );
        }
    }
}

/// The environment variable with the arguments of a played build.
pub(crate) const ARGUMENTS: &str = "MUSTER_E2E_ARGUMENTS";
/// The environment variable with the name of the played build.
pub(crate) const PLAYED: &str = "MUSTER_E2E_PLAYED";
/// The test that plays it.
const PLAYER: &str = "other_builds::a_process_of_another_build";
