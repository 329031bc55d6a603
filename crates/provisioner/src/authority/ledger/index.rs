//! What is remembered of a ledger: where the certificate of a session stands, who holds one, and which keys are out.

use std::collections::HashMap;
use std::collections::HashSet;

use super::entry::Entry;
use super::entry::Issued;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) offset: u64,
    /// Without its end.
    pub(super) length: usize,
}

/// The certificate that an identity got last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// SHA-256 of its public key.
    pub key_digest: [u8; 32],
    /// End of its validity, seconds since 1970.
    pub not_after: i64,
}

/// What is remembered. Kept small, because a ledger may have a line for every node that there ever was: numbers instead of
/// texts, and nothing of the certificates.
#[derive(Debug, Default)]
pub(super) struct Index {
    sessions: HashMap<[u8; 16], Spot>,
    holders: HashMap<Box<str>, (Holder, [u8; 16])>,
    revoked_keys: HashSet<[u8; 32]>,
}

impl Index {
    /// Takes an entry in; nothing for one whose numbers cannot be read.
    pub(super) fn take(&mut self, entry: &Entry, spot: Spot) -> Option<()> {
        match entry {
            Entry::Issued(issued) => {
                let session = digits(&issued.session)?;
                self.sessions.insert(session, spot);
                let holder = Holder {
                    key_digest: digits(&issued.key_digest)?,
                    not_after: issued.not_after,
                };
                let serial = digits(&issued.serial)?;
                let identity = issued.identity.as_str().into();
                self.holders.insert(identity, (holder, serial));
            }
            Entry::Revoked(revoked) => {
                let serial: [u8; 16] = digits(&revoked.serial)?;
                self.revoked_keys.insert(digits(&revoked.key_digest)?);
                let identity = revoked.identity.as_str();
                if self
                    .holders
                    .get(identity)
                    .is_some_and(|(_, last)| *last == serial)
                {
                    self.holders.remove(identity);
                }
            }
        }
        Some(())
    }

    pub(super) fn session(&self, session: &str) -> Option<Spot> {
        self.sessions.get(&digits(session)?).copied()
    }

    pub(super) fn holder(&self, identity: &str) -> Option<Holder> {
        self.holders.get(identity).map(|(holder, _)| *holder)
    }

    pub(super) fn is_revoked(&self, key_digest: &[u8; 32]) -> bool {
        self.revoked_keys.contains(key_digest)
    }
}

/// Whether an entry is for this key.
pub(super) fn is_for(issued: &Issued, key_digest: &[u8; 32]) -> bool {
    digits(&issued.key_digest) == Some(*key_digest)
}

fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}
