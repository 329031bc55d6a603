//! Keys that the reference does not have.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::form;
use crate::config::key::keys;
use crate::config::server::AddressedServer;
use crate::config::subjects::SubjectPattern;

keys! {
    /// DNS server, `address:port`, that is asked for SRV records instead of the system's.
    RESOLVER: Option<AddressedServer> = "plugin.muster.resolver",
        form::name("server", "the address and port of a DNS server");
    /// Time over which the nodes of a fleet return to a broker that they all lost at once; shared by as many brokers as
    /// they choose among evenly. At least as many seconds as a broker has thousands of nodes, divided by two.
    RECONNECT_SPREAD: Duration = "plugin.muster.reconnect_spread", form::span(600), default("30s");
    /// Whether a restart ends the process with exit code 75 for the supervisor, instead of executing itself anew.
    RESTART_EXIT_CODE: bool = "plugin.muster.restart_exit_code", form::flag(), default("false");
    /// Subjects, besides `<collective>.reply.>` and federations, that replies may be sent to. `*` stands for one token,
    /// a last `>` for the rest; the first token is literal.
    REPLY_SUBJECTS: Vec<SubjectPattern> = "plugin.muster.reply_subjects",
        form::names("subjects joined by ',', the first token literal");
    /// Directory for what must survive a restart: staged keys, the journal of `configure`, the previous configuration,
    /// requests already seen. Writable, not shared with another node, and the same before and after `configure`: set it
    /// in `plugin.d/muster.cfg`.
    STATE_DIR: Option<PathBuf> = "plugin.muster.state_dir", form::path(),
        derived("`.muster` beside the file");
}
