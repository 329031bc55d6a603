//! Where replies go (spec 01 §4.1).

use md5::Digest as _;
use md5::Md5;

use crate::protocol::names::CallerId;
use crate::protocol::names::Collective;
use crate::protocol::names::InvalidName;
use crate::protocol::names::RequestId;
use crate::protocol::names::Subject;

/// The inboxes of one process, one below each collective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    hash: String,
    process: String,
}

impl Mailbox {
    /// `process` tells the processes of one caller apart; a random text without dots.
    #[must_use]
    pub fn new(caller: &CallerId, process: &str) -> Self {
        Self {
            hash: hex::encode(Md5::digest(caller.as_str())),
            process: process.to_owned(),
        }
    }

    /// What to subscribe to in order to hear the replies to requests in this collective. It has a wildcard.
    #[must_use]
    pub fn subscription(&self, collective: &Collective) -> String {
        format!("{collective}.reply.{}.{}.*", self.hash, self.process)
    }

    /// Reply subject of one request. Nodes may be allowed to publish below their own collective only, so it begins with
    /// the collective of the request.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] when the parts do not make a subject.
    pub fn subject(
        &self,
        collective: &Collective,
        request: &RequestId,
    ) -> Result<Subject, InvalidName> {
        Subject::new(format!(
            "{collective}.reply.{}.{}.{request}",
            self.hash, self.process
        ))
    }
}

/// The caller id of a person or a node: `choria=<certname>`.
///
/// # Errors
///
/// [`InvalidName`] when the name cannot stand there.
pub fn caller_id(certname: &str) -> Result<CallerId, InvalidName> {
    CallerId::new(format!("choria={certname}"))
}

/// Who a person is to the fleet: what they say themselves, root is the machine, others are `<user>.<suffix>`.
#[must_use]
pub fn certname(who: &Who<'_>) -> String {
    match (who.chosen, who.user) {
        (Some(chosen), _) => chosen.to_owned(),
        (None, Some(user)) if !who.root => format!("{user}.{}", who.suffix),
        (None, _) => who.identity.to_owned(),
    }
}

/// What [`certname`] decides by.
#[derive(Debug, Clone, Copy)]
pub struct Who<'a> {
    /// `MCOLLECTIVE_CERTNAME`.
    pub chosen: Option<&'a str>,
    /// Whether the process runs as root.
    pub root: bool,
    /// `USER`.
    pub user: Option<&'a str>,
    /// The build's suffix for people.
    pub suffix: &'a str,
    /// The machine.
    pub identity: &'a str,
}
