//! The status file: what a local observer needs to know, from the first moment, whether or not a broker answers.
//!
//! The first members are those of the reference (spec 03 §9.1); ours follow. The file is replaced atomically and is
//! readable by everyone; it holds no secret. A process that ends in order leaves a last one that says so: nobody is
//! connected any more, whatever the connection thought of itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use super::keyring::Keyring;
use crate::os::atomic_file;
use crate::os::clock::Clock;
use crate::os::files::Files;
use crate::os::transaction;
use crate::os::transaction::GenerationState;
use crate::report::Chain;
use crate::rpc::LastRefusal;
use crate::rpc::Node;
use crate::rpc::Snapshot;
use crate::transport;
use crate::transport::Handle;
use crate::transport::State;

/// Writes the status file.
#[derive(Debug)]
pub struct StatusFile {
    path: PathBuf,
    interval: Duration,
    files: Arc<dyn Files>,
    node: Arc<Node>,
    link: Handle,
    clock: Arc<dyn Clock>,
    standing: Standing,
    broken: bool,
}

/// At which moment of its life the process writes the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// While it runs.
    Running,
    /// As the last thing it does.
    Ended,
}

/// What stays the same while the process runs.
#[derive(Debug, Clone, Serialize)]
pub struct Standing {
    /// `provisioning` or `normal`.
    pub mode: &'static str,
    /// What decided the mode.
    pub mode_reason: String,
    /// Since when this process has been in it, RFC 3339.
    pub mode_since: String,
    /// The certificate in use, if there is one; it changes.
    #[serde(skip)]
    pub keyring: Option<Keyring>,
    /// Whether any token is asked for.
    pub token_required: bool,
    /// Where the record of the configuration in place is.
    #[serde(skip)]
    pub state_dir: PathBuf,
}

#[derive(Serialize)]
struct Document<'a> {
    identity: &'a str,
    uptime: u64,
    connected_server: &'a str,
    last_message: i64,
    provisioning_mode: bool,
    stats: Snapshot,
    certificate_expires: String,
    token_expires: String,
    version: &'a str,
    #[serde(flatten)]
    standing: &'a Standing,
    /// Number and state of the configuration in place, where a provisioner wrote it.
    generation: Option<String>,
    connection: Connection,
    clock_offset: i64,
    clock_in_doubt: bool,
    last_refusal: Option<LastRefusal>,
    problems: Vec<String>,
    written: String,
}

#[derive(Serialize)]
struct Connection {
    state: &'static str,
    since_seconds: u64,
    attempt: Option<u32>,
    last_error: Option<String>,
    next_attempt_seconds: Option<u64>,
    tls: Option<String>,
    dropped: u64,
    permission_violations: u64,
}

impl StatusFile {
    /// A writer for the file at `path`. What a writer left there that was killed is removed.
    #[must_use]
    pub fn new(
        path: PathBuf,
        interval: Duration,
        files: Arc<dyn Files>,
        node: Arc<Node>,
        link: Handle,
        clock: Arc<dyn Clock>,
        standing: Standing,
    ) -> Self {
        // where nothing can be removed nothing can be written, which is told
        drop(atomic_file::sweep_beside(files.as_ref(), &path));
        Self {
            path,
            interval,
            files,
            node,
            link,
            clock,
            standing,
            broken: false,
        }
    }

    /// Time between two writes.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// Writes the file. A failure is logged when it begins, not every time.
    pub fn write(&mut self, moment: Moment) {
        let document = self.document(moment);
        let written = atomic_file::write(self.files.as_ref(), &self.path, &document, 0o644);
        match (written, self.broken) {
            (Ok(()), _) => self.broken = false,
            (Err(err), false) => {
                self.broken = true;
                tracing::warn!(reason = %Chain(&err), "the status file cannot be written");
            }
            (Err(_), true) => {}
        }
    }

    fn document(&self, moment: Moment) -> Vec<u8> {
        let now = self.clock.now();
        let view = self.node.link();
        let connection = self.connection(moment, view.stats);
        let document = Document {
            identity: self.node.identity.as_str(),
            uptime: u64::try_from(now.saturating_sub(self.node.started)).unwrap_or(0),
            connected_server: match moment {
                Moment::Running => &view.server,
                Moment::Ended => "",
            },
            last_message: self.node.stats.last_message(),
            provisioning_mode: self.node.provisioning,
            stats: self.node.stats.snapshot(),
            certificate_expires: self
                .standing
                .keyring
                .as_ref()
                .and_then(|keyring| keyring.current().expires())
                .map_or_else(|| ZERO_TIME.to_owned(), rfc3339),
            token_expires: ZERO_TIME.to_owned(),
            version: self.node.version,
            standing: &self.standing,
            generation: self.generation(),
            connection,
            clock_offset: self.node.stats.clock_offset(),
            clock_in_doubt: self.node.stats.clock_in_doubt(),
            last_refusal: self.node.stats.last_refusal(),
            problems: self.node.problems(),
            written: rfc3339(now),
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }

    fn generation(&self) -> Option<String> {
        let current =
            transaction::current(self.files.as_ref(), &self.standing.state_dir).ok()??;
        let state = match current.state {
            GenerationState::Trial => "trial",
            GenerationState::Committed => "committed",
        };
        Some(format!("{} ({state})", current.number))
    }

    fn connection(&self, moment: Moment, stats: transport::Stats) -> Connection {
        let now = Instant::now();
        let base = Connection {
            state: "closed",
            since_seconds: 0,
            attempt: None,
            last_error: None,
            next_attempt_seconds: None,
            tls: None,
            dropped: stats.dropped,
            permission_violations: stats.permission_violations,
        };
        if moment == Moment::Ended {
            return base;
        }
        match &*self.link.state().borrow() {
            State::Connecting {
                attempt,
                last_error,
                next_try,
                since,
            } => Connection {
                state: "connecting",
                since_seconds: now.saturating_duration_since(*since).as_secs(),
                attempt: Some(*attempt),
                last_error: last_error.clone(),
                next_attempt_seconds: next_try
                    .map(|next| next.saturating_duration_since(now).as_secs()),
                ..base
            },
            State::Connected { tls, since, .. } => Connection {
                state: "connected",
                since_seconds: now.saturating_duration_since(*since).as_secs(),
                tls: Some(tls.to_string()),
                ..base
            },
            State::Closed => base,
        }
    }
}

/// A time as the status file and the events write it.
#[must_use]
pub fn rfc3339(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| ZERO_TIME.to_owned())
}

/// How peers write "no time".
pub(super) const ZERO_TIME: &str = "0001-01-01T00:00:00Z";
