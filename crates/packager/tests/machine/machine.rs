//! A machine: Debian with a real systemd as its first process, in namespaces of its own, network included.

use std::fs;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tempfile::TempDir;

use crate::base::base;
use crate::shell::Said;
use crate::shell::command;
use crate::shell::put;
use crate::shell::run;
use crate::shell::sh;

/// A machine that is up until this is dropped.
pub(crate) struct Machine {
    nspawn: Child,
    /// Its first process, as this system counts.
    leader: String,
    /// For files that belong to it and are not on it.
    pub(crate) folder: TempDir,
    /// One at a time: nspawn locks the folder, and systemd's start is work for all processors.
    _only: MutexGuard<'static, ()>,
}

impl Machine {
    /// A fresh one. What it writes is kept in memory.
    pub(crate) fn boot() -> Self {
        Self::of(base(), &["--volatile=overlay"])
    }

    /// One whose files are these.
    pub(crate) fn boot_folder(folder: &Path) -> Self {
        Self::of(folder, &[])
    }

    fn of(files: &Path, more: &[&str]) -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        let only = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let console = File::create(folder.path().join("console")).unwrap();
        // it ends with the thread of the test, however that ends: with nspawn as the first process of a namespace, its end
        // is the end of all that is on the machine
        let nspawn = command("setpriv", ["--pdeathsig", "KILL", "unshare"])
            .args(["--pid", "--fork", "--kill-child=KILL", "--mount-proc"])
            .arg("systemd-nspawn")
            .args(["--quiet", "--register=no", "--keep-unit", "--boot"])
            .args(["--private-network", "--hostname=n1.example.net"])
            .args(["--machine=muster-test", "--link-journal=no"])
            .arg("--directory")
            .arg(files)
            .args(more)
            .stdin(Stdio::null())
            .stderr(console.try_clone().unwrap())
            .stdout(console)
            .spawn()
            .unwrap();
        let leader = leader(&nspawn, folder.path());
        Self {
            nspawn,
            leader,
            folder,
            _only: only,
        }
    }

    /// Runs lines of shell on the machine, until one fails.
    pub(crate) fn tries(&self, lines: &str) -> Said {
        run(self
            .inside(&["--mount", "--uts", "--ipc", "--net", "--pid"])
            .args(["sh", "-ec", lines])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("DEBIAN_FRONTEND", "noninteractive"))
    }

    /// The same for lines that all succeed; what they print.
    pub(crate) fn does(&self, lines: &str) -> String {
        let said = self.tries(lines);
        assert!(
            said.good,
            "{lines}:\n{}{}\n{}",
            said.out,
            said.err,
            self.journal()
        );
        said.out.trim_end().to_owned()
    }

    /// Waits until a line of shell succeeds on the machine.
    pub(crate) fn until(&self, line: &str) {
        let patient = format!("timeout {PATIENCE} sh -c '{}'", looped(line));
        let said = self.tries(&patient);
        assert!(said.good, "waited in vain: {line}\n{}", self.journal());
    }

    /// A program of this system, with its files, in the machine's network.
    pub(crate) fn beside(&self, program: &Path) -> Command {
        let mut command = self.inside(&["--net"]);
        command.arg(program);
        command
    }

    fn inside(&self, namespaces: &[&str]) -> Command {
        let mut command = command("nsenter", ["--target", &self.leader]);
        command.args(namespaces).arg("--");
        command
    }

    /// Where a file of the machine is for this system.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.leader))
    }

    /// Makes a file on the machine.
    pub(crate) fn put(&self, path: &str, text: &str) {
        put(&self.at(path), text);
    }

    /// Brings a file to the machine and says where it is there.
    pub(crate) fn bring(&self, file: &Path) -> String {
        let path = format!("/root/{}", file.file_name().unwrap().to_str().unwrap());
        fs::copy(file, self.at(&path)).unwrap();
        path
    }

    /// What systemd knows about a unit.
    pub(crate) fn unit(&self, property: &str, unit: &str) -> String {
        self.does(&format!(
            "systemctl show --property {property} --value {unit}"
        ))
    }

    fn journal(&self) -> String {
        let said = self.tries("journalctl --no-pager --lines 60 --quiet");
        said.out + &said.err
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.nspawn.kill());
        drop(self.nspawn.wait());
    }
}

/// Waits until the machine is up and tells its first process.
fn leader(nspawn: &Child, folder: &Path) -> String {
    let id = nspawn.id();
    let find = format!(
        "nspawn=$(cat /proc/{id}/task/{id}/children); nspawn=${{nspawn% }}
         leader=$(cat /proc/$nspawn/task/$nspawn/children); leader=${{leader% }}"
    );
    let up = "[ \"$(cat /proc/$leader/comm)\" = systemd ] && \
              nsenter -t $leader -m -p -n systemctl is-system-running | grep -q -e running -e degraded";
    let said = run(&mut sh(&format!(
        "{{ timeout {PATIENCE} sh -c 'until {{ {find}; {up}; }}; do sleep 0.2; done'; }} 2>/dev/null
         {find}
         echo $leader",
    )));
    assert!(
        said.good,
        "the machine does not start: {}",
        fs::read_to_string(folder.join("console")).unwrap()
    );
    said.out.trim().to_owned()
}

fn looped(line: &str) -> String {
    assert!(!line.contains('\''), "{line}");
    format!("until {line}; do sleep 0.2; done")
}

/// Longer than anything should take on a busy machine, in seconds.
const PATIENCE: u32 = 120;
