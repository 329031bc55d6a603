//! What a helper is told.

use serde::Serialize;

use crate::helper::Case;
use crate::helper::CsrReply;

/// The object that a helper reads. Every key is always there; what this build does not have is null.
#[must_use]
pub fn encode(case: &Case) -> Vec<u8> {
    let question = Question {
        identity: case.identity.as_str(),
        csr: case.csr.as_ref().map(Csr::of),
        ed25519_pubkey: None,
        inventory: case.inventory.to_json(),
        jwt: None,
    };
    // texts and null only: nothing in it can fail
    serde_json::to_vec(&question).unwrap_or_default()
}

#[derive(Serialize)]
struct Question<'a> {
    identity: &'a str,
    csr: Option<Csr<'a>>,
    ed25519_pubkey: Option<()>,
    /// JSON inside a text, as the reference has it.
    inventory: String,
    jwt: Option<()>,
}

#[derive(Serialize)]
struct Csr<'a> {
    csr: &'a str,
    public_key: &'a str,
    ssldir: &'a str,
}

impl<'a> Csr<'a> {
    fn of(reply: &'a CsrReply) -> Self {
        Self {
            csr: &reply.csr,
            public_key: &reply.public_key,
            ssldir: &reply.ssldir,
        }
    }
}
