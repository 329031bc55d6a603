//! What the records amount to. Pure: the same records in the same order make the same books.
//!
//! Everything has a bound, because some of it is up to strangers. A node that asks with ever new keys keeps its last
//! [`SESSIONS_OF_A_NODE`] sessions; of all nodes, those that began first are forgotten when there are more than
//! [`MOST_NODES`]. Forgetting a session costs a question to the helper under a new id. Holders are not limited: each is a
//! certificate that this site issued.

use std::collections::BTreeMap;

use muster::protocol::names::Identity;

use super::Configured;
use super::Holder;
use super::OpenSession;
use super::Quarantined;
use super::Remembered;
use super::SessionId;
use super::Unrestarted;
use super::record::Record;

/// What the records amount to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Books {
    sessions: BTreeMap<Identity, Vec<OpenSession>>,
    unrestarted: BTreeMap<Identity, Unrestarted>,
    holders: BTreeMap<Identity, Holder>,
    quarantined: BTreeMap<Identity, Quarantined>,
}

impl Books {
    /// Enters what happened.
    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Opened(session) => self.open(session),
            Record::Configured(configured) => self.configure(configured),
            Record::Restarted { identity } => {
                self.unrestarted.remove(&identity);
            }
            Record::Quarantined(node) => {
                self.quarantined.insert(node.identity.clone(), node);
                shed(&mut self.quarantined, |node| node.until);
            }
            Record::Released { identity } => {
                self.quarantined.remove(&identity);
            }
            Record::Forgotten { identity } => {
                self.sessions.remove(&identity);
                self.unrestarted.remove(&identity);
                self.holders.remove(&identity);
                self.quarantined.remove(&identity);
            }
            Record::Unrestarted(node) => self.pend(node),
            Record::Holds {
                identity,
                certificate,
            } => {
                self.holders.insert(identity, certificate);
            }
        }
    }

    /// The session of this identity and key, if there is one that has not expired.
    pub(super) fn session(
        &self,
        identity: &Identity,
        key_digest: &[u8; 32],
        now: i64,
    ) -> Option<&SessionId> {
        self.sessions
            .get(identity)?
            .iter()
            .find(|it| it.key_digest == *key_digest && is_recent(it.at, now, DAY))
            .map(|it| &it.session)
    }

    /// What is known of the certificate of this identity.
    pub(super) fn holder(&self, identity: &Identity) -> Option<Holder> {
        self.holders.get(identity).copied()
    }

    /// Strikes out what time has settled.
    pub(super) fn expire(&mut self, now: i64) {
        self.sessions.retain(|_, sessions| {
            sessions.retain(|it| is_recent(it.at, now, DAY));
            !sessions.is_empty()
        });
        self.unrestarted
            .retain(|_, node| is_recent(node.at, now, WEEK));
        self.holders.retain(|_, holder| holder.not_after > now);
        self.quarantined.retain(|_, node| node.until > now);
    }

    /// Records that make these books from empty ones.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        let sessions = self.sessions.values().flatten().cloned();
        let unrestarted = self.unrestarted.values().cloned();
        let quarantined = self.quarantined.values().cloned();
        let holders = self.holders.iter().map(|(identity, holder)| Record::Holds {
            identity: identity.clone(),
            certificate: *holder,
        });
        sessions
            .map(Record::Opened)
            .chain(unrestarted.map(Record::Unrestarted))
            .chain(quarantined.map(Record::Quarantined))
            .chain(holders)
    }

    /// What is remembered, for whoever starts.
    pub(super) fn remembered(&self) -> Remembered {
        Remembered {
            sessions: self.sessions.values().flatten().cloned().collect(),
            unrestarted: self.unrestarted.values().cloned().collect(),
            holders: self.holders.clone(),
            quarantined: self.quarantined.values().cloned().collect(),
        }
    }

    fn open(&mut self, session: OpenSession) {
        let of_node = self.sessions.entry(session.identity.clone()).or_default();
        of_node.retain(|it| it.key_digest != session.key_digest);
        of_node.push(session);
        if of_node.len() > SESSIONS_OF_A_NODE {
            of_node.remove(0);
        }
        shed(&mut self.sessions, |sessions| {
            sessions.last().map_or(i64::MIN, |it| it.at)
        });
    }

    fn configure(&mut self, configured: Configured) {
        let Configured {
            session,
            identity,
            becomes,
            certificate,
            at,
        } = configured;
        self.end(&identity, &session);
        self.quarantined.remove(&identity);
        if let Some(certificate) = certificate {
            self.holders.insert(identity.clone(), certificate);
        }
        self.pend(Unrestarted {
            identity,
            becomes,
            at,
        });
    }

    fn end(&mut self, identity: &Identity, session: &SessionId) {
        if let Some(of_node) = self.sessions.get_mut(identity) {
            of_node.retain(|it| it.session != *session);
            if of_node.is_empty() {
                self.sessions.remove(identity);
            }
        }
    }

    fn pend(&mut self, node: Unrestarted) {
        self.unrestarted.insert(node.identity.clone(), node);
        shed(&mut self.unrestarted, |node| node.at);
    }
}

/// Whether less than `span` seconds have passed. What lies in the future is recent: after a start with a clock that was not
/// set yet, keeping something too long does less harm than forgetting it.
const fn is_recent(at: i64, now: i64, span: i64) -> bool {
    now.saturating_sub(at) < span
}

/// Drops the oldest eighth of what has too many entries; by so much at once, because looking for the oldest takes all.
fn shed<T>(entries: &mut BTreeMap<Identity, T>, age: impl Fn(&T) -> i64) {
    if entries.len() <= MOST_NODES {
        return;
    }
    let mut ages: Vec<i64> = entries.values().map(&age).collect();
    let (_, cut, _) = ages.select_nth_unstable(MOST_NODES / 8 - 1);
    let (cut, mut spare) = (*cut, MOST_NODES / 8);
    entries.retain(|_, entry| {
        let goes = spare > 0 && age(entry) <= cut;
        spare = spare.saturating_sub(usize::from(goes));
        !goes
    });
}

const SESSIONS_OF_A_NODE: usize = 4;
/// More than wait at one site in a day.
const MOST_NODES: usize = 131_072;
/// After it a session is forgotten.
const DAY: i64 = 86_400;
/// After it nobody expects that a node still waits for its restart.
const WEEK: i64 = 604_800;

#[cfg(test)]
mod tests;
