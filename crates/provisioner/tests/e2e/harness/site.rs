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
use tokio::process::Child;
use tokio::process::Command;
use tokio::time::timeout;

use super::PATIENCE;
use super::until;

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
        site.put("helper", &format!("#!/bin/sh\n{script}\n"));
        let helper = site.file("helper");
        fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
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

    fn socket(&self) -> PathBuf {
        self.file("control.sock")
    }

    /// Everything logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Starts the provisioner.
    pub(crate) fn start(&mut self) {
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
        let pid = self.process.as_ref().unwrap().id().unwrap();
        let pid = Pid::from_raw(i32::try_from(pid).unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
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
        until(&format!("a status with {what}"), || async {
            Some(self.status().await).filter(|status| fits(status))
        })
        .await
    }

    /// Waits until a node stands there.
    pub(crate) async fn stands(&self, identity: &str, standing: &str) -> Value {
        until(&format!("{identity} {standing}"), || async {
            let rows = self.hosts().await;
            rows.into_iter()
                .find(|row| row["identity"] == identity && row["standing"] == standing)
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
