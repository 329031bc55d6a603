//! What the thread has before it: the files as they were last looked at, and what becomes of each order under them.

use std::path::PathBuf;
use std::time::Duration;

use muster::os::random;
use muster::os::source_file::Stamp;
use muster::report::Chain;
use tokio::sync::oneshot;

use super::directory::Directory;
use super::error::AuthorityError;
use super::ledger::Entry;
use super::ledger::Issued;
use super::ledger::Ledger;
use super::ledger::fingerprint;
use super::signer::Signer;
use super::signer::Wish;
use crate::helper::Blame;
use crate::helper::HelperError;

/// A certificate that is asked for.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) session: String,
    pub(super) identity: String,
    pub(super) key_digest: [u8; 32],
    pub(super) names: Vec<String>,
    pub(super) spki: Vec<u8>,
    pub(super) claim: Claim,
    pub(super) now: i64,
}

/// Whether a name that somebody else's certificate carries may be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// Whoever decides about that has decided.
    Granted,
    /// Only while nobody holds a certificate for it with another key.
    Unheld,
}

/// What comes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Delivery {
    /// A certificate with its intermediates, and the authorities, PEM.
    Issued { certificate: String, ca: String },
    /// Somebody else holds the name until then.
    Held { until: i64 },
}

/// The files, as they were when they were last looked at.
#[derive(Debug)]
pub(super) struct Desk {
    stamps: [Option<Stamp>; 3],
    signer: Signer,
    pub(super) ledger: Ledger,
    validity: Duration,
    /// For messages.
    certificates: PathBuf,
}

/// One order of a batch on its way.
pub(super) struct Pending {
    entry: Entry,
    delivery: Delivery,
    answers: Vec<oneshot::Sender<Result<Delivery, HelperError>>>,
}

impl Desk {
    /// Opens the files. The caller holds the lock of the directory, here and below.
    pub(super) fn open(directory: &Directory, validity: Duration) -> Result<Self, AuthorityError> {
        Ok(Self {
            stamps: directory.stamps()?,
            signer: Signer::read(directory)?,
            ledger: Ledger::open(&directory.ledger())?,
            validity,
            certificates: directory.certificates(),
        })
    }

    /// Looks whether others changed the files.
    pub(super) fn look(&mut self, directory: &Directory) -> Result<(), AuthorityError> {
        let stamps = directory.stamps()?;
        if stamps != self.stamps {
            self.signer = Signer::read(directory)?;
            self.stamps = stamps;
            tracing::info!(
                authority = self.signer.id,
                "the files of the authority changed and were read anew"
            );
        }
        Ok(self.ledger.refresh()?)
    }

    /// Answers at once what needs no writing; the rest becomes pending.
    pub(super) fn take(
        &self,
        order: &Order,
        answer: oneshot::Sender<Result<Delivery, HelperError>>,
        pending: &mut Vec<Pending>,
    ) {
        let same = pending.iter_mut().find(|one| one.is_of(order));
        if let Some(same) = same {
            same.answers.push(answer);
            return;
        }
        match self.decide(order, pending) {
            Ok(Decided::Now(delivery)) => drop(answer.send(Ok(delivery))),
            Ok(Decided::Written(entry, delivery)) => pending.push(Pending {
                entry: Entry::Issued(*entry),
                delivery,
                answers: vec![answer],
            }),
            Err(err) => drop(answer.send(Err(err))),
        }
    }

    /// Makes what is pending durable, and answers.
    pub(super) fn commit(&mut self, pending: Vec<Pending>) {
        if pending.is_empty() {
            return;
        }
        let entries: Vec<Entry> = pending.iter().map(|one| one.entry.clone()).collect();
        let committed = self.ledger.commit(&entries);
        let committed = committed.map_err(|err| site(&AuthorityError::Ledger(err)));
        for one in pending {
            for answer in one.answers {
                let result = committed.clone().map(|()| one.delivery.clone());
                // whoever asked may have given up
                drop(answer.send(result));
            }
        }
    }

