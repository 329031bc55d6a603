//! A site: a directory with a provisioner's configuration and what belongs to it, and the process.

use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::process::ChildStdout;
use tokio::process::Command;
use tokio::time::timeout;

use super::PATIENCE;
use super::until;
use super::until_fits;

/// A provisioner and its directory, ended and removed when it is dropped.
pub(crate) struct Site {
    home: TempDir,
    process: Option<Child>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A command that goes on.
pub(crate) struct Watch {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    /// The next line that it prints.
    pub(crate) async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        line.unwrap().unwrap().unwrap()
    }

    /// Interrupts it, and tells its exit code.
    pub(crate) async fn interrupt(mut self) -> Option<i32> {
        interrupt(&self.process, Signal::SIGINT);
        let status = timeout(PATIENCE, self.process.wait()).await;
        status.unwrap().unwrap().code()
    }
}

fn interrupt(process: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(process.id().unwrap()).unwrap());
    nix::sys::signal::kill(pid, signal).unwrap();
}

impl Site {
    /// A site at a broker, with the built-in authority and more lines of configuration (YAML).
    pub(crate) async fn builtin(url: &str, more: &str) -> Self {
        let site = Self::bare(url);
        let ca = site.file("ca");
        let made = site.types(&["ca", "init", ca.to_str().unwrap()]).await;
        assert_eq!(made.code, Some(0), "{made:?}");
        site.put(
            "template.toml",
            "[configuration]\nregisterinterval = \"300\"\nclassesfile = \"/etc/node/classes.txt\"\n\
             \"plugin.security.provider\" = \"file\"\n",
        );
        let builtin = format!(
            "helper: builtin\nbuiltin:\n  ca_directory: {}\n  template: {}\n",
            ca.display(),
            site.file("template.toml").display()
        );
        site.configure(&format!("{builtin}{more}"));
        site
    }

    /// A site at a broker, with a helper that is this shell script.
    pub(crate) fn scripted(url: &str, script: &str, more: &str) -> Self {
        let site = Self::bare(url);
        let helper = site.helper("helper", script);
        site.configure(&format!("helper: {}\n{more}", helper.display()));
        site
    }

    fn bare(url: &str) -> Self {
        let site = Self {
            home: tempfile::tempdir().unwrap(),
            process: None,
        };
        let hosts = url.trim_start_matches("nats://");
        site.put(
            "client.conf",
            &format!("identity = prov1.example.net\nplugin.choria.middleware_hosts = {hosts}\n"),
        );
        site
    }

    /// Writes the configuration; what `more` leaves out is as the tests want it.
    pub(crate) fn configure(&self, more: &str) {
        let mut text = more.to_owned();
        for (key, value) in [
            ("workers", "4".to_owned()),
            ("interval", "1m".to_owned()),
            ("token", "s3cret".to_owned()),
            ("choria_insecure", "true".to_owned()),
            ("loglevel", "debug".to_owned()),
            ("features", "{pki: true}".to_owned()),
            ("state_directory", self.file("state").display().to_string()),
            ("control_socket", self.socket().display().to_string()),
        ] {
            if !more
                .lines()
                .any(|line| line.starts_with(&format!("{key}:")))
            {
                text.push_str(&format!("{key}: {value}\n"));
            }
        }
        self.put("provisioner.yaml", &text);
    }

