//! Keys that the reference does not have.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::choices::AuditFailure;
use crate::config::form;
use crate::config::key::keys;
use crate::config::server::AddressedServer;
use crate::config::subjects::SubjectPattern;
use crate::config::values::SocketPath;

keys! {
    /// DNS server, `address:port`, that is asked for SRV records instead of the system's.
    RESOLVER: Option<AddressedServer> = "plugin.muster.resolver",
        form::name("server", "the address and port of a DNS server");
    /// What becomes of a request of which no audit record can be written: `allow` runs it, as the reference does, `deny`
    /// refuses it.
    AUDIT_FAILURE: AuditFailure = "plugin.muster.audit_failure", form::choice(), default("allow");
    /// Time over which the nodes of a fleet return to a broker that they all lost at once; shared by as many brokers as
    /// they choose among evenly. At least as many seconds as a broker has thousands of nodes, divided by two.
    RECONNECT_SPREAD: Duration = "plugin.muster.reconnect_spread", form::span(600), default("30s");
    /// Whether a restart ends the process with exit code 75 for the supervisor, instead of executing itself anew.
    RESTART_EXIT_CODE: bool = "plugin.muster.restart_exit_code", form::flag(), default("false");
    /// Subjects, besides `<collective>.reply.>` and federations, that replies may be sent to. `*` stands for one token,
    /// a last `>` for the rest; the first token is literal.
    REPLY_SUBJECTS: Vec<SubjectPattern> = "plugin.muster.reply_subjects",
        form::names("subjects joined by ',', the first token literal");
    /// Unix socket where metrics are served too, see [metrics.md](metrics.md). Mode 0660, in the group of its
    /// directory if that is setgid; absolute, at most 100 bytes.
    METRICS_SOCKET: Option<SocketPath> = "plugin.muster.metrics_socket",
        form::name("path", "an absolute path of at most 100 bytes");
    /// Time between two looks at the files of certificate, key and CA. When they changed and fit, the connection is renewed
    /// with them within the same time, at a random moment, so that a fleet does not do it at once.
    CERTIFICATE_INTERVAL: Duration = "plugin.muster.certificate_interval", form::span(3600), default("30s");
    /// Directory for what must survive a restart: staged keys, the journal of `configure`, the previous configuration,
    /// requests already seen. Writable, not shared with another node, and the same before and after `configure`: set it
    /// in `plugin.d/muster.cfg`.
    STATE_DIR: Option<PathBuf> = "plugin.muster.state_dir", form::path(),
        derived("`.muster` beside the file");
}
