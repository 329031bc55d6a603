//! A node without a broker: real agents, real files in a folder of its own, a clock that stands where the test puts it.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use muster::build_info::BuildInfo;
use muster::build_info::Provisioning;
use muster::build_info::TokenVerifier;
use muster::company::Compiled;
use muster::company::Roster;
use muster::os::clock::Clock;
use muster::os::clock::ManualClock;
use muster::os::files::Files;
use muster::os::files::RealFiles;
use muster::os::transaction;
use muster::protocol::Reply;
use muster::protocol::names::Identity;
use muster::protocol::names::Subject;
use muster::protocol::v1;
use muster::rpc::Answer;
use muster::server::assemble::Assembly;
use muster::server::assemble::assemble;
use muster::server::refusal::Refusal;
use muster::server::start;
use muster::server::start::Foundation;
use muster::server::start::StartError;
use muster::transport::Targets;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

/// A build that can be provisioned, whose token is `toomanysecrets`, on an unsigned network.
pub(crate) const BUILD: BuildInfo = BuildInfo {
    build: "test",
    target: "defaults",
    version: "0.1.0",
    sha: "unknown",
    build_date: "unknown",
    rustc: "unknown",
    triple: "unknown",
    tls: true,
    secure: false,
    default_collectives: &["mcollective"],
    client_identity_suffix: "mcollective",
    provisioning: Provisioning {
        brokers: &["nats://127.0.0.1:4222"],
        srv_domain: None,
        mode_default: true,
        agent: true,
        secure: true,
        ca: None,
        tokens: TOKENS,
        registration_data: None,
        registration_subjects: &["provisioning.registration.data"],
        facts: None,
        jwt_file: None,
        status_file: None,
        user: None,
        password: None,
        protocol_v2: false,
        allow_update: false,
    },
};

/// The token that [`BUILD`] accepts.
pub(crate) const TOKEN: &str = "toomanysecrets";

/// SHA-256 of sixteen zero bytes and the token, so that no test waits for a slow verifier.
const TOKENS: &[TokenVerifier] = &[TokenVerifier::Sha256 {
    salt: [0; 16],
    digest: TOKEN_DIGEST,
}];

const TOKEN_DIGEST: [u8; 32] = [
    0x69, 0xa1, 0x76, 0x02, 0x05, 0x1b, 0x52, 0x3b, 0x3c, 0xca, 0x71, 0xb4, 0x3c, 0xa9, 0x49, 0x2d,
    0x44, 0xbb, 0x62, 0xa8, 0x58, 0x63, 0xe2, 0x28, 0xa1, 0x4a, 0x80, 0x36, 0x82, 0x4a, 0x2d, 0x82,
];

/// A node in a folder of its own.
pub(crate) struct TestNode {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) assembly: Assembly,
    pub(crate) foundation: Foundation,
    /// The broker that it believes to be connected to.
    pub(crate) broker: &'static str,
    tasks: TaskTracker,
}

/// What a message led to, as it leaves the node.
pub(crate) struct Delivery {
    pub(crate) answer: Answer,
    pub(crate) reply: Option<(Subject, Vec<u8>)>,
}

/// What a request led to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) reply: Option<Reply>,
}

impl TestNode {
    /// A node with this configuration text (none: no file) in its folder, at `now`.
    pub(crate) fn new(build: &BuildInfo, config: Option<&str>, now: i64) -> Self {
        Self::with_files(build, config, now, Arc::new(RealFiles))
    }

    /// The same, whose agents write through `files`.
    pub(crate) fn with_files(
        build: &BuildInfo,
        config: Option<&str>,
        now: i64,
        files: Arc<dyn Files>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if let Some(config) = config {
            write(&folder.path().join("server.conf"), config);
        }
        Self::on(build, folder, now, files)
    }

    /// The node that starts from what this one has on disk.
    pub(crate) fn restart(self, now: i64) -> Self {
        let Foundation { build, files, .. } = self.foundation;
        Self::on(&build, self.folder, now, files)
    }

