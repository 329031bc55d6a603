//! What a node says, on its way out: looked at, noted, spoilt if it is a junk node's.

use std::fs;

use bytes::Bytes;
use muster::protocol::names::Identity;
use muster::protocol::names::Subject;
use muster::secret::Secret;
use muster::security::key::RsaKey;
use muster::transport::Relayed;
use tokio::time::Instant;

use super::Left;
use super::Member;
use crate::exchange;
use crate::exchange::Action;
use crate::incarnation::Incarnation;
use crate::incarnation::staged_key;
use crate::junk::Spoiler;
use crate::ledger::Stage;
use crate::line::Line;
use crate::line::Side;
use crate::roster::Moment;

impl Member {
    /// Does what the node wants of its connection; an answer may be the moment for it to leave.
    pub(super) async fn said(&mut self, life: &Incarnation, wish: Relayed) -> Option<Left> {
        match wish {
            Relayed::Message { subject, payload } => {
                if let Some(action) = self.open.answered(subject.as_str()) {
                    return self.answers(life, action, subject, payload).await;
                }
                self.line(life).say(subject, payload).await;
            }
            Relayed::Flush(waiting) => {
                let limit = waiting.deadline() - Instant::now();
                waiting.tell(self.line(life).handle().flush(limit).await);
            }
            Relayed::Close(waiting) => waiting.tell(Ok(())),
        }
        None
    }

    /// An answer leaves, or what becomes of it.
    async fn answers(
        &mut self,
        life: &Incarnation,
        action: Action,
        subject: Subject,
        payload: Bytes,
    ) -> Option<Left> {
        let (stage, moment) = match action {
            Action::Gencsr => (Stage::Csr, Moment::Csr),
            Action::Configure => (Stage::Configured, Moment::Configured),
            Action::Other => {
                self.say_or_spoil(life, action, subject, payload).await;
                return None;
            }
        };
        let well = exchange::succeeded(&payload);
        self.say_or_spoil(life, action, subject, payload).await;
        if !well {
            return None;
        }
        self.world.ledger.mark(self.place.index, stage);
        self.temper.vanishes(moment).map(Left::Vanished)
    }

    async fn say_or_spoil(
        &self,
        life: &Incarnation,
        action: Action,
        subject: Subject,
        payload: Bytes,
    ) {
        let line = self.line(life);
        let Some(kind) = self.temper.garbage() else {
            return line.say(subject, payload).await;
        };
        let spoiler = Spoiler {
            kind,
            another: self.another(),
        };
        let key = self.key();
        for message in spoiler.spoil(action, &payload, key.as_ref()) {
            line.say(subject.clone(), message).await;
        }
    }

    /// The name that a junk node uses wrongly: one that nobody has.
    fn another(&self) -> Identity {
        let name = format!("not-{}", self.place.identity);
        Identity::new(name).unwrap_or_else(|_| self.place.identity.clone())
    }

    /// The key that the node holds for its certificate, while it has none yet.
    fn key(&self) -> Option<RsaKey> {
        let path = staged_key(&self.home.directory.join(".muster"));
        let pem = Secret::new(fs::read_to_string(path).ok()?);
        RsaKey::from_pem(pem.expose()).ok()
    }

    /// Hands on what the node has said so far.
    pub(super) async fn hand_on(&mut self, life: &mut Incarnation) {
        while let Some(wish) = life.relay.waiting() {
            // it is leaving already
            let _left = self.said(life, wish).await;
        }
    }

    fn line<'a>(&'a self, life: &'a Incarnation) -> &'a Line {
        match (&life.own, life.side) {
            (Some(own), Side::Provisioning | Side::Production) => own,
            (None, Side::Provisioning) => self.group.waiting(),
            (None, Side::Production) => self.group.in_production(),
        }
    }
}