    fn decide(&self, order: &Order, pending: &[Pending]) -> Result<Decided, HelperError> {
        if self.ledger.is_revoked(&order.key_digest) {
            return Err(HelperError {
                reason: "a certificate of this key was revoked, and the key gets no other"
                    .to_owned(),
                blame: Blame::Case,
            });
        }
        let before = self.ledger.of_session(&order.session, &order.key_digest);
        let before = before.map_err(|err| site(&AuthorityError::Ledger(err)))?;
        let still_good = |issued: &Issued| {
            issued.identity == order.identity
                && issued.names == order.names
                && issued.not_after > order.now
                && self.signer.knows(&issued.authority)
        };
        if let Some(issued) = before.filter(still_good) {
            return Ok(Decided::Now(self.delivery(&issued.certificate, order.now)));
        }
        if order.claim == Claim::Unheld
            && let Some(until) = self.held(order, pending)
        {
            return Ok(Decided::Now(Delivery::Held { until }));
        }
        if !self.signer.is_valid(order.now) {
            let path = self.certificates.clone();
            return Err(site(&AuthorityError::NotNow { path }));
        }
        let issued = self.issue(order)?;
        let delivery = self.delivery(&issued.certificate, order.now);
        Ok(Decided::Written(Box::new(issued), delivery))
    }

    /// Until when somebody else holds the name of an order.
    fn held(&self, order: &Order, pending: &[Pending]) -> Option<i64> {
        let key = hex::encode(order.key_digest);
        let soon = pending.iter().find_map(|one| match &one.entry {
            Entry::Issued(issued)
                if issued.identity == order.identity && issued.key_digest != key =>
            {
                Some(issued.not_after)
            }
            Entry::Issued(_) | Entry::Revoked(_) => None,
        });
        let already = self.ledger.holder(&order.identity);
        let already = already
            .filter(|holder| holder.key_digest != order.key_digest && holder.not_after > order.now);
        soon.or_else(|| already.map(|holder| holder.not_after))
    }

    fn issue(&self, order: &Order) -> Result<Issued, HelperError> {
        let serial = serial();
        let wish = Wish {
            names: order.names.clone(),
            spki: order.spki.clone(),
            validity: self.validity,
        };
        // the authority's key has signed before: it is the request that is odd
        let made = self.signer.sign(&wish, serial, order.now);
        let made = made.map_err(|err| HelperError {
            reason: Chain(&AuthorityError::Sign(err)).to_string(),
            blame: Blame::Case,
        })?;
        Ok(Issued {
            serial: hex::encode(serial),
            identity: order.identity.clone(),
            names: order.names.clone(),
            session: order.session.clone(),
            key_digest: hex::encode(order.key_digest),
            not_before: made.not_before,
            not_after: made.not_after,
            issued_at: order.now,
            authority: self.signer.id.clone(),
            sha256: fingerprint(&made.der),
            certificate: muster::security::key::pem("CERTIFICATE", &made.der),
        })
    }

    fn delivery(&self, certificate: &str, now: i64) -> Delivery {
        Delivery::Issued {
            certificate: format!("{certificate}{}", self.signer.chain),
            ca: self.signer.authorities(now),
        }
    }
}

/// What becomes of an order.
enum Decided {
    Now(Delivery),
    Written(Box<Issued>, Delivery),
}

impl Pending {
    /// Whether it is what another order asks for as well.
    fn is_of(&self, order: &Order) -> bool {
        match &self.entry {
            Entry::Issued(issued) => {
                issued.session == order.session
                    && issued.identity == order.identity
                    && issued.names == order.names
                    && issued.key_digest == hex::encode(order.key_digest)
            }
            Entry::Revoked(_) => false,
        }
    }
}

/// What only the site can repair.
pub(super) fn site(err: &AuthorityError) -> HelperError {
    HelperError {
        reason: Chain(err).to_string(),
        blame: Blame::Site,
    }
}

/// A serial number of 128 bits: positive, and of this length whatever the dice say.
pub(super) fn serial() -> [u8; 16] {
    let mut serial: [u8; 16] = random::bytes();
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    serial
}
