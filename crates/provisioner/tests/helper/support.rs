//! A directory with programs in it, and questions for them.

#![expect(clippy::unwrap_used, reason = "test support")]

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use muster::protocol::names::Identity;
use muster_provisioner::helper::Case;
use muster_provisioner::helper::CsrReply;
use muster_provisioner::helper::process::Limits;
use muster_provisioner::helper::process::Program;
use muster_provisioner::inventory::Inventory;
use muster_provisioner::journal::SessionId;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::Instant;
use tokio::time::sleep;

/// The session of every question here.
pub(crate) const SESSION: &str = "00112233445566778899aabbccddeeff";

/// A directory of its own.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let mut file = fs::File::create(&path).unwrap();
        io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A shell script as a helper; it finds its directory in `$1`. The shell is started and not the file: another test may
    /// start a process just while the file is open for writing here, and then nobody could execute it.
    pub(crate) fn script(&self, text: &str) -> Vec<String> {
        let path = self.write("helper.sh", text);
        ["/bin/sh", text_of(&path), text_of(self.0.path())]
            .map(str::to_owned)
            .to_vec()
    }

    /// The text of a file, as soon as it ends in a newline.
    pub(crate) async fn appears(&self, name: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Ok(text) = fs::read_to_string(self.path(name))
                && text.ends_with('\n')
            {
                return text.trim().to_owned();
            }
            assert!(Instant::now() < until, "{name} did not appear");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(crate) fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A program with a deadline in seconds.
pub(crate) fn program(words: Vec<String>, deadline: u64) -> Program {
    Program::new(
        words,
        Duration::from_secs(deadline),
        Limits::of(NonZeroUsize::new(4).unwrap()),
    )
}

/// What is asked about a node without a request for a certificate.
pub(crate) fn case() -> Case {
    case_with(None)
}

/// What is asked about a node.
pub(crate) fn case_with(csr: Option<CsrReply>) -> Case {
    let inventory = json!({"agents": ["rpcutil"], "facts": {"role": "web"}, "version": "0.1.0"});
    Case {
        session: SessionId::new(SESSION).unwrap(),
        identity: Identity::new("n1.example.net").unwrap(),
        csr,
        inventory: Inventory::read(inventory.as_object().unwrap()).unwrap(),
    }
}

/// Waits until a process is gone: ended, and reaped by whoever had to.
pub(crate) async fn is_gone(process: &str) {
    let process = Pid::from_raw(process.parse().unwrap());
    let until = Instant::now() + PATIENCE;
    while kill(process, None) != Err(Errno::ESRCH) {
        assert!(Instant::now() < until, "{process} is still there");
        sleep(Duration::from_millis(5)).await;
    }
}

/// How long something that will happen may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