    /// A node whose program has these agents of a company.
    pub(crate) fn of_company(
        build: &BuildInfo,
        config: Option<&str>,
        now: i64,
        agents: &[Compiled],
    ) -> Result<Self, StartError> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(config) = config {
            write(&folder.path().join("server.conf"), config);
        }
        let host = "cap1.example.net".parse().unwrap();
        let company = Arc::new(Roster::of(agents, build).unwrap());
        Self::made_of(build, company, folder, now, Arc::new(RealFiles), host)
    }

    /// A node on a folder that is there already.
    pub(crate) fn on(build: &BuildInfo, folder: TempDir, now: i64, files: Arc<dyn Files>) -> Self {
        let host = "cap1.example.net".parse().unwrap();
        Self::named(build, folder, now, files, host)
    }

    /// The same on a host of another name.
    pub(crate) fn named(
        build: &BuildInfo,
        folder: TempDir,
        now: i64,
        files: Arc<dyn Files>,
        host: Identity,
    ) -> Self {
        Self::made_of(build, Arc::default(), folder, now, files, host).unwrap()
    }

    fn made_of(
        build: &BuildInfo,
        company: Arc<Roster>,
        folder: TempDir,
        now: i64,
        files: Arc<dyn Files>,
        host: Identity,
    ) -> Result<Self, StartError> {
        let clock = Arc::new(ManualClock::new(now));
        let config_file = start::config_file(&folder.path().join("server.conf")).unwrap();
        let (mode, resolved) = start::configuration(&config_file, build).unwrap();
        let state_dir = resolved.settings.muster.state_dir.clone();
        transaction::prepare_state_dir(&RealFiles, &state_dir).unwrap();
        let identity = resolved.settings.identity.clone();
        let identity = identity.unwrap_or(host);
        let foundation = Foundation {
            build: *build,
            company,
            config_file,
            files,
            state_dir,
            mode,
            identity,
            resolved,
        };
        let tasks = TaskTracker::new();
        let as_clock: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let assembly = assemble(
            &foundation,
            &Targets::Servers(vec![BROKER.parse().unwrap()]),
            &tasks,
            &as_clock,
        )?;
        Ok(Self {
            folder,
            clock,
            assembly,
            foundation,
            broker: BROKER,
            tasks,
        })
    }

    /// Ends the process once its work is done, and leaves the folder for the next.
    pub(crate) async fn end(self) -> TempDir {
        self.tasks.close();
        self.tasks.wait().await;
        self.folder
    }

    /// The node's configuration file.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.foundation.config_file.clone()
    }

    /// Hands the node a message as if it came from the broker.
    pub(crate) async fn receive(&self, subject: &str, payload: &[u8]) -> Result<Outcome, Refusal> {
        let Delivery { answer, reply } = self.exchange(subject, payload).await?;
        let reply = reply.map(|(_, payload)| {
            let transport = v1::Transport::decode(&payload).unwrap();
            v1::decode_reply(&v1::SecureReply::decode(&transport.data).unwrap().message).unwrap()
        });
        Ok(Outcome { answer, reply })
    }

    /// The same, with the reply as bytes for its subject.
    pub(crate) async fn exchange(
        &self,
        subject: &str,
        payload: &[u8],
    ) -> Result<Delivery, Refusal> {
        let dispatcher = &self.assembly.dispatcher;
        let accepted = dispatcher.accept(subject, payload)?;
        let answer = dispatcher.answer(&accepted).await;
        let reply = answer.body.clone().map(|body| {
            let payload = dispatcher.reply(&accepted, body, self.broker, 1_048_576);
            (accepted.reply_to.clone(), payload)
        });
        Ok(Delivery { answer, reply })
    }
}

/// The broker that nodes believe to be connected to.
pub(crate) const BROKER: &str = "nats://127.0.0.1:4222";

/// Writes a file of a test.
pub(crate) fn write(path: &Path, text: &str) {
    use std::io::Write as _;
    std::fs::File::create(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}