    /// Writes a file of the site.
    pub(crate) fn put(&self, name: &str, text: &str) {
        let mut file = File::create(self.file(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// A path in the site's directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A file of the site, as text; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    /// Writes a helper that is this shell script, and tells its path.
    pub(crate) fn helper(&self, name: &str, script: &str) -> PathBuf {
        self.put(name, &format!("#!/bin/sh\n{script}\n"));
        let helper = self.file(name);
        fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
        helper
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.file("control.sock")
    }

    /// Everything logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Starts the provisioner.
    pub(crate) fn start(&mut self) {
        self.start_with(&[]);
    }

    /// Starts it with more arguments.
    pub(crate) fn start_with(&mut self, more: &[&str]) {
        let log = File::options()
            .append(true)
            .create(true)
            .open(self.file("log"))
            .unwrap();
        self.process = Some(
            program()
                .arg("run")
                .arg("--config")
                .arg(self.file("provisioner.yaml"))
                .arg("--choria-config")
                .arg(self.file("client.conf"))
                .args(more)
                .current_dir(self.home.path())
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .kill_on_drop(true)
                .spawn()
                .unwrap(),
        );
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn ready(&mut self) {
        self.start();
        self.status_where("no reason against being ready", |status| {
            status["ready"].as_array().is_some_and(Vec::is_empty)
        })
        .await;
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        interrupt(self.process.as_ref().unwrap(), signal);
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().id().unwrap()
    }

    /// Kills the process.
    pub(crate) async fn kill(&mut self) {
        self.process.as_mut().unwrap().kill().await.unwrap();
        self.process = None;
    }

    /// Waits for the process to end, and tells its exit code.
    pub(crate) async fn end(&mut self) -> Option<i32> {
        let process = self.process.as_mut().unwrap();
        let status = timeout(PATIENCE, process.wait()).await;
        assert!(status.is_ok(), "the provisioner does not end");
        self.process = None;
        status.unwrap().unwrap().code()
    }

    /// Whether the process still runs.
    pub(crate) fn runs(&mut self) -> bool {
        let process = self.process.as_mut().unwrap();
        process.try_wait().unwrap().is_none()
    }

    /// A command of the operator.
    pub(crate) async fn types(&self, words: &[&str]) -> Output {
        let output = program()
            .args(words)
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        Output {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A command of the operator to this provisioner.
    pub(crate) async fn asks(&self, words: &[&str]) -> Output {
        let socket = self.socket().display().to_string();
        let mut all = words.to_vec();
        all.extend(["--socket", &socket]);
        self.types(&all).await
    }

    /// A command of the operator to this provisioner that goes on until it is interrupted.
    pub(crate) fn watches(&self, words: &[&str]) -> Watch {
        let mut process = program()
            .args(words)
            .arg("--socket")
            .arg(self.socket())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Watch { process, lines }
    }

    /// All nodes it knows.
    pub(crate) async fn hosts(&self) -> Vec<Value> {
        let output = self.asks(&["hosts", "--json"]).await;
        match serde_json::from_str(&output.out) {
            Ok(Value::Array(rows)) => rows,
            _ => Vec::new(),
        }
    }

    /// How it is; null while it does not answer.
    pub(crate) async fn status(&self) -> Value {
        let output = self.asks(&["status", "--json"]).await;
        serde_json::from_str(&output.out).unwrap_or_default()
    }

    /// Waits until the status is as wanted.
    pub(crate) async fn status_where(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        until_fits(&format!("a status with {what}"), || async {
            let status = self.status().await;
            if fits(&status) {
                Ok(status)
            } else {
                Err(status.to_string())
            }
        })
        .await
    }

    /// Waits until the log has a line with all of these.
    pub(crate) async fn logs(&self, parts: &[&str]) {
        until(&format!("a line of the log with {parts:?}"), || async {
            let log = self.log();
            let mut lines = log.lines();
            lines
                .any(|line| parts.iter().all(|part| line.contains(part)))
                .then_some(())
        })
        .await;
    }

    /// Makes it read its configuration anew, and waits until it said what came of it.
    pub(crate) async fn reloads(&self, outcome: &str) {
        let before = self.log().matches(outcome).count();
        self.signal(Signal::SIGHUP);
        until(&format!("the log says {outcome}"), || async {
            (self.log().matches(outcome).count() > before).then_some(())
        })
        .await;
    }

    /// A page of its monitor: status and text. The configuration must have `monitor_listen: 127.0.0.1:0`.
    pub(crate) async fn page(&self, path: &str) -> (u16, String) {
        let address = until("the address of its monitor", || async {
            self.status().await["monitor"].as_str().map(str::to_owned)
        })
        .await;
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: monitor\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = timeout(PATIENCE, connection.read_to_string(&mut answer)).await;
        read.unwrap().unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        (code, body.to_owned())
    }

    /// Waits until a page says something with a status.
    pub(crate) async fn page_says(&self, path: &str, code: u16, text: &str) {
        until_fits(&format!("{path} {code} {text}"), || async {
            let (got, body) = self.page(path).await;
            let fits = got == code && body.contains(text);
            fits.then_some(()).ok_or_else(|| format!("{got} {body}"))
        })
        .await;
    }

    /// A node, as `hosts` shows it now; null when it is not known.
    pub(crate) async fn host(&self, identity: &str) -> Value {
        let rows = self.hosts().await;
        let found = rows.into_iter().find(|row| row["identity"] == identity);
        found.unwrap_or_default()
    }

    /// Waits until what `hosts` says about a node has a text in it.
    pub(crate) async fn says_why(&self, identity: &str, text: &str) -> Value {
        until_fits(&format!("{identity} waits because of {text}"), || async {
            let row = self.host(identity).await;
            match row["why"].as_str() {
                Some(why) if why.contains(text) => Ok(row),
                _ => Err(row.to_string()),
            }
        })
        .await
    }

    /// Waits until a node stands there.
    pub(crate) async fn stands(&self, identity: &str, standing: &str) -> Value {
        until_fits(&format!("{identity} {standing}"), || async {
            let row = self.host(identity).await;
            if row["standing"] == standing {
                Ok(row)
            } else {
                Err(row.to_string())
            }
        })
        .await
    }
}

fn program() -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_muster-provisioner")));
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("MCOLLECTIVE_CERTNAME", "prov1.example.net");
    command
}

impl Drop for Site {
    #[expect(
        clippy::print_stderr,
        reason = "why a test failed is in the log of its provisioner"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of the provisioner\n{}", self.log());
        }
    }
}
